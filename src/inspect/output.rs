//! An inspection as JSON: the stable form that scripts read.

use serde_json::{Map, Value, json};

use super::{Inspection, KeyUsed, Layer};
use crate::flow::view::CheckView;
use crate::jose::b64;
use crate::profile::BankSuit;

impl Inspection {
    /// `kind`, `verdict`, `layers`, `checks`; `as` and `assumed` where a bank's rules are among them; `banks` of a certificate; `problem` where there is one. What a layer has not, it does not name.
    pub fn to_json(&self) -> Value {
        let mut out = Map::new();
        out.insert("kind".into(), self.kind.word().into());
        out.insert("verdict".into(), self.verdict.word().into());
        out.insert("layers".into(), self.layers.iter().map(layer).collect());
        out.insert("checks".into(), self.checks.iter().map(check).collect());
        if let Some(held_to) = &self.held_to {
            out.insert("as".into(), held_to.name.as_str().into());
            out.insert("assumed".into(), json!(held_to.assumed));
        }
        if !self.suits.is_empty() {
            out.insert("banks".into(), self.suits.iter().map(BankSuit::to_json).collect());
        }
        if let Some(problem) = &self.problem {
            out.insert("problem".into(), json!({"text": problem.text, "hint": problem.hint}));
        }
        Value::Object(out)
    }
}

fn layer(layer: &Layer) -> Value {
    let mut out = Map::new();
    out.insert("kind".into(), layer.kind.word().into());
    if let Some(header) = &layer.header {
        out.insert("header".into(), header.clone());
    }
    if let Some(claims) = &layer.claims {
        out.insert("claims".into(), claims.clone());
    }
    if !layer.payload.is_empty() {
        out.insert("payload_b64".into(), b64::encode(&layer.payload).into());
    }
    out.insert("status".into(), layer.status.word().into());
    if let Some(key) = &layer.key {
        out.insert("key".into(), used(key));
    }
    Value::Object(out)
}

fn used(key: &KeyUsed) -> Value {
    match &key.thumbprint {
        Some(thumbprint) => json!({"thumbprint": thumbprint, "from": key.from}),
        None => json!({"from": key.from}),
    }
}

fn check(check: &CheckView) -> Value {
    json!({
        "id": check.id,
        "level": check.level.word(),
        "result": check.outcome.word(),
        "say": check.say,
        "expected": check.expected,
        "found": check.found,
        "ref": check.reference,
    })
}
