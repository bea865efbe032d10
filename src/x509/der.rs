//! The little DER writing that a certification request needs.

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const OID: u8 = 0x06;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const UTF8: u8 = 0x0c;
pub(super) const PRINTABLE: u8 = 0x13;
pub(super) const IA5: u8 = 0x16;

/// One element in its shortest form (X.690 §10.1).
pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let digits = &length[length.iter().take_while(|b| **b == 0).count()..];
    match digits {
        [] => out.push(0),
        [short @ ..0x80] => out.push(*short),
        // at most eight digits
        long => {
            out.push(0x80 | long.len() as u8);
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

/// A BIT STRING of whole bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_in_their_shortest_form() {
        assert_eq!(tlv(4, &[]), [4, 0]);
        assert_eq!(tlv(4, &[1; 127])[..2], [4, 127]);
        assert_eq!(tlv(4, &[1; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[1; 300])[..4], [4, 0x82, 1, 44]);
    }
}
