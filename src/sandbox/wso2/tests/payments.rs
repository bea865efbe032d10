//! Payments: what was consented to and nothing else, once for each idempotency key, and only where it is signed.

use super::*;
use crate::sandbox::message::{self, Payload};

const CONSENTS: &str = super::super::payments::CONSENTS;
const KEY: &str = "a-key-of-at-most-40-characters";

fn wanted() -> Value {
    json!({ "Data": { "Initiation": {
        "InstructionIdentification": "i-1", "EndToEndIdentification": "e-1",
        "InstructedAmount": { "Amount": "10.00", "Currency": "GBP" },
        "CreditorAccount": { "SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "1", "Name": "Ada" },
    } }, "Risk": {} })
}

impl Rig {
    fn sign_body(&self, body: &str) -> String {
        let iss = format!("{}/{}", self.input("org_id"), self.input("software_client_id"));
        let kid = self.key.public().thumbprint_sha1();
        message::sign(&self.key, &kid, &iss, body.as_bytes(), Payload::Encoded, self.hands.now()).unwrap()
    }

    async fn post(&self, token: &str, body: &str, headers: &[(&str, &str)]) -> Reply {
        let bearer = format!("Bearer {token}");
        let fixed = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let all: Vec<(&str, &str)> = fixed.into_iter().chain(headers.iter().copied()).collect();
        self.gateway(("POST", CONSENTS), &all, body).await
    }
}

#[tokio::test]
async fn the_same_key_asks_once_and_another_body_under_it_is_refused() {
    let rig = Rig::start().await;
    let app = rig.token(rig.input("client_id")).await;
    let body = wanted().to_string();
    let signature = rig.sign_body(&body);
    let headers = [("x-jws-signature", signature.as_str()), ("x-idempotency-key", KEY)];
    let first = rig.post(&app, &body, &headers).await;
    assert_eq!(first.status, 201, "{}", first.json());
    let again = rig.post(&app, &body, &headers).await;
    assert_eq!((again.status, again.json()), (201, first.json()));
    let mut other = wanted();
    other["Data"]["Initiation"]["InstructedAmount"]["Amount"] = json!("99.00");
    let other = other.to_string();
    let signature = rig.sign_body(&other);
    let refused = rig.post(&app, &other, &[("x-jws-signature", &signature), ("x-idempotency-key", KEY)]).await;
    assert_eq!((refused.status, &refused.json()["Errors"][0]["Path"]), (400, &json!("x-idempotency-key")));
}

#[tokio::test]
async fn what_lacks_a_header_or_a_member_is_refused_by_name() {
    let rig = Rig::start().await;
    let app = rig.token(rig.input("client_id")).await;
    let body = wanted().to_string();
    let signature = rig.sign_body(&body);
    let long = "x".repeat(41);
    for (headers, path) in [
        (vec![("x-jws-signature", signature.as_str())], "x-idempotency-key"),
        (vec![("x-jws-signature", &signature), ("x-idempotency-key", &long)], "x-idempotency-key"),
        (vec![("x-idempotency-key", KEY)], "x-jws-signature"),
        (vec![("x-idempotency-key", KEY), ("x-jws-signature", "e30..AAAA")], "x-jws-signature"),
    ] {
        let reply = rig.post(&app, &body, &headers).await;
        assert_eq!((reply.status, &reply.json()["Errors"][0]["Path"]), (400, &json!(path)), "{}", reply.json());
    }
    let altered = body.replace("10.00", "99.00");
    let reply = rig.post(&app, &altered, &[("x-jws-signature", &signature), ("x-idempotency-key", KEY)]).await;
    assert!(reply.json()["Errors"][0]["Message"].as_str().unwrap().contains("does not fit the body"));
    for (pointer, value, path) in [
        ("/Risk", Value::Null, "Risk"),
        ("/Data/Initiation/InstructedAmount/Amount", json!("10"), "Data.Initiation.InstructedAmount"),
        ("/Data/Initiation/CreditorAccount/Name", json!(""), "Data.Initiation.CreditorAccount.Name"),
    ] {
        let mut body = wanted();
        *body.pointer_mut(pointer).unwrap() = value;
        let body = body.to_string();
        let signature = rig.sign_body(&body);
        let reply = rig.post(&app, &body, &[("x-jws-signature", &signature), ("x-idempotency-key", KEY)]).await;
        assert_eq!((reply.status, &reply.json()["Errors"][0]["Path"]), (400, &json!(path)), "{}", reply.json());
    }
}
