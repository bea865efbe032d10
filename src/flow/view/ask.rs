//! What a step asks of a person.

use super::Field;
use crate::profile::model::{Input, InputKind};
use crate::secret::Class;
use crate::time::Timestamp;

/// Something a person has to supply or do.
#[derive(Clone, Debug, PartialEq)]
pub struct AskView {
    pub text: String,
    /// To be copied or exported: the registration JWT.
    pub show: Vec<Field>,
    /// What is to be typed in.
    pub ask: Vec<AskField>,
    /// The defaults are an answer: going on takes them.
    pub proposal: bool,
    /// When the offer ends.
    pub deadline: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AskField {
    pub name: String,
    pub label: String,
    pub help: Option<String>,
    pub class: Class,
    pub default: Option<String>,
    /// What there is to choose from; empty: anything that fits.
    pub options: Vec<String>,
    /// Several of them, as a JSON array.
    pub many: bool,
    pub optional: bool,
}

impl AskField {
    /// What an input asks for, of what its profile names.
    pub fn of(input: &Input) -> Self {
        Self {
            name: input.name.clone(),
            label: input.label.clone(),
            help: input.help.clone(),
            class: input.class,
            default: None,
            options: input.options.clone(),
            many: input.kind == InputKind::List,
            optional: input.optional,
        }
    }

    /// A text that anybody may see.
    pub fn public(name: &str, label: &str, help: &str) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            help: Some(help.to_owned()).filter(|h| !h.is_empty()),
            class: Class::Public,
            default: None,
            options: Vec::new(),
            many: false,
            optional: false,
        }
    }
}
