//! What a token is bound to: its `cnf` (RFC 7800), for showing it. Nothing is verified here.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Compact;

/// One member of `cnf`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// `x5t#S256`: the client certificate that it was got with (RFC 8705 §3.1).
    Certificate(String),
    /// `jkt`: the key whose proof has to come with it (RFC 9449 §6.1).
    ProofKey(String),
}

impl Bound {
    /// Of the claims of a token, or of what an introspection answers.
    pub fn of_claims(claims: &Json) -> Vec<Self> {
        let member = |name: &str| claims.get("cnf").and_then(|cnf| cnf.get(name)).and_then(Json::as_str);
        // a SHA-256, base64url
        let of = |name: &str| member(name).filter(|t| t.len() == 43).map(str::to_owned);
        let certificate = of("x5t#S256").map(Self::Certificate);
        certificate.into_iter().chain(of("jkt").map(Self::ProofKey)).collect()
    }

    /// Of a token that is a JWS; one that is opaque shows nothing.
    pub fn of_token(token: &str) -> Vec<Self> {
        let claims = Compact::parse(token).ok().and_then(|jws| jws.claims().ok());
        claims.map(|claims| Self::of_claims(&claims)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_kinds_are_found_and_what_is_no_thumbprint_is_left_out() {
        let print = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
        let both = json!({ "cnf": { "x5t#S256": print, "jkt": print, "kid": "x" } });
        assert_eq!(Bound::of_claims(&both), [Bound::Certificate(print.into()), Bound::ProofKey(print.into())]);
        for none in [json!({}), json!({ "cnf": "x" }), json!({ "cnf": { "jkt": "short" } }), json!([])] {
            assert!(Bound::of_claims(&none).is_empty(), "{none}");
        }
        assert!(Bound::of_token("opaque").is_empty());
    }
}
