//! What a client publishes about itself, as the bank's staff read it.

use super::*;
use crate::sandbox::danske::BASE_URI;

struct Papers {
    entity: PrivateKey,
    statement: Draft,
    jwks: Draft,
}

impl Papers {
    fn of(rig: &Rig) -> Self {
        let demo = rig.world.client(BANK, &[]).unwrap().unwrap();
        let entity = PrivateKey::from_pem(&demo.keys.iter().find(|k| k.role == "entity").unwrap().pem);
        let kid = entity.public().thumbprint();
        let header = |typ: &str| json!({ "alg": "RS256", "typ": typ, "kid": kid });
        let mut encryption = rig.encryption.public().published();
        (encryption["use"], encryption["alg"]) = ("enc".into(), "RSA-OAEP".into());
        let statement = Draft {
            header: header("entity-statement+jwt"),
            claims: json!({
                "iss": BASE_URI, "sub": BASE_URI, "iat": NOW, "exp": NOW + 3600,
                "jwks": { "keys": [entity.public().published()] },
                "metadata": { "openid_relying_party": {
                    "redirect_uris": [REDIRECT_URIS[0]], "id_token_signed_response_alg": "RS256",
                    "id_token_encrypted_response_alg": "RSA-OAEP", "id_token_encrypted_response_enc": "A128GCM",
                    "request_object_signing_alg": "RS256", "token_endpoint_auth_method": "private_key_jwt" } },
            }),
        };
        let jwks = Draft {
            header: header("jwk-set+jwt"),
            claims: json!({ "iss": BASE_URI, "sub": BASE_URI, "iat": NOW, "exp": NOW + 3600,
                            "keys": [rig.signing.public().published(), encryption] }),
        };
        Self { entity, statement, jwks }
    }

    /// A member of the metadata, in the place of the right one.
    fn member(mut self, name: &str, value: Value) -> Self {
        self.statement.claims["metadata"]["openid_relying_party"][name] = value;
        self
    }

    async fn hand_over(&self, rig: &Rig) -> Result<BTreeMap<String, String>, String> {
        let show = BTreeMap::from([
            ("entity_statement".to_owned(), self.statement.sign(&self.entity)),
            ("signed_jwks".to_owned(), self.jwks.sign(&self.entity)),
        ]);
        rig.world.people().answer(BANK, "hand_over", &show).await.unwrap()
    }
}

#[tokio::test]
async fn sound_papers_are_taken_and_others_sent_back_for_their_reason() {
    let rig = Rig::start().await;
    let base = || Papers::of(&rig);
    assert_eq!(base().hand_over(&rig).await, Ok(BTreeMap::new()));
    let statement = |change: fn(Draft) -> Draft| {
        let papers = base();
        Papers { statement: change(papers.statement.clone()), ..papers }
    };
    let jwks = |change: fn(Draft) -> Draft| {
        let papers = base();
        Papers { jwks: change(papers.jwks.clone()), ..papers }
    };
    let mut private = base();
    private.jwks.claims["keys"][0]["d"] = "AQAB".into();
    let mut swapped = base();
    swapped.jwks.claims["keys"][1]["use"] = "sig".into();
    let mut alone = base();
    alone.jwks.claims["keys"] = json!([rig.signing.public().published()]);
    for (papers, word) in [
        (statement(|s| s.header("typ", "JWT")), "typ entity-statement+jwt"),
        (statement(|s| s.claim("iss", "https://elsewhere.example")), "iss and sub"),
        (statement(|s| s.claim("exp", NOW)), "not valid now"),
        (statement(|s| s.claim("iat", NOW.to_string())), "not valid now"),
        (statement(|s| s.header("kid", "other")), "not known"),
        (statement(|s| s.without("jwks")), "its own key"),
        (statement(|s| s.without("metadata")), "openid_relying_party"),
        (Papers { entity: PrivateKey::generate().unwrap(), ..base() }, "not signed by the entity key"),
        (base().member("redirect_uris", json!([])), "redirect_uris"),
        (base().member("redirect_uris", json!([REDIRECT_URIS[0], "https://evil.example"])), "redirect_uris"),
        (base().member("id_token_encrypted_response_enc", "A128CBC-HS256".into()), "A128GCM"),
        (jwks(|s| s.header("typ", "JWS")), "typ jwk-set+jwt"),
        (jwks(|s| s.header("kid", "other")), "signed JWKS is not signed"),
        (private, "registered key for sig"),
        (swapped, "registered key for enc"),
        (alone, "registered key for enc"),
    ] {
        let said = papers.hand_over(&rig).await.unwrap_err();
        assert!(said.contains(word), "{said:?} does not speak of {word:?}");
    }
    let nothing = rig.world.people().answer(BANK, "hand_over", &BTreeMap::new()).await.unwrap();
    assert!(nothing.unwrap_err().contains("no entity_statement"));
}
