//! Between JSON values (what travels) and minijinja values (what expressions see).

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr, ValueKind};
use serde_json::{Map, Number, Value as Json};

/// The value of the word `omit`: leaves out the member or element it is given for.
#[derive(Debug)]
pub(super) struct Omit;

impl Object for Omit {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn is_true(self: &Arc<Self>) -> bool {
        false
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("omit")
    }
}

pub fn omit() -> Value {
    Value::from_object(Omit)
}

pub(super) fn is_omit(value: &Value) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

pub fn from_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(b) => Value::from(*b),
        Json::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
            (Some(i), _, _) => Value::from(i),
            (_, Some(u), _) => Value::from(u),
            (_, _, f) => Value::from(f.unwrap_or(f64::NAN)),
        },
        Json::String(s) => Value::from(s.as_str()),
        Json::Array(items) => Value::from(items.iter().map(from_json).collect::<Vec<_>>()),
        Json::Object(members) => Value::from_pairs(members.iter().map(|(k, v)| (k.clone(), from_json(v)))),
    }
}

/// None where the value holds something that is no JSON (undefined, an object of ours); omitted members vanish.
pub fn to_json(value: &Value) -> Option<Json> {
    match value.kind() {
        ValueKind::None => Some(Json::Null),
        ValueKind::Bool => Some(Json::Bool(value.is_true())),
        ValueKind::Number => {
            if value.is_integer() {
                let wide = i128::try_from(value.clone()).ok()?;
                i64::try_from(wide)
                    .map(Number::from)
                    .or_else(|_| u64::try_from(wide).map(Number::from))
                    .ok()
                    .map(Json::Number)
            } else {
                Number::from_f64(f64::try_from(value.clone()).ok()?).map(Json::Number)
            }
        }
        ValueKind::String => value.as_str().map(|s| Json::String(s.to_owned())),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in value.try_iter().ok()? {
                if !is_omit(&item) {
                    items.push(to_json(&item)?);
                }
            }
            Some(Json::Array(items))
        }
        ValueKind::Map => {
            let mut members = Map::new();
            for key in value.try_iter().ok()? {
                let item = value.get_item(&key).ok()?;
                if !is_omit(&item) {
                    members.insert(key.as_str()?.to_owned(), to_json(&item)?);
                }
            }
            Some(Json::Object(members))
        }
        _ => None,
    }
}
