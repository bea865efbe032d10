//! Identifiers nobody can guess.

use std::io;

use super::b64;

/// A random UUID (RFC 9562 §5.4).
pub(super) fn uuid() -> io::Result<String> {
    let mut bytes = bytes::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// 128 random bits, in base64url.
pub(super) fn id() -> io::Result<String> {
    Ok(b64::encode(&bytes::<16>()?))
}

/// 256 random bits, in hexadecimal.
pub(super) fn hex() -> io::Result<String> {
    Ok(bytes::<32>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `N` letters and digits.
pub(super) fn letters<const N: usize>() -> io::Result<String> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    Ok(bytes::<N>()?.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect())
}

#[expect(clippy::disallowed_methods, reason = "the embedded bank draws its own random numbers")]
pub(super) fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_form_and_does_not_come_twice() {
        let (one, two) = (uuid().unwrap(), uuid().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&one.as_bytes()[19]));
        assert!(one.match_indices('-').map(|(at, _)| at).eq([8, 13, 18, 23]));
        assert_eq!((id().unwrap().len(), hex().unwrap().len()), (22, 64));
        let letters = letters::<18>().unwrap();
        assert!(letters.len() == 18 && letters.chars().all(|c| c.is_ascii_alphanumeric()));
    }
}
