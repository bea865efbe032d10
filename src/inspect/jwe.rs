//! A compact JWE: opened with the ring where it has the key, and what is inside looked at in its turn.

use serde_json::Value;

use super::checks::{self, Row};
use super::ring::Opened;
use super::{Inspection, KeyRing, Kind, Layer, Problem, Status, jws};
use crate::jose::jwe::{Admitted, Jwe, JweError, KeyAlg, Policy, Task};
use crate::jose::{Compact, PublicJwk, Verdict, compact, json};
use crate::secret::SecretBytes;
use crate::text;
use crate::time::Timestamp;

/// How many encryptions inside each other are opened.
const DEEPEST: usize = 3;

/// What is opened without a profile's word: nothing that is weak or costly.
fn policy() -> Policy {
    Policy::sound().with_compressed()
}

/// What the private half of `key` has to do so that `text` may be looked into; None where it is nothing for that key.
/// The answer goes into the ring.
pub fn task_for(text: &str, key: &PublicJwk) -> Option<Task> {
    Jwe::parse(text.trim_end_matches('\n')).ok()?.admit(&policy()).ok()?.task(key).ok()
}

pub(super) fn inspect(token: &str, keys: &KeyRing, now: Timestamp) -> Inspection {
    at_depth(token, keys, now, 1)
}

fn at_depth(token: &str, keys: &KeyRing, now: Timestamp, depth: usize) -> Inspection {
    let jwe = match Jwe::parse(token) {
        Ok(jwe) => jwe,
        Err(JweError::Form(error)) => return jws::broken(Kind::Jwe, token, &error),
        Err(error) => {
            let problem = Problem::new(error.to_string(), error.hint());
            return Inspection { verdict: Verdict::Wrong, problem: Some(problem), ..Inspection::bare(Kind::Jwe) };
        }
    };
    match jwe.admit(&policy()) {
        Err(error) => refused(&jwe, &error),
        Ok(admitted) => match keys.open(&admitted) {
            Opened::Content(content, key) => {
                let layer = Layer { key: Some(key), ..layer(&jwe, Status::Decrypted) };
                opened(&jwe, layer, &content, keys, now, depth)
            }
            Opened::Wrong(error) => shut(&jwe, Verdict::Wrong, Problem::new(error.to_string(), error.hint())),
            Opened::NoKey => shut(&jwe, Verdict::NoKey, no_key(&admitted)),
        },
    }
}

fn layer(jwe: &Jwe, status: Status) -> Layer {
    Layer { header: Some(Value::Object(jwe.header().clone())), ..Layer::new(Kind::Jwe, status) }
}

/// A JWE of which only the header can be seen.
fn shut(jwe: &Jwe, verdict: Verdict, problem: Problem) -> Inspection {
    let demands = Compact::header_demands(jwe.header()).err();
    let checks = checks::of_form(5, demands.as_ref()).map(Row::into_view).into();
    let layers = vec![layer(jwe, Status::Of(verdict))];
    Inspection { verdict, layers, checks, problem: Some(problem), ..Inspection::bare(Kind::Jwe) }
}

fn refused(jwe: &Jwe, error: &JweError) -> Inspection {
    let name = |member| jwe.header().get(member).and_then(Value::as_str).unwrap_or("(missing)");
    let shown = text::clean(&format!("{} with {}", name("alg"), name("enc"))).into_owned();
    let shown = text::shorten(&shown, 60);
    let risky = KeyAlg::parse(name("alg")).is_some_and(KeyAlg::is_risky);
    let (verdict, problem) = match error {
        JweError::NotAllowed { .. } if risky => {
            let hint =
                "it is weak against chosen ciphertexts or costly to check; a profile has to ask for it (RFC 8725 §3.2)";
            (Verdict::Unsupported, Problem::new(format!("encrypted with {shown}: not opened"), hint))
        }
        JweError::Unknown { .. } | JweError::NotAllowed { .. } => {
            let hint = "RSA-OAEP, ECDH-ES, AES key wrap and dir are known, with A*GCM and A*CBC-HS*";
            (Verdict::Unsupported, Problem::new(format!("encrypted with {shown}: not known here"), hint))
        }
        JweError::Form(_) => (Verdict::Unsupported, Problem::new(error.to_string(), error.hint())),
        _ => (Verdict::Wrong, Problem::new(error.to_string(), error.hint())),
    };
    shut(jwe, verdict, problem)
}

fn no_key(token: &Admitted) -> Problem {
    let kid = token.jwe().kid().map(|kid| format!(" (kid “{}”)", text::shorten(&text::clean(kid), 60)));
    let kid = kid.unwrap_or_default();
    let text = format!("encrypted with {} and {}{kid}: no key at hand opens it", token.alg(), token.enc());
    Problem::new(text, "it is written to somebody's private key: give that key, or a set that holds it")
}

/// What was inside: a signed token, another encryption, or content that nobody signed.
fn opened(
    jwe: &Jwe,
    mut outer: Layer,
    content: &SecretBytes,
    keys: &KeyRing,
    now: Timestamp,
    depth: usize,
) -> Inspection {
    let text = std::str::from_utf8(content.expose()).ok();
    let parts = text.map_or(0, |t| t.split('.').count());
    let inner = match text {
        Some(text) if compact::looks_signed(text) => Some(match &outer.key {
            Some(reader) => jws::inspect(text, &keys.without(reader), now),
            None => jws::inspect(text, keys, now),
        }),
        Some(text) if parts == 5 && depth < DEEPEST && Jwe::parse(text).is_ok() => {
            Some(at_depth(text, keys, now, depth + 1))
        }
        _ => None,
    };
    let form = checks::of_form(5, None).map(Row::into_view);
    if let Some(inner) = inner {
        let kind = if matches!(inner.kind, Kind::Jws | Kind::NestedJwt) { Kind::NestedJwt } else { Kind::Jwe };
        let mut layers = vec![outer];
        layers.extend(inner.layers);
        let checks = form.into_iter().chain(inner.checks).collect();
        return Inspection { verdict: inner.verdict, layers, checks, problem: inner.problem, ..Inspection::bare(kind) };
    }
    outer.claims = json::parse(content.expose()).ok();
    outer.payload = content.expose().to_vec();
    let text = if jwe.says_nested() {
        "it was decrypted, and is no token inside although its “cty” says so"
    } else {
        "it was decrypted, and nothing inside is signed"
    };
    let problem =
        Problem::new(text, "encrypted is not authenticated: whoever knows the public key could have written it");
    Inspection { layers: vec![outer], checks: form.into(), problem: Some(problem), ..Inspection::bare(Kind::Jwe) }
}
