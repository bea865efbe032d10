//! `save`: keeps what the flow found, in the saved profile and the stores. Leaves nothing.

use serde_json::Value as Json;

use crate::flow::effect::{Effect, Saving};
use crate::flow::run::{Outputs, Pending, Run};
use crate::flow::template::{EvalError, Scope};
use crate::flow::view::Field;
use crate::profile::model::Save;
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

    pub(in crate::flow) fn saved(&mut self, what: Saving, now: Timestamp) -> Vec<Effect> {
        let mut fields = Vec::new();
        for (name, value) in &what.values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            fields.push(Field { name: name.clone(), value: text, class: class_of_name(name) });
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
    what.metadata = match &save.metadata {
        None => None,
        Some(text) => crate::flow::template::to_json(&text.eval(scope)?).filter(|m| !m.is_null()),
    };
    for text in &save.drop {
        what.forget.extend(text.eval_text(scope)?);
    }
    Ok(what)
}
