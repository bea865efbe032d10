//! The verb `http`, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RawExpr, RawSpend, RawText, Word};
use crate::profile::value::{RawValue, Table};

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHttp {
    pub url: RawText,
    pub method: Option<RawText>,
    pub query: Option<RawValue>,
    pub headers: Option<RawValue>,
    pub form: Option<RawValue>,
    pub json: Option<RawValue>,
    pub jwt: Option<RawText>,
    pub text: Option<RawText>,
    pub content_type: Option<RawText>,
    pub accept: Option<RawText>,
    /// Name of the client that authenticates.
    pub auth: Option<RawText>,
    pub bearer: Option<RawText>,
    /// Role of the key that binds the token (DPoP, RFC 9449).
    pub dpop: Option<RawText>,
    pub mtls: Option<RawText>,
    /// Statuses, or OAuth error codes, that are an answer.
    pub expect: Option<Vec<RawValue>>,
    #[serde(default)]
    pub take: Table<RawTake>,
    /// An object: what was asked for, by the answer's names. Shown against the answer, member by member.
    pub asked: Option<RawValue>,
    /// A detached JWS over the body that goes out (RFC 7515 App. F).
    pub signature: Option<RawSignature>,
    /// The request uses up a kept refresh token, which is the form's `refresh_token`.
    pub spend: Option<RawSpend>,
    /// Asked again until there is an answer (RFC 8628 §3.5, CIBA §11).
    pub repeat: Option<RawRepeat>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSignature {
    /// Role of the key that signs; `omit`: nothing is signed.
    pub key: RawText,
    pub alg: Option<RawText>,
    /// Its protected header, but for `alg`. With `b64 = false` the body is signed as it is (RFC 7797), and `crit` names it.
    pub header: Option<RawValue>,
    /// Of the HTTP header that carries it: `x-jws-signature`, where it is left out.
    pub name: Option<RawText>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTake {
    /// JSON pointer (RFC 6901) into the answer.
    pub json: Option<Word>,
    pub header: Option<Word>,
    pub class: Option<Word>,
    /// Seconds it lives from receipt.
    pub lives: Option<RawValue>,
    pub optional: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRepeat {
    /// Whether this answer is none yet.
    #[serde(rename = "while")]
    pub again: RawExpr,
    /// Seconds between two questions.
    pub every: RawValue,
    /// Whether five seconds more are wanted from now on.
    pub slower: Option<RawExpr>,
    /// Seconds after which nobody asks any more.
    pub limit: Option<RawValue>,
}
