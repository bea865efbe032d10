//! The bank as a client and a browser meet it: over real TLS, with JWTs signed here by openssl.

mod authorize;
mod id_token;
mod intake;
mod login;
mod token;
mod trust;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{ACR, AUTHORIZATION_ENDPOINT, HOST, ISSUER, LOGIN_PATH, REDIRECT_URIS, SERVICE_NAME, TOKEN_ENDPOINT};
use crate::sandbox::rsa::PrivateKey;
use crate::sandbox::testing::{Caller, Hands, NOW, Reply};
use crate::sandbox::{Bank, World};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const BANK: &str = "danske-ftn";
const STATE: &str = "5f0c3a9be1d24c7789ab0123456789fe";
const NONCE: &str = "d71a4edca5504b93a585f03dfb14267a";

struct Rig {
    world: World,
    hands: Hands,
    /// The demo client.
    id: String,
    chained: String,
    signing: PrivateKey,
    encryption: PrivateKey,
    caller: Caller,
    jtis: AtomicU32,
}

impl Rig {
    async fn start() -> Self {
        let hands = Hands::new();
        let world = World::start(hands.clock(), &[Bank::DanskeFtn]).await.unwrap();
        let demo = world.client(BANK, &[]).unwrap().unwrap();
        let key = |role: &str| PrivateKey::from_pem(&demo.keys.iter().find(|k| k.role == role).unwrap().pem);
        let input = |name: &str| demo.inputs.iter().find(|(n, _)| n == name).unwrap().1.clone();
        assert_eq!((input("redirect_uri").as_str(), input("ftn_spname").as_str()), (REDIRECT_URIS[0], SERVICE_NAME));
        let caller = Caller::new(&world.ca_der(), None, &hands.clock());
        let (id, chained) = (input("client_id"), input("client_id_chained"));
        let (signing, encryption) = (key("signing"), key("encryption"));
        Self { world, hands, id, chained, signing, encryption, caller, jtis: AtomicU32::new(0) }
    }

    fn addr(&self) -> SocketAddr {
        self.world.hosts()[0].1
    }

    async fn send(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
        self.caller.send(self.addr(), HOST, request, headers, body).await.unwrap()
    }

    /// The compact JWT that a path of the bank's domain answers with, taken apart.
    async fn published(&self, path: &str) -> (Reply, Value, Value) {
        let reply = self.send(("GET", &path_of(&format!("/{path}"))), &[], "").await;
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        let (header, claims) = parts(&text);
        (reply, header, claims)
    }

    /// A good request object of the demo client.
    fn object(&self) -> Draft {
        let now = self.hands.now();
        Draft {
            header: json!({ "alg": "RS256", "typ": "JWT", "kid": self.signing.public().thumbprint() }),
            claims: json!({ "iss": self.id, "client_id": self.id, "aud": ISSUER, "iat": now, "exp": now + 300,
                            "prompt": "login", "scope": "openid ftn_hetu", "nonce": NONCE, "state": STATE,
                            "acr_values": ACR, "response_type": "code", "redirect_uri": REDIRECT_URIS[0],
                            "ftn_spname": SERVICE_NAME, "ui_locales": "en" }),
        }
    }

    /// A good client assertion, with a `jti` of its own.
    fn assertion(&self) -> Draft {
        let now = self.hands.now();
        let jti = format!("00112233-4455-4677-8899-{:012}", self.jtis.fetch_add(1, Ordering::Relaxed));
        Draft {
            header: json!({ "alg": "RS256", "typ": "JWT", "kid": self.signing.public().thumbprint() }),
            claims: json!({ "iss": self.id, "sub": self.id, "aud": TOKEN_ENDPOINT, "jti": jti, "iat": now,
                            "exp": now + 120 }),
        }
    }

    /// The authorization URL for a request object, its own values outside.
    fn url(&self, object: &Draft) -> String {
        let text = |name: &str| object.claims[name].as_str().unwrap_or("openid").to_owned();
        let pairs = [
            ("client_id", self.id.clone()),
            ("response_type", text("response_type")),
            ("scope", text("scope")),
            ("request", object.sign(&self.signing)),
        ];
        format!("{AUTHORIZATION_ENDPOINT}?{}", encode(&pairs.each_ref().map(|(n, v)| (*n, v.as_str()))))
    }

    /// Opens a URL of the bank as a browser would.
    async fn visit(&self, url: &str) -> Reply {
        self.send(("GET", url.strip_prefix(&format!("https://{HOST}")).unwrap()), &[], "").await
    }

    async fn ask(&self, object: &Draft) -> Reply {
        self.visit(&self.url(object)).await
    }

    /// Fills in the login page.
    async fn decide(&self, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let session = hidden(&text(page), "session");
        let fields = [&[("session", session.as_str())], fields].concat();
        self.send(("POST", LOGIN_PATH), &[FORM], &encode(&fields)).await
    }

    /// Signs in, and returns the code.
    async fn code_for(&self, object: &Draft) -> String {
        let page = self.ask(object).await;
        let reply = self.decide(&page, &[("person", "0"), ("decision", "allow")]).await;
        parameters(&reply)["code"].clone()
    }

    async fn code(&self) -> String {
        self.code_for(&self.object()).await
    }

    /// The fields of a good token request.
    fn fields(&self, code: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("client_id", self.id.clone()),
            ("code", code.to_owned()),
            ("grant_type", "authorization_code".to_owned()),
            ("redirect_uri", REDIRECT_URIS[0].to_owned()),
            ("client_assertion_type", JWT_BEARER.to_owned()),
            ("client_assertion", self.assertion().sign(&self.signing)),
        ])
    }

    async fn redeem(&self, fields: &BTreeMap<&'static str, String>) -> Reply {
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        self.send(("POST", &path_of("/connect/token")), &[FORM], &encode(&pairs)).await
    }
}

fn path_of(path: &str) -> String {
    LOGIN_PATH.replace("/login", path)
}

fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.to_vec()).unwrap()
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    let rest = page.split_once(&start).unwrap_or_else(|| panic!("no {name} in {page}")).1;
    rest.split_once('"').unwrap().0.to_owned()
}

/// What a redirect brings to the registered address.
fn parameters(reply: &Reply) -> BTreeMap<String, String> {
    assert_eq!(reply.status, 303, "{}", text(reply));
    let query = reply.header("location").strip_prefix(REDIRECT_URIS[0]).unwrap().strip_prefix('?').unwrap();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// An error by redirect, with some word of its description.
#[track_caller]
fn assert_sent_back(reply: &Reply, error: &str, word: &str) {
    let sent = parameters(reply);
    let said = &sent["error_description"];
    assert_eq!(sent["error"], error, "{said}");
    assert!(said.contains(word), "{said:?} does not speak of {word:?}");
    assert!(said.contains("{Trace ID:-") && sent["error_uri"].ends_with("/errorcodes"), "{said}");
    assert!(!sent.contains_key("code"));
}

/// An error on the bank's own page.
#[track_caller]
fn assert_page(reply: &Reply, error: &str, word: &str) {
    let page = text(reply);
    assert_eq!(reply.status, 400, "{page}");
    assert!(page.contains(&format!("<code>{error}</code>")) && page.contains(word), "{word}: {page}");
    assert!(page.contains("{Trace ID:") && !reply.headers.contains_key("location"));
}

/// Header and claims of a compact JWS.
fn parts(jwt: &str) -> (Value, Value) {
    let mut parts = jwt.split('.').map(|part| crate::sandbox::b64::decode(part).unwrap());
    let mut next = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (next(), next())
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
        key.jws(&self.header, &self.claims).unwrap()
    }
}
