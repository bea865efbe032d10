//! The Finnish personal identity code (henkilötunnus).

const CONTROL: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// A code of that birth date and individual number. Numbers from 900 up are given to nobody.
pub(super) fn hetu((year, month, day): (u16, u8, u8), number: u16) -> String {
    let digits = format!("{day:02}{month:02}{:02}", year % 100);
    let century = match year {
        ..1900 => '+',
        1900..2000 => '-',
        2000.. => 'A',
    };
    // nine digits: the remainder is an index
    let rest = format!("{digits}{number:03}").bytes().fold(0, |sum: usize, d| (sum * 10 + usize::from(d - b'0')) % 31);
    format!("{digits}{century}{number:03}{}", char::from(CONTROL[rest]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the Digital and Population Data Services Agency prints.
    #[test]
    fn the_control_character_is_the_agencys() {
        assert_eq!(hetu((1952, 10, 13), 308), "131052-308T");
        assert_eq!(&hetu((1899, 5, 1), 900)[..10], "010599+900");
        assert_eq!(&hetu((2003, 1, 2), 901)[..10], "020103A901");
    }
}
