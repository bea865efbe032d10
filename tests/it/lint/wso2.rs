//! A registration request of open banking, with the software statement inside.

use super::*;

const STATEMENT_URIS: [&str; 2] = ["https://tpp.example/cb", "https://tpp.example/cb2"];

#[tokio::test]
async fn each_flaw_of_a_registration_request_is_named() {
    let mut desk = Desk::new();
    let (ours, directory) = (key(KeySpec::Rsa(2048)), key(KeySpec::Rsa(2048)));
    desk.bind("signing", &ours, Vec::new());
    let now = now();
    let statement = json!({"iss": "OpenBanking Ltd", "iat": now - 3600, "jti": "s1", "software_id": "soft1",
        "software_redirect_uris": STATEMENT_URIS, "software_roles": ["AISP", "PISP"], "org_status": "Active"});
    let ssa = sign(&directory, Alg::Ps256, &json!({"kid": "dir-1", "typ": "JWT"}), &statement);
    let header = json!({"typ": "JWT", "kid": "k1"});
    let good = json!({"iss": "soft1", "aud": "https://as.example", "iat": now, "exp": now + 1800,
        "jti": "0d2a3a1c-5f0e-4a38-9be3-6a1c8d2f7e51", "software_id": "soft1", "software_statement": ssa,
        "redirect_uris": [STATEMENT_URIS[0]], "grant_types": ["client_credentials", "authorization_code"],
        "response_types": ["code id_token"], "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "PS256", "scope": "openid accounts"});
    let made = |changes: Value| sign(&ours, Alg::Ps256, &header, &with(&good, &changes));
    let headed = |changes: Value| sign(&ours, Alg::Ps256, &with(&header, &changes), &good);
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("sound", made(json!({})), &[]),
        ("no kid", headed(json!({"kid": null})), &["WSO-REG-01"]),
        ("the key in the header", headed(json!({"jwk": ours.public().as_value()})), &["WSO-REG-01"]),
        ("another alg", sign(&ours, Alg::Rs256, &header, &good), &["WSO-REG-01"]),
        ("another software", made(json!({"iss": "soft2"})), &["WSO-REG-02"]),
        ("software_id is another", made(json!({"software_id": "soft2"})), &["WSO-REG-02"]),
        ("lives an hour", made(json!({"exp": now + 3600})), &["WSO-REG-03"]),
        ("ended", made(json!({"iat": now - 4000, "exp": now - 3000})), &["JWT-02", "WSO-REG-03"]),
        ("no jti", made(json!({"jti": null})), &["WSO-REG-04"]),
        (
            "a redirect URI that the statement has not",
            made(json!({"redirect_uris": ["https://tpp.example/x"]})),
            &["WSO-REG-06"],
        ),
        ("plain http", made(json!({"redirect_uris": ["http://tpp.example/cb"]})), &["WSO-REG-06"]),
        ("no algorithm of the assertion", made(json!({"token_endpoint_auth_signing_alg": null})), &["WSO-REG-08"]),
        ("a code without its response type", made(json!({"response_types": ["id_token"]})), &["WSO-REG-10"]),
        ("RSA1_5", made(json!({"id_token_encrypted_response_alg": "RSA1_5"})), &["WSO-REG-11"]),
        ("CIBA without its grant", made(json!({"backchannel_token_delivery_mode": "poll"})), &["WSO-REG-12"]),
        ("the statement was touched", made(json!({"software_statement": format!("{ssa} ")})), &["WSO-SSA-05"]),
        ("signed by another", sign(&directory, Alg::Ps256, &header, &good), &["JOSE-09"]),
    ];
    let mut set = strings(&[("dcr_audience", "https://as.example")]);
    set.push(("ssa", ssa.clone()));
    let said = Said { env: "own", set, keys: Vec::new() };
    let mut found = Vec::new();
    for (name, token, expected) in &rows {
        let seen = desk.look("wso2-ob/register.registration_jwt", token, &said).await;
        found.push((*name, owned(broken(&seen)), *expected));
    }
    compare(found);
    // the shared flow's own name means the same
    let seen = desk.look("wso2-ob/dcr-register.registration_jwt", &rows[0].1, &said).await;
    assert_eq!(seen.held_to.expect("rules").name, "wso2-ob/register.registration_jwt");
}
