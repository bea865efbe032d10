//! The dedicated PSD2 interface.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::sandbox::Trouble;
use crate::sandbox::qc::QcType;

const ID: (&str, &str) = ("x-request-id", "00112233-4455-4677-8899-aabbccddeeff");
const CREATE: (&str, &str) = ("POST", "/v1/consents");

fn asked() -> Value {
    json!({ "access": { "allPsd2": "allAccounts" }, "recurringIndicator": true, "validUntil": "9999-12-31",
            "frequencyPerDay": 4, "combinedServiceIndicator": false })
}

fn headers<'a>(psu: &'a str, ip: &'a str, uri: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![JSON, ID, ("psu-id", psu), ("psu-ip-address", ip), ("tpp-redirect-uri", uri)]
}

struct Tpp<'r> {
    rig: &'r Rig,
    caller: Caller,
}

impl Tpp<'_> {
    async fn send(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
        self.caller.send(self.rig.addr(PSD2_HOST), PSD2_HOST, request, headers, body).await.unwrap()
    }
}

impl Rig {
    fn third_party(&self, kind: QcType) -> Tpp<'_> {
        Tpp { rig: self, caller: self.caller(Some(&self.qtsp.client(kind).unwrap())) }
    }
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!(
        (reply.status, reply.json()["tppMessages"][0]["code"].as_str()),
        (status, Some(code)),
        "{:?}",
        reply.json()
    );
}

#[tokio::test]
async fn a_consent_is_made_signed_by_the_customer_and_used_by_who_made_it() {
    let rig = Rig::start().await;
    let tpp = rig.third_party(QcType::Web);
    let good = headers(rig.input("psu_id"), "192.0.2.10", "https://tpp.example/back");
    let made = tpp.send(CREATE, &good, &asked().to_string()).await;
    assert_eq!((made.status, made.header("aspsp-sca-approach"), made.header("x-request-id")), (201, "REDIRECT", ID.1));
    let body = made.json();
    let (id, address) = (body["consentId"].as_str().unwrap(), body["_links"]["scaRedirect"]["href"].as_str().unwrap());
    let path = format!("/v1/consents/{id}/status");
    let status =
        async || tpp.send(("GET", &path), &[ID], "").await.json()["consentStatus"].as_str().unwrap().to_owned();
    let list = [ID, ("consent-id", id)];
    assert_eq!(status().await, "received");
    assert_refused(&tpp.send(("GET", "/v1/accounts"), &list, "").await, 401, "CONSENT_INVALID");

    let people = rig.world.people();
    let show = |address: &str| BTreeMap::from([("address".to_owned(), address.to_owned())]);
    assert!(people.answer("spv", "sign", &show("https://elsewhere.example/sca/1")).await.unwrap().is_err());
    assert!(people.answer("spv", "sign", &show(&format!("{address}x"))).await.unwrap().is_err());
    assert_eq!(people.answer("spv", "sign", &show(address)).await.unwrap().unwrap()["done"], "yes");
    assert!(people.answer("spv", "other", &show(address)).await.is_none());
    assert_eq!(status().await, "valid");
    let accounts = tpp.send(("GET", "/v1/accounts?withBalance=true"), &list, "").await;
    assert_eq!((accounts.status, accounts.json()["accounts"].as_array().unwrap().len()), (200, 2));

    let other = rig.third_party(QcType::Web);
    assert_refused(&other.send(("GET", "/v1/accounts"), &list, "").await, 403, "CONSENT_UNKNOWN");
    assert_refused(&other.send(("GET", &path), &[ID], "").await, 403, "CONSENT_UNKNOWN");
    assert_refused(&tpp.send(("GET", "/v1/accounts"), &[ID], "").await, 400, "FORMAT_ERROR");
    rig.world.trouble().on(Trouble::NotGranted);
    assert_refused(&tpp.send(("GET", "/v1/accounts"), &list, "").await, 401, "CONSENT_INVALID");
}

#[tokio::test]
async fn consents_that_lack_something_are_refused() {
    let rig = Rig::start().await;
    let tpp = rig.third_party(QcType::Web);
    let (psu, ip, uri) = (rig.input("psu_id"), "192.0.2.10", "https://tpp.example/back");
    for (headers, code) in [
        (headers("01015450069", ip, uri), (400, "FORMAT_ERROR")),
        (headers("41015450051", ip, uri), (401, "PSU_CREDENTIALS_INVALID")),
        (headers(psu, "here", uri), (400, "FORMAT_ERROR")),
        (headers(psu, ip, "http://tpp.example"), (400, "FORMAT_ERROR")),
        (headers(psu, ip, uri).into_iter().filter(|(n, _)| *n != "x-request-id").collect(), (400, "FORMAT_ERROR")),
    ] {
        assert_refused(&tpp.send(CREATE, &headers, &asked().to_string()).await, code.0, code.1);
    }
    for (name, value) in [
        ("access", json!({})),
        ("recurringIndicator", json!("true")),
        ("validUntil", json!("soon")),
        ("frequencyPerDay", json!(0)),
        ("combinedServiceIndicator", Value::Null),
    ] {
        let mut body = asked();
        body[name] = value;
        assert_refused(&tpp.send(CREATE, &headers(psu, ip, uri), &body.to_string()).await, 400, "FORMAT_ERROR");
    }
    assert_refused(&tpp.send(CREATE, &headers(psu, ip, uri), "[]").await, 400, "FORMAT_ERROR");
    let seal = rig.third_party(QcType::Seal);
    assert_refused(&seal.send(CREATE, &headers(psu, ip, uri), "{}").await, 401, "CERTIFICATE_INVALID");
    let without = rig.caller(None).alert(rig.addr(PSD2_HOST), PSD2_HOST).await;
    assert_eq!(without, rustls::AlertDescription::CertificateRequired);
}
