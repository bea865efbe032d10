//! PEM (RFC 7468): the armour off, the bytes out. What is inside is for others to judge.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use crate::secret::SecretBytes;
use crate::text;

/// Public bytes in their armour: lines of 64 characters (RFC 7468 §2).
pub fn text(label: &str, der: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = (0..body.len()).step_by(64).filter_map(|i| body.get(i..body.len().min(i + 64))).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// One `-----BEGIN …-----` block. Its bytes may be a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// `PRIVATE KEY`, `CERTIFICATE`, …
    pub label: String,
    pub der: SecretBytes,
    /// The old way of saying it: `Proc-Type: 4,ENCRYPTED`.
    pub encrypted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    #[error("no PEM block in it")]
    None,
    #[error("not text")]
    NotText,
    #[error("line {line} is no PEM line: it has {dashes} dashes at one end where 5 are due")]
    Dashes { line: usize, dashes: usize },
    #[error("the block that begins in line {line} does not end as “{label}”")]
    Open { line: usize, label: String },
    #[error("the block that begins in line {line} holds no base64")]
    Body { line: usize },
}

impl PemError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::None => "a PEM file has a line “-----BEGIN …-----”; DER files and JWKs are read by their own kind",
            Self::NotText => "this looks like a DER or PKCS#12 file, not PEM",
            Self::Dashes { .. } => "BEGIN and END lines have exactly five dashes on each side (RFC 7468 §2)",
            Self::Open { .. } => "the END line is missing or names something else: the file was cut",
            Self::Body { .. } => "the lines between BEGIN and END were cut or altered",
        }
    }
}

/// Every block of a file, in order. Text between blocks is skipped.
///
/// # Errors
/// [`PemError`] for a file without blocks and for one that is damaged.
pub fn blocks(bytes: &[u8]) -> Result<Vec<Block>, PemError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PemError::NotText)?;
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim).enumerate();
    while let Some((i, line)) = lines.next() {
        let Some(label) = boundary(line, "BEGIN ", i + 1)? else { continue };
        let mut body = zeroize::Zeroizing::new(String::new());
        let mut encrypted = false;
        loop {
            let open = || PemError::Open { line: i + 1, label: text::shorten(&text::clean(label), 40).into_owned() };
            let (j, line) = lines.next().ok_or_else(open)?;
            if let Some(end) = boundary(line, "END ", j + 1)? {
                if end == label {
                    break;
                }
                return Err(open());
            }
            if line.contains(':') {
                encrypted |= line.starts_with("Proc-Type:") && line.contains("ENCRYPTED");
            } else {
                body.push_str(line);
            }
        }
        let der = GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new()).decode(body.as_bytes());
        let der = der.ok().filter(|d| !d.is_empty()).ok_or(PemError::Body { line: i + 1 })?;
        found.push(Block { label: label.to_owned(), der: SecretBytes::new(der), encrypted });
    }
    if found.is_empty() { Err(PemError::None) } else { Ok(found) }
}

/// The label of a boundary line; an error for a line that wants to be one and has not five dashes at each end.
fn boundary<'t>(line: &'t str, word: &str, number: usize) -> Result<Option<&'t str>, PemError> {
    let inner = line.trim_start_matches('-');
    let before = line.len() - inner.len();
    let Some(rest) = inner.strip_prefix(word).filter(|_| before > 0) else { return Ok(None) };
    let label = rest.trim_end_matches('-');
    let after = rest.len() - label.len();
    match [before, after].into_iter().find(|n| *n != 5) {
        Some(dashes) => Err(PemError::Dashes { line: number, dashes }),
        None => Ok(Some(label)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_has_short_lines_and_reads_back() {
        let text = text("X", &[7; 100]);
        assert_eq!(blocks(text.as_bytes()).unwrap()[0].der.expose(), [7; 100]);
        assert!(text.lines().all(|l| l.len() <= 64) && text.ends_with("-----END X-----\n"));
    }

    #[test]
    fn blocks_come_out_in_order_and_text_between_is_skipped() {
        let text = "subject=x\n-----BEGIN A-----\r\nAQID\r\n-----END A-----\nnote\n-----BEGIN B C-----\nProc-Type: 4,ENCRYPTED\n\nBA==\n-----END B C-----\n";
        let found = blocks(text.as_bytes()).unwrap();
        assert_eq!((found[0].label.as_str(), found[0].der.expose(), found[0].encrypted), ("A", &[1, 2, 3][..], false));
        assert_eq!((found[1].label.as_str(), found[1].der.expose(), found[1].encrypted), ("B C", &[4][..], true));
    }

    #[test]
    fn damage_is_named() {
        for (text, error) in [
            ("", PemError::None),
            ("{}", PemError::None),
            ("----BEGIN A-----\nAQID\n-----END A-----", PemError::Dashes { line: 1, dashes: 4 }),
            ("-----BEGIN A----\nAQID\n-----END A-----", PemError::Dashes { line: 1, dashes: 4 }),
            ("-----BEGIN A-----\nAQID\n----END A-----", PemError::Dashes { line: 3, dashes: 4 }),
            ("-----BEGIN A-----\nAQID\n", PemError::Open { line: 1, label: "A".into() }),
            ("-----BEGIN A-----\nAQID\n-----END B-----", PemError::Open { line: 1, label: "A".into() }),
            ("-----BEGIN A-----\nA*ID\n-----END A-----", PemError::Body { line: 1 }),
            ("-----BEGIN A-----\n-----END A-----", PemError::Body { line: 1 }),
        ] {
            assert_eq!(blocks(text.as_bytes()), Err(error), "{text}");
        }
        assert_eq!(blocks(b"\x30\x82\xff"), Err(PemError::NotText));
    }
}
