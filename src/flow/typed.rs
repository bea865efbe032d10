//! Typed-in text turned into the value its input wants.

use serde_json::Value as Json;

use crate::profile::model::{Input, InputKind};

/// Whether a given text fits the type of an input, before a run is made of it.
pub fn fits_kind(kind: InputKind, text: &str) -> bool {
    match kind {
        InputKind::Number => text.trim().parse::<f64>().is_ok(),
        InputKind::Bool => matches!(text.trim(), "true" | "false" | "yes" | "no"),
        InputKind::Url => url::Url::parse(text.trim()).is_ok(),
        InputKind::Json => serde_json::from_str::<Json>(text).is_ok(),
        InputKind::Text | InputKind::List | InputKind::Document => true,
    }
}

/// A typed-in text as the input's type wants it; what does not fit stays a text, and a rule will say so.
pub fn typed(input: &Input, text: &str) -> Json {
    let as_text = || Json::String(text.to_owned());
    match input.kind {
        InputKind::Text | InputKind::Url | InputKind::Document => as_text(),
        InputKind::Number => text
            .trim()
            .parse::<i64>()
            .map(Json::from)
            .or_else(|_| text.trim().parse::<f64>().map(Json::from))
            .unwrap_or_else(|_| as_text()),
        InputKind::Bool => match text.trim() {
            "true" | "yes" => Json::Bool(true),
            "false" | "no" => Json::Bool(false),
            _ => as_text(),
        },
        InputKind::List if text.trim_start().starts_with('[') => {
            serde_json::from_str(text).unwrap_or_else(|_| as_text())
        }
        InputKind::List => Json::Array(text.split([',', ' ']).filter(|w| !w.is_empty()).map(Json::from).collect()),
        InputKind::Json => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
    }
}
