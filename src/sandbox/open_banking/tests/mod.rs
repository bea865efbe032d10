//! The server as a client meets it: over real TLS, with JWTs signed here by openssl.

mod grants;
mod reach;
mod registration;
mod tokens;

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{HOST, ID, ISSUER};
use crate::sandbox::rsa::PrivateKey;
use crate::sandbox::testing::{Caller, Hands, Reply};
use crate::sandbox::{Bank, World};

const CLIENT_JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

struct Rig {
    world: World,
    hands: Hands,
    client_id: String,
    key: PrivateKey,
    caller: Caller,
    jtis: AtomicU32,
}

impl Rig {
    async fn start() -> Self {
        let hands = Hands::new();
        let world = World::start(hands.clock(), &[Bank::OpenBanking]).await.unwrap();
        let demo = world.client(ID, &[]).unwrap().unwrap();
        let client_id = demo.inputs.iter().find(|(name, _)| name == "client_id").unwrap().1.clone();
        let key = PrivateKey::from_pem(&demo.keys.iter().find(|k| k.role == "signing").unwrap().pem);
        let caller = Caller::new(&world.ca_der(), None, &hands.clock());
        Self { world, hands, client_id, key, caller, jtis: AtomicU32::new(0) }
    }

    async fn send(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
        let addr = self.world.hosts().into_iter().find(|(name, _)| name == HOST).unwrap().1;
        self.caller.send(addr, HOST, request, headers, body).await.unwrap()
    }

    /// Claims of an assertion by this client, with a `jti` of its own.
    fn claims(&self) -> Value {
        let (now, jti) = (self.hands.now(), self.jtis.fetch_add(1, Ordering::Relaxed));
        json!({ "iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "iat": now, "exp": now + 60,
                "jti": format!("00112233-4455-4677-8899-{jti:012}") })
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "PS256", "typ": "JWT", "kid": self.key.public().thumbprint() });
        self.key.jws_pss(&header, claims).unwrap()
    }

    /// A form of these parameters, from this client.
    async fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_assertion_type", CLIENT_JWT)
            .append_pair("client_assertion", &self.sign(&self.claims()))
            .extend_pairs(parameters)
            .finish();
        self.send(("POST", path), &[FORM], &body).await
    }

    async fn token(&self, parameters: &[(&str, &str)]) -> String {
        let reply = self.ask("/token", parameters).await;
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    async fn own_token(&self) -> String {
        self.token(&[("grant_type", "client_credentials"), ("scope", "accounts payments")]).await
    }

    async fn introspect(&self, token: &str) -> Value {
        self.ask("/introspect", &[("token", token)]).await.json()
    }

    async fn accounts(&self, token: &str) -> Reply {
        self.send(("GET", "/accounts"), &[("authorization", &format!("Bearer {token}"))], "").await
    }
}
