//! The bank and the directory as a client meets them: over real TLS, with JWTs signed here by openssl.

mod consent;
mod directory;
mod payments;
mod registration;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{CALLBACK, WSO2};
use crate::sandbox::ca::Authority;
use crate::sandbox::demo::DemoClient;
use crate::sandbox::qc::QcType;
use crate::sandbox::rsa::PrivateKey;
use crate::sandbox::testing::{Caller, Hands, NOW, Reply};
use crate::sandbox::{Bank, World};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JWT: (&str, &str) = ("content-type", "application/jwt");

struct Rig {
    world: World,
    hands: Hands,
    servers: Authority,
    qtsp: Arc<Authority>,
    demo: DemoClient,
    key: PrivateKey,
    caller: Caller,
    jtis: AtomicU32,
}

impl Rig {
    async fn start() -> Self {
        let hands = Hands::new();
        let servers = Authority::new("Sandbox", NOW).unwrap();
        let qtsp = Arc::new(Authority::new("Demo QTSP", NOW).unwrap());
        let world = World::of(hands.clock(), &[Bank::Wso2], &servers, &qtsp).await.unwrap();
        let demo = world.client(WSO2.id, &[]).unwrap().unwrap();
        let role = |name: &str| demo.keys.iter().find(|k| k.role == name).unwrap();
        let transport = role("transport");
        let caller = Caller::new(servers.root_der(), Some((&transport.chain, &transport.pem)), &hands.clock());
        let key = PrivateKey::from_pem(&role("signing").pem);
        Self { world, hands, servers, qtsp, demo, key, caller, jtis: AtomicU32::new(0) }
    }

    fn input(&self, name: &str) -> &str {
        self.demo.inputs.iter().find(|(n, _)| n == name).unwrap().1.as_str()
    }

    fn addr(&self, host: &str) -> SocketAddr {
        self.world.hosts().into_iter().find(|(name, _)| name == host).unwrap().1
    }

    /// With the certificate of another organisation.
    fn stranger(&self) -> Caller {
        let key = PrivateKey::generate().unwrap();
        let chain = self.qtsp.certify_software(QcType::Web, "another", &key.spki().unwrap()).unwrap();
        Caller::new(self.servers.root_der(), Some((&chain, &key.to_pem().unwrap())), &self.hands.clock())
    }

    async fn at(
        &self,
        caller: &Caller,
        host: &str,
        request: (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let name = host.split_once(':').map_or(host, |(name, _)| name);
        caller.send(self.addr(host), name, request, headers, body).await.unwrap()
    }

    async fn gateway(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
        self.at(&self.caller, WSO2.gateway, request, headers, body).await
    }

    async fn register(&self, draft: &Draft) -> Reply {
        self.gateway(("POST", WSO2.registration_path), &[JWT], &draft.sign(&self.key)).await
    }

    async fn manage(&self, method: &str, id: &str, token: &str, body: &str) -> Reply {
        let path = format!("{}/{id}", WSO2.registration_path);
        let bearer = format!("Bearer {token}");
        self.gateway((method, &path), &[("authorization", &bearer), JWT], body).await
    }

    fn jti(&self) -> String {
        format!("00112233-4455-4677-8899-{:012}", self.jtis.fetch_add(1, Ordering::Relaxed))
    }

    fn draft(&self, claims: Value) -> Draft {
        Draft { header: json!({ "alg": "PS256", "typ": "JWT", "kid": self.key.public().thumbprint_sha1() }), claims }
    }

    /// A good registration, with a `jti` of its own.
    fn good(&self) -> Draft {
        let (now, software) = (self.hands.now(), self.input("software_client_id"));
        self.draft(json!({
            "iss": software, "aud": WSO2.issuer, "iat": now, "exp": now + 1800, "jti": self.jti(),
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256",
            "grant_types": ["client_credentials", "authorization_code"], "response_types": ["code id_token"],
            "application_type": "web", "id_token_signed_response_alg": "PS256", "request_object_signing_alg": "PS256",
            "scope": "openid accounts payments",
            "software_id": software, "software_statement": self.input("ssa"),
        }))
    }

    fn assertion(&self, id: &str, aud: &str) -> Draft {
        let now = self.hands.now();
        self.draft(json!({ "iss": id, "sub": id, "aud": aud, "jti": self.jti(), "iat": now, "exp": now + 60 }))
    }

    fn form(&self, assertion: &Draft) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_assertion_type", JWT_BEARER)
            .append_pair("client_assertion", &assertion.sign(&self.key))
            .finish()
    }

    async fn ask(&self, assertion: &Draft) -> Reply {
        self.at(&self.caller, WSO2.server, ("POST", WSO2.token_path), &[FORM], &self.form(assertion)).await
    }

    async fn token(&self, id: &str) -> String {
        let reply = self.ask(&self.assertion(id, WSO2.token_endpoint)).await;
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// A client that was registered just now, and a token of it.
    async fn client(&self) -> (String, String) {
        let reply = self.register(&self.good()).await;
        assert_eq!(reply.status, 201, "{}", reply.json());
        let id = reply.json()["client_id"].as_str().unwrap().to_owned();
        let token = self.token(&id).await;
        (id, token)
    }
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
    fn sign(&self, key: &PrivateKey) -> String {
        key.jws_pss(&self.header, &self.claims).unwrap()
    }
}
