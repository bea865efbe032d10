//! Object identifiers: dotted text and DER content (X.690 §8.19), and the names of those that are shown.

/// Dotted text; None where the bytes are no identifier, or an arc is larger than any that was given out.
pub(super) fn text(content: &[u8]) -> Option<String> {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc: Option<u64> = None;
    for byte in content {
        // a leading 0x80 would be a zero in front (§8.19.2)
        if arc.is_none() && *byte == 0x80 {
            return None;
        }
        let value = arc.unwrap_or(0).checked_mul(128)? | u64::from(byte & 0x7f);
        arc = Some(value);
        if byte & 0x80 == 0 {
            arcs.push(value);
            arc = None;
        }
    }
    let first = *arcs.first().filter(|_| arc.is_none())?;
    let root = (first / 40).min(2);
    let mut out = format!("{root}.{}", first - 40 * root);
    for arc in &arcs[1..] {
        out.push('.');
        out.push_str(&arc.to_string());
    }
    Some(out)
}

/// DER content of dotted text; None where it is none.
pub(super) fn content(dotted: &str) -> Option<Vec<u8>> {
    let arcs: Vec<u64> = dotted.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [root @ 0..=2, second, rest @ ..] = arcs.as_slice() else { return None };
    if *root < 2 && *second >= 40 {
        return None;
    }
    let mut out = base128(second.checked_add(40 * root)?);
    rest.iter().for_each(|arc| out.extend(base128(*arc)));
    Some(out)
}

fn base128(mut value: u64) -> Vec<u8> {
    let mut groups = vec![(value & 0x7f) as u8];
    value >>= 7;
    while value > 0 {
        groups.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    groups.reverse();
    groups
}

/// Extended key usages (RFC 5280 §4.2.1.12).
pub(super) fn usage(dotted: &str) -> Option<&'static str> {
    Some(match dotted {
        "2.5.29.37.0" => "any",
        "1.3.6.1.5.5.7.3.1" => "serverAuth",
        "1.3.6.1.5.5.7.3.2" => "clientAuth",
        "1.3.6.1.5.5.7.3.3" => "codeSigning",
        "1.3.6.1.5.5.7.3.4" => "emailProtection",
        "1.3.6.1.5.5.7.3.8" => "timeStamping",
        "1.3.6.1.5.5.7.3.9" => "OCSPSigning",
        _ => return None,
    })
}

/// Signature algorithms (RFC 3279, 4055, 5758, 8410), named as openssl names them.
pub(super) fn signature(dotted: &str) -> Option<&'static str> {
    Some(match dotted {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.110" => "X25519",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        for dotted in ["2.5.4.97", "0.4.0.19495.2", "1.2.840.113549.1.1.11", "2.999.1", "0.0"] {
            assert_eq!(text(&content(dotted).unwrap()).as_deref(), Some(dotted));
        }
        for bad in ["", "1", "3.1", "1.40", "1.x", "1.2.-1", "1..2", "1.2.99999999999999999999"] {
            assert_eq!(content(bad), None, "{bad}");
        }
        for bad in [&[][..], &[0x80, 1], &[0x55, 0x80, 1], &[0x55, 0x81], &[0xff; 12]] {
            assert_eq!(text(bad), None, "{bad:?}");
        }
    }
}
