//! A compact JWS: decoded, verified with the ring, held against the core rules.

use serde_json::Value;

use super::checks::{self, Row};
use super::{Inspection, KeyRing, Kind, Layer, Problem, Status, sniff, time_checks};
use crate::jose::verifier::ecdsa_form;
use crate::jose::{Compact, CompactError, Verdict};
use crate::text;
use crate::time::Timestamp;

pub(super) fn inspect(token: &str, keys: &KeyRing, now: Timestamp) -> Inspection {
    match Compact::dissect(token) {
        Ok(compact) => whole(&compact, keys, now),
        Err(error) => broken(Kind::Jws, token, &error),
    }
}

/// A token that cannot be read. It is wrong, whoever signed it.
pub(super) fn broken(kind: Kind, token: &str, error: &CompactError) -> Inspection {
    let mut problem = Problem::new(error.to_string(), error.hint());
    if matches!(error, CompactError::Whitespace { .. }) {
        problem.stripped = Some(sniff::stripped(token));
    }
    Inspection {
        verdict: Verdict::Wrong,
        checks: checks::broken(error),
        problem: Some(problem),
        ..Inspection::bare(kind)
    }
}

fn whole(token: &Compact, keys: &KeyRing, now: Timestamp) -> Inspection {
    let demands = token.demands().err();
    let (verdict, key, problem) = judge(token, keys, demands.as_ref());
    let claims = token.claims();
    let mut checks = checks::of_header(token, demands.as_ref());
    checks.extend(checks::of_payload(token, &claims));
    let mut problem = problem;
    match &claims {
        Ok(Value::Object(map)) => {
            checks.extend(time_checks::of_claims(map, now));
            checks.push(checks::placeholders(map));
        }
        Ok(_) => {}
        // A payload that only looks like claims is told before a missing key: nobody could rely on it.
        Err(error) if checks::means_to_be_jwt(token) && verdict != Verdict::Wrong => {
            problem = Some(Problem::new(format!("the payload is no claims set: {error}"), error.hint()));
        }
        Err(_) => {}
    }
    let layer = Layer {
        header: Some(Value::Object(token.header().clone())),
        claims: claims.ok(),
        payload: token.payload().to_vec(),
        key,
        signature_length: Some(token.signature().len()),
        ..Layer::new(Kind::Jws, Status::Of(verdict))
    };
    Inspection {
        verdict,
        layers: vec![layer],
        checks: checks.into_iter().map(Row::into_view).collect(),
        problem,
        ..Inspection::bare(Kind::Jws)
    }
}

type Judged = (Verdict, Option<super::KeyUsed>, Option<Problem>);

fn judge(token: &Compact, keys: &KeyRing, demands: Option<&CompactError>) -> Judged {
    let told = |verdict, text: String, hint: &str| (verdict, None, Some(Problem::new(text, hint)));
    if let Some(error) = demands {
        return told(Verdict::Unsupported, error.to_string(), error.hint());
    }
    let Some(alg) = token.alg() else {
        return match token.alg_name() {
            None => {
                told(Verdict::Wrong, "the header has no “alg”".into(), "a JWS names its algorithm (RFC 7515 §4.1.1)")
            }
            Some(name) if is_none(name) => told(
                Verdict::Wrong,
                "the token is not signed: its “alg” is “none”".into(),
                "anybody could have written it: refuse it (RFC 8725 §3.2)",
            ),
            Some(name) => told(
                Verdict::Unsupported,
                format!("the algorithm “{}” is not known here", text::shorten(&text::clean(name), 40)),
                "names are compared with case; ES*, RS*, PS*, HS* and EdDSA are known",
            ),
        };
    };
    if token.signature().is_empty() {
        return told(
            Verdict::Wrong,
            "there is no signature".into(),
            "the token ends in a dot: it was cut or never signed",
        );
    }
    if let Some(Err(error)) = ecdsa_form(alg, token.signature()) {
        return told(Verdict::Wrong, error.to_string(), error.hint());
    }
    let tried = keys.judge(token, alg);
    let problem = match (tried.verdict, &tried.error) {
        (Verdict::NoKey, _) => Some(no_key(token)),
        (_, Some(error)) => Some(Problem::new(error.to_string(), error.hint())),
        _ => None,
    };
    (tried.verdict, tried.key, problem)
}

fn is_none(name: &str) -> bool {
    name.trim().is_empty() || name.trim().eq_ignore_ascii_case("none")
}

fn no_key(token: &Compact) -> Problem {
    let text = match token.kid() {
        Some(kid) => format!("no key at hand made this signature (kid “{}”)", text::shorten(&text::clean(kid), 60)),
        None => "no key at hand could have made this signature".to_owned(),
    };
    let embedded = ["jwk", "jku", "x5c", "x5u"].into_iter().find(|name| token.header().contains_key(*name));
    let hint = embedded.map_or_else(
        || "give the signer's public key or key set".to_owned(),
        |name| {
            format!(
                "give the signer's key; the one under “{name}” is the token's own word and not trusted (RFC 8725 §3.10)"
            )
        },
    );
    Problem::new(text, hint)
}
