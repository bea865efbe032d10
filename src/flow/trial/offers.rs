//! The rules that can be broken at a step, as it was last built.

use serde_json::{Value as Json, json};

use super::Trial;
use crate::flow::edit::{Edit, Edits, FLIPPED, Part, Place, places};
use crate::flow::view::{Artefact, StepView};

/// A trial, and the changes that make it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub trial: Trial,
    pub edits: Edits,
}

/// What a token is for: its rules follow from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Assertion,
    Proof,
    RequestObject,
    Registration,
    /// Anything else that is signed here.
    Other,
}

fn kind(a: &Artefact) -> Kind {
    let has = |name: &str| a.claims.get(name).is_some();
    match a.name.as_str() {
        "client_assertion" => Kind::Assertion,
        "dpop_proof" => Kind::Proof,
        _ if has("software_statement") || has("redirect_uris") => Kind::Registration,
        _ if has("response_type") || has("redirect_uri") => Kind::RequestObject,
        _ => Kind::Other,
    }
}

struct On<'a> {
    token: &'a Artefact,
    step: &'a StepView,
    now: i64,
}

impl On<'_> {
    fn without(&self, name: &str) -> Option<Vec<Edit>> {
        self.token.claims.get(name).map(|_| vec![Edit::remove(Place::claim(&self.token.name, name))])
    }

    fn instead(&self, name: &str, to: Json) -> Option<Vec<Edit>> {
        self.token.claims.get(name).map(|_| vec![Edit::set(Place::claim(&self.token.name, name), to)])
    }

    fn header(&self, name: &str, to: Json) -> Vec<Edit> {
        vec![Edit::set(Place::of_token(&self.token.name, Part::Header, name), to)]
    }
}

fn elsewhere(on: &On<'_>) -> Option<Vec<Edit>> {
    on.instead("aud", json!("https://elsewhere.example"))
}

fn expired(on: &On<'_>) -> Option<Vec<Edit>> {
    let mut edits = on.instead("exp", json!(on.now - 3600))?;
    for name in ["iat", "nbf"] {
        edits.extend(on.instead(name, json!(on.now - 7200)).unwrap_or_default());
    }
    Some(edits)
}

fn unsigned(on: &On<'_>) -> Option<Vec<Edit>> {
    on.token.header.get("alg").map(|_| on.header("alg", json!("none")))
}

fn flipped(on: &On<'_>) -> Option<Vec<Edit>> {
    let signed = on.token.token.rsplit_once('.')?;
    (!signed.1.is_empty()).then(|| vec![Edit::set(Place::Signature(on.token.name.clone()), json!(FLIPPED))])
}

/// The `jti` of an attempt that was sent.
fn seen(on: &On<'_>) -> Option<Vec<Edit>> {
    let sent = [on.step].into_iter().chain(on.step.earlier.iter().rev().map(|s| &**s));
    let mut tokens = sent.filter(|s| s.exchange.is_some()).flat_map(|s| &s.artefacts);
    let used = tokens.find(|a| a.name == on.token.name)?;
    on.instead("jti", used.claims.get("jti")?.clone())
}

type Change = fn(&On<'_>) -> Option<Vec<Edit>>;

const fn of(
    id: &'static str,
    say: &'static str,
    refused_with: &'static [&'static str],
    reference: &'static str,
) -> Trial {
    Trial { id, say, refused_with, reference }
}

const CLIENT: &[&str] = &["invalid_client"];
const PROOF: &[&str] = &["invalid_dpop_proof", "invalid_token", "use_dpop_nonce"];
const OBJECT: &[&str] = &["invalid_request_object", "invalid_request"];
const REGISTRATION: &[&str] =
    &["invalid_client_metadata", "invalid_software_statement", "invalid_redirect_uri", "invalid_request"];
const GRANT: &[&str] = &["invalid_grant"];
const ACCESS: &[&str] = &["http.401", "invalid_token", "unauthorized"];

/// On tokens that the step makes.
#[rustfmt::skip]
const OF_TOKENS: &[(Kind, Trial, Change)] = &[
    (Kind::Assertion, of("assertion-expired", "an expired client assertion", CLIENT, "RFC 7523 §3 (4)"), expired),
    (Kind::Assertion, of("assertion-audience", "a client assertion for another audience", CLIENT, "RFC 7523 §3 (3)"), elsewhere),
    (Kind::Assertion, of("assertion-subject", "a client assertion of another subject", CLIENT, "RFC 7523 §3 (2)"),
        |on| on.instead("sub", json!("somebody-else"))),
    (Kind::Assertion, of("assertion-endless", "a client assertion without exp", CLIENT, "RFC 7523 §3 (4)"), |on| on.without("exp")),
    (Kind::Assertion, of("assertion-again", "a client assertion with a jti that was used", CLIENT, "RFC 7523 §3 (7)"), seen),
    (Kind::Assertion, of("assertion-unsigned", "a client assertion with alg none", CLIENT, "RFC 8725 §3.1"), unsigned),
    (Kind::Assertion, of("assertion-signature", "a client assertion whose signature is wrong", CLIENT, "RFC 7523 §3 (9)"), flipped),
    (Kind::Proof, of("proof-htu", "a proof for another address", PROOF, "RFC 9449 §4.3 (9)"),
        |on| on.instead("htu", json!("https://elsewhere.example/"))),
    (Kind::Proof, of("proof-htm", "a proof for another method", PROOF, "RFC 9449 §4.3 (8)"), |on| on.instead("htm", json!("PATCH"))),
    (Kind::Proof, of("proof-old", "a proof made an hour ago", PROOF, "RFC 9449 §4.3 (11)"), |on| on.instead("iat", json!(on.now - 3600))),
    (Kind::Proof, of("proof-again", "a proof with a jti that was used", PROOF, "RFC 9449 §11.1"), seen),
    (Kind::Proof, of("proof-ath", "a proof for another access token", PROOF, "RFC 9449 §4.3 (12)"),
        |on| on.instead("ath", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))),
    (Kind::Proof, of("proof-typ", "a proof that is not typed dpop+jwt", PROOF, "RFC 9449 §4.3 (4)"),
        |on| Some(on.header("typ", json!("JWT")))),
    (Kind::Proof, of("proof-signature", "a proof whose signature is wrong", PROOF, "RFC 9449 §4.3 (6)"), flipped),
    (Kind::RequestObject, of("object-expired", "an expired request object", OBJECT, "FAPI 1 Adv. §5.2.2-13"), expired),
    (Kind::RequestObject, of("object-audience", "a request object for another audience", OBJECT, "RFC 9101 §4"), elsewhere),
    (Kind::RequestObject, of("object-redirect", "a redirect URI that is not registered", OBJECT, "RFC 6749 §3.1.2.4"),
        |on| on.instead("redirect_uri", json!("https://elsewhere.example/callback"))),
    (Kind::RequestObject, of("object-nonce", "a request for an ID token without nonce", OBJECT, "OIDC Core §3.2.2.1"),
        |on| on.without("nonce")),
    (Kind::RequestObject, of("object-unsigned", "a request object with alg none", OBJECT, "RFC 8725 §3.1"), unsigned),
    (Kind::RequestObject, of("object-signature", "a request object whose signature is wrong", OBJECT, "RFC 9101 §6.2"), flipped),
    (Kind::Registration, of("registration-expired", "an expired registration request", REGISTRATION, "RFC 7519 §4.1.4"), expired),
    (Kind::Registration, of("registration-audience", "a registration request for another audience", REGISTRATION, "RFC 7519 §4.1.3"),
        elsewhere),
    (Kind::Registration, of("registration-redirect", "a redirect URI outside the software statement", REGISTRATION, "RFC 7591 §2.3"),
        |on| on.instead("redirect_uris", json!(["https://elsewhere.example/callback"]))),
    (Kind::Registration, of("registration-statement", "a software statement that was changed", REGISTRATION, "RFC 7591 §3.2.2"),
        |on| {
            let (input, _) = on.token.claims.get("software_statement")?.as_str()?.rsplit_once('.')?;
            on.instead("software_statement", json!(format!("{input}.AAAA")))
        }),
    (Kind::Registration, of("registration-signature", "a registration request whose signature is wrong", REGISTRATION, "RFC 7515 §5.2"),
        flipped),
    (Kind::Other, of("token-expired", "an expired token", &[], "RFC 7519 §4.1.4"), expired),
    (Kind::Other, of("token-audience", "a token for another audience", &[], "RFC 7519 §4.1.3"), elsewhere),
    (Kind::Other, of("token-signature", "a token whose signature is wrong", &[], "RFC 7515 §5.2"), flipped),
    (Kind::Other, of("token-unsigned", "a token with alg none", &[], "RFC 8725 §3.1"), unsigned),
];

/// On parameters: the form's name, the trial, what goes out instead (None: nothing).
#[rustfmt::skip]
const OF_FORMS: &[(&str, Trial, Option<&str>)] = &[
    ("code_verifier", of("pkce-verifier", "another code_verifier", GRANT, "RFC 7636 §4.6"),
        Some("another-verifier-that-is-long-enough-to-be-one")),
    ("code_verifier", of("pkce-missing", "a code without its code_verifier", &["invalid_grant", "invalid_request"], "RFC 7636 §4.6"), None),
    ("code", of("code-wrong", "a code that nobody gave", GRANT, "RFC 6749 §5.2"), Some("not-a-code")),
    ("redirect_uri", of("redirect-other", "another redirect_uri than the code was asked with", GRANT, "RFC 6749 §4.1.3"),
        Some("https://elsewhere.example/callback")),
    ("refresh_token", of("refresh-wrong", "a refresh token that nobody gave", GRANT, "RFC 6749 §5.2"), Some("not-a-token")),
    ("grant_type", of("grant-unknown", "a grant that does not exist", &["unsupported_grant_type", "unauthorized_client"], "RFC 6749 §5.2"),
        Some("urn:example:no-such-grant")),
    ("scope", of("scope-unknown", "a scope that does not exist", &["invalid_scope"], "RFC 6749 §5.2"), Some("no-such-scope")),
    ("client_secret", of("secret-wrong", "a wrong client secret", &["invalid_client", "access_denied"], "RFC 6749 §5.2"), Some("not-the-secret")),
];

const NO_CERTIFICATE: Trial = of(
    "certificate-missing",
    "a connection without the client certificate",
    &["invalid_client", "invalid_token", "tls.client-certificate.required", "net.closed"],
    "RFC 8705 §2, §3",
);
const OTHER_REDIRECT: Trial = of(
    "redirect-unregistered",
    "a redirect URI that is not registered",
    &["invalid_request", "invalid_redirect_uri"],
    "RFC 6749 §3.1.2.4",
);
const NO_PROOF: Trial = of("proof-missing", "a request without its proof", PROOF, "RFC 9449 §7.1");
const NO_TOKEN: Trial = of("bearer-missing", "a call without its token", ACCESS, "RFC 6750 §3");
const WRONG_TOKEN: Trial = of("bearer-wrong", "a call with a token that nobody gave", ACCESS, "RFC 6750 §3.1");

/// What can be tried at the step, from what it last built. `now`: seconds since 1970.
pub fn offers(step: &StepView, now: i64) -> Vec<Offer> {
    let mut out = Vec::new();
    for token in step.artefacts.iter().filter(|a| a.opened_by.is_none() && a.kind == "jws") {
        let (on, kind) = (On { token, step, now }, kind(token));
        let fitting = OF_TOKENS.iter().filter(|(of, ..)| *of == kind);
        out.extend(fitting.filter_map(|(_, trial, change)| Some(offer(trial, change(&on)?))));
    }
    let Some(request) = &step.request else { return out };
    let standing = places(step);
    let has = |place: &Place| standing.iter().any(|s| s.place == *place);
    let redeems = has(&Place::Form("code".into()));
    for (name, trial, to) in OF_FORMS {
        let mut all = [Place::Form((*name).to_owned()), Place::member(name)].into_iter();
        if let Some(place) = all.find(has).filter(|_| redeems || *name != "redirect_uri") {
            out.push(offer(trial, vec![Edit { place, to: to.map(Json::from) }]));
        }
    }
    let place = Place::Form("redirect_uri".into());
    if !redeems && has(&place) {
        out.push(offer(&OTHER_REDIRECT, vec![Edit::set(place, json!("https://elsewhere.example/callback"))]));
    }
    let header = |name: &str| request.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
    let scheme = header("Authorization").and_then(|h| h.value.split_once(' ')).map(|(scheme, _)| scheme);
    if let Some(scheme) = scheme.filter(|s| *s != "Basic") {
        let place = Place::Header("Authorization".into());
        out.push(offer(&NO_TOKEN, vec![Edit::remove(place.clone())]));
        if scheme == "DPoP" {
            out.push(offer(&NO_PROOF, vec![Edit::remove(Place::Header("DPoP".into()))]));
        }
        out.push(offer(&WRONG_TOKEN, vec![Edit::set(place, json!(format!("{scheme} not-a-token")))]));
    }
    if request.mtls.is_some() {
        out.push(offer(&NO_CERTIFICATE, vec![Edit::remove(Place::Certificate)]));
    }
    out
}

fn offer(trial: &Trial, edits: Vec<Edit>) -> Offer {
    Offer { trial: trial.clone(), edits: Edits::from(edits) }
}
