//! JSON that was pasted: a key, a key set, or a token in one of the JSON serialisations.

use serde_json::{Map, Value};

use super::{Inspection, KeyUsed, Kind, Layer, Problem, Status, checks};
use crate::jose::{JwkError, JwkSet, PublicJwk, Verdict, b64, json};

const DECODED: Status = Status::Of(Verdict::Decoded);

pub(super) fn inspect(text: &str) -> Inspection {
    let map = match json::parse_object(text.as_bytes()) {
        Ok(map) => map,
        Err(error) => {
            return Inspection { problem: Some(Problem::new(error.to_string(), error.hint())), ..looks_like(text) };
        }
    };
    let has = |name| map.contains_key(name);
    if has("ciphertext") {
        serialisation(Kind::Jwe, &map)
    } else if has("signatures") || (has("payload") && has("signature")) {
        serialisation(Kind::Jws, &map)
    } else if has("keys") {
        set(&Value::Object(map))
    } else if has("kty") {
        key(&Value::Object(map))
    } else {
        let named = ["access_token", "id_token", "refresh_token", "software_statement", "request", "response"];
        let hint = named.into_iter().find(|name| has(name)).map_or_else(
            || "paste the token, key or certificate alone".to_owned(),
            |name| format!("paste the value of “{name}” alone"),
        );
        Inspection::opaque(Problem::new("JSON, but neither a key nor a token", hint))
    }
}

/// What broken JSON wants to be.
fn looks_like(text: &str) -> Inspection {
    let kind =
        [("\"ciphertext\"", Kind::Jwe), ("\"signature", Kind::Jws), ("\"keys\"", Kind::Jwks), ("\"kty\"", Kind::Jwk)]
            .into_iter()
            .find_map(|(sign, kind)| text.contains(sign).then_some(kind));
    let verdict = if matches!(kind, Some(Kind::Jws | Kind::Jwe)) { Verdict::Wrong } else { Verdict::Decoded };
    Inspection { verdict, ..Inspection::bare(kind.unwrap_or(Kind::Opaque)) }
}

fn key(value: &Value) -> Inspection {
    let public = PublicJwk::public_part(value);
    let answer = match PublicJwk::from_value(value) {
        Err(JwkError::Private(name)) => {
            let text = format!("this is a private key: “{name}” and what belongs to it is not shown");
            let hint = "if it was sent to somebody, replace it";
            Inspection { problem: Some(Problem::new(text, hint)), ..of_key(PublicJwk::from_value(&public)) }
        }
        other => of_key(other),
    };
    if answer.layers.is_empty() {
        let layer = Layer { claims: Some(public), ..Layer::new(Kind::Jwk, DECODED) };
        return Inspection { layers: vec![layer], ..answer };
    }
    answer
}

/// A key that was read, or why it was not.
pub(super) fn of_key(key: Result<PublicJwk, JwkError>) -> Inspection {
    match key {
        Ok(key) => Inspection {
            checks: vec![checks::strength(key.kind(), key.weakness().as_deref())],
            layers: vec![layer(&key)],
            ..Inspection::bare(Kind::Jwk)
        },
        Err(error) => {
            Inspection { problem: Some(Problem::new(error.to_string(), error.hint())), ..Inspection::bare(Kind::Jwk) }
        }
    }
}

fn layer(key: &PublicJwk) -> Layer {
    let used = KeyUsed { thumbprint: Some(key.thumbprint()), from: "this text".to_owned() };
    Layer { claims: Some(key.as_value().clone()), key: Some(used), ..Layer::new(Kind::Jwk, DECODED) }
}

fn set(value: &Value) -> Inspection {
    match JwkSet::parse(value) {
        Ok(set) => {
            let problem = set.skipped().first().map(|first| {
                let text = format!("{} of the keys cannot be used; the first: {}", set.skipped().len(), first.error);
                Problem::new(text, first.error.hint())
            });
            let keys = set.keys();
            Inspection {
                layers: keys.iter().map(layer).collect(),
                checks: keys.iter().map(|k| checks::strength(k.kind(), k.weakness().as_deref())).collect(),
                problem,
                ..Inspection::bare(Kind::Jwks)
            }
        }
        Err(error) => {
            Inspection { problem: Some(Problem::new(error.to_string(), error.hint())), ..Inspection::bare(Kind::Jwks) }
        }
    }
}

/// Shown, never verified: several signatures of which one is bad have no one verdict.
fn serialisation(kind: Kind, map: &Map<String, Value>) -> Inspection {
    let status = Status::Of(Verdict::Unsupported);
    let text = |map: &Map<String, Value>, name: &str| map.get(name).and_then(Value::as_str).map(b64::decode);
    let header = |map: &Map<String, Value>| {
        let protected = text(map, "protected")?.ok()?;
        json::parse_object(&protected).ok().map(Value::Object)
    };
    let payload = match text(map, "payload") {
        Some(Ok(bytes)) => bytes,
        _ => Vec::new(),
    };
    let claims = json::parse_object(&payload).ok().map(Value::Object);
    let one = |map: &Map<String, Value>| {
        let length = text(map, "signature").and_then(Result::ok).map(|s| s.len());
        Layer {
            header: header(map),
            claims: claims.clone(),
            payload: payload.clone(),
            signature_length: length,
            ..Layer::new(kind, status)
        }
    };
    // A hostile text has thousands of signatures: the first ten are shown.
    let layers = match map.get("signatures").and_then(Value::as_array) {
        Some(many) if kind == Kind::Jws => many.iter().filter_map(Value::as_object).take(10).map(one).collect(),
        _ => vec![one(map)],
    };
    let hint = "only the compact form (three or five parts with dots) is verified or opened";
    let problem = Problem::new("a JSON serialisation: it is shown, not verified", hint);
    Inspection { verdict: Verdict::Unsupported, layers, problem: Some(problem), ..Inspection::bare(kind) }
}
