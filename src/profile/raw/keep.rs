//! What a step keeps, and what it uses up of what is kept.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RawText, Word};
use crate::profile::value::{RawValue, Table};

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSave {
    pub values: Option<RawValue>,
    #[serde(default)]
    pub tokens: Table<RawValue>,
    pub metadata: Option<RawText>,
    /// Dated answers of the registration: `client` (the record), `statement` (claims of the software statement).
    pub records: Option<RawValue>,
    /// Name of a pin: the thumbprints of its keys.
    pub pins: Option<RawValue>,
    /// `tokens`, `tokens.SET`, `token:VALUE`, `inputs.NAME`, `records`.
    pub drop: Option<Vec<RawText>>,
}

/// One spender at a time, in all instances; the successor is on disk before the predecessor goes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSpend {
    /// The token set it belongs to, which keeps what the answer brings.
    pub tokens: Word,
    /// What the bank does with a used one: `rotate`, `rotate_with_backup`, `reuse`.
    pub policy: RawText,
}
