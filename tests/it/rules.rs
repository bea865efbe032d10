//! Rules that no whole flow breaks: each on something right and on something wrong, by its own words.

use countersign::flow::core::core;
use countersign::flow::template::Scope;
use countersign::flow::view::Outcome;
use countersign::profile::Library;
use countersign::profile::model::{Check, Profile};
use countersign::redact::Redactor;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Of the core where the profile is none, else of a profile or of a flow that it has.
fn rule(profile: Option<&Profile>, id: &str) -> Check {
    let found = match profile {
        None => core().all().find(|c| c.id == id),
        Some(p) => {
            p.checks.iter().chain(p.flows.iter().flat_map(|f| &f.steps).flat_map(|s| &s.checks)).find(|c| c.id == id)
        }
    };
    found.unwrap_or_else(|| panic!("no check {id}")).clone()
}

fn outcome(check: &Check, profile: &Profile, facts: &Value) -> (Outcome, String) {
    let mut scope = Scope::default();
    scope.set_json("now", &json!(NOW));
    scope.set_json("skew", &json!(60));
    for (name, value) in facts.as_object().expect("an object") {
        scope.set_json(name, value);
    }
    let seen = countersign::flow::evaluate(check, "here", &scope, profile, &Redactor::default());
    seen.map_or((Outcome::NotChecked, "does not apply".to_owned()), |c| (c.outcome, c.found))
}

fn part(value: &Value) -> String {
    countersign::jose::b64::encode(value.to_string().as_bytes())
}

fn jws(header: &Value, claims: &Value, signature: &[u8]) -> String {
    format!("{}.{}.{}", part(header), part(claims), countersign::jose::b64::encode(signature))
}

/// The same with one member set, or taken away where it is null.
fn with(value: &Value, pointer: &str, to: Value) -> Value {
    let mut out = value.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let members = out.pointer_mut(parent).and_then(Value::as_object_mut).unwrap_or_else(|| panic!("no {parent}"));
    match to {
        Value::Null => drop(members.remove(name)),
        to => drop(members.insert(name.to_owned(), to)),
    }
    out
}

fn public_jwk() -> Value {
    json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

/// Profile (empty: the core), check, what is right, and each one thing that makes it wrong.
type Row = (&'static str, &'static str, Value, Vec<(&'static str, Value)>);

fn table() -> Vec<Row> {
    let es256 = |signature: &[u8]| jws(&json!({"alg": "ES256"}), &json!({"a": 1}), signature);
    let access = |aud: Value| jws(&json!({"alg": "RS256"}), &json!({ "aud": aud }), b"x");
    let proof = json!({
        "header": {"typ": "dpop+jwt", "jwk": public_jwk()},
        "claims": {"jti": "2f1c4b8a-55d0-4c8c-9f0a-7f5f0d1f3c11", "htm": "POST", "htu": "https://as.example/token", "iat": NOW},
        "request": {"method": "POST", "url": "https://as.example/token"},
    });
    let statement = json!({
        "header": {"alg": "PS256", "kid": "directory"},
        "claims": {"software_id": "s-1", "software_client_id": "s-1", "org_id": "o-1", "iat": NOW, "org_status": "Active"},
        "inputs": {"software_client_id": "s-1", "org_id": "o-1"},
        "keys": {"signing": {"kid": "ours"}},
    });
    let event = json!({"claims": {"jti": "e-1", "iat": NOW, "events": {"urn:uk:org:openbanking:events:x": {}}}});
    let token = json!({"response": {"status": 200, "json": {"token_type": "Bearer", "expires_in": 300}}});
    let mut rows = vec![
        ("", "JOSE-14", json!({"key": {"jwk": public_jwk()}}), vec![("/key/jwk/d", json!("c2VjcmV0"))]),
        (
            "",
            "JOSE-01",
            json!({"header": {"alg": "ES256"}, "key": {"kind": "EC P-256"}}),
            vec![("/header/alg", json!("none")), ("/header/alg", json!("HS256")), ("/header/alg", Value::Null)],
        ),
        (
            "",
            "JOSE-03",
            json!({"header": {"alg": "ES256"}, "jwt": es256(&[7; 64])}),
            vec![("/jwt", json!(es256(&[7; 70])))],
        ),
        (
            "",
            "JOSE-05",
            json!({"jwt": es256(&[7; 64])}),
            vec![("/jwt", json!("a.b")), ("/jwt", json!(format!("{}.", es256(&[7; 64]))))],
        ),
        (
            "",
            "CA-03",
            json!({"request": {"form": {"client_assertion_type": ASSERTION_TYPE}}}),
            vec![
                ("/request/form/client_assertion_type", json!("jwt-bearer")),
                ("/request/form/client_assertion_type", Value::Null),
            ],
        ),
        (
            "",
            "DP-01",
            proof.clone(),
            vec![
                ("/header/typ", json!("JWT")),
                ("/header/jwk/d", json!("c2VjcmV0")),
                ("/claims/jti", json!("1")),
                ("/claims/htm", json!("GET")),
                ("/claims/htu", json!("https://as.example/token?x=1")),
                ("/claims/iat", json!(NOW + 3600)),
            ],
        ),
        (
            "",
            "DP-02",
            json!({
                "claims": {"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"},
                "request": {"bearer": "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"},
            }),
            vec![("/claims/ath", json!("AAAA")), ("/claims/ath", Value::Null), ("/request/bearer", json!("another"))],
        ),
        ("", "IDT-01", json!({"jwe": {"cty": "JWT"}}), vec![("/jwe/cty", json!("text/plain"))]),
        (
            "generic-oidc",
            "JAR-02",
            json!({"claims": {"nbf": NOW, "exp": NOW + 300}}),
            vec![("/claims/exp", json!(NOW + 7200))],
        ),
        (
            "generic-oidc",
            "PAR-02",
            json!({"response": {"status": 201, "json": {"request_uri": "urn:x", "expires_in": 60}}}),
            vec![
                ("/response/json/request_uri", Value::Null),
                ("/response/json/expires_in", json!("60")),
                ("/response/json/expires_in", json!(0)),
            ],
        ),
        (
            "generic-oidc",
            "JARM-02",
            json!({"claims": {"code": "c"}}),
            vec![("/claims/error", json!("access_denied")), ("/claims/code", Value::Null)],
        ),
        (
            "generic-oidc",
            "AZ-06",
            json!({"callback": {"params": {"iss": "https://as.example"}}, "env": {"issuer": "https://as.example"}}),
            vec![("/callback/params/iss", json!("https://evil.example"))],
        ),
        (
            "generic-oidc",
            "REG-03U",
            json!({"response": {"status": 200, "json": {"scope": "a b"}}, "request": {"json": {"scope": "a b"}}}),
            vec![("/response/json/scope", json!("a"))],
        ),
        (
            "generic-oidc",
            "DEV-01",
            json!({"response": {"status": 200, "json": {"verification_uri": "https://as.example/device", "expires_in": 300}}}),
            vec![
                ("/response/json/verification_uri", json!("http://as.example/device")),
                ("/response/json/expires_in", json!("300")),
            ],
        ),
        (
            "generic-oidc",
            "INT-01",
            json!({"response": {"status": 200, "text": "{}", "json": {"active": true}}}),
            vec![("/response/json/active", json!("true")), ("/response/json/active", Value::Null)],
        ),
        (
            "generic-oidc",
            "INT-02",
            json!({"response": {"json": {"active": false}}}),
            vec![("/response/json/sub", json!("somebody"))],
        ),
        (
            "generic-oidc",
            "EV-01",
            event.clone(),
            vec![("/claims/jti", Value::Null), ("/claims/iat", json!(NOW + 3600)), ("/claims/iat", json!("now"))],
        ),
        (
            "generic-oidc",
            "EV-02",
            event.clone(),
            vec![("/claims/events", json!({})), ("/claims/events", json!({"urn:x": 1}))],
        ),
        ("generic-oidc", "EV-03", event, vec![("/claims/exp", json!(NOW + 60))]),
        (
            "generic-oidc",
            "REF-02",
            json!({"tokens": {"user": {}}}),
            vec![("/tokens/user/refused_since", json!(NOW - 60))],
        ),
        (
            "generic-oidc",
            "REF-04",
            json!({"response": {"status": 200, "json": {"refresh_token": "r"}}, "inputs": {"refresh_policy": "rotate"}}),
            vec![("/response/json/refresh_token", Value::Null), ("/inputs/refresh_policy", json!("reuse"))],
        ),
        (
            "generic-oidc",
            "TLS-07J",
            json!({
                "claims": {"token_introspection": {"cnf": {"x5t#S256": "bound"}}},
                "keys": {"transport": {"certificate": Value::Null}},
            }),
            vec![],
        ),
        (
            "generic-oidc",
            "DP-03J",
            json!({
                "claims": {"token_introspection": {"cnf": {"jkt": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"}}},
                "keys": {"dpop": {"jwk": public_jwk()}},
            }),
            vec![("/claims/token_introspection/cnf/jkt", json!("another"))],
        ),
        (
            "uk-open-banking",
            "UKS-04",
            json!({"header": {"http://openbanking.org.uk/tan": "openbanking.org.uk"}, "inputs": {"message_tan": "openbanking.org.uk"}}),
            vec![("/inputs/message_tan", json!("elsewhere.example"))],
        ),
        (
            "auth0",
            "AU-01",
            json!({"request": {"json": {"audience": "https://api.example"}, "form": Value::Null}}),
            vec![("/request/json/audience", Value::Null)],
        ),
        (
            "auth0",
            "AU-02",
            json!({
                "response": {"json": {"access_token": access(json!(["https://api.example", "x"]))}},
                "inputs": {"audience": "https://api.example"},
            }),
            vec![("/response/json/access_token", json!(access(json!("https://other.example"))))],
        ),
        (
            "hsbc",
            "HSBC-01",
            json!({"claims": {"iat": NOW, "exp": NOW + 1800}}),
            vec![("/claims/exp", json!(NOW + 1801))],
        ),
        (
            "obie-directory",
            "DIR-03",
            statement.clone(),
            vec![("/claims/software_client_id", json!("s-2")), ("/claims/org_id", json!("o-2"))],
        ),
        (
            "obie-directory",
            "DIR-04",
            statement.clone(),
            vec![("/claims/iat", json!(NOW - 90_000)), ("/claims/org_status", json!("Revoked"))],
        ),
        (
            "obie-directory",
            "DIR-05",
            statement,
            vec![("/header/alg", json!("RS256")), ("/header/kid", json!("ours")), ("/header/kid", Value::Null)],
        ),
        (
            "wso2-ob",
            "WSO-SSA-01",
            json!({"inputs": {"ssa": es256(&[7; 64])}, "header": {"alg": "PS256"}}),
            vec![("/inputs/ssa", json!("text")), ("/header/alg", json!("none"))],
        ),
        (
            "wso2-ob",
            "WSO-REG-03S",
            json!({"ssa": {"claims": {"iat": NOW - 1}}, "claims": {"iat": NOW}}),
            vec![("/claims/iat", json!(NOW - 60))],
        ),
        (
            "wso2-ob",
            "WSO-REG-14R",
            json!({
                "inputs": {"registered_scope": "openid accounts"},
                "keys": {"transport": {"certificate": {"psd2_roles": ["PSP_AI"]}}},
            }),
            vec![("/inputs/registered_scope", json!("openid payments"))],
        ),
        ("wso2-ob", "WSO-RSP-01S", json!({"response": {"status": 201}}), vec![("/response/status", json!(200))]),
    ];
    rows.extend([
        (
            "dnb",
            "DNB-KEY-01",
            json!({"keys": {"signing": {"alg": "ES256", "jwk": {"crv": "P-256"}}}}),
            vec![("/keys/signing/alg", json!("ES384")), ("/keys/signing/jwk/crv", json!("P-384"))],
        ),
        (
            "dnb",
            "DNB-KEY-03",
            json!({"env": {"production": true}, "keys": {"signing": {"exportable": false}}}),
            vec![("/keys/signing/exportable", json!(true))],
        ),
        (
            "dnb",
            "DNB-CRE-06",
            json!({"header": {"alg": "ES256"}}),
            vec![("/header/kid", json!("k")), ("/header/alg", json!("ES384"))],
        ),
        (
            "dnb",
            "DNB-CRE-07",
            json!({"registration_jwt": {"claims": {"exp": NOW + 20 * 86_400}}}),
            vec![("/registration_jwt/claims/exp", json!(NOW + 6 * 86_400))],
        ),
        (
            "dnb",
            "DNB-TOK-04",
            json!({"claims": {"iat": NOW, "exp": NOW + 300}}),
            vec![("/claims/exp", json!(NOW + 301))],
        ),
        (
            "dnb",
            "DNB-TOK-07",
            token,
            vec![
                ("/response/json/token_type", json!("mac")),
                ("/response/json/expires_in", json!("300")),
                ("/response/json/expires_in", json!(0)),
            ],
        ),
        (
            "dnb",
            "DNB-DISC-01",
            json!({"response": {"json": {"issuer": "https://a.example"}}, "env": {"issuer": "https://a.example"}}),
            vec![("/response/json/issuer", json!("https://a.example/"))],
        ),
        (
            "dnb",
            "DNB-API-01",
            json!({"request": {"bearer": "t", "query": {}}}),
            vec![("/request/bearer", Value::Null), ("/request/query/access_token", json!("t"))],
        ),
        (
            "dnb",
            "DNB-PSD2-01",
            json!({"request": {"mtls": "qwac"}, "keys": {"qwac": {"certificate": {"qc_types": ["web"]}}}}),
            vec![("/request/mtls", json!("transport")), ("/keys/qwac/certificate/qc_types", json!(["eseal"]))],
        ),
        (
            "dnb",
            "BG-CON-01",
            json!({"response": {"json": {"consentStatus": "valid"}}}),
            vec![("/response/json/consentStatus", json!("received"))],
        ),
    ]);
    // what needs a certificate runs with one elsewhere: at the embedded bank
    rows.retain(|(_, _, _, wrongs)| !wrongs.is_empty());
    rows
}

#[test]
fn each_rule_passes_on_what_is_right_and_tells_the_one_thing_that_is_wrong() {
    let library = Library::embedded();
    let (mut rules, mut wrongs) = (0, 0);
    for (profile, id, right, wrong) in table() {
        let loaded =
            library.load(if profile.is_empty() { "generic-oidc" } else { profile }).expect("a profile").profile;
        let check = rule((!profile.is_empty()).then_some(&loaded), id);
        assert_eq!(outcome(&check, &loaded, &right).0, Outcome::Pass, "{id}: {:?}", outcome(&check, &loaded, &right));
        for (pointer, to) in wrong {
            let (got, found) = outcome(&check, &loaded, &with(&right, pointer, to.clone()));
            assert!(matches!(got, Outcome::Fail | Outcome::Warn), "{id} with {pointer} {to}: {got:?} {found}");
            wrongs += 1;
        }
        rules += 1;
    }
    println!("{rules} rules, {wrongs} wrong values");
}
