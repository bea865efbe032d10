//! The authorization endpoint: every rule of the request object, and where an error goes.

use super::*;
use crate::sandbox::{Refusal, Trouble};

#[tokio::test]
async fn every_sound_spelling_leads_to_the_login_page() {
    let rig = Rig::start().await;
    let base = || rig.object();
    for object in [
        base(),
        base().without("typ"),
        base().without("client_id"),
        base().without("ui_locales"),
        base().without("iat"),
        base().claim("ui_locales", "sv"),
        base().claim("scope", "openid"),
        base().claim("exp", NOW + 600),
        base().claim("response_mode", "form_post"),
        base().claim("jti", "1"),
        base().claim("redirect_uri", REDIRECT_URIS[1]),
        base().claim("nonce", "kT3vH5Qm0aLz9XcB7wRn2Y"),
    ] {
        let reply = rig.ask(&object).await;
        assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{}", text(&reply));
        assert!(text(&reply).contains("<form method=\"post\""));
    }
    let swedish = text(&rig.ask(&base().claim("ui_locales", "sv")).await);
    assert!(swedish.contains("Identifiering") && swedish.contains(SERVICE_NAME));
    assert!(text(&rig.ask(&base().without("ui_locales")).await).contains("Tunnistautuminen"));
}

#[tokio::test]
async fn objects_that_break_a_rule_are_sent_back() {
    let rig = Rig::start().await;
    let base = || rig.object();
    let object = "invalid_request_object";
    for (draft, error, word) in [
        (base().header("alg", "RS384"), object, "alg"),
        (base().header("alg", "none"), object, "alg"),
        (base().header("typ", "oauth-authz-req+jwt"), object, "typ"),
        (base().header("kid", "other"), object, "kid"),
        (base().without("kid"), object, "kid"),
        (base().without("iss"), object, "iss"),
        (base().claim("iss", "someone"), object, "iss"),
        (base().claim("client_id", "someone"), object, "client_id"),
        (base().claim("sub", rig.id.clone()), object, "sub"),
        (base().without("aud"), object, "aud"),
        (base().claim("aud", json!([ISSUER])), object, "aud"),
        (base().claim("aud", "https://userapi2.danskebank.com/ftn-idp"), object, "aud"),
        (base().without("exp"), object, "exp is missing"),
        (base().claim("exp", (NOW + 300).to_string()), object, "exp is not a number"),
        (base().claim("exp", NOW + 601), object, "10 minutes"),
        (base().without("iat").claim("exp", NOW + 661), object, "10 minutes"),
        (base().claim("exp", NOW - 60), object, "expired"),
        (base().claim("iat", NOW + 61), object, "not valid yet"),
        (base().claim("nbf", NOW + 61), object, "not valid yet"),
        (base().without("prompt"), object, "prompt"),
        (base().claim("prompt", "none"), object, "prompt"),
        (base().without("scope"), object, "scope"),
        (base().claim("scope", "ftn_hetu"), "invalid_scope", "openid"),
        (base().claim("scope", "openid profile"), "invalid_scope", "not known"),
        (base().claim("scope", "openid  ftn_hetu"), "invalid_scope", "one space"),
        (base().without("nonce"), object, "nonce"),
        (base().claim("nonce", "d71a4edca5504b93a585f03dfb14267"), object, "128 bits"),
        (base().claim("nonce", "0d71a4ed-ca55-4b93-a585-f03dfb142670"), object, "128 bits"),
        (base().claim("nonce", STATE), object, "the same"),
        (base().without("acr_values"), object, "acr_values"),
        (base().claim("acr_values", "http://ftn.ficora.fi/2017/loa2"), object, "acr_values"),
        (base().without("response_type"), object, "response_type"),
        (base().claim("response_type", "code id_token"), "unsupported_response_type", "code"),
        (base().claim("response_mode", "fragment"), object, "response_mode"),
        (base().claim("ui_locales", "de"), object, "ui_locales"),
        (base().without("ftn_spname"), object, "ftn_spname"),
        (base().claim("ftn_spname", "Somebody Else"), object, "ftn_spname"),
        (base().claim("request", "x"), object, "request has no place"),
        (base().claim("request_uri", "x"), object, "request_uri has no place"),
        (base().claim("code_challenge", "x").claim("code_challenge_method", "S256"), object, "code_challenge"),
        (base().claim("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), object, "code_challenge"),
    ] {
        let reply = rig.ask(&draft).await;
        assert_sent_back(&reply, error, word);
        assert_eq!(parameters(&reply)["state"], STATE);
    }
    let reply = rig.ask(&base().claim("state", "short")).await;
    assert_sent_back(&reply, object, "128 bits");
    assert!(!parameters(&rig.ask(&base().without("state")).await).contains_key("state"));
}

#[tokio::test]
async fn only_the_registered_key_signs() {
    let rig = Rig::start().await;
    let query = |request: &str| {
        let pairs =
            [("client_id", &*rig.id), ("response_type", "code"), ("scope", "openid ftn_hetu"), ("request", request)];
        format!("{AUTHORIZATION_ENDPOINT}?{}", encode(&pairs))
    };
    let stranger = rig.object().sign(&PrivateKey::generate().unwrap());
    assert_sent_back(&rig.visit(&query(&stranger)).await, "invalid_request_object", "signature");
    // the encryption key is the client's, too, and no key to sign with
    let other_use = rig.object().sign(&rig.encryption);
    assert_sent_back(&rig.visit(&query(&other_use)).await, "invalid_request_object", "signature");
    let good = rig.object().sign(&rig.signing);
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    assert_sent_back(&rig.visit(&query(&unsigned)).await, "invalid_request_object", "signature");
    assert_page(&rig.visit(&query("no jwt")).await, "invalid_request_object", "three segments");
    assert_page(&rig.visit(&query(&format!("{good}="))).await, "invalid_request_object", "base64url");
    assert_eq!(rig.visit(&query(&good)).await.status, 200);
}

#[tokio::test]
async fn what_stands_outside_is_what_stands_inside() {
    let rig = Rig::start().await;
    let url = rig.url(&rig.object());
    let replaced = |from: &str, to: &str| {
        let changed = url.replace(from, to);
        assert_ne!(changed, url);
        changed
    };
    for (url, word) in [
        (replaced("&scope=openid+ftn_hetu", "&scope=openid"), "scope differs"),
        (replaced("&scope=openid+ftn_hetu", ""), "scope is missing"),
        (replaced("&response_type=code", "&response_type=token"), "response_type differs"),
        (replaced("&response_type=code", ""), "response_type is missing"),
    ] {
        assert_sent_back(&rig.visit(&url).await, "invalid_request", word);
    }
    let chained = replaced(&rig.id, &rig.chained);
    assert_sent_back(&rig.visit(&chained).await, "invalid_request_object", "iss is not the client id");
}

#[tokio::test]
async fn without_a_registered_address_the_error_stays_with_the_bank() {
    let rig = Rig::start().await;
    let url = rig.url(&rig.object());
    for (url, error, word) in [
        (url.replace(&rig.id, "nobody"), "unauthorized_client", "No such client"),
        (url.replace("client_id=", "x="), "invalid_request", "client_id is missing"),
        (url.replace("&request=", "&x="), "invalid_request", "request is missing"),
        (format!("{url}&scope=openid"), "invalid_request", "more than once"),
        (format!("{url}&x=%zz"), "invalid_request", "percent"),
    ] {
        assert_page(&rig.visit(&url).await, error, word);
    }
    for uri in ["https://evil.example/callback", "https://tpp.countersign.example/callback/", ""] {
        let reply = rig.ask(&rig.object().claim("redirect_uri", uri)).await;
        assert_page(&reply, "invalid_request", "redirect_uri is not registered");
    }
    assert_page(&rig.ask(&rig.object().without("redirect_uri")).await, "invalid_request", "redirect_uri");
    let post = rig.send(("POST", &path_of("/connect/authorize")), &[FORM], "").await;
    assert_eq!((post.status, post.header("allow")), (405, "GET,HEAD"));
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_off_is_refused_both_ways() {
    let rig = Rig::start().await;
    for (skew, word) in [(600, "expired"), (-600, "not valid yet")] {
        rig.world.trouble().on(Trouble::ClockSkew(skew));
        assert_sent_back(&rig.ask(&rig.object()).await, "invalid_request_object", word);
    }
}

#[tokio::test]
async fn every_error_can_be_had_on_demand() {
    let rig = Rig::start().await;
    for refusal in Refusal::ALL {
        rig.world.trouble().on(Trouble::AtAuthorize(*refusal));
        assert_sent_back(&rig.ask(&rig.object()).await, refusal.code(), "switched on");
    }
    rig.world.trouble().on(Trouble::AtAuthorize(Refusal::InvalidScope));
    let page = text(&rig.ask(&rig.object().claim("response_mode", "form_post")).await);
    assert_eq!((hidden(&page, "error"), hidden(&page, "state")), ("invalid_scope".to_owned(), STATE.to_owned()));
    rig.world.trouble().clear();
    assert_eq!(rig.ask(&rig.object()).await.status, 200);
    let codes = rig.send(("GET", &path_of("/errorcodes")), &[], "").await;
    assert!(codes.status == 200 && text(&codes).contains("unsupported_grant_type"));
}
