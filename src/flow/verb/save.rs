//! `save`: keeps what the flow found, in the saved profile and the stores. Leaves nothing.

use serde_json::Value as Json;

use crate::flow::effect::{Effect, Saving};
use crate::flow::run::{Outputs, Pending, Run};
use crate::flow::template::{EvalError, Scope};
use crate::flow::view::Field;
use crate::profile::model::{Pin, Save};
use crate::secret::{Class, class_of_name};
use crate::time::Timestamp;

impl Run {
    pub(in crate::flow) fn begin_save(&mut self, save: &Save, scope: &Scope, now: Timestamp) -> Vec<Effect> {
        match saving(save, scope) {
            Ok(what) => {
                let kept = what.clone();
                self.busy(Pending::Save(Box::new(kept)), |op| Effect::Save { op, what })
            }
            Err(e) => self.fail_eval(&e, now),
        }
    }

    pub(in crate::flow) fn saved(&mut self, what: Saving, told: Vec<String>, now: Timestamp) -> Vec<Effect> {
        let mut fields = Vec::new();
        for (name, value) in &what.values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            fields.push(Field { name: name.clone(), value: text, class: class_of_name(name) });
        }
        for forgotten in &what.forget {
            self.state.forget_tokens(forgotten);
            // `token:VALUE`: the value is shown nowhere
            let name = if forgotten.starts_with("token:") { "token" } else { forgotten };
            fields.push(Field { name: name.to_owned(), value: "forgotten".into(), class: Class::Public });
        }
        for (set, members) in &what.tokens {
            self.state.save_tokens(set, members.clone());
            let names: Vec<&str> = members.as_object().into_iter().flatten().map(|(n, _)| n.as_str()).collect();
            fields.push(Field { name: format!("tokens.{set}"), value: names.join(" "), class: Class::Public });
        }
        if let Some(metadata) = &what.metadata {
            self.state.set_metadata(metadata.clone());
            fields.push(Field { name: "metadata".into(), value: "kept".into(), class: Class::Public });
        }
        for (name, pin) in &what.pins {
            self.state.pins.insert(name.clone(), pin.clone());
            fields.push(Field { name: format!("pins.{name}"), value: pin.thumbprints.join(" "), class: Class::Public });
        }
        fields.extend(told.into_iter().map(|value| Field { name: "kept".into(), value, class: Class::Public }));
        self.step().outputs = fields;
        self.finish(Outputs::new(), now)
    }
}

fn saving(save: &Save, scope: &Scope) -> Result<Saving, EvalError> {
    let mut what = Saving::default();
    let map = |tree: &Option<crate::flow::template::Tree>| {
        tree.as_ref().map_or(Ok(serde_json::Map::new()), |t| t.eval_map(scope))
    };
    what.values = map(&save.values)?.into_iter().filter(|(_, v)| !v.is_null()).collect();
    what.records = map(&save.records)?.into_iter().collect();
    for (set, tree) in &save.tokens {
        let members = tree.eval_map(scope)?;
        if !members.is_empty() {
            what.tokens.push((set.clone(), Json::Object(members)));
        }
    }
    for (name, value) in map(&save.pins)? {
        what.pins.push((name.clone(), pin(&name, &value, scope)?));
    }
    what.metadata = match &save.metadata {
        None => None,
        Some(text) => crate::flow::template::to_json(&text.eval(scope)?).filter(|m| !m.is_null()),
    };
    for text in &save.drop {
        what.forget.extend(text.eval_text(scope)?);
    }
    Ok(what)
}

/// A pin that a flow states: its thumbprints, or an object with them and the SHA-256 of what brought the keys.
fn pin(name: &str, value: &Json, scope: &Scope) -> Result<Pin, EvalError> {
    let wrong = || EvalError::Wrong(format!("the pin `{name}` is no list of RFC 7638 thumbprints"));
    let list = value.get("thumbprints").unwrap_or(value).as_array().ok_or_else(wrong)?;
    let whole = |text: &&str| crate::jose::b64::decode(text).is_ok_and(|bytes| bytes.len() == 32);
    let thumbprints: Vec<String> = list.iter().filter_map(Json::as_str).filter(whole).map(str::to_owned).collect();
    if thumbprints.is_empty() || thumbprints.len() != list.len() {
        return Err(wrong());
    }
    let sha256 = value.get("sha256").and_then(Json::as_str).unwrap_or_default().to_owned();
    let now = scope.get("now").and_then(minijinja::Value::as_i64).unwrap_or_default();
    Ok(Pin { thumbprints, sha256, approved: approved_at(now) })
}

/// As it stands in a saved profile.
pub(in crate::flow) fn approved_at(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |t| t.to_string())
}
