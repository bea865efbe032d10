//! A form body read strictly (RFC 6749 §3.2 and appendix B): every escape sound, no parameter twice.

use std::collections::BTreeMap;

/// Parameters by name. Those without a value count as not sent.
pub(super) type Form = BTreeMap<String, String>;

pub(super) fn parse(body: &[u8]) -> Result<Form, &'static str> {
    parse_repeating(body, &[])
}

/// The same; parameters of these names may come more than once (RFC 8707 §2), and their values stand with a space between
/// them, which none of them holds.
pub(super) fn parse_repeating(body: &[u8], names: &[&str]) -> Result<Form, &'static str> {
    let mut form = Form::new();
    for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|b| *b == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        let (name, value) = (decode(name)?, decode(value)?);
        if !names.contains(&name.as_str()) {
            if form.insert(name, value).is_some() {
                return Err("a parameter is given more than once");
            }
        } else if value.contains(' ') {
            return Err("a value of a parameter that may be repeated holds a space");
        } else if !value.is_empty() {
            let all = form.entry(name).or_default();
            if !all.is_empty() {
                all.push(' ');
            }
            all.push_str(&value);
        }
    }
    form.retain(|_, value| !value.is_empty());
    Ok(form)
}

fn decode(text: &[u8]) -> Result<String, &'static str> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        match rest {
            [] => break,
            [b'%', high, low, tail @ ..] => {
                let digits = hex(*high).zip(hex(*low));
                let (high, low) = digits.ok_or("a percent sign is not followed by two hexadecimal digits")?;
                out.push(high << 4 | low);
                rest = tail;
            }
            [b'%', ..] => return Err("a percent sign is not followed by two hexadecimal digits"),
            [b'+', tail @ ..] => {
                out.push(b' ');
                rest = tail;
            }
            [byte, tail @ ..] => {
                if !byte.is_ascii_graphic() {
                    return Err("white space, a line break or another character is not escaped");
                }
                out.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).map_err(|_| "a value is not UTF-8")
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Whether a media type is that of a form; its parameters do not matter.
pub(super) fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_space_and_any_utf8_are_read() {
        let form = parse(b"scope=a%3Ab+c%20d&name=%C3%A5&empty=&bare&&x=1%3D=").unwrap();
        let pairs: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("name", "å"), ("scope", "a:b c d"), ("x", "1==")]);
        assert!(parse(b"").unwrap().is_empty());
    }

    #[test]
    fn what_may_be_repeated_is_told_apart_and_nothing_else_is() {
        let read = |body: &[u8]| parse_repeating(body, &["resource"]);
        assert_eq!(read(b"resource=a&x=1&resource=&resource=b").unwrap()["resource"], "a b");
        assert!(!read(b"resource=&x=1").unwrap().contains_key("resource"));
        assert!(read(b"resource=a+b").unwrap_err().contains("space"));
        assert!(read(b"x=1&resource=a&x=1").unwrap_err().contains("more than once"));
    }

    #[test]
    fn unsound_bodies_are_refused() {
        for (body, why) in [
            (&b"a=1&b=2&a=1"[..], "more than once"),
            (b"a=&a=1", "more than once"),
            (b"a=%zz", "percent"),
            (b"a=%4", "percent"),
            (b"a=%", "percent"),
            (b"a=%+1", "percent"),
            (b"a=%ff", "UTF-8"),
            (b"a=1\n&b=2", "line break"),
            (b"{\"a\": 1}", "white space"),
            ("a=å".as_bytes(), "escaped"),
        ] {
            assert!(parse(body).unwrap_err().contains(why), "{why}");
        }
    }

    #[test]
    fn the_media_type_may_have_parameters() {
        assert!(is_form("Application/X-WWW-Form-urlencoded; charset=UTF-8"));
        assert!(!is_form("application/json") && !is_form("") && !is_form("multipart/form-data"));
    }
}
