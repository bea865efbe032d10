//! Services that a token is for (RFC 8707), and details of what it allows (RFC 9396).

use super::*;

const OWN: (&str, &str) = ("grant_type", "client_credentials");
const ACCOUNTS: &str = "https://auth.openbank.countersign.example/accounts";
const PAYMENTS: &str = "https://auth.openbank.countersign.example/payments";

fn payment() -> Value {
    json!({ "type": "payment_initiation", "instructedAmount": { "currency": "EUR", "amount": "12.50" },
            "creditorName": "Shop", "creditorAccount": { "iban": "DE02100100109307118603" } })
}

#[tokio::test]
async fn a_token_for_one_service_is_refused_by_another() {
    let rig = Rig::start().await;
    let both = rig.token(&[OWN, ("resource", ACCOUNTS), ("resource", PAYMENTS)]).await;
    assert_eq!(rig.introspect(&both).await["aud"], json!([ACCOUNTS, PAYMENTS]));
    assert_eq!(rig.accounts(&both).await.status, 200);
    let other = rig.token(&[OWN, ("resource", PAYMENTS)]).await;
    rig.accounts(&other).await.assert_refused(401, "invalid_token", "another service");
    for resource in ["https://elsewhere.example", "/accounts", "accounts", &format!("{ACCOUNTS}#here")] {
        let reply = rig.ask("/token", &[OWN, ("resource", resource)]).await;
        reply.assert_refused(400, "invalid_target", "resource");
    }
    let joined = format!("{ACCOUNTS} {PAYMENTS}");
    rig.ask("/token", &[OWN, ("resource", &joined)]).await.assert_refused(400, "invalid_request", "space");
}

#[tokio::test]
async fn details_are_given_back_as_granted_or_refused_for_what_is_wrong_with_them() {
    let rig = Rig::start().await;
    let good =
        json!([payment(), { "type": "account_information", "actions": ["list_accounts"], "locations": [ACCOUNTS] }]);
    let reply = rig.ask("/token", &[OWN, ("authorization_details", &good.to_string())]).await.json();
    assert_eq!(reply["authorization_details"], good, "{reply}");
    let token = reply["access_token"].as_str().unwrap();
    assert_eq!(rig.introspect(token).await["authorization_details"], good);
    let with = |name: &str, value: Value| {
        let mut detail = payment();
        detail[name] = value;
        json!([detail]).to_string()
    };
    for (text, why) in [
        ("{}".to_owned(), "no list"),
        ("[]".to_owned(), "no list"),
        ("[1]".to_owned(), "no object"),
        (r#"[{"type":"payment_initiation","type":"payment_initiation"}]"#.to_owned(), "no list"),
        (r#"[{"actions":["read"]}]"#.to_owned(), "no type"),
        (with("type", json!("customer_information")), "no type"),
        (with("type", json!("account_information")), "field"),
        (with("priority", json!("high")), "field"),
        (with("instructedAmount", json!({ "currency": "EUR", "amount": "1.2.3" })), "currency and amount"),
        (with("instructedAmount", json!({ "currency": "eur", "amount": "1" })), "currency and amount"),
        (with("instructedAmount", Value::Null), "lacks its instructedAmount"),
        (with("creditorAccount", json!({})), "who is paid"),
        (with("locations", json!(["https://elsewhere.example"])), "locations"),
        (json!([{ "type": "account_information", "actions": ["erase"] }]).to_string(), "actions"),
        (json!([{ "type": "account_information", "actions": [] }]).to_string(), "actions"),
        (json!(vec![payment(); 21]).to_string(), "1 to 20"),
    ] {
        let reply = rig.ask("/token", &[OWN, ("authorization_details", &text)]).await;
        reply.assert_refused(400, "invalid_authorization_details", why);
    }
}
