//! KMS as the documentation has it, small: keys by their id, and answers that a test puts in their place.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::ecdsa::EcdsaSig;
use openssl::pkey::PKey;
use serde_json::{Value, json};

use crate::jose::SecretJwk;
use crate::keys::KeySpec;

pub const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
pub const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub enum Answer {
    /// KMS's usual one.
    Usual,
    Json(Value),
    /// An error by its name.
    Error(&'static str, &'static str),
    /// An error, with a `Date` so many seconds from now.
    Dated(&'static str, i64),
    Dead,
    Silent,
}

type Rule = Box<dyn Fn(usize, &Value) -> Answer + Send>;

#[derive(Clone)]
pub struct Fake(Arc<Mutex<State>>);

struct State {
    secret: SecretJwk,
    aliases: BTreeMap<(String, String), String>,
    meta: Value,
    rules: BTreeMap<&'static str, Rule>,
    asked: Vec<(String, String, Value)>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    /// One P-256 key, enabled, `alias/signing` in eu-west-1.
    pub fn new() -> Self {
        let secret = SecretJwk::generate(KeySpec::P256).unwrap();
        let meta = json!({
            "KeyId": ID, "Arn": ARN, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "KeyState": "Enabled",
            "SigningAlgorithms": ["ECDSA_SHA_256"], "KeyManager": "CUSTOMER",
        });
        let aliases = [(("eu-west-1".to_owned(), "alias/signing".to_owned()), ID.to_owned())].into();
        Self(Arc::new(Mutex::new(State { secret, aliases, meta, rules: BTreeMap::new(), asked: Vec::new() })))
    }

    pub fn on(self, action: &'static str, rule: impl Fn(usize, &Value) -> Answer + Send + 'static) -> Self {
        self.0.lock().unwrap().rules.insert(action, Box::new(rule));
        self
    }

    pub fn with(self, member: &str, value: Value) -> Self {
        self.0.lock().unwrap().meta[member] = value;
        self
    }

    /// How often an action was asked for.
    pub fn count(&self, action: &str) -> usize {
        self.0.lock().unwrap().asked.iter().filter(|(a, _, _)| a == action).count()
    }

    pub fn last(&self, action: &str) -> Value {
        self.0.lock().unwrap().asked.iter().rfind(|(a, _, _)| a == action).unwrap().2.clone()
    }

    /// Every action with its region, in order.
    pub fn trail(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.iter().map(|(action, region, _)| format!("{action} {region}")).collect()
    }

    pub fn http(&self) -> SharedHttpClient {
        let ours = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_: &HttpConnectorSettings, _: &RuntimeComponents| ours.clone())
    }

    fn answer(&self, action: &str, region: &str, asked: &Value) -> Answer {
        let mut state = self.0.lock().unwrap();
        let nth = state.asked.iter().filter(|(a, _, _)| a == action).count();
        state.asked.push((action.to_owned(), region.to_owned(), asked.clone()));
        match state.rules.get(action).map_or(Answer::Usual, |rule| rule(nth, asked)) {
            Answer::Usual => state.usual(action, region, asked),
            other => other,
        }
    }
}

impl State {
    fn usual(&mut self, action: &str, region: &str, asked: &Value) -> Answer {
        let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        match action {
            "CreateKey" => {
                self.meta["KeySpec"] = asked["KeySpec"].clone();
                Answer::Json(json!({ "KeyMetadata": self.meta }))
            }
            "CreateAlias" => {
                self.aliases.insert((region.to_owned(), text("AliasName")), text("TargetKeyId"));
                Answer::Json(json!({}))
            }
            "ReplicateKey" => {
                let to = text("ReplicaRegion");
                let mut replica = self.meta.clone();
                replica["Arn"] = ARN.replace("eu-west-1", &to).into();
                replica["KeyState"] = "Creating".into();
                Answer::Json(json!({ "ReplicaKeyMetadata": replica }))
            }
            "ListKeys" => Answer::Json(json!({ "Keys": [{ "KeyId": ID, "KeyArn": ARN }], "Truncated": false })),
            "ListAliases" => {
                let all = self.aliases.iter().map(|((_, n), id)| json!({ "AliasName": n, "TargetKeyId": id }));
                Answer::Json(json!({ "Aliases": all.collect::<Vec<_>>(), "Truncated": false }))
            }
            _ if text("KeyId").starts_with("alias/")
                && !self.aliases.contains_key(&(region.to_owned(), text("KeyId"))) =>
            {
                Answer::Error("NotFoundException", "Alias is not found.")
            }
            "DescribeKey" => Answer::Json(json!({ "KeyMetadata": self.meta })),
            "GetPublicKey" => {
                let spki = STANDARD.encode(self.secret.public().to_spki_der());
                Answer::Json(json!({ "KeyId": ARN, "PublicKey": spki, "KeyUsage": "SIGN_VERIFY" }))
            }
            "Sign" => Answer::Json(json!({ "KeyId": ARN, "Signature": sign(&self.secret, &text("Message")) })),
            "ScheduleKeyDeletion" => {
                Answer::Json(json!({ "KeyId": ARN, "KeyState": "PendingDeletion", "DeletionDate": 1_797_592_000 }))
            }
            _ => Answer::Json(json!({})),
        }
    }
}

/// ECDSA over a digest, as KMS spells it.
pub fn sign(secret: &SecretJwk, digest: &str) -> String {
    let key = PKey::private_key_from_der(secret.to_pkcs8_der().expose()).unwrap();
    let digest = STANDARD.decode(digest).unwrap();
    assert_eq!(digest.len(), 32, "only a digest leaves");
    STANDARD.encode(EcdsaSig::sign(&digest, &key.ec_key().unwrap()).unwrap().to_der().unwrap())
}

impl HttpConnector for Fake {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let action = target.rsplit('.').next().unwrap_or_default().to_owned();
        let region = request.uri().split('.').nth(1).unwrap_or_default().to_owned();
        let asked = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        let answer = self.answer(&action, &region, &asked);
        HttpConnectorFuture::new(async move {
            let (status, body, date) = match answer {
                Answer::Json(body) => (200, body, 0),
                Answer::Error(code, words) => (400, json!({ "__type": code, "message": words }), 0),
                Answer::Dated(code, skew) => (400, json!({ "__type": code, "message": "Signature expired" }), skew),
                Answer::Dead => {
                    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
                    return Err(ConnectorError::io(refused.into()));
                }
                Answer::Silent => return Err(ConnectorError::timeout("no answer".into())),
                Answer::Usual => unreachable!(),
            };
            let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs((super::NOW + date).cast_unsigned());
            let out = http::Response::builder().status(status).header("date", httpdate::fmt_http_date(at));
            let out = out.header("content-type", "application/x-amz-json-1.1");
            HttpResponse::try_from(out.body(SdkBody::from(body.to_string())).unwrap())
                .map_err(|e| ConnectorError::other(e.into(), None))
        })
    }
}
