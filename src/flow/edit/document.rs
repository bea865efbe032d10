//! A step as one JSON text for an editor, and what was changed in it.
//!
//! Secrets do not go into it: a mark stands for each, and a mark that is left alone changes nothing.

use serde_json::{Map, Value as Json};

use super::places::{Standing, places};
use super::{Edit, Place};
use crate::flow::view::StepView;
use crate::redact::Redactor;
use crate::secret::Class;

/// Stands for a value that is not to lie in a file.
const KEPT: &str = "(secret, kept as it is)";
/// Longer texts are not read back.
const MOST: usize = 1 << 20;

/// The text, with places as names.
pub fn write(step: &StepView, redactor: &Redactor) -> String {
    let members: Map<String, Json> =
        places(step).into_iter().map(|s| (s.place.to_string(), shown(&s, redactor))).collect();
    let mut text = serde_json::to_string_pretty(&Json::Object(members)).unwrap_or_default();
    text.push('\n');
    text
}

fn shown(standing: &Standing, redactor: &Redactor) -> Json {
    if standing.class_in(redactor) == Class::Public { standing.value.clone() } else { Json::from(KEPT) }
}

/// What differs from the step as it stands: a new value, a new place, or one that is gone.
pub fn read(step: &StepView, redactor: &Redactor, text: &str) -> Result<Vec<Edit>, String> {
    if text.len() > MOST {
        return Err("this is longer than 1 MB".to_owned());
    }
    let parsed: Json = serde_json::from_str(text).map_err(|e| format!("this is no JSON: {e}"))?;
    let Json::Object(members) = parsed else { return Err("this is no JSON object".to_owned()) };
    let before = places(step);
    let mut edits = Vec::new();
    for (name, value) in &members {
        let place: Place = name.parse()?;
        match before.iter().find(|s| s.place == place) {
            Some(standing) if shown(standing, redactor) == *value => {}
            _ => edits.push(Edit::set(place, value.clone())),
        }
    }
    let gone = before.into_iter().filter(|s| !members.contains_key(&s.place.to_string()));
    edits.extend(gone.map(|s| Edit::remove(s.place)));
    Ok(edits)
}
