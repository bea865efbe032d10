//! A DPoP proof against the request that it goes with (RFC 9449 §4.2, §4.3).

use super::*;

#[tokio::test]
async fn each_flaw_of_a_proof_is_named() {
    let desk = Desk::new();
    let ours = key(KeySpec::P256);
    let header = json!({"typ": "dpop+jwt", "jwk": ours.public().as_value()});
    let now = now();
    let ath = countersign::jose::b64::encode(&openssl::sha::sha256(b"token"));
    let good = json!({"jti": "0d2a3a1c-5f0e-4a38-9be3-6a1c8d2f7e51", "htm": "GET", "htu": "https://api.example/accounts",
        "iat": now, "ath": ath});
    let made = |changes: Value| sign(&ours, Alg::Es256, &header, &with(&good, &changes));
    let headed = |changes: Value| sign(&ours, Alg::Es256, &with(&header, &changes), &good);
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("sound", made(json!({})), &[]),
        ("typ", headed(json!({"typ": "JWT"})), &["DP-01"]),
        ("no key", headed(json!({"jwk": null})), &["DP-01"]),
        ("another's key", headed(json!({"jwk": key(KeySpec::P256).public().as_value()})), &["JOSE-09"]),
        ("another method", made(json!({"htm": "POST"})), &["DP-01"]),
        ("the query in htu", made(json!({"htu": "https://api.example/accounts?a=b"})), &["DP-01"]),
        ("made tomorrow", made(json!({"iat": now + 86_400})), &["DP-01", "JWT-02"]),
        ("another token", made(json!({"ath": "AAAA"})), &["DP-02"]),
        ("no ath", made(json!({"ath": null})), &["DP-02"]),
    ];
    let set = strings(&[
        ("issuer", "https://as.example"),
        ("request.method", "GET"),
        ("request.url", "https://api.example/accounts"),
        ("request.bearer", "token"),
    ]);
    let said = Said { env: "server", set, keys: Vec::new() };
    let mut found = Vec::new();
    for (name, token, expected) in rows {
        let seen = desk.look("generic-oidc/dpop", &token, &said).await;
        found.push((name, owned(broken(&seen)), expected));
    }
    compare(found);
}
