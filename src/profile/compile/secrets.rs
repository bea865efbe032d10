//! A profile holds references, never secrets: what looks like one is refused without being shown.

use std::sync::LazyLock;

use regex_lite::Regex;

/// Compiled once; a pattern that were none would find nothing.
type Pattern = LazyLock<Option<Regex>>;

/// What kind of secret the text seems to hold, and where (byte offset).
pub fn find_secret(text: &str) -> Option<(&'static str, usize)> {
    find_private_key(text).or_else(|| compact_token(text))
}

/// A private key, which belongs in a key store and nowhere else.
pub fn find_private_key(text: &str) -> Option<(&'static str, usize)> {
    if let Some(at) = text.find("PRIVATE KEY-----") {
        return Some(("a private key", at));
    }
    for mark in ["AGE-SECRET-KEY-", "AGE-PLUGIN-"] {
        if let Some(at) = text.find(mark) {
            return Some(("a private key", at));
        }
    }
    private_jwk(text)
}

/// `"d": "…"` or `d = "…"` beside a `kty`.
fn private_jwk(text: &str) -> Option<(&'static str, usize)> {
    static PATTERN: Pattern =
        Pattern::new(|| Regex::new(r#"["']?\b(d|p|q|dp|dq|qi|k)\b["']?\s*[:=]\s*["'][A-Za-z0-9_-]{20,}["']"#).ok());
    if !text.contains("kty") {
        return None;
    }
    PATTERN.as_ref()?.find(text).map(|m| ("a private JWK", m.start()))
}

/// A signed or encrypted token in compact form.
fn compact_token(text: &str) -> Option<(&'static str, usize)> {
    static PATTERN: Pattern =
        Pattern::new(|| Regex::new(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}").ok());
    if !text.contains("eyJ") {
        return None;
    }
    PATTERN.as_ref()?.find(text).map(|m| ("a token", m.start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_noticed_and_ordinary_text_is_not() {
        assert!(find_secret("x = '''-----BEGIN PRIVATE KEY-----").is_some());
        assert!(find_secret("k = { kty = 'EC', d = 'abcdefghijklmnopqrstuvwxyz0123' }").is_some());
        assert!(find_secret("t = 'eyJhbGciOiJub25lIn0.eyJhIjoxMjM0NTY3fQ.c2lnbmF0dXJl'").is_some());
        assert!(find_secret("claims = { cnf = { jwk = '{{ keys.signing.jwk }}' } } # kty").is_none());
    }
}
