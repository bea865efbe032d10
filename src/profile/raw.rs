//! The TOML shapes of a profile and a shared flow, exactly as written; `assets/profile.schema.json` is made from them.
//!
//! One optional table per verb, no untagged or flattened parts: those would lose the place of a mistake.

mod http;
mod keep;
mod listen;

use schemars::JsonSchema;
use serde::Deserialize;

use super::place::At;
use super::value::{RawValue, Table};
pub use http::{RawHttp, RawRepeat, RawSignature, RawTake};
pub use keep::{RawSave, RawSpend};
pub use listen::RawListen;

/// A text that may hold `{{ expressions }}`.
pub type RawText = At<String>;
/// A bare expression.
pub type RawExpr = At<String>;
/// A plain word or sentence.
pub type Word = At<String>;

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "countersign profile", description = "A bank profile, or a saved profile that extends one.")]
pub struct RawProfile {
    /// Version of this format: 1.
    pub schema: Option<At<u32>>,
    /// Unique id, lower case with hyphens.
    pub id: Option<Word>,
    pub name: Option<Word>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Word>,
    /// Address of the bank's documentation.
    pub docs: Option<Word>,
    pub about: Option<Word>,
    /// How sure the facts are.
    pub evidence: Option<Word>,
    /// The profile this one builds on.
    pub extends: Option<Word>,
    /// Only to be extended, not offered.
    pub template: Option<bool>,
    /// Hosts that anything may be sent to.
    pub hosts: Option<Vec<RawText>>,
    /// `NAME`: any values, and `production label disabled like sandbox`.
    #[serde(default)]
    pub environments: Table<RawValue>,
    #[serde(default)]
    pub inputs: Table<RawInput>,
    /// Key roles; in a saved profile also `ref`, `kid`, `certificate`.
    #[serde(default)]
    pub keys: Table<RawKey>,
    pub client: Option<RawClient>,
    #[serde(default)]
    pub clients: Table<RawClient>,
    #[serde(default)]
    pub lifetimes: Table<RawValue>,
    /// Levels of core or inherited checks: `must should info off`.
    #[serde(default)]
    pub levels: Table<Word>,
    #[serde(default)]
    pub flow: Vec<RawFlow>,
    #[serde(default)]
    pub check: Vec<RawCheck>,
    #[serde(default)]
    pub error: Vec<RawError>,
    /// Saved profile: the environment it is for.
    pub environment: Option<Word>,
    /// Saved profile: values of inputs.
    #[serde(default)]
    pub values: Table<RawValue>,
    /// Saved profile: keys of others that a person approved.
    #[serde(default)]
    pub pins: Table<RawPin>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPin {
    /// RFC 7638, of every key.
    pub thumbprints: Vec<Word>,
    /// Of what brought the keys, in hex.
    pub sha256: Option<Word>,
    /// When a person said so.
    pub approved: Option<Word>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawInput {
    pub label: Option<Word>,
    pub help: Option<Word>,
    #[serde(rename = "ref")]
    pub reference: Option<Word>,
    /// `text url number bool list json document`.
    #[serde(rename = "type")]
    pub kind: Option<Word>,
    pub default: Option<RawValue>,
    pub options: Option<Vec<RawValue>>,
    /// In a step that asks: a list, what there is to choose from now. What stands in the answer by default stays there.
    pub offers: Option<RawValue>,
    /// Regular expression that the whole value has to match.
    pub pattern: Option<Word>,
    pub optional: Option<bool>,
    /// `public personal secret`.
    pub class: Option<Word>,
    /// false: asked every run, never written.
    pub save: Option<bool>,
    pub advanced: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawKey {
    pub label: Option<Word>,
    pub help: Option<Word>,
    /// `sig enc tls`.
    #[serde(rename = "use")]
    pub usage: Option<Word>,
    pub algs: Option<Vec<Word>>,
    pub min_bits: Option<u32>,
    pub optional: Option<bool>,
    /// The kid as registered; reads `key`.
    pub kid: Option<RawText>,
    /// What kind of certificate the role wants: `eseal qwac any`.
    pub certificate: Option<Word>,
    /// The roles under PSD2 that the certificate has to have.
    pub psd2: Option<At<RawRoles>>,
    /// Saved profile: the key reference.
    #[serde(rename = "ref")]
    pub reference: Option<Word>,
    /// Saved profile: `file:PATH` of the key's certificates, PEM, where its store keeps none.
    pub chain: Option<Word>,
    /// What a key is to be that a KMS makes for the role; reads `inputs`.
    pub new: Option<RawNewKey>,
}

/// `PSP_AS PSP_PI PSP_AI PSP_IC`; one of the two.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRoles {
    /// One of them is enough.
    pub any: Option<Vec<Word>>,
    pub all: Option<Vec<Word>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNewKey {
    /// `alias/NAME`.
    pub alias: RawText,
    pub description: Option<RawText>,
    pub region: RawText,
    /// A second region that gets the key too.
    pub replica: Option<RawText>,
    #[serde(default)]
    pub tags: Table<RawText>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawClient {
    pub id: Option<RawText>,
    pub secret: Option<RawText>,
    /// A method of client authentication.
    pub auth: Option<RawText>,
    /// `auto always never`.
    pub send_client_id: Option<RawText>,
    /// Role of the client certificate.
    pub mtls: Option<RawText>,
    pub assertion: Option<RawAssertion>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAssertion {
    pub key: Option<Word>,
    pub alg: Option<RawText>,
    pub header: Option<RawValue>,
    pub claims: Option<RawValue>,
}

/// A flow of a profile, or the whole of a shared flow's file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "countersign flow")]
pub struct RawFlow {
    /// Shared flows only: version of this format.
    pub schema: Option<At<u32>>,
    pub id: Word,
    pub title: Option<Word>,
    pub about: Option<Word>,
    /// How sure the facts are. One that begins with `unverified` marks a flow that no documentation of the bank confirms.
    pub evidence: Option<Word>,
    #[serde(default)]
    pub inputs: Table<RawInput>,
    #[serde(default, rename = "let")]
    pub lets: Table<RawValue>,
    #[serde(default)]
    pub step: Vec<RawStep>,
    /// Another flow to take.
    #[serde(rename = "use")]
    pub uses: Option<Word>,
    #[serde(default)]
    pub with: Table<RawValue>,
    #[serde(default)]
    pub outputs: Table<RawText>,
    #[serde(default)]
    pub check: Vec<RawCheck>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStep {
    pub id: Word,
    pub title: Option<Word>,
    pub note: Option<Word>,
    #[serde(rename = "ref")]
    pub reference: Option<Word>,
    pub when: Option<RawExpr>,
    /// Asked before it acts.
    pub confirm: Option<RawText>,
    /// What to do when the answer was lost after sending.
    pub unknown: Option<Word>,
    pub class: Option<Word>,
    #[serde(default)]
    pub check: Vec<RawCheck>,
    #[serde(rename = "use")]
    pub uses: Option<Word>,
    #[serde(default)]
    pub with: Table<RawValue>,
    pub key: Option<RawKeyStep>,
    pub jwt: Option<RawJwt>,
    pub http: Option<RawHttp>,
    pub open: Option<RawOpen>,
    pub authorize: Option<RawAuthorize>,
    pub listen: Option<RawListen>,
    pub ask: Option<RawAsk>,
    pub save: Option<RawSave>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawKeyStep {
    pub role: Word,
    /// Whether a new key may be made.
    pub make: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawJwt {
    pub key: Word,
    pub alg: Option<RawText>,
    pub header: Option<RawValue>,
    pub claims: RawValue,
    /// A JWT that the key signed before: taken instead of signing, where it is not `omit`.
    pub given: Option<RawText>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOpen {
    pub token: RawText,
    /// `jws jwe nested any`.
    pub expect: Word,
    /// What a detached signature is over, byte for byte (RFC 7515 App. F).
    pub payload: Option<RawText>,
    /// Names that `crit` of a detached signature may demand, because the step's checks look at them.
    pub crit: Option<RawValue>,
    /// The role whose key opens an encrypted one.
    pub decrypt: Option<Word>,
    /// A JWKS: its address, or the object.
    pub jwks: Option<RawText>,
    /// A role whose own key verifies it.
    pub own: Option<Word>,
    /// Name of keys that a person has approved.
    pub pin: Option<Word>,
    /// JSON pointer to the keys the token itself brings; only with `pin`.
    pub inside: Option<Word>,
    /// Key management algorithms that are gone along with; the role's, where it is left out.
    pub key_algs: Option<RawValue>,
    /// Content encryption algorithms; every sound one, where it is left out.
    pub enc_algs: Option<RawValue>,
    /// Signature algorithms.
    pub algs: Option<RawValue>,
    /// Values of `typ`; `omit` where it may be absent.
    pub typ: Option<RawValue>,
    pub iss: Option<RawText>,
    pub aud: Option<RawText>,
    pub nonce: Option<RawText>,
    /// Whether dates may be texts.
    pub lenient_dates: Option<RawValue>,
    /// The earlier step that brings the keys: done once more for a kid that is not known.
    pub refetch: Option<Word>,
    /// What a token without a usable key is: `fail warn info`.
    pub unverified: Option<Word>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAuthorize {
    pub url: RawText,
    pub query: RawValue,
    /// As registered: the answer is taken there, or pasted.
    pub redirect_uri: RawText,
    pub state: RawText,
    /// RFC 9207: the answer's `iss` has to be this.
    pub iss: Option<RawText>,
    /// `query fragment form_post`, or one for a signed answer: `jwt query.jwt fragment.jwt form_post.jwt`.
    pub response_mode: Option<RawText>,
    /// Seconds the code lives from receipt.
    pub lives: Option<RawValue>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAsk {
    pub text: RawText,
    #[serde(default)]
    pub show: Table<RawText>,
    #[serde(default)]
    pub ask: Table<RawInput>,
    /// false: shows and goes on.
    pub wait: Option<bool>,
    /// true: the defaults are an answer, taken where nobody looks step by step.
    pub proposal: Option<bool>,
    /// Epoch seconds at which the offer ends.
    pub deadline: Option<RawValue>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCheck {
    pub id: Word,
    /// `must should info`.
    pub level: Word,
    pub rule: RawExpr,
    pub say: RawText,
    #[serde(rename = "ref")]
    pub reference: Option<Word>,
    /// `flow.step`, or `client`; none: configuration.
    pub at: Option<Vec<Word>>,
    pub when: Option<RawExpr>,
    /// What to do where it fails.
    #[serde(rename = "do")]
    pub remedy: Option<Word>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawError {
    pub code: Option<Word>,
    pub status: Option<u16>,
    pub text: Option<Word>,
    /// Step id it belongs to.
    #[serde(rename = "where")]
    pub place: Option<Word>,
    /// Whether it applies; reads `request response` and what stands everywhere.
    pub when: Option<RawExpr>,
    pub likely: Option<Word>,
    #[serde(rename = "do")]
    pub remedy: Option<Word>,
    pub checks: Option<Vec<Word>>,
    /// Regular expression that lifts a trace id out of whatever the bank refuses.
    pub trace: Option<Word>,
    /// true: the bearer token of the request is dead after this, and is forgotten.
    pub revoked: Option<bool>,
}
