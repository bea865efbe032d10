//! Fields to be typed in. Enter goes to the next one and, in the last, is done; a paste goes into the field it is over.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::flow::edit::Place;
use crate::flow::view::AskField;
use crate::jose::Alg;
use crate::secret::{Class, Secret};
use crate::shell::{NewProfile, OwnFile, Seat};
use crate::store::tokens::Label;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::pane::profiles::Choice;
use crate::tui::widget::entry::Entry;
use crate::tui::words::Words;

/// What the answers are for.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// The step that asks.
    Answer,
    /// What a browser ended on.
    SignIn,
    /// Values without which a flow cannot start.
    Inputs(Choice),
    /// A token to look at.
    Inspect,
    Key(KeyForm),
    /// The id of a profile that is to be saved.
    SaveProfile(NewProfile),
    /// Other values for a profile of one's own.
    EditProfile(OwnFile),
    /// Another id for the same profile, and another environment.
    CloneProfile {
        id: String,
    },
    /// The file of a profile that comes from elsewhere.
    ImportProfile,
    /// Another value for what stands there; None: the place is typed, too.
    Change {
        index: usize,
        place: Option<Place>,
    },
    /// The address of a call with a kept token.
    Call(Label),
    /// The file of a run that is to be kept.
    ImportRun,
}

/// What is typed about a key.
#[derive(Clone, Debug)]
pub enum KeyForm {
    Make { store: String, alg: Alg, then: Option<Seat> },
    Import { store: String, then: Option<Seat> },
    Csr { uri: String, profile: String },
    Delete { uri: String, label: String },
}

pub struct Form {
    pub purpose: Purpose,
    pub title: String,
    pub about: String,
    pub fields: Vec<(AskField, Entry)>,
    pub at: usize,
}

impl Form {
    pub fn new(purpose: Purpose, title: impl Into<String>, about: impl Into<String>, ask: &[AskField]) -> Self {
        let fields = ask.iter().map(|a| (a.clone(), Entry::of(a))).collect();
        Self { purpose, title: title.into(), about: about.into(), fields, at: 0 }
    }

    /// The form that takes a token.
    pub fn token() -> Self {
        let help = "a JWT, JWE, JWK, JWKS or certificate; it stays in this program";
        let field = AskField::public("token", "token", help);
        Self::new(Purpose::Inspect, "look at a token", "", &[field])
    }

    /// The form that takes what the browser ended on.
    pub fn sign_in() -> Self {
        let help = "whole, from the address bar, also from a page that did not load; or the body of a form";
        let field = AskField {
            class: Class::Secret,
            ..AskField::public("answer", "the address that the browser ended on", help)
        };
        Self::new(Purpose::SignIn, "the bank's answer", "", &[field])
    }

    /// What a bank sent, brought by a person.
    pub fn event() -> Self {
        let help = "the body as it came: header.payload.signature";
        let field = AskField { class: Class::Personal, ..AskField::public("event", "what the bank sent", help) };
        Self::new(Purpose::SignIn, "the bank's message", "", &[field])
    }

    /// What is called with a token.
    pub fn call(label: Label) -> Self {
        let method = AskField {
            default: Some("GET".into()),
            options: ["GET", "POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).to_vec(),
            ..AskField::public("method", "method", "")
        };
        let url = AskField::public("url", "address", "https://HOST/PATH; nothing is sent: the command is copied");
        let title = format!("a call with {} of {}", label.set, label.profile);
        Self::new(Purpose::Call(label), title, "", &[method, url])
    }

    /// Where a run of somebody else lies.
    pub fn import_run() -> Self {
        let help = "what `history export --format json` or `run --json` wrote; it is masked once more";
        let field = AskField::public("file", "path of the file", help);
        Self::new(Purpose::ImportRun, "keep a run of somebody else", "", &[field])
    }

    /// A form about a key; none of its fields is secret. Each: name, label, what stands there, help.
    pub fn of_key(purpose: KeyForm, title: &str, about: String, fields: &[(&str, &str, &str, &str)]) -> Self {
        let one = |(name, label, default, help): &(&str, &str, &str, &str)| AskField {
            default: Some((*default).to_owned()),
            ..AskField::public(name, label, help)
        };
        let fields: Vec<AskField> = fields.iter().map(one).collect();
        Self::new(Purpose::Key(purpose), title, about, &fields)
    }

    /// What was typed into the field of that name, without blanks around it.
    pub fn public_text(&self, name: &str) -> String {
        let field = self.fields.iter().find(|(ask, _)| ask.name == name);
        field.map_or_else(String::new, |(_, f)| f.secret().expose().trim().to_owned())
    }

    /// Whether the shell is asked about a profile of the person's own: what was typed comes back where it fails.
    pub const fn is_about_profile(&self) -> bool {
        use Purpose::{CloneProfile, EditProfile, ImportProfile, SaveProfile};
        matches!(self.purpose, SaveProfile(_) | EditProfile(_) | CloneProfile { .. } | ImportProfile)
    }

    pub fn entry(&mut self) -> Option<&mut Entry> {
        self.fields.get_mut(self.at).map(|(_, f)| f)
    }

    pub fn go_by(&mut self, by: isize) {
        let n = self.fields.len().max(1);
        self.at = (self.at + n).saturating_add_signed(by) % n;
    }

    /// Whether Enter is the last word: in the last field, and wherever every field has its value already.
    pub fn is_done(&self) -> bool {
        matches!(self.purpose, Purpose::EditProfile(_)) || self.at + 1 >= self.fields.len()
    }

    pub fn answers(&self) -> BTreeMap<String, Secret> {
        self.fields.iter().map(|(ask, field)| (ask.name.clone(), field.secret())).collect()
    }
}

pub fn draw(look: Look, form: &Form, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let width = 84.min(body.width.saturating_sub(2));
    let mut doc = Doc::new(look, width.saturating_sub(4));
    if !form.about.is_empty() {
        doc.text(Tone::Plain, &form.about);
        doc.blank();
    }
    let (mut at_row, mut cursor) = (0, 0);
    for (i, (ask, field)) in form.fields.iter().enumerate() {
        let here = i == form.at;
        let mark = if here { Words::new(look).put(Tone::Key, "> ") } else { Words::new(look).gap(2) };
        let class = match ask.class {
            Class::Public => "",
            Class::Personal => "  personal: not kept",
            Class::Secret => "  secret: not shown",
        };
        doc.line(mark.strong(&ask.label).dim(class));
        let (rows, at, column) = field.show(look, doc.width().saturating_sub(6), here, &ask.options);
        if here {
            (at_row, cursor) = (doc.len() + at, column);
        }
        for row in rows {
            doc.line(Words::new(look).gap(4).join(row));
        }
        if let Some(help) = &ask.help {
            doc.push(Words::new(look).gap(4).dim(help), 4, None);
        }
    }
    let height = u16::try_from(doc.len()).unwrap_or(u16::MAX);
    let inner = window(look, &form.title, (width, height), buffer, body, is_top);
    let skip = (at_row + 1).saturating_sub(usize::from(inner.height));
    for (y, row) in (inner.y..inner.bottom()).zip(doc.window(skip, usize::from(height))) {
        buffer.set_line(inner.x + 2.min(inner.width), y, &row.line, inner.width.saturating_sub(2));
    }
    let x = inner.x.saturating_add(6).saturating_add(u16::try_from(cursor).unwrap_or(u16::MAX));
    let y = inner.y.saturating_add(u16::try_from(at_row - skip).unwrap_or(u16::MAX));
    if x < inner.right() && y < inner.bottom() {
        buffer.set_style(Rect { x, y, width: 1, height: 1 }, look.selected(true));
    }
    if form.fields.is_empty() {
        let words = Words::new(look).sign(Tone::Dim, Sign::Waits).dim(" nothing to type");
        buffer.set_line(inner.x, inner.y, &words.line(), inner.width);
    }
}
