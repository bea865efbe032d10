//! base64url as JOSE wants it (RFC 7515 §2): no padding, no white space, no stray trailing bits.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Standard base64 with its padding (RFC 4648 §4), as `x5c` has it: no line break.
pub(super) fn decode_standard(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
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
        assert_eq!(decode_standard("+/8="), Some(vec![0xfb, 0xff]));
        for bad in ["+/8", "-_8=", "+/9=", "+/\n8=", " +/8="] {
            assert_eq!(decode_standard(bad), None, "{bad}");
        }
    }
}
