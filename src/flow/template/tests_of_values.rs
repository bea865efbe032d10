//! The tests of the profile format: what stands behind `is`.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, Value};
use url::Url;

use super::convert::{is_omit, to_json};
use super::filters::items;
use super::functions::{contains, equal, missing, text, wrong};
use crate::jose;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_test("defined", |v: Value| !v.is_undefined() && !is_omit(&v));
    env.add_test("none", |v: Value| v.is_none());
    env.add_test("string", |v: Value| v.kind() == ValueKind::String);
    env.add_test("number", |v: Value| v.kind() == ValueKind::Number);
    env.add_test("integer", |v: Value| v.kind() == ValueKind::Number && v.is_integer());
    env.add_test("boolean", |v: Value| v.kind() == ValueKind::Bool);
    env.add_test("list", |v: Value| matches!(v.kind(), ValueKind::Seq | ValueKind::Iterable));
    env.add_test("object", |v: Value| v.kind() == ValueKind::Map);
    env.add_test("in", |v: Value, hay: Value| contains(&v, &hay));
    env.add_test("eq", |v: Value, other: Value| equal(&v, &other));
    env.add_test("startingwith", |v: Value, with: String| Ok::<_, Error>(text(&v)?.starts_with(&with)));
    env.add_test("endingwith", |v: Value, with: String| Ok::<_, Error>(text(&v)?.ends_with(&with)));
    env.add_test("containing", |v: Value, what: String| Ok::<_, Error>(text(&v)?.contains(&what)));
    env.add_test("matching", |v: Value, pattern: String| {
        let whole = regex_lite::Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|_| wrong("the pattern is no regular expression"))?;
        Ok::<_, Error>(whole.is_match(text(&v)?))
    });
    env.add_test("shorter", |v: Value, than: usize| Ok::<_, Error>(text(&v)?.chars().count() < than));
    env.add_test("subset_of", |v: Value, of: Value| {
        let of = items(&of)?;
        for item in items(&v)? {
            let mut found = false;
            for known in &of {
                found |= equal(&item, known)?;
            }
            if !found {
                return Ok(false);
            }
        }
        Ok::<_, Error>(true)
    });
    env.add_test("https", |v: Value| {
        Ok::<_, Error>(Url::parse(text(&v)?).is_ok_and(|u| u.scheme() == "https" && u.host_str().is_some()))
    });
    env.add_test("loopback", |v: Value| Ok::<_, Error>(Url::parse(text(&v)?).is_ok_and(|u| is_loopback(&u))));
    env.add_test("uuid4", |v: Value| Ok::<_, Error>(is_uuid4(text(&v)?)));
    env.add_test("hetu", |v: Value| Ok::<_, Error>(is_hetu(text(&v)?)));
    env.add_test("scope_list", |v: Value| Ok::<_, Error>(is_scope_list(text(&v)?)));
    env.add_test("placeholder", |v: Value| Ok::<_, Error>(is_placeholder(text(&v)?)));
    env.add_test("compact_jws", |v: Value| Ok::<_, Error>(jose::Compact::parse(text(&v)?).is_ok()));
    env.add_test("compact_jwe", |v: Value| {
        let parts: Vec<&str> = text(&v)?.split('.').collect();
        Ok::<_, Error>(parts.len() == 5 && parts.iter().all(|p| jose::b64::decode(p).is_ok()))
    });
    env.add_test("public_jwk", |v: Value| {
        let value = to_json(&v).ok_or_else(missing)?;
        let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
        Ok::<_, Error>(
            value.get("kty").is_some_and(serde_json::Value::is_string)
                && private.iter().all(|p| value.get(p).is_none()),
        )
    });
    env.add_test("sound_jwk", |v: Value| {
        let value = to_json(&v).ok_or_else(missing)?;
        Ok::<_, Error>(jose::PublicJwk::from_value(&value).is_ok_and(|k| k.weakness().is_none()))
    });
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// RFC 9562 §5.4: version 4, variant 10.
fn is_uuid4(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() == 36
        && b.iter()
            .enumerate()
            .all(|(i, c)| if [8, 13, 18, 23].contains(&i) { *c == b'-' } else { c.is_ascii_hexdigit() })
        && b[14] == b'4'
        && matches!(b[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B')
}

/// A Finnish personal identity code: DDMMYY, a sign of the century, three digits, a control character.
fn is_hetu(text: &str) -> bool {
    let [date @ .., c, n1, n2, n3, control] = text.as_bytes() else { return false };
    let digits = [date, &[*n1, *n2, *n3]].concat();
    if digits.len() != 9 || !digits.iter().all(u8::is_ascii_digit) || !b"+-ABCDEFUVWXY".contains(c) {
        return false;
    }
    let rest = digits.iter().fold(0, |rest, d| (rest * 10 + usize::from(d - b'0')) % 31);
    b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(rest) == Some(control)
}

/// RFC 6749 §3.3: `scope-token *( SP scope-token )`.
fn is_scope_list(text: &str) -> bool {
    !text.is_empty()
        && text.split(' ').all(|t| !t.is_empty() && t.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)))
}

/// Text that a person was meant to replace: `<client id>`, `{client_id}`, `[client_id]`, `$CLIENT_ID`, `[Your-…]`.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let bracketed = |open: char, close: char| text.find(open).is_some_and(|at| text[at..].contains(close));
    let variable = text.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    bracketed('<', '>')
        || bracketed('{', '}')
        || (text.starts_with('[') && text.ends_with(']'))
        || variable
        || lower.contains("[your")
        || lower.contains("your-client")
        || lower.contains("changeme")
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn texts_that_were_meant_to_be_replaced_are_told_from_values() {
        for left in ["<client id>", "{client_id}", "[client_id]", "$access_token", "$ID", "[Your-ID]", "CHANGEME"] {
            assert!(is_placeholder(left), "{left}");
        }
        for value in ["acme", "https://openbanking.example.no", "a[0]", "$", "$5", "pa$$word", "x{", "eyJ.a.b", ""] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
