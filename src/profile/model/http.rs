//! One request, as a step says it.

use serde_json::Value as Json;

use super::Spend;
use crate::flow::template::{Expr, Text, Tree};
use crate::secret::Class;

#[derive(Clone, Debug)]
pub struct Http {
    pub url: Text,
    pub method: Option<Text>,
    pub query: Option<Tree>,
    pub headers: Option<Tree>,
    pub form: Option<Tree>,
    pub json: Option<Tree>,
    pub jwt: Option<Text>,
    pub text: Option<Text>,
    pub content_type: Option<Text>,
    pub accept: Option<Text>,
    pub auth: Option<Text>,
    pub bearer: Option<Text>,
    /// Role of the key that binds the token.
    pub dpop: Option<Text>,
    pub mtls: Option<Text>,
    pub expect: Vec<Json>,
    pub take: Vec<Take>,
    /// What was asked for, to be held against the answer.
    pub asked: Option<Tree>,
    /// What vouches for the body.
    pub signature: Option<Signature>,
    pub spend: Option<Spend>,
    pub repeat: Option<Repeat>,
}

/// The same question again, until there is an answer.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// Whether this answer is none yet.
    pub again: Expr,
    /// Seconds.
    pub every: Tree,
    pub slower: Option<Expr>,
    /// Seconds.
    pub limit: Option<Tree>,
}

#[derive(Clone, Debug)]
pub struct Take {
    pub name: String,
    pub from: TakeFrom,
    pub class: Class,
    pub lives: Option<Tree>,
    pub optional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeFrom {
    /// JSON pointer.
    Json(String),
    Header(String),
}

/// A detached JWS over the body that goes out (RFC 7515 App. F).
#[derive(Clone, Debug)]
pub struct Signature {
    /// The role whose key signs; none: nothing does.
    pub key: Text,
    pub alg: Option<Text>,
    /// Its protected header, but for `alg`.
    pub header: Tree,
    /// Of the HTTP header that carries it.
    pub name: Text,
}

impl Http {
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let own = [&self.method, &self.jwt, &self.text, &self.content_type, &self.accept, &self.auth, &self.bearer];
        let signature = self.signature.iter().flat_map(|s| [&s.key, &s.name].into_iter().chain(&s.alg));
        let policy = self.spend.iter().map(|s| &s.policy);
        own.into_iter().chain([&self.dpop, &self.mtls]).flatten().chain([&self.url]).chain(signature).chain(policy)
    }

    /// What it reads before the answer is there, beside its texts.
    pub fn trees(&self) -> impl Iterator<Item = &Tree> {
        let own = [&self.query, &self.headers, &self.form, &self.json];
        own.into_iter().flatten().chain(self.signature.iter().map(|s| &s.header))
    }

    /// The roles whose keys it uses, as far as they stand in the profile.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let texts = [&self.mtls, &self.dpop].into_iter().flatten().chain(self.signature.iter().map(|s| &s.key));
        texts.filter_map(Text::as_literal)
    }
}
