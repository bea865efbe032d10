//! One registration: the bank's answers, the statement, the keys, and what ends when.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Page;
use crate::jose::b64;
use crate::secret::{Class, class_of_name};
use crate::time::Timestamp;

/// Answers that are kept of one registration.
const MOST_ANSWERS: usize = 100;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    pub client_id: String,
    /// When the first answer came, seconds.
    pub since: i64,
    /// Where the bank said that the registration is managed (RFC 7592 §3).
    pub registration_client_uri: Option<String>,
    /// When the client secret ends, seconds; 0: never (RFC 7591 §3.2.1).
    pub client_secret_expires_at: Option<i64>,
    pub statement: Option<Statement>,
    pub keys: Vec<HeldKey>,
    /// What the bank answered, the newest last; each differs from the one before.
    pub answers: Vec<Answer>,
    pub deleted: Option<i64>,
}

/// A record as the bank answered it, without what is secret in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Seconds.
    pub at: i64,
    pub record: Map<String, Json>,
}

/// The software statement that the registration stands on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    pub jti: Option<String>,
    pub iss: Option<String>,
    pub iat: Option<i64>,
    pub exp: Option<i64>,
    pub software_id: Option<String>,
}

/// A key that the client had then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldKey {
    pub role: String,
    pub reference: String,
    /// RFC 7638.
    pub thumbprint: String,
    /// `x5t#S256` of its certificate, whose it is, and when it ends, seconds.
    pub certificate: Option<HeldCertificate>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldCertificate {
    pub x5t_s256: String,
    pub subject: String,
    pub not_after: i64,
}

/// Something that ends, and what breaks then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub at: i64,
    pub what: String,
    pub breaks: &'static str,
}

impl Client {
    /// When something of it ends, the soonest first. `statement_days`: how long a statement without an end of its own is
    /// taken.
    pub fn ends(&self, statement_days: i64) -> Vec<End> {
        let mut ends: Vec<End> = Vec::new();
        for key in &self.keys {
            if let Some(certificate) = &key.certificate {
                let what = format!("{} certificate ({})", key.role, certificate.subject);
                let breaks = "the bank ends the handshake or refuses the signature: no token, no call, no change of the registration";
                ends.push(End { at: certificate.not_after, what, breaks });
            }
        }
        if let Some(at) = self.client_secret_expires_at.filter(|at| *at > 0) {
            let breaks = "every token request is refused (invalid_client): read the registration for a new secret";
            ends.push(End { at, what: "client secret".to_owned(), breaks });
        }
        if let Some(statement) = &self.statement {
            let days = statement.iat.map(|iat| iat.saturating_add(statement_days.saturating_mul(86_400)));
            if let Some(at) = statement.exp.or(days) {
                let breaks = "the registration stays, and cannot be changed until a new statement is fetched";
                ends.push(End { at, what: "software statement".to_owned(), breaks });
            }
        }
        ends.sort_by_key(|e| e.at);
        ends
    }
}

impl Page {
    /// A record came, for a client that has these keys.
    pub fn answered(&mut self, record: &Json, statement: Option<&Json>, keys: Vec<HeldKey>, now: Timestamp) {
        let Some(members) = record.as_object() else { return };
        let text = |name: &str| members.get(name).and_then(Json::as_str).map(str::to_owned);
        let id = text("client_id").or_else(|| self.current().map(|c| c.client_id.clone()));
        let Some(client_id) = id else { return };
        let at = now.seconds();
        if self.current().is_none_or(|c| c.client_id != client_id) {
            self.clients.push(Client {
                client_id,
                since: at,
                registration_client_uri: None,
                client_secret_expires_at: None,
                statement: None,
                keys: Vec::new(),
                answers: Vec::new(),
                deleted: None,
            });
        }
        let Some(client) = self.clients.last_mut() else { return };
        client.keys = keys;
        client.registration_client_uri = text("registration_client_uri").or(client.registration_client_uri.take());
        let ends = members.get("client_secret_expires_at").and_then(Json::as_i64);
        client.client_secret_expires_at = ends.or(client.client_secret_expires_at);
        if let Some(statement) = statement {
            client.statement = Some(Statement::of(statement));
        }
        let record = in_the_open(members);
        if client.answers.last().is_none_or(|last| last.record != record) {
            client.answers.push(Answer { at, record });
            let over = client.answers.len().saturating_sub(MOST_ANSWERS);
            client.answers.drain(..over);
        }
    }

    /// The bank says that the client is gone.
    pub fn deleted(&mut self, now: Timestamp) {
        if let Some(client) = self.clients.last_mut().filter(|c| c.deleted.is_none()) {
            client.deleted = Some(now.seconds());
        }
    }
}

impl Statement {
    fn of(claims: &Json) -> Self {
        let text = |name: &str| claims.get(name).and_then(Json::as_str).map(str::to_owned);
        let number = |name: &str| claims.get(name).and_then(Json::as_i64);
        Self {
            jti: text("jti"),
            iss: text("iss"),
            iat: number("iat"),
            exp: number("exp"),
            software_id: text("software_id"),
        }
    }
}

/// Secret members go; of a long signed text its hash is enough to see a change.
fn in_the_open(members: &Map<String, Json>) -> Map<String, Json> {
    let open = members.iter().filter(|(name, _)| class_of_name(name) == Class::Public);
    open.map(|(name, value)| {
        let value = match value {
            Json::String(text) if name == "software_statement" => {
                Json::String(format!("sha256:{}", b64::encode(&openssl::sha::sha256(text.as_bytes()))))
            }
            Json::Object(inner) => Json::Object(in_the_open(inner)),
            other => other.clone(),
        };
        (name.clone(), value)
    })
    .collect()
}
