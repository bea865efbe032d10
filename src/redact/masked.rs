//! What stands in the place of a value that was masked, read again.

use super::MASK;

/// A whole value that was masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Masked {
    /// Characters of it; None: nothing is said of it.
    pub chars: Option<usize>,
}

impl Masked {
    /// None: the text is no mask, or more than one.
    pub fn of(text: &str) -> Option<Self> {
        let mark = text.strip_prefix(MASK)?;
        match mark_at(mark) {
            Some((length, chars)) if length == mark.len() => Some(Self { chars: Some(chars) }),
            None if mark.is_empty() => Some(Self { chars: None }),
            _ => None,
        }
    }

    /// The text with nothing said of what each mask in it stands for.
    pub fn without_marks(text: &str) -> String {
        let mut parts = text.split(MASK);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            out.push_str(MASK);
            out.push_str(&part[mark_at(part).map_or(0, |(length, _)| length)..]);
        }
        out
    }
}

/// `  (43 chars, ~9f3c)` or `  (43 chars)` at the start: its bytes, and the characters.
fn mark_at(text: &str) -> Option<(usize, usize)> {
    let rest = text.strip_prefix("  (")?;
    let (inside, _) = rest.split_once(')')?;
    let (chars, sign) = inside.split_once(" chars")?;
    let hex = |sign: &str| sign.len() == 4 && sign.bytes().all(|b| b.is_ascii_hexdigit());
    let known = sign.is_empty() || sign.strip_prefix(", ~").is_some_and(hex);
    let chars = chars.parse().ok().filter(|_| known && chars.bytes().all(|b| b.is_ascii_digit()))?;
    Some(("  (".len() + inside.len() + ")".len(), chars))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;
    use crate::secret::Class;

    #[test]
    fn what_was_masked_is_known_again_and_nothing_else_is() {
        let redactor = Redactor::new([7; 32]);
        let secret = redactor.mask_value("hunter2", Class::Secret);
        assert_eq!(Masked::of(&secret), Some(Masked { chars: Some(7) }));
        assert_eq!(Masked::of(&redactor.mask_value("Maija", Class::Personal)), Some(Masked { chars: None }));
        assert_eq!(Masked::of("********  (12 chars)"), Some(Masked { chars: Some(12) }));
        let others =
            ["", "hunter2", "********hunter2", "******** ", "********  (x chars)", "********  (1 chars, ~zzzz)"];
        for text in others.into_iter().chain(["********  (+1 chars)", "********  (1 chars) x", "****************"]) {
            assert_eq!(Masked::of(text), None, "{text}");
        }
        assert_eq!(Masked::without_marks(&format!("a={secret}&b={secret} c")), "a=********&b=******** c");
    }
}
