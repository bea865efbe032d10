//! DNB as a client meets it: over real TLS, with JWTs signed here by openssl.

mod api;
mod contact;
mod discovery;
mod token;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{API_HOST, CIAM_HOST, NORWAY, TOKEN_ENDPOINT};
use crate::sandbox::ca::{Authority, Issued};
use crate::sandbox::jwk::PrivateKey;
use crate::sandbox::qc::QcType;
use crate::sandbox::testing::{Caller, Hands, NOW, Reply};
use crate::sandbox::{Bank, World, b64};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

struct Rig {
    world: World,
    hands: Hands,
    servers: Authority,
    qtsp: Arc<Authority>,
    /// The demo client.
    id: String,
    key: PrivateKey,
    caller: Caller,
    jtis: AtomicU32,
}

impl Rig {
    async fn start() -> Self {
        let hands = Hands::new();
        let servers = Authority::new("Sandbox", NOW).unwrap();
        let qtsp = Arc::new(Authority::new("Demo QTSP", NOW).unwrap());
        let world = World::of(hands.clock(), &[Bank::Dnb], &servers, &qtsp).await.unwrap();
        let demo = world.client("dnb", &[]).unwrap().unwrap();
        let role = |name: &str| demo.keys.iter().find(|k| k.role == name).unwrap();
        let (signing, transport) = (role("signing"), role("transport"));
        let caller = Caller::new(&world.ca_der(), Some((&transport.chain, &transport.pem)), &hands.clock());
        assert_eq!(demo.inputs[0].0, "client_id");
        let (id, key) = (demo.inputs[0].1.clone(), PrivateKey::from_pem(&signing.pem));
        Self { world, hands, servers, qtsp, id, key, caller, jtis: AtomicU32::new(0) }
    }

    fn addr(&self, host: &str) -> SocketAddr {
        self.world.hosts().into_iter().find(|(name, _)| name == host).unwrap().1
    }

    /// Another certificate of the same QTSP.
    fn other_certificate(&self) -> Issued {
        self.qtsp.client(QcType::Web).unwrap()
    }

    fn caller_with(&self, issued: &Issued) -> Caller {
        Caller::new(self.servers.root_der(), Some((&issued.chain, &issued.key_pem)), &self.hands.clock())
    }

    async fn ciam(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
        self.caller.send(self.addr(CIAM_HOST), CIAM_HOST, request, headers, body).await.unwrap()
    }

    async fn api(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
        self.caller.send(self.addr(API_HOST), API_HOST, request, headers, body).await.unwrap()
    }

    /// A good client assertion of the demo client, with a `jti` of its own.
    fn assertion(&self) -> Draft {
        let now = self.hands.now();
        let jti = format!("00112233-4455-4677-8899-{:012}", self.jtis.fetch_add(1, Ordering::Relaxed));
        Draft {
            header: json!({ "alg": "ES256", "typ": "JWT", "kid": self.key.public().thumbprint() }),
            claims: json!({ "iss": self.id, "sub": self.id, "aud": TOKEN_ENDPOINT, "jti": jti,
                            "iat": now, "nbf": now, "exp": now + 240 }),
        }
    }

    /// Posts the form of a good token request with this assertion and some other scope.
    async fn ask(&self, assertion: &str, scope: &str) -> Reply {
        self.ciam(("POST", "/as/token.oauth2"), &[FORM], &form(assertion, scope)).await
    }

    /// Posts a good request with a changed assertion.
    async fn ask_with(&self, assertion: Draft) -> Reply {
        self.ask(&assertion.sign(&self.key), NORWAY).await
    }

    async fn access_token(&self, scope: &str) -> String {
        let reply = self.ask(&self.assertion().sign(&self.key), scope).await;
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }
}

fn form(assertion: &str, scope: &str) -> String {
    encode(&[
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
        ("scope", scope),
    ])
}

fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A JWT about to be signed.
#[derive(Clone)]
struct Draft {
    header: Value,
    claims: Value,
}

impl Draft {
    fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }
    fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }
    fn without(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name);
        self.header.as_object_mut().unwrap().remove(name);
        self
    }
    fn input(&self) -> String {
        let part = |value: &Value| b64::encode(value.to_string().as_bytes());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }
    fn sign(&self, key: &PrivateKey) -> String {
        format!("{}.{}", self.input(), b64::encode(&key.sign(self.input().as_bytes()).unwrap()))
    }
}
