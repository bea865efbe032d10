//! The filters of the profile format. Every one refuses what is not there; `default` is how to say "may be absent".

use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, State, Value};
use openssl::hash::{MessageDigest, hash};
use url::Url;

use super::certificates;
use super::convert::{is_omit, to_json};
use super::functions::{json, kind_word, missing, text, wrong};
use crate::jose;

/// The longest text a filter may make.
const LONGEST: usize = 1_000_000;

type Made = Result<Value, Error>;

pub(super) fn add(env: &mut Environment<'static>) {
    texts(env);
    lists(env);
    objects(env);
    codecs(env);
    addresses(env);
    keys(env);
}

fn bounded(made: String) -> Made {
    if made.len() > LONGEST { Err(wrong("a text grew past 1 MB")) } else { Ok(Value::from(made)) }
}

pub(super) fn items(value: &Value) -> Result<Vec<Value>, Error> {
    if value.is_undefined() {
        return Err(missing());
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => Ok(value.try_iter()?.collect()),
        _ => Err(wrong(format!("{} stands where a list is wanted", kind_word(value)))),
    }
}

fn members(value: &Value) -> Result<Vec<(String, Value)>, Error> {
    if value.is_undefined() {
        return Err(missing());
    }
    if value.kind() != ValueKind::Map {
        return Err(wrong(format!("{} stands where an object is wanted", kind_word(value))));
    }
    value.try_iter()?.map(|k| Ok((text(&k)?.to_owned(), value.get_item(&k)?))).collect()
}

fn bytes(value: &Value) -> Result<Vec<u8>, Error> {
    if let Some(b) = value.as_bytes() {
        return Ok(b.to_vec());
    }
    text(value).map(|t| t.as_bytes().to_vec())
}

fn texts(env: &mut Environment<'static>) {
    env.add_filter("lower", |v: Value| bounded(text(&v)?.to_lowercase()));
    env.add_filter("upper", |v: Value| bounded(text(&v)?.to_uppercase()));
    env.add_filter("trim", |v: Value| bounded(text(&v)?.trim().to_owned()));
    env.add_filter("replace", |v: Value, from: String, to: String| {
        let source = text(&v)?;
        let grown =
            if from.is_empty() { source.len() + 1 } else { source.matches(&from).count() }.saturating_mul(to.len());
        if grown.saturating_add(source.len()) > LONGEST {
            Err(wrong("a text grew past 1 MB"))
        } else {
            bounded(source.replace(&from, &to))
        }
    });
    env.add_filter("split", |v: Value, by: String| {
        Ok::<_, Error>(text(&v)?.split(by.as_str()).map(str::to_owned).collect::<Vec<_>>())
    });
    env.add_filter("words", |v: Value| {
        Ok::<_, Error>(text(&v)?.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>())
    });
    env.add_filter("string", |v: Value| match v.kind() {
        ValueKind::Undefined => Err(missing()),
        ValueKind::String | ValueKind::Number => bounded(v.to_string()),
        _ => Err(wrong(format!("{} cannot become a text; use json", kind_word(&v)))),
    });
    env.add_filter("int", |v: Value| {
        let n = match v.kind() {
            ValueKind::Undefined => return Err(missing()),
            ValueKind::Number => v.as_i64(),
            _ => text(&v)?.parse().ok(),
        };
        n.map(Value::from).ok_or_else(|| wrong("is not a whole number"))
    });
    env.add_filter("float", |v: Value| {
        let n = match v.kind() {
            ValueKind::Undefined => return Err(missing()),
            ValueKind::Number => f64::try_from(v).ok(),
            _ => text(&v)?.parse().ok(),
        };
        n.map(Value::from).ok_or_else(|| wrong("is not a number"))
    });
    env.add_filter("abs", |v: i64| v.saturating_abs());
    env.add_filter("entropy_bits", |v: Value| Ok::<_, Error>(entropy_bits(text(&v)?)));
}

/// At most this many random bits can be in a text: its length times what its alphabet holds per character.
fn entropy_bits(text: &str) -> i64 {
    let hex = text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let digits = text.chars().all(|c| c.is_ascii_digit() || c == '-');
    let per_char = if digits {
        3.32
    } else if hex {
        4.0
    } else {
        6.0
    };
    // a dash is a digit of base64url, and a separator elsewhere
    let n = u32::try_from(text.chars().filter(|c| per_char > 5.0 || *c != '-').count()).unwrap_or(u32::MAX);
    // a version 4 UUID fixes six of its bits
    let fixed = if hex && text.len() == 36 && text.matches('-').count() == 4 { 6.0 } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, reason = "a text of at most 1 MB has far fewer bits than i64 holds")]
    let bits = (f64::from(n) * per_char - fixed) as i64;
    bits.max(0)
}

fn lists(env: &mut Environment<'static>) {
    env.add_filter("join", |v: Value, by: Option<String>| {
        let parts: Result<Vec<String>, Error> = items(&v)?.iter().map(|i| text(i).map(str::to_owned)).collect();
        bounded(parts?.join(&by.unwrap_or_default()))
    });
    env.add_filter("length", |v: Value| {
        if v.is_undefined() {
            return Err(missing());
        }
        let n = v.as_str().map(|s| s.chars().count()).or_else(|| v.len());
        n.ok_or_else(|| wrong(format!("{} has no length", kind_word(&v))))
    });
    env.add_filter("default", |v: Value, other: Option<Value>| {
        let other = other.unwrap_or_else(|| Value::from(""));
        if v.is_undefined() || v.is_none() { other } else { v }
    });
    env.add_filter("list", |v: Value| {
        if v.is_undefined() {
            return Err(missing());
        }
        Ok::<_, Error>(v.try_iter().map_err(|_| wrong(format!("{} is no list", kind_word(&v))))?.collect::<Vec<_>>())
    });
    env.add_filter("first", |v: Value| Ok::<_, Error>(items(&v)?.into_iter().next().unwrap_or(Value::from(()))));
    env.add_filter("last", |v: Value| Ok::<_, Error>(items(&v)?.into_iter().next_back().unwrap_or(Value::from(()))));
    env.add_filter("sort", |v: Value| {
        let mut all = items(&v)?;
        all.sort();
        Ok::<_, Error>(all)
    });
    env.add_filter("unique", |v: Value| {
        let mut out: Vec<Value> = Vec::new();
        for item in items(&v)? {
            if !out.contains(&item) {
                out.push(item);
            }
        }
        Ok::<_, Error>(out)
    });
    env.add_filter("min", |v: Value| Ok::<_, Error>(items(&v)?.into_iter().min().unwrap_or(Value::from(()))));
    env.add_filter("max", |v: Value| Ok::<_, Error>(items(&v)?.into_iter().max().unwrap_or(Value::from(()))));
    env.add_filter("sum", |v: Value| {
        let numbers: Option<Vec<i64>> = items(&v)?.iter().map(Value::as_i64).collect();
        numbers
            .map(|n| n.into_iter().fold(0_i64, i64::saturating_add))
            .ok_or_else(|| wrong("a sum is made of whole numbers"))
    });
    env.add_filter("map", |state: &mut State, v: Value, filter: String, args: Rest<Value>| {
        items(&v)?
            .into_iter()
            .map(|item| {
                let mut all = vec![item];
                all.extend(args.iter().cloned());
                state.apply_filter(&filter, &all)
            })
            .collect::<Result<Vec<_>, _>>()
    });
    env.add_filter("all", |state: &mut State, v: Value, test: String, args: Rest<Value>| {
        Ok::<_, Error>(tested(state, &v, &test, &args)?.iter().all(|(_, t)| *t))
    });
    env.add_filter("any", |state: &mut State, v: Value, test: String, args: Rest<Value>| {
        Ok::<_, Error>(tested(state, &v, &test, &args)?.iter().any(|(_, t)| *t))
    });
    env.add_filter("select", |state: &mut State, v: Value, test: String, args: Rest<Value>| {
        Ok::<_, Error>(
            tested(state, &v, &test, &args)?.into_iter().filter(|(_, t)| *t).map(|(i, _)| i).collect::<Vec<_>>(),
        )
    });
    env.add_filter("reject", |state: &mut State, v: Value, test: String, args: Rest<Value>| {
        Ok::<_, Error>(
            tested(state, &v, &test, &args)?.into_iter().filter(|(_, t)| !*t).map(|(i, _)| i).collect::<Vec<_>>(),
        )
    });
}

fn tested(state: &mut State, v: &Value, test: &str, args: &Rest<Value>) -> Result<Vec<(Value, bool)>, Error> {
    items(v)?
        .into_iter()
        .map(|item| {
            let mut all = vec![item.clone()];
            all.extend(args.iter().cloned());
            Ok((item, state.perform_test(test, &all)?))
        })
        .collect()
}

fn objects(env: &mut Environment<'static>) {
    env.add_filter("items", |v: Value| {
        Ok::<_, Error>(members(&v)?.into_iter().map(|(k, v)| Value::from(vec![Value::from(k), v])).collect::<Vec<_>>())
    });
    env.add_filter("keys", |v: Value| Ok::<_, Error>(members(&v)?.into_iter().map(|(k, _)| k).collect::<Vec<_>>()));
    env.add_filter("pluck", |v: Value, name: String| {
        Ok::<_, Error>(
            items(&v)?.iter().filter_map(|i| i.get_attr(&name).ok()).filter(|i| !i.is_undefined()).collect::<Vec<_>>(),
        )
    });
    env.add_filter("only", |v: Value, names: Rest<String>| {
        Ok::<_, Error>(Value::from_pairs(members(&v)?.into_iter().filter(|(k, _)| names.contains(k))))
    });
    env.add_filter("without", |v: Value, names: Rest<String>| {
        Ok::<_, Error>(Value::from_pairs(members(&v)?.into_iter().filter(|(k, _)| !names.contains(k))))
    });
    env.add_filter("merge", |v: Value, other: Value| {
        let mut all = members(&v)?;
        for (k, v) in members(&other)? {
            match all.iter_mut().find(|(known, _)| *known == k) {
                Some((_, old)) => *old = v,
                None => all.push((k, v)),
            }
        }
        Ok::<_, Error>(Value::from_pairs(all))
    });
    env.add_filter("present", |v: Value| {
        Ok::<_, Error>(Value::from_pairs(members(&v)?.into_iter().filter(|(_, v)| !v.is_none() && !is_omit(v))))
    });
    env.add_filter("pointer", |v: Value, at: String| {
        let doc = to_json(&v).ok_or_else(missing)?;
        Ok::<_, Error>(doc.pointer(&at).map_or(Value::from(()), json))
    });
}

fn codecs(env: &mut Environment<'static>) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    env.add_filter("json", |v: Value| {
        let doc = to_json(&v).ok_or_else(|| wrong(format!("{} is no JSON", kind_word(&v))))?;
        bounded(doc.to_string())
    });
    env.add_filter("from_json", |v: Value| {
        jose::json::parse(text(&v)?.as_bytes()).map(|doc| json(&doc)).map_err(|_| wrong("is no strict JSON"))
    });
    env.add_filter("b64", |v: Value| bounded(STANDARD.encode(bytes(&v)?)));
    env.add_filter("unb64", |v: Value| {
        STANDARD.decode(text(&v)?).map(Value::from_bytes).map_err(|_| wrong("is no padded base64"))
    });
    env.add_filter("b64url", |v: Value| bounded(jose::b64::encode(&bytes(&v)?)));
    env.add_filter("unb64url", |v: Value| {
        jose::b64::decode(text(&v)?).map(Value::from_bytes).map_err(|_| wrong("is no base64url"))
    });
    env.add_filter("hex", |v: Value| bounded(bytes(&v)?.iter().map(|b| format!("{b:02x}")).collect()));
    env.add_filter("utf8", |v: Value| {
        String::from_utf8(bytes(&v)?).map(Value::from).map_err(|_| wrong("is no UTF-8 text"))
    });
    env.add_filter("sha256", |v: Value| {
        hash(MessageDigest::sha256(), &bytes(&v)?)
            .map(|d| Value::from_bytes(d.to_vec()))
            .map_err(|_| wrong("could not be hashed"))
    });
    env.add_filter("urlencode", |v: Value| {
        bounded(url::form_urlencoded::byte_serialize(text(&v)?.as_bytes()).collect())
    });
    env.add_filter("jwt", |v: Value| {
        let token = jose::Compact::parse(text(&v)?).map_err(|_| wrong("is no compact JWS"))?;
        let claims = token.claims().map_err(|_| wrong("its payload is no JSON object"))?;
        let header = serde_json::Value::Object(token.header().clone());
        let pairs = [
            ("header", json(&header)),
            ("claims", json(&claims)),
            ("signature", Value::from_bytes(token.signature().to_vec())),
        ];
        Ok::<_, Error>(Value::from_pairs(pairs))
    });
}

fn addresses(env: &mut Environment<'static>) {
    let part = |v: &Value, pick: fn(&Url) -> String| -> Made {
        let url = Url::parse(text(v)?).map_err(|_| wrong("is no URL"))?;
        Ok(Value::from(pick(&url)))
    };
    env.add_filter("host", move |v: Value| part(&v, |u| u.host_str().unwrap_or_default().to_owned()));
    env.add_filter("origin", move |v: Value| part(&v, |u| u.origin().ascii_serialization()));
    env.add_filter("path", move |v: Value| part(&v, |u| u.path().to_owned()));
    env.add_filter("http_date", |seconds: i64| {
        let at = u64::try_from(seconds).map_err(|_| wrong("is no date"))?;
        let at = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(at.min(253_402_300_799)));
        at.map(httpdate::fmt_http_date).ok_or_else(|| wrong("is no date"))
    });
}

fn keys(env: &mut Environment<'static>) {
    let jwk = |v: &Value| -> Result<jose::PublicJwk, Error> {
        let value = to_json(v).ok_or_else(missing)?;
        jose::PublicJwk::from_value(&value).map_err(|_| wrong("is no public JWK"))
    };
    env.add_filter("thumbprint", move |v: Value| Ok::<_, Error>(jwk(&v)?.thumbprint()));
    env.add_filter("thumbprint_sha1", move |v: Value| Ok::<_, Error>(jwk(&v)?.thumbprint_sha1()));
    // certificate filters give none for none
    let certificate = |v: &Value, make: fn(&[u8]) -> String| -> Made {
        if v.is_undefined() {
            return Err(missing());
        }
        if v.is_none() || is_omit(v) {
            return Ok(Value::from(()));
        }
        Ok(Value::from(make(&certificates::der(v)?)))
    };
    env.add_filter("x5t", move |v: Value| certificate(&v, |der| jose::b64::encode(&sha(MessageDigest::sha1(), der))));
    env.add_filter("x5t_s256", move |v: Value| {
        certificate(&v, |der| jose::b64::encode(&sha(MessageDigest::sha256(), der)))
    });
    env.add_filter("x5t_hex", move |v: Value| {
        certificate(&v, |der| sha(MessageDigest::sha1(), der).iter().map(|b| format!("{b:02X}")).collect())
    });
    env.add_filter("x5c", |v: Value| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let chain = items(&v)?;
        chain.iter().map(|c| Ok(STANDARD.encode(bytes(c)?))).collect::<Result<Vec<_>, Error>>()
    });
}

fn sha(kind: MessageDigest, bytes: &[u8]) -> Vec<u8> {
    hash(kind, bytes).map(|d| d.to_vec()).unwrap_or_default()
}
