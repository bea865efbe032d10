//! `qcStatements` for the demo certificates (ETSI EN 319 412-5, and TS 119 495 for PSD2), and the little DER that needs.

use rcgen::CustomExtension;

/// OID of the extension (RFC 3739 §3.2.6).
const QC_STATEMENTS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 3];

/// What a qualified certificate is for (EN 319 412-5 §4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QcType {
    /// A seal: what the organisation signs with.
    Seal,
    /// Website authentication: what the organisation shows in TLS.
    Web,
}

/// What a payment service provider may do (TS 119 495 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Payments,
    Accounts,
}

impl Role {
    const fn oid(self) -> &'static [u64] {
        match self {
            Self::Payments => &[0, 4, 0, 19495, 1, 2],
            Self::Accounts => &[0, 4, 0, 19495, 1, 3],
        }
    }
    const fn name(self) -> &'static str {
        match self {
            Self::Payments => "PSP_PI",
            Self::Accounts => "PSP_AI",
        }
    }
}

/// The extension: qualified, of that type, for these roles, granted by that authority.
pub(super) fn extension(kind: QcType, roles: &[Role], authority: &str, authority_id: &str) -> CustomExtension {
    let kind: &[u64] = match kind {
        QcType::Seal => &[0, 4, 0, 1862, 1, 6, 2],
        QcType::Web => &[0, 4, 0, 1862, 1, 6, 3],
    };
    let roles: Vec<Vec<u8>> = roles.iter().map(|r| sequence(&[oid(r.oid()), utf8(r.name())])).collect();
    let disclosure = sequence(&[tlv(0x16, b"https://qtsp.example/pds.pdf"), tlv(0x13, b"en")]);
    let psd2 = sequence(&[sequence(&roles), utf8(authority), utf8(authority_id)]);
    let statements = sequence(&[
        sequence(&[oid(&[0, 4, 0, 1862, 1, 1])]),
        sequence(&[oid(&[0, 4, 0, 1862, 1, 6]), sequence(&[oid(kind)])]),
        sequence(&[oid(&[0, 4, 0, 1862, 1, 5]), sequence(&[disclosure])]),
        sequence(&[oid(&[0, 4, 0, 19495, 2]), psd2]),
    ]);
    CustomExtension::from_oid_content(QC_STATEMENTS, statements)
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

/// An object identifier: the first two arcs in one byte, the rest in groups of seven bits (X.690 §8.19).
fn oid(arcs: &[u64]) -> Vec<u8> {
    let (first, rest) = arcs.split_at(2);
    let mut body = base128(first[0] * 40 + first[1]);
    body.extend(rest.iter().flat_map(|arc| base128(*arc)));
    tlv(0x06, &body)
}

fn base128(mut value: u64) -> Vec<u8> {
    let mut groups = vec![low_bits(value)];
    value >>= 7;
    while value > 0 {
        groups.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    groups.reverse();
    groups
}

fn low_bits(value: u64) -> u8 {
    value.to_le_bytes()[0] & 0x7f
}

fn tlv(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = body.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|b| **b == 0).count()..];
    match significant {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        // At most eight length bytes, so the count fits beside the marker bit.
        long => {
            out.push(0x80 | long.len().to_le_bytes()[0]);
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::der_parser::parse_der;

    #[test]
    fn long_and_short_lengths_are_minimal() {
        assert_eq!(tlv(4, &[]), [4, 0]);
        assert_eq!(tlv(4, &[1; 127])[..2], [4, 127]);
        assert_eq!(tlv(4, &[1; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[1; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn a_foreign_parser_reads_type_roles_and_authority() {
        let extension = extension(QcType::Seal, &[Role::Payments, Role::Accounts], "Finanstilsynet", "NO-FSA");
        let (rest, tree) = parse_der(extension.content()).unwrap();
        assert!(rest.is_empty());
        let statements = tree.as_sequence().unwrap();
        let ids: Vec<String> =
            statements.iter().map(|s| s.as_sequence().unwrap()[0].as_oid().unwrap().to_id_string()).collect();
        assert_eq!(ids, ["0.4.0.1862.1.1", "0.4.0.1862.1.6", "0.4.0.1862.1.5", "0.4.0.19495.2"]);
        let kind = &statements[1].as_sequence().unwrap()[1].as_sequence().unwrap()[0];
        assert_eq!(kind.as_oid().unwrap().to_id_string(), "0.4.0.1862.1.6.2");
        let psd2 = statements[3].as_sequence().unwrap()[1].as_sequence().unwrap();
        let roles: Vec<(String, &str)> = psd2[0]
            .as_sequence()
            .unwrap()
            .iter()
            .map(|r| r.as_sequence().unwrap())
            .map(|r| (r[0].as_oid().unwrap().to_id_string(), r[1].as_str().unwrap()))
            .collect();
        assert_eq!(roles, [("0.4.0.19495.1.2".into(), "PSP_PI"), ("0.4.0.19495.1.3".into(), "PSP_AI")]);
        assert_eq!((psd2[1].as_str().unwrap(), psd2[2].as_str().unwrap()), ("Finanstilsynet", "NO-FSA"));
    }
}
