//! The verb `listen`, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RawOpen, RawText};
use crate::profile::value::RawValue;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawListen {
    /// Where the sender posts. On this machine, it is listened at.
    pub url: RawText,
    /// Where this machine listens, if `url` is elsewhere and leads here: http://127.0.0.1:8614.
    pub at: Option<RawText>,
    /// Seconds that anybody waits: 600, where it is left out.
    pub wait: Option<RawValue>,
    /// The bearer token that the request has to carry (CIBA §10.2).
    pub bearer: Option<RawText>,
    /// What is opened of what came: `came.text`, `came.json`, `came.headers`. Without `refetch` and `pin`.
    pub open: Option<RawOpen>,
    /// Status for what is right: 202, where it is left out (RFC 8935 §2.2). What is not is answered 400.
    pub answer: Option<u16>,
}
