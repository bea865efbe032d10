//! base64url as JOSE wants it (RFC 7515 §2): no padding, no white space, no stray trailing bits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_spelling_of_each_value_is_read() {
        assert_eq!(decode("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
        for bad in ["-_8=", "+/8", "-_9", "-_\n8", " -_8", "A", "-_8é"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
