//! A text in a command line that is copied.

use std::fmt::Write as _;

/// For a POSIX shell, whatever the text holds. Controls are written out, so that no paste runs a line too early.
pub fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        let mut out = String::from("$'");
        for c in text.chars() {
            let _ = match c {
                '\'' | '\\' => write!(out, "\\{c}"),
                '\n' => write!(out, "\\n"),
                c if c.is_control() => write!(out, "\\u{:04x}", u32::from(c)),
                c => write!(out, "{c}"),
            };
        }
        return out + "'";
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_value_cannot_leave_its_quotes() {
        assert_eq!(quoted("a'; rm -rf ~; '"), r"'a'\''; rm -rf ~; '\'''");
        assert_eq!(quoted("a\n'b\u{1b}"), r"$'a\n\'b\u001b'");
    }
}
