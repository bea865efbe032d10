//! A profile as the engine uses it: joined, compiled, checked. Nothing here reads a file.

mod authorize;
mod error_hint;
mod http;
mod listen;
mod open;
mod spend;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

pub use authorize::Authorize;
pub use error_hint::ErrorHint;
pub use http::{Http, Repeat, Signature, Take, TakeFrom};
pub use listen::Listen;
pub use open::{Expect, KeysFrom, Open, Unverified};
pub use spend::Spend;

use super::place::Place;
use crate::flow::template::{Expr, Text, Tree};
use crate::flow::view::Level;
use crate::jose::Alg;
use crate::jose::jwe::KeyAlg;
use crate::secret::Class;
use crate::x509::Wish;

#[derive(Clone, Debug)]
pub struct Profile {
    pub id: String,
    pub name: String,
    pub country: Option<String>,
    pub docs: Option<String>,
    pub about: Option<String>,
    pub evidence: Option<String>,
    pub template: bool,
    /// This profile's id and those it extends, itself first.
    pub lineage: Vec<String>,
    pub hosts: Vec<Text>,
    pub environments: Vec<Environment>,
    pub inputs: Vec<Input>,
    pub keys: Vec<KeyRole>,
    /// The first is `client` where the profile has one.
    pub clients: Vec<Client>,
    pub lifetimes: Vec<(String, Tree)>,
    /// None: the check is off.
    pub levels: BTreeMap<String, Option<Level>>,
    pub flows: Vec<Flow>,
    pub checks: Vec<Check>,
    pub errors: Vec<ErrorHint>,
    /// Token sets that some flow saves.
    pub token_sets: BTreeSet<String>,
    /// Set in a saved profile.
    pub environment: Option<String>,
    pub values: Vec<(String, Json)>,
    /// Keys of others that a person approved, by name.
    pub pins: BTreeMap<String, Pin>,
}

/// Keys that a person approved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pin {
    /// RFC 7638.
    pub thumbprints: Vec<String>,
    /// Of what brought the keys, in hex.
    pub sha256: String,
    /// When, as a person reads it.
    pub approved: String,
}

impl Profile {
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|e| e.name == name)
    }
    pub fn flow(&self, id: &str) -> Option<&Flow> {
        self.flows.iter().find(|f| f.id == id)
    }
    pub fn client(&self, name: &str) -> Option<&Client> {
        self.clients.iter().find(|c| c.name == name)
    }
    pub fn role(&self, name: &str) -> Option<&KeyRole> {
        self.keys.iter().find(|k| k.name == name)
    }
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|i| i.name == name)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    pub name: String,
    pub label: String,
    pub production: bool,
    /// The embedded bank that answers for the profile's hosts.
    pub sandbox: Option<String>,
    /// Why it cannot be used.
    pub disabled: Option<String>,
    /// In order: a value may read earlier ones.
    pub values: Vec<(String, Tree)>,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    Text,
    Url,
    Number,
    Bool,
    List,
    Json,
    /// Long text, byte for byte.
    Document,
}

#[derive(Clone, Debug)]
pub struct Input {
    pub name: String,
    pub label: String,
    pub help: Option<String>,
    pub kind: InputKind,
    pub default: Option<Tree>,
    pub options: Vec<String>,
    /// What there is to choose from when a step asks.
    pub offers: Option<Tree>,
    pub pattern: Option<String>,
    pub optional: bool,
    pub class: Class,
    pub save: bool,
    pub advanced: bool,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    Sign,
    Encrypt,
    Tls,
}

impl KeyUse {
    /// As JWK's `use` spells it, and `tls`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sign => "sig",
            Self::Encrypt => "enc",
            Self::Tls => "tls",
        }
    }
}

#[derive(Clone, Debug)]
pub struct KeyRole {
    pub name: String,
    pub label: String,
    pub help: Option<String>,
    pub usage: KeyUse,
    pub algs: Vec<Alg>,
    /// Of a role that decrypts.
    pub key_algs: Vec<KeyAlg>,
    pub min_bits: Option<u32>,
    pub optional: bool,
    /// None: the RFC 7638 thumbprint.
    pub kid: Option<Text>,
    /// What it wants of the key's certificate. None: no certificate.
    pub wish: Option<Wish>,
    /// Saved profile: the key reference.
    pub reference: Option<String>,
    /// Saved profile: the file of its certificates, where its store keeps none.
    pub chain: Option<String>,
    pub new: Option<NewKey>,
    pub place: Place,
}

/// What a key is to be that a KMS makes for a role.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub alias: Text,
    pub description: Option<Text>,
    pub region: Text,
    pub replica: Option<Text>,
    pub tags: Vec<(String, Text)>,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub struct Client {
    pub name: String,
    pub id: Text,
    pub secret: Text,
    pub auth: Text,
    pub send_client_id: Text,
    pub mtls: Option<Text>,
    pub assertion: Option<Assertion>,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub struct Assertion {
    pub key: String,
    pub alg: Option<Text>,
    pub header: Tree,
    pub claims: Tree,
}

/// A flow, flattened: steps of used flows stand in line, each in its frame.
#[derive(Clone, Debug)]
pub struct Flow {
    pub id: String,
    pub title: String,
    pub about: Option<String>,
    pub evidence: Option<String>,
    pub frames: Vec<Frame>,
    pub steps: Vec<Step>,
    /// Names of inputs that its parts read themselves.
    pub reads: BTreeSet<String>,
    /// Names of environment values that its parts read.
    pub env_reads: BTreeSet<String>,
    /// Key roles it needs.
    pub roles: BTreeSet<String>,
    /// Kept token sets that it reads.
    pub tokens: BTreeSet<String>,
}

impl Flow {
    /// No documentation of the bank confirms it.
    pub fn is_unverified(&self) -> bool {
        self.evidence.as_deref().is_some_and(is_unverified)
    }
}

/// How words about evidence say that nothing confirms it.
pub fn is_unverified(evidence: &str) -> bool {
    evidence.starts_with("unverified")
}

/// The scope of one flow among the used ones: its inputs, `let`, and what it publishes.
#[derive(Clone, Debug)]
pub struct Frame {
    /// None for the flow itself.
    pub parent: Option<usize>,
    /// The step of the parent that uses it.
    pub step: String,
    pub inputs: Vec<Input>,
    pub with: Vec<(String, Tree)>,
    pub lets: Vec<(String, Tree)>,
    pub outputs: Vec<(String, Text)>,
    pub when: Option<Expr>,
}

#[derive(Clone, Debug)]
pub struct Step {
    /// Within its frame.
    pub id: String,
    /// Dotted from the top: `app.token`.
    pub path: String,
    pub frame: usize,
    pub title: String,
    pub note: Option<String>,
    pub reference: Option<String>,
    pub when: Option<Expr>,
    pub confirm: Option<Text>,
    pub unknown: Option<String>,
    pub class: Class,
    pub verb: Verb,
    pub checks: Vec<Check>,
    /// `flow.step` names under which checks may hang on it.
    pub addresses: Vec<String>,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub enum Verb {
    Key(KeyStep),
    Jwt(Jwt),
    Http(Box<Http>),
    Open(Box<Open>),
    Authorize(Box<Authorize>),
    Listen(Box<Listen>),
    Ask(Ask),
    Save(Save),
}

impl Verb {
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Jwt(_) => "jwt",
            Self::Http(_) => "http",
            Self::Open(_) => "open",
            Self::Authorize(_) => "authorize",
            Self::Listen(_) => "listen",
            Self::Ask(_) => "ask",
            Self::Save(_) => "save",
        }
    }
}

#[derive(Clone, Debug)]
pub struct KeyStep {
    pub role: String,
    pub make: bool,
}

#[derive(Clone, Debug)]
pub struct Jwt {
    pub key: String,
    pub alg: Option<Text>,
    pub header: Tree,
    pub claims: Tree,
    /// Taken instead of signing.
    pub given: Option<Text>,
}

#[derive(Clone, Debug)]
pub struct Ask {
    pub text: Text,
    pub show: Vec<(String, Text)>,
    pub ask: Vec<Input>,
    pub wait: bool,
    /// The defaults are an answer.
    pub proposal: bool,
    pub deadline: Option<Tree>,
}

#[derive(Clone, Debug)]
pub struct Save {
    pub values: Option<Tree>,
    pub tokens: Vec<(String, Tree)>,
    pub metadata: Option<Text>,
    pub records: Option<Tree>,
    pub pins: Option<Tree>,
    pub drop: Vec<Text>,
}

#[derive(Clone, Debug)]
pub struct Check {
    pub id: String,
    pub level: Level,
    pub rule: Expr,
    pub say: Text,
    pub reference: String,
    /// Empty: configuration.
    pub at: Vec<String>,
    pub when: Option<Expr>,
    /// What to do where it fails.
    pub remedy: Option<String>,
    pub place: Place,
}
