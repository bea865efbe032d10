//! Account numbers and their check digits.

/// Eleven digits, the last a check digit modulo 11 with weights 5 4 3 2 7 6 5 4 3 2.
pub(super) fn is_norwegian(number: &str) -> bool {
    let Some(digits) = number.chars().map(|c| c.to_digit(10)).collect::<Option<Vec<u32>>>() else { return false };
    let weights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    digits.len() == weights.len() && digits.iter().zip(weights).map(|(d, w)| d * w).sum::<u32>() % 11 == 0
}

/// ISO 13616: country, two check digits, up to 30 more; with the first four moved to the end it is 1 modulo 97.
pub(super) fn is_iban(iban: &str) -> bool {
    let bytes = iban.as_bytes();
    let shape = (15..=34).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    // A letter stands for two digits: A is 10.
    let append = |sum: u32, c: char| {
        let value = c.to_digit(36).unwrap_or(0);
        (sum * if value < 10 { 10 } else { 100 } + value) % 97
    };
    shape && iban.chars().cycle().skip(4).take(iban.len()).fold(0, append) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_decide() {
        assert!(is_norwegian("86011117947"));
        for bad in ["86011117948", "8601111794", "860111179470", "8601.11.17947", "8601111794x", ""] {
            assert!(!is_norwegian(bad), "{bad}");
        }
        for good in ["NO9386011117947", "GB29NWBK60161331926819", "DE89370400440532013000"] {
            assert!(is_iban(good), "{good}");
        }
        for bad in ["NO9386011117948", "NO93 8601 1117 947", "no9386011117947", "NO93", "", "ÅÅ9386011117947"] {
            assert!(!is_iban(bad), "{bad}");
        }
    }
}
