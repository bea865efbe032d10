//! Rows that several tabs share: a named value masked by its class, and a JWT of the step.

use serde_json::Value;

use crate::flow::view::{Artefact, Field};
use crate::redact::Redactor;
use crate::secret::{Class, class_of_name};
use crate::tui::body::lay_out;
use crate::tui::doc::Doc;
use crate::tui::item::{Item, looks_like_token};
use crate::tui::look::{Sign, Tone};

use crate::tui::words::Words;

/// Longer values are cut in a list of fields: the raw view and a copy have them whole.
const SHOWN: usize = 2000;

/// The value as it may be shown: by its class, by its name, and without any secret that the run knows.
pub fn masked(redactor: &Redactor, name: &str, value: &str, class: Class) -> (Tone, String) {
    let class = class.max(class_of_name(name));
    if class != Class::Public {
        return (Tone::Secret, redactor.mask_value(value, class));
    }
    let text = redactor.mask_text(value);
    let tone = if text == value { Tone::Plain } else { Tone::Secret };
    if text.len() <= SHOWN {
        return (tone, text);
    }
    let cut = text.floor_char_boundary(SHOWN);
    (tone, format!("{} ... {} chars in all", &text[..cut], text.chars().count()))
}

/// `name: value` or `name = value`, with the hint that a token can be opened; `edited`: a person changed it.
pub fn field(doc: &mut Doc<'_>, redactor: &Redactor, field: &Field, between: &str, item: Item, edited: bool) {
    let (tone, shown) = masked(redactor, &field.name, &field.value, field.class);
    let mut words = doc.words().put(Tone::Name, redactor.mask_text(&field.name)).dim(between).put(tone, shown);
    if looks_like_token(&field.value) {
        words = words.dim("  t opens it");
    }
    if edited {
        words = words.put(Tone::Warn, "  [edited]");
    }
    doc.push(words, 4, Some(item));
}

/// A JWT: what it is, its header and its claims.
pub fn artefact(doc: &mut Doc<'_>, redactor: &Redactor, index: usize, artefact: &Artefact) {
    let alg = artefact.header.get("alg").and_then(Value::as_str).unwrap_or("?");
    doc.blank();
    let title = doc
        .words()
        .strong(&artefact.name)
        .dim(format!("  {}  {alg}  {} chars", artefact.kind, artefact.token.len()))
        .dim("  t opens it");
    doc.push(title, 2, Some(Item::Artefact(index)));
    if let Some(by) = &artefact.opened_by {
        let done = if artefact.kind == "jwe" { "opened with " } else { "verified with " };
        let words = doc.words().sign(Tone::Good, Sign::Ok).gap(1).dim(done).plain(by.whose.to_words());
        let thumbprint = by.key.as_ref().map(crate::jose::PublicJwk::thumbprint).unwrap_or_default();
        let words = words.gap(1).dim(thumbprint);
        let words = if by.whose.reason().is_empty() { words } else { words.dim("  ").dim(by.whose.reason()) };
        doc.push(words, 4, None);
    }
    json(doc, redactor, &artefact.header, |_, _| None);
    json(doc, redactor, &artefact.claims, |_, _| None);
}

/// A JSON value laid out, its strings masked; `item` names what a line stands for: its member, and where it begins.
pub fn json(doc: &mut Doc<'_>, redactor: &Redactor, value: &Value, item: impl Fn(usize, usize) -> Option<Item>) {
    if value.is_null() {
        return;
    }
    for line in lay_out(&value.to_string(), redactor, doc.look()) {
        let item = line.member.and_then(|(member, at)| item(member, at));
        doc.push(line.words, line.hang, item);
    }
}

/// A label in a column, and what belongs to it.
pub fn pair(doc: &mut Doc<'_>, label: &str, words: Words) {
    let label = doc.words().cell(Tone::Dim, label, 12).gap(1);
    doc.push(label.join(words), 13, None);
}
