//! DNB's client assertion and its registration JWT.

use super::*;

fn claims() -> Value {
    let now = now();
    json!({"iss": "acme", "sub": "acme", "aud": "https://api.ciam.dnb.no/as/token.oauth2", "iat": now, "exp": now + 240,
        "jti": "0d2a3a1c-5f0e-4a38-9be3-6a1c8d2f7e51"})
}

/// r‖s as a library of another kind writes it: a DER sequence.
fn with_der_signature(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    let raw = countersign::jose::b64::decode(signature).expect("base64url");
    let number = |bytes: &[u8]| openssl::bn::BigNum::from_slice(bytes).expect("a number");
    let (r, s) = raw.split_at(32);
    let der = openssl::ecdsa::EcdsaSig::from_private_components(number(r), number(s)).expect("a pair");
    format!("{input}.{}", countersign::jose::b64::encode(&der.to_der().expect("DER")))
}

#[tokio::test]
async fn each_flaw_of_an_assertion_is_named() {
    let mut desk = Desk::new();
    let ours = key(KeySpec::P256);
    desk.bind("signing", &ours, Vec::new());
    let kid = ours.public().thumbprint();
    let header = json!({"kid": kid, "typ": "JWT"});
    let said = Said { env: "production", set: strings(&[("client_id", "acme")]), keys: Vec::new() };
    let made = |changes: Value| sign(&ours, Alg::Es256, &header, &with(&claims(), &changes));
    let now = now();
    let rsa = key(KeySpec::Rsa(2048));
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("sound", made(json!({})), &[]),
        ("aud is the issuer", made(json!({"aud": "https://api.ciam.dnb.no"})), &[]),
        ("another client", made(json!({"iss": "other", "sub": "other"})), &["CA-01", "DNB-TOK-02"]),
        ("sub is another", made(json!({"sub": "other"})), &["CA-01", "DNB-TOK-02"]),
        ("no jti", made(json!({"jti": null})), &["DNB-TOK-01", "JWT-04"]),
        ("a jti to be guessed", made(json!({"jti": "1"})), &["JWT-04"]),
        ("cnf of a registration", made(json!({"cnf": {"jwk": ours.public().as_value()}})), &["DNB-TOK-01"]),
        ("aud of another host", made(json!({"aud": "https://as.example/token"})), &["CA-02", "DNB-TOK-03"]),
        ("aud of another endpoint", made(json!({"aud": "https://api.ciam.dnb.no/as/par"})), &["DNB-TOK-03"]),
        ("lives half an hour", made(json!({"exp": now + 1800})), &["DNB-TOK-04M"]),
        ("ended", made(json!({"iat": now - 600, "exp": now - 400})), &["JWT-02"]),
        ("begins tomorrow", made(json!({"iat": now + 86_400, "exp": now + 86_500})), &["JWT-02"]),
        ("exp as a text", made(json!({"exp": (now + 240).to_string()})), &["DNB-TOK-04M", "JWT-01", "JWT-02"]),
        ("DER for a signature", with_der_signature(&made(json!({}))), &["JOSE-03", "JOSE-09"]),
        ("another's key", sign(&key(KeySpec::P256), Alg::Es256, &header, &claims()), &["JOSE-09"]),
        ("another alg", sign(&rsa, Alg::Rs256, &json!({"typ": "JWT"}), &claims()), &["token.algorithm"]),
    ];
    let mut found = Vec::new();
    for (name, token, expected) in rows {
        let seen = desk.look("dnb/client", &token, &said).await;
        found.push((name, owned(broken(&seen)), expected));
    }
    compare(found);
    let seen = desk.look("dnb/client", &made(json!({})), &said).await;
    assert_eq!(seen.held_to.expect("rules").assumed, ["request.url = https://api.ciam.dnb.no/as/token.oauth2"]);
}

#[tokio::test]
async fn each_flaw_of_a_registration_jwt_is_named() {
    let mut desk = Desk::new();
    let (ours, other) = (key(KeySpec::P256), key(KeySpec::P256));
    desk.bind("signing", &ours, Vec::new());
    let now = now();
    let public = |key: &SecretJwk| key.public().with_kid(&key.public().thumbprint()).as_value().clone();
    let good = json!({"aud": "https://api.ciam.dnb.no/clients/v1", "cnf": {"jwk": public(&ours)}, "iat": now,
        "exp": now + 2_592_000});
    let made = |changes: Value| sign(&ours, Alg::Es256, &json!({}), &with(&good, &changes));
    let cnf = |changes: Value| json!({"cnf": {"jwk": with(&public(&ours), &changes)}});
    let month = 2_592_000;
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("sound", made(json!({})), &[]),
        ("aud", made(json!({"aud": "https://api.ciam.dnb.no"})), &["DNB-CRE-01"]),
        ("aud in a list", made(json!({"aud": ["https://api.ciam.dnb.no/clients/v1"]})), &["DNB-CRE-01"]),
        ("no iat", made(json!({"iat": null})), &["DNB-CRE-02", "DNB-CRE-03"]),
        ("lives too long", made(json!({"exp": now + month + 1})), &["DNB-CRE-03"]),
        ("another's key inside", made(json!({"cnf": {"jwk": public(&other)}})), &["DNB-CRE-04"]),
        ("signed by another", sign(&other, Alg::Es256, &json!({}), &good), &["DNB-CRE-04", "JOSE-09"]),
        (
            "DER for a signature",
            with_der_signature(&made(json!({}))),
            &["DNB-CRE-04", "DNB-CRE-05", "JOSE-03", "JOSE-09"],
        ),
        ("a private member", made(cnf(json!({"d": "AA"}))), &["DNB-CRE-04", "DNB-KEY-02", "DNB-KEY-05"]),
        ("a member of another kind", made(cnf(json!({"x5u": "https://x.example"}))), &["DNB-KEY-02"]),
        ("a point off the curve", made(cnf(json!({"x": public(&other)["x"]}))), &["DNB-CRE-04", "DNB-KEY-05"]),
    ];
    let said = Said { env: "production", ..Said::default() };
    let mut found = Vec::new();
    for (name, token, expected) in rows {
        let seen = desk.look("dnb/register.registration_jwt", &token, &said).await;
        found.push((name, owned(broken(&seen)), expected));
    }
    compare(found);
}
