//! Cuts an expression into tokens, so that it can be policed and rewritten before minijinja sees it.

/// One token and where it starts, in bytes from the start of the expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: String,
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    Text,
    /// `== != <= >=` and every single punctuation character.
    Punct,
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Name | Kind::Punct) && self.text == text
    }
}

/// What no expression may hold, with the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub why: String,
    pub at: usize,
}

pub(super) fn refuse<T>(why: impl Into<String>, at: usize) -> Result<T, Refused> {
    Err(Refused { why: why.into(), at })
}

pub(super) fn tokens(source: &str) -> Result<Vec<Token>, Refused> {
    let bytes = source.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
                Kind::Name
            }
            b'0'..=b'9' => {
                let digits = |at: &mut usize| {
                    while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                        *at += 1;
                    }
                };
                digits(&mut at);
                // `1.5` is a number, `list.0.name` is not: a point belongs to it only when no point came before.
                let member = out.last().is_some_and(|t: &Token| t.is("."));
                if !member && bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
                    at += 1;
                    digits(&mut at);
                }
                Kind::Number
            }
            quote @ (b'\'' | b'"') => {
                at += 1;
                loop {
                    match bytes.get(at) {
                        None => return refuse("a quoted text does not end", start),
                        Some(b'\\') => at += 2,
                        Some(b) if *b == quote => break,
                        Some(_) => at += 1,
                    }
                }
                at += 1;
                Kind::Text
            }
            b'=' | b'!' | b'<' | b'>' if bytes.get(at + 1) == Some(&b'=') => {
                at += 2;
                Kind::Punct
            }
            b'*' => return refuse("`*` is not allowed: it can make texts of any size; write minutes(4), days(30)", at),
            b'%' => return refuse("`%` is not allowed here", at),
            b'.' | b',' | b':' | b'|' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'+' | b'-' | b'/' | b'~' | b'<'
            | b'>' | b'=' => {
                at += 1;
                Kind::Punct
            }
            _ => {
                let c = source[at..].chars().next().map(|c| c.escape_default().to_string()).unwrap_or_default();
                return refuse(format!("`{c}` has no meaning in an expression"), at);
            }
        };
        let Some(text) = source.get(start..at) else { return refuse("a quoted text does not end", start) };
        out.push(Token { kind, text: text.to_owned(), at: start });
    }
    Ok(out)
}
