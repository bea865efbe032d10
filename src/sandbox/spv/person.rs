//! Norwegian national identity numbers, and the customers of this bank.

/// The bank's test customers.
pub(super) const CUSTOMERS: [&str; 2] = ["01015450068", "04015450156"];

/// Eleven digits: a date, three digits, two control digits modulo 11. A D-number has 40 more days, a synthetic one 40 or 80
/// more months.
pub(super) fn is_national_id(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 11 || text.len() != 11 {
        return false;
    }
    let sum = |weights: &[u32]| digits.iter().zip(weights).map(|(d, w)| d * w).sum::<u32>() % 11;
    let day = (digits[0] * 10 + digits[1]) % 40;
    let month = (digits[2] * 10 + digits[3]) % 40;
    (1..=31).contains(&day)
        && (1..=12).contains(&month)
        && sum(&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) == 0
        && sum(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_digits_and_the_date_decide() {
        for good in CUSTOMERS.into_iter().chain(["41015450051", "01415450040", "01815450023"]) {
            assert!(is_national_id(good), "{good}");
        }
        for bad in [
            "01015450069",
            "01015450058",
            "11015450068",
            "0101545006",
            "010154500680",
            "0101545006a",
            "",
            "00000000000",
            "０１０１５４５００６８",
        ] {
            assert!(!is_national_id(bad), "{bad}");
        }
    }
}
