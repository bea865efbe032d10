//! The functions of the profile format, and the checked comparisons.

use std::cmp::Ordering;

use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::convert::{from_json, is_omit, to_json};
use super::scope::{LEDGER, Ledger, RANDOM, Random};
use crate::jose;

pub(super) fn wrong(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, why.into())
}

pub(super) fn missing() -> Error {
    Error::new(ErrorKind::UndefinedError, "a value is not there")
}

/// The kind of a value in a reader's words.
pub(super) fn kind_word(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "nothing",
        ValueKind::None => "none",
        ValueKind::Bool => "a boolean",
        ValueKind::Number => "a number",
        ValueKind::String => "a text",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "an object",
        _ if is_omit(value) => "omit",
        _ => "no plain value",
    }
}

pub(super) fn text(value: &Value) -> Result<&str, Error> {
    if value.is_undefined() {
        return Err(missing());
    }
    value.as_str().ok_or_else(|| wrong(format!("{} stands where a text is wanted", kind_word(value))))
}

pub(super) fn add(env: &mut Environment<'static>) {
    let number = |v: Value| -> Result<f64, Error> {
        if v.is_undefined() {
            return Err(missing());
        }
        if v.kind() != ValueKind::Number {
            return Err(wrong(format!("a comparison needs numbers on both sides, not {}", kind_word(&v))));
        }
        f64::try_from(v)
    };
    let compare = move |a: Value, b: Value| -> Result<Option<Ordering>, Error> {
        match (a.as_i64(), b.as_i64()) {
            (Some(x), Some(y)) if a.kind() == ValueKind::Number && b.kind() == ValueKind::Number => Ok(Some(x.cmp(&y))),
            _ => Ok(number(a)?.partial_cmp(&number(b)?)),
        }
    };
    env.add_function("lt__", move |a, b| Ok::<_, Error>(compare(a, b)? == Some(Ordering::Less)));
    env.add_function("gt__", move |a, b| Ok::<_, Error>(compare(a, b)? == Some(Ordering::Greater)));
    env.add_function("le__", move |a, b| {
        Ok::<_, Error>(matches!(compare(a, b)?, Some(Ordering::Less | Ordering::Equal)))
    });
    env.add_function("ge__", move |a, b| {
        Ok::<_, Error>(matches!(compare(a, b)?, Some(Ordering::Greater | Ordering::Equal)))
    });
    env.add_function("eq__", |a: Value, b: Value| equal(&a, &b));
    env.add_function("in__", |a: Value, b: Value| contains(&a, &b));

    env.add_function("seconds", |n: i64| n);
    env.add_function("minutes", |n: i64| n.saturating_mul(60));
    env.add_function("hours", |n: i64| n.saturating_mul(3600));
    env.add_function("days", |n: i64| n.saturating_mul(86_400));

    env.add_function("uuid", |state: &mut State| random(state, Random::uuid));
    env.add_function("random", |state: &mut State, bits: u32| {
        random(state, |r| jose::b64::encode(&r.bytes(octets(bits))))
    });
    env.add_function("random_hex", |state: &mut State, bits: u32| {
        random(state, |r| r.bytes(octets(bits)).iter().map(|b| format!("{b:02x}")).collect::<String>())
    });
    env.add_function("used", |state: &mut State, jti: Value| {
        let jti = text(&jti)?.to_owned();
        let ledger = state.lookup(LEDGER).ok_or_else(|| wrong("no ledger here"))?;
        Ok::<_, Error>(ledger.downcast_object_ref::<Ledger>().is_some_and(|l| l.0.contains(&jti)))
    });
    env.add_function("verifies", |jwt: Value, jwk: Value| {
        let jwt = text(&jwt)?.to_owned();
        let jwk = to_json(&jwk).ok_or_else(missing)?;
        Ok::<_, Error>(verifies(&jwt, &jwk))
    });
    env.add_function("half_hash", |alg: Value, value: Value| {
        half_hash(text(&alg)?, text(&value)?).ok_or_else(|| wrong("there is no hash for that algorithm"))
    });
    env.add_function("differences", |sent: Value, got: Value| {
        let (Some(sent), Some(got)) = (to_json(&sent), to_json(&got)) else { return Err(missing()) };
        let names = sent.as_object().into_iter().flatten().filter(|(k, v)| got.get(k.as_str()) != Some(*v));
        Ok(names.map(|(k, _)| k.clone()).collect::<Vec<_>>())
    });
    env.add_function("unmet", |asked: Value, claims: Value| {
        let (Some(asked), Some(claims)) = (to_json(&asked), to_json(&claims)) else { return Err(missing()) };
        Ok(unmet(&asked, &claims))
    });
    env.add_function("mod11", |digits: Value, weights: Rest<Value>| mod11(text(&digits)?, &weights));
}

fn octets(bits: u32) -> usize {
    (bits.min(4096) as usize).div_ceil(8)
}

fn random<T>(state: &mut State, draw: impl Fn(&Random) -> T) -> Result<T, Error> {
    let source = state.lookup(RANDOM).ok_or_else(|| wrong("random values cannot be made here"))?;
    source.downcast_object_ref::<Random>().map(draw).ok_or_else(|| wrong("random values cannot be made here"))
}

pub(super) fn equal(a: &Value, b: &Value) -> Result<bool, Error> {
    if a.is_undefined() || b.is_undefined() {
        return Err(missing());
    }
    Ok(match (to_json(a), to_json(b)) {
        (Some(x), Some(y)) => same(&x, &y),
        _ => a == b,
    })
}

/// Equal as JSON values: the order of an object's members does not count, 1 and 1.0 are one number.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value as J;
    match (a, b) {
        (J::Number(x), J::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (J::Array(x), J::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (J::Object(x), J::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

pub(super) fn contains(needle: &Value, hay: &Value) -> Result<bool, Error> {
    if needle.is_undefined() || hay.is_undefined() {
        return Err(missing());
    }
    match hay.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            for item in hay.try_iter()? {
                if equal(needle, &item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        ValueKind::Map => Ok(needle.as_str().is_some_and(|k| hay.get_attr(k).is_ok_and(|v| !v.is_undefined()))),
        _ => Err(wrong(format!("`in` needs a list or an object on its right, not {}", kind_word(hay)))),
    }
}

fn verifies(jwt: &str, jwk: &serde_json::Value) -> bool {
    let (Ok(token), Ok(key)) = (jose::Compact::parse(jwt), jose::PublicJwk::from_value(jwk)) else { return false };
    token.alg().is_some_and(|alg| jose::verify(alg, &key, token.signing_input(), token.signature()).is_ok())
}

/// The left half of the hash of `alg`, base64url (OpenID Connect Core §3.1.3.6).
fn half_hash(alg: &str, value: &str) -> Option<String> {
    use openssl::hash::{MessageDigest, hash};
    let digest = match alg {
        "EdDSA" => MessageDigest::sha512(),
        _ => match alg.get(2..)? {
            "256" => MessageDigest::sha256(),
            "384" => MessageDigest::sha384(),
            "512" => MessageDigest::sha512(),
            _ => return None,
        },
    };
    let full = hash(digest, value.as_bytes()).ok()?;
    Some(jose::b64::encode(&full[..full.len() / 2]))
}

/// The essential claims of a `claims` request that are not there, or have none of the values that were asked for (OpenID
/// Connect Core §5.5.1).
fn unmet(asked: &serde_json::Value, claims: &serde_json::Value) -> Vec<String> {
    let met = |name: &str, how: &serde_json::Value| {
        claims.get(name).is_some_and(|found| {
            let one = how.get("value").is_none_or(|value| same(value, found));
            let several = how.get("values").and_then(serde_json::Value::as_array);
            one && several.is_none_or(|values| values.iter().any(|value| same(value, found)))
        })
    };
    let essential = asked.as_object().into_iter().flatten().filter(|(_, how)| how["essential"] == true);
    essential.filter(|(name, how)| !met(name, how)).map(|(name, _)| name.clone()).collect()
}

/// Whether the last digit is the modulus-11 check digit under these weights (Norwegian identity numbers).
fn mod11(digits: &str, weights: &[Value]) -> Result<bool, Error> {
    let weights: Vec<i64> = match weights {
        [list] if list.kind() == ValueKind::Seq => list.try_iter()?.filter_map(|v| v.as_i64()).collect(),
        each => each.iter().filter_map(Value::as_i64).collect(),
    };
    let digits: Option<Vec<i64>> = digits.chars().map(|c| c.to_digit(10).map(i64::from)).collect();
    let Some(digits) = digits else { return Ok(false) };
    let sum: i64 = digits.iter().zip(&weights).map(|(d, w)| d * w).sum();
    Ok(!weights.is_empty() && digits.len() >= weights.len() && sum % 11 == 0)
}

/// A JSON value as minijinja sees it; a convenience for the filters.
pub(super) fn json(value: &serde_json::Value) -> Value {
    from_json(value)
}
