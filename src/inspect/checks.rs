//! The core rules of JOSE and JWT as check lines (RFC 7515, 7518, 7519, 8725).

use serde_json::{Map, Value};

use crate::flow::view::{CheckView, Level, Outcome};
use crate::jose::verifier::ecdsa_form;
use crate::jose::{Alg, Compact, CompactError, JsonError, VerifyError};
use crate::text;

/// One check line in the making.
pub(super) struct Row {
    pub id: &'static str,
    pub level: Level,
    pub outcome: Outcome,
    pub say: &'static str,
    pub expected: String,
    pub found: String,
    pub reference: &'static str,
}

impl Row {
    pub(super) fn into_view(self) -> CheckView {
        let found = text::clean(&self.found);
        CheckView {
            id: self.id.to_owned(),
            on: "token".to_owned(),
            level: self.level,
            outcome: self.outcome,
            say: self.say.to_owned(),
            expected: self.expected,
            found: text::shorten(&found, 160).into_owned(),
            reference: self.reference.to_owned(),
        }
    }
}

pub(super) const fn passes(good: bool) -> Outcome {
    if good { Outcome::Pass } else { Outcome::Fail }
}

fn row(id: &'static str, outcome: Outcome, found: impl Into<String>) -> Row {
    let (say, expected, reference) = match id {
        "JOSE-01" => {
            ("alg is a known signature algorithm, never none", "HS*, RS*, PS*, ES* or EdDSA", "RFC 8725 §3.1–3.2")
        }
        "JOSE-02" => ("the key is strong enough", "RSA of 2048 bits or more", "RFC 7518 §3.3–3.5, §4.3"),
        "JOSE-03" => ("the signature is r‖s, both between 1 and n−1", "r‖s", "RFC 7518 §3.4"),
        "JOSE-04" => ("every part is base64url", "no padding, white space or other characters", "RFC 7515 §2, App. C"),
        "JOSE-05" => (
            "the parts are complete and the header is one JSON object",
            "JWS 3 parts, JWE 5 parts, no member twice",
            "RFC 7515 §4, §7.1; RFC 7516 §7.1",
        ),
        "JOSE-06" => ("the header demands no unknown extension", "no crit", "RFC 7515 §4.1.11"),
        "JWT-05" => ("the payload is one JSON object without a name twice", "UTF-8 JSON object", "RFC 7519 §4"),
        _ => ("no placeholder is left in a value", "no <, {, [Your-, example", "derived"),
    };
    Row { id, level: Level::Must, outcome, say, expected: expected.to_owned(), found: found.into(), reference }
}

/// For a token that cannot be read: the rule it breaks.
pub(super) fn broken(error: &CompactError) -> Vec<CheckView> {
    let id = match error {
        CompactError::Whitespace { .. } | CompactError::Base64 { .. } => "JOSE-04",
        CompactError::Critical(_) | CompactError::Unencoded => "JOSE-06",
        _ => "JOSE-05",
    };
    vec![row(id, Outcome::Fail, error.to_string()).into_view()]
}

/// What holds of any token that could be taken apart.
pub(super) fn of_form(parts: usize, demands: Option<&CompactError>) -> [Row; 3] {
    [
        row("JOSE-04", Outcome::Pass, "base64url"),
        row("JOSE-05", Outcome::Pass, format!("{parts} parts")),
        row("JOSE-06", passes(demands.is_none()), demands.map_or_else(|| "no crit".to_owned(), ToString::to_string)),
    ]
}

pub(super) fn of_header(token: &Compact, demands: Option<&CompactError>) -> Vec<Row> {
    let found = match token.header().get("alg") {
        None => "missing".to_owned(),
        Some(Value::String(name)) => name.clone(),
        Some(other) => format!("{} where a string is due", crate::jose::json::kind(other)),
    };
    let mut rows = vec![row("JOSE-01", passes(token.alg().is_some()), found)];
    rows.extend(token.alg().and_then(|alg| signature(alg, token.signature())));
    rows.extend(of_form(3, demands));
    rows
}

/// The form of an ECDSA signature; others have none of their own.
fn signature(alg: Alg, signature: &[u8]) -> Option<Row> {
    let form = ecdsa_form(alg, signature)?;
    let bytes = match alg {
        Alg::Es256 => 64,
        Alg::Es384 => 96,
        _ => 132,
    };
    let found = match &form {
        Ok(()) => format!("{} bytes", signature.len()),
        Err(VerifyError::Length { found, der: true, .. }) => format!("{found} bytes of DER"),
        Err(VerifyError::Length { found, .. }) => format!("{found} bytes"),
        Err(error) => error.to_string(),
    };
    Some(Row { expected: format!("{bytes} bytes, r‖s"), ..row("JOSE-03", passes(form.is_ok()), found) })
}

/// Whether the payload is meant to be claims: it says so, or it starts like an object.
pub(super) fn means_to_be_jwt(token: &Compact) -> bool {
    let says = |name| {
        token.header().get(name).and_then(Value::as_str).is_some_and(|t| t.to_ascii_lowercase().ends_with("jwt"))
    };
    says("typ") || token.payload().trim_ascii_start().starts_with(b"{")
}

pub(super) fn of_payload(token: &Compact, claims: &Result<Value, JsonError>) -> Option<Row> {
    Some(match claims {
        Ok(Value::Object(map)) => row("JWT-05", Outcome::Pass, format!("{} claims", map.len())),
        Ok(_) => return None,
        Err(error) if means_to_be_jwt(token) => row("JWT-05", Outcome::Fail, error.to_string()),
        Err(_) => row("JWT-05", Outcome::NotChecked, "the payload is no JSON, so this is no JWT"),
    })
}

pub(super) fn placeholders(claims: &Map<String, Value>) -> Row {
    let names: Vec<&str> =
        claims.iter().filter(|(_, value)| holds_placeholder(value)).map(|(name, _)| name.as_str()).collect();
    let (outcome, found) = if names.is_empty() {
        (Outcome::Pass, "none".to_owned())
    } else {
        (Outcome::Warn, format!("in {}", names.join(", ")))
    };
    Row { level: Level::Should, ..row("JWT-06", outcome, found) }
}

fn holds_placeholder(value: &Value) -> bool {
    match value {
        Value::String(s) => s.contains(['<', '{']) || s.contains("[Your-") || s.contains("example"),
        Value::Array(items) => items.iter().any(holds_placeholder),
        Value::Object(map) => map.values().any(holds_placeholder),
        _ => false,
    }
}

/// For keys: how strong one is.
pub(super) fn strength(kind: String, weakness: Option<&str>) -> CheckView {
    row("JOSE-02", passes(weakness.is_none()), weakness.map_or(kind, str::to_owned)).into_view()
}
