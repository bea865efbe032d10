//! Plain words of the format turned into their types.

use serde_json::{Map, Value as Json};

use crate::flow::view::Level;
use crate::profile::model::{InputKind, KeyUse};
use crate::profile::place::At;
use crate::profile::value::Node;
use crate::secret::Class;

pub fn words_of(raw: Option<&At<String>>) -> Option<String> {
    raw.map(|w| w.value.clone())
}

pub fn class(word: &str) -> Option<Class> {
    Some(match word {
        "public" => Class::Public,
        "personal" => Class::Personal,
        "secret" => Class::Secret,
        _ => return None,
    })
}

pub fn level(word: &str) -> Option<Level> {
    Some(match word {
        "must" => Level::Must,
        "should" => Level::Should,
        "info" => Level::Info,
        _ => return None,
    })
}

pub fn key_use(word: &str) -> Option<KeyUse> {
    Some(match word {
        "sig" => KeyUse::Sign,
        "enc" => KeyUse::Encrypt,
        "tls" => KeyUse::Tls,
        _ => return None,
    })
}

pub fn input_kind(word: &str) -> Option<InputKind> {
    Some(match word {
        "text" => InputKind::Text,
        "url" => InputKind::Url,
        "number" => InputKind::Number,
        "bool" => InputKind::Bool,
        "list" => InputKind::List,
        "json" => InputKind::Json,
        "document" => InputKind::Document,
        _ => return None,
    })
}

pub fn plain_text(node: &Node) -> Option<String> {
    match node {
        Node::Text(t) => Some(t.clone()),
        Node::Plain(j) => Some(j.to_string()),
        Node::List(_) | Node::Map(_) => None,
    }
}

/// A value as it stands, its texts not looked into.
pub fn json(node: &Node) -> Json {
    match node {
        Node::Text(t) => Json::String(t.clone()),
        Node::Plain(j) => j.clone(),
        Node::List(items) => Json::Array(items.iter().map(|i| json(&i.value)).collect()),
        Node::Map(members) => {
            Json::Object(members.iter().map(|(k, v)| (k.value.clone(), json(&v.value))).collect::<Map<_, _>>())
        }
    }
}
