//! The `scope` parameter (RFC 6749 §3.3).

/// Its values, if there is one at least and each is a `scope-token`, with a single space between them.
pub(super) fn parse(scope: &str) -> Option<Vec<&str>> {
    let token = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    let values: Vec<&str> = scope.split(' ').collect();
    values.iter().all(|t| token(t)).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_held() {
        assert_eq!(parse("a b:c"), Some(vec!["a", "b:c"]));
        for bad in ["", " ", "a  b", " a", "a ", "a\tb", "a\"", "a\\b", "å"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
