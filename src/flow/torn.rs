//! Secrets in a JSON text that cannot be read as JSON: it broke off, or something in it is wrong. What stands under a
//! secret name is a secret all the same.

use crate::secret::{Class, class_of_name};

/// The texts under names of a class, as they stand; the last one may have lost its end.
pub(super) fn torn(text: &str) -> Vec<(String, Class)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, opened)) = rest.split_once('"') {
        let (name, after) = string(opened);
        rest = after;
        let value = after.trim_start().strip_prefix(':').and_then(|v| v.trim_start().strip_prefix('"'));
        let class = class_of_name(name);
        if let Some(value) = value.filter(|_| class > Class::Public) {
            let (value, after) = string(value);
            found.push((value.to_owned(), class));
            rest = after;
        }
    }
    found
}

/// Up to the quote that ends it, or to the end; and what follows.
fn string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = text.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or((text, ""), |at| (&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name_where_the_text_broke_off() {
        let secrets = |text: &str| torn(text).into_iter().map(|(value, _)| value).collect::<Vec<_>>();
        assert_eq!(secrets(r#"{"access_token":"abc","scope":"a","refresh_token" : "de"#), ["abc", "de"]);
        assert_eq!(secrets(r#"{"scope":"access_token","x":[{"ID_TOKEN":"a\"b"}],"#), [r#"a\"b"#]);
        for none in [
            "",
            "\"",
            "{\"access_token",
            "{\"access_token\"",
            "{\"access_token\":",
            "{\"access_token\":7,\"scope\":\"a\"}",
            "<html>",
        ] {
            assert_eq!(secrets(none), [""; 0], "{none}");
        }
    }
}
