//! What can be copied where, and the texts of it. Copies for others (curl, raw request) are masked; a token or a value
//! is itself.

mod curl;

use super::App;
use crate::flow::view::{Field, StepView};
use crate::secret::Class;
use crate::shell::PublicForm;
use crate::time::Timestamp;
use crate::tui::focus::PaneId;
use crate::tui::item::{Found, Item};
use crate::tui::message::{Command, CopyReport, CopyRequest, NoticeTone, Problem, Route, Wrap};
use crate::tui::overlay::{self, CopyMenu, Overlay, Report};
use crate::tui::pane::keys::card::{self, subject_name};
use crate::tui::pane::{inspector, step};
use crate::tui::span::{grouped, size};
use crate::x509::{DnForm, KidMode, OrganizationForm};

/// What a flow calls a command that it shows to be copied whole.
const CURL: &str = "curl";

/// A line of the copy menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopyKind {
    /// What a person is asked to hand over.
    Handover,
    /// The bank's page, for another browser.
    Address,
    Token,
    Claims,
    /// What is under the cursor.
    Value,
    /// Where that stands in its JSON.
    Path,
    Curl,
    Request,
    Body,
    PublicKey,
    Jwks,
    PublicPem,
    Thumbprint,
    Kid(KidMode),
    Certificate,
    Subject(DnForm, OrganizationForm),
    /// The file of a profile of one's own.
    Profile,
    /// A text that was made.
    Report,
}

impl CopyKind {
    pub const ALL: [Self; 28] = [
        Self::Handover,
        Self::Address,
        Self::Value,
        Self::Path,
        Self::Token,
        Self::Claims,
        Self::Curl,
        Self::Request,
        Self::Body,
        Self::PublicKey,
        Self::Jwks,
        Self::PublicPem,
        Self::Thumbprint,
        Self::Kid(KidMode::JktSha1),
        Self::Kid(KidMode::X5t),
        Self::Kid(KidMode::X5tHex),
        Self::Kid(KidMode::X5tS256),
        Self::Certificate,
        Self::Subject(DnForm::Rfc4514, OrganizationForm::Name),
        Self::Subject(DnForm::Rfc4514, OrganizationForm::Oid),
        Self::Subject(DnForm::OpenSsl, OrganizationForm::Name),
        Self::Subject(DnForm::OpenSsl, OrganizationForm::Oid),
        Self::Subject(DnForm::OpenSslRfc2253, OrganizationForm::Name),
        Self::Subject(DnForm::OpenSslRfc2253, OrganizationForm::Oid),
        Self::Subject(DnForm::Java, OrganizationForm::Name),
        Self::Subject(DnForm::Java, OrganizationForm::Oid),
        Self::Profile,
        Self::Report,
    ];

    pub const fn letter(self) -> char {
        match self {
            Self::Handover => 'h',
            Self::Address => 'a',
            Self::Token => 't',
            Self::Claims => 'c',
            Self::Value => 'v',
            Self::Path => 'j',
            Self::Curl => 'u',
            Self::Request => 'r',
            Self::Body => 'b',
            Self::PublicKey => 'k',
            Self::Jwks => 's',
            Self::PublicPem => 'p',
            Self::Thumbprint => 'x',
            Self::Kid(KidMode::JktSha256) => '0',
            Self::Kid(KidMode::JktSha1) => '1',
            Self::Kid(KidMode::X5t) => '2',
            Self::Kid(KidMode::X5tHex) => '3',
            Self::Kid(KidMode::X5tS256) => '4',
            Self::Certificate => 'f',
            Self::Subject(DnForm::Rfc4514, OrganizationForm::Name) => 'A',
            Self::Subject(DnForm::Rfc4514, OrganizationForm::Oid) => 'B',
            Self::Subject(DnForm::OpenSsl, OrganizationForm::Name) => 'C',
            Self::Subject(DnForm::OpenSsl, OrganizationForm::Oid) => 'D',
            Self::Subject(DnForm::OpenSslRfc2253, OrganizationForm::Name) => 'E',
            Self::Subject(DnForm::OpenSslRfc2253, OrganizationForm::Oid) => 'F',
            Self::Subject(DnForm::Java, OrganizationForm::Name) => 'G',
            Self::Subject(DnForm::Java, OrganizationForm::Oid) => 'H',
            Self::Profile => 'e',
            Self::Report => 'R',
        }
    }
}

impl App {
    pub(super) fn open_copy_menu(&mut self, now: Timestamp) {
        let entries = self.copies();
        if entries.is_empty() {
            return self.say(NoticeTone::Plain, "nothing here to copy", now);
        }
        self.overlays.push(Overlay::CopyMenu(CopyMenu { entries, cursor: 0 }));
    }

    /// What can be copied where the focus is, each with a line that says what it is.
    pub fn copies(&self) -> Vec<(CopyKind, String)> {
        CopyKind::ALL.into_iter().filter_map(|k| self.describe(k).map(|text| (k, text))).collect()
    }

    fn describe(&self, kind: CopyKind) -> Option<String> {
        let in_run = matches!(self.focus, PaneId::Flow | PaneId::Step);
        let step = self.selected_step().map(|(_, s)| s).filter(|_| in_run);
        Some(match kind {
            CopyKind::PublicKey
            | CopyKind::Jwks
            | CopyKind::PublicPem
            | CopyKind::Thumbprint
            | CopyKind::Kid(_)
            | CopyKind::Certificate
            | CopyKind::Subject(..) => self.of_key(kind)?.0,
            CopyKind::Profile => {
                format!("the file of {}; it is shown first", self.own_profile_here()?)
            }
            CopyKind::Report if self.report().is_some() => self.report()?.title.clone(),
            CopyKind::Report => {
                self.view().filter(|_| in_run)?;
                "a report for the bank's support, masked; it is shown first".into()
            }
            CopyKind::Token => {
                let shown =
                    self.shown_token().filter(|_| self.focus != PaneId::Keys && self.focus != PaneId::Profiles)?;
                format!("{} itself, {} chars", shown.name, grouped(shown.text.chars().count()))
            }
            CopyKind::Claims => {
                let shown =
                    self.shown_token().filter(|_| self.focus != PaneId::Keys && self.focus != PaneId::Profiles)?;
                self.claims()?;
                format!("its claims as JSON ({})", shown.name)
            }
            CopyKind::Value => {
                let found = self.value_here()?;
                format!("the value here: {}", found.name)
            }
            CopyKind::Path => format!("its JSON path: {}", self.path_here()?),
            CopyKind::Handover => match handed(step?)[..] {
                [] => return None,
                [one] => format!("{}, to hand over", one.name),
                ref all => format!("{} to hand over, a line each", all.len()),
            },
            CopyKind::Address => {
                step?.authorize.as_ref()?;
                "the bank's page, to be opened in a browser".into()
            }
            CopyKind::Curl if curl_shown(step?).is_some() => "the curl command, secrets in it".into(),
            CopyKind::Curl => {
                step?.request.as_ref()?;
                "the request as curl, secrets as $NAMES".into()
            }
            CopyKind::Request => {
                let step = step?;
                step.exchange.as_ref()?;
                "the request as it was sent, secrets masked".into()
            }
            CopyKind::Body => {
                let body = &step?.exchange.as_ref()?.response.as_ref()?.body;
                format!("the response's body, {}", size(body.len()))
            }
        })
    }

    /// What is copied of the chosen key, and the words for it.
    fn of_key(&self, kind: CopyKind) -> Option<(String, String)> {
        let key = self.keys.selected().filter(|_| self.focus == PaneId::Keys)?;
        let card = key.card.as_ref()?;
        Some(match kind {
            CopyKind::PublicKey => (format!("public JWK of {}", key.label), card.public_text(PublicForm::Jwk)),
            CopyKind::Jwks => ("the same as a JWK Set".into(), card.public_text(PublicForm::Jwks)),
            CopyKind::PublicPem => ("the same as PEM".into(), card.public_text(PublicForm::Pem)),
            CopyKind::Thumbprint => ("its thumbprint, the usual kid (RFC 7638)".into(), key.thumbprint.clone()),
            CopyKind::Kid(mode) => {
                let kid = card.kids.iter().find(|(m, _)| *m == mode)?;
                (format!("kid as {}", mode.word()), kid.1.clone())
            }
            CopyKind::Certificate => {
                let n = card.chain.len();
                let what =
                    if n == 1 { "certificate as PEM".into() } else { format!("{n} certificates as PEM, leaf first") };
                (what, card.certificates_pem()?)
            }
            CopyKind::Subject(form, organization) => {
                let all = card.subjects();
                let found = all.into_iter().find(|(f, o, _)| (*f, *o) == (form, organization))?;
                (format!("subject as {}", subject_name(form, organization)), found.2)
            }
            _ => return None,
        })
    }

    fn report(&self) -> Option<&Report> {
        self.overlays.iter().rev().find_map(|o| match o {
            Overlay::Report(report) => Some(report),
            _ => None,
        })
    }

    fn value_here(&self) -> Option<Found> {
        if let Some(found) = self.line_of_card() {
            return Some(found);
        }
        self.item_here().and_then(|i| self.found(self.focus, i))
    }

    /// The line under the cursor of an open card.
    fn line_of_card(&self) -> Option<Found> {
        let state = self.overlays.iter().rev().find_map(|o| match o {
            Overlay::Card(state) => Some(*state),
            _ => None,
        })?;
        let key = self.keys.selected()?;
        let doc = card::doc(self.look(), key, overlay::text::room(self.size).width);
        let Item::Fact(at) = doc.item_at(state.cursor)? else { return None };
        let (name, value) = card::fact(key, at)?;
        Some(Found::new(name, value, Class::Public))
    }

    fn claims(&self) -> Option<String> {
        let shown = self.shown_token()?;
        let layers = inspector::layers(self, &shown);
        let claims = layers.last()?.claims?;
        serde_json::to_string_pretty(claims).ok()
    }

    fn text_of(&self, kind: CopyKind) -> Option<Found> {
        let step = self.selected_step().map(|(_, s)| s);
        Some(match kind {
            CopyKind::PublicKey
            | CopyKind::Jwks
            | CopyKind::PublicPem
            | CopyKind::Thumbprint
            | CopyKind::Kid(_)
            | CopyKind::Certificate
            | CopyKind::Subject(..) => {
                let (what, text) = self.of_key(kind)?;
                Found::new(what, text, Class::Public)
            }
            // it is read and shown first
            CopyKind::Profile => return None,
            CopyKind::Report => Found::new(self.report()?.what, &self.report()?.text, Class::Public),
            CopyKind::Token => {
                let shown = self.shown_token()?;
                Found::new(shown.name, shown.text, Class::Secret)
            }
            CopyKind::Claims => Found::new("claims", self.claims()?, Class::Personal),
            CopyKind::Value => self.value_here()?,
            CopyKind::Path => Found::new("the JSON path", self.path_here()?, Class::Public),
            CopyKind::Handover => match handed(step?)[..] {
                [] => return None,
                [one] => Found::new(&one.name, &one.value, one.class),
                ref all => {
                    let lines: Vec<String> = all.iter().map(|f| format!("{}: {}", f.name, f.value)).collect();
                    let class = all.iter().map(|f| f.class).max().unwrap_or_default();
                    Found::new(format!("{} to hand over", all.len()), lines.join("\n"), class)
                }
            },
            CopyKind::Curl if curl_shown(step?).is_some() => {
                let field = curl_shown(step?)?;
                Found::new("the curl command", &field.value, field.class)
            }
            CopyKind::Address => {
                let url = step?.authorize.as_ref()?.for_browser();
                Found::new("the bank's page", url, Class::Secret)
            }
            CopyKind::Curl => {
                let text = curl::command(step?.request.as_ref()?, self.redactor());
                Found::new("the request as curl (masked)", text, Class::Public)
            }
            CopyKind::Request => {
                let text = step::sent_text(step?.exchange.as_ref()?, self.redactor());
                Found::new("the request (masked)", &*text, Class::Public)
            }
            CopyKind::Body => {
                let body = &step?.exchange.as_ref()?.response.as_ref()?.body;
                Found::new("the response's body", String::from_utf8_lossy(body), Class::Secret)
            }
        })
    }

    pub(super) fn copy(&mut self, kind: CopyKind, now: Timestamp) {
        if kind == CopyKind::Report && self.report().is_none() {
            return self.preview_report(now);
        }
        if kind == CopyKind::Profile {
            return self.export_profile();
        }
        let Some(found) = self.text_of(kind) else {
            return self.say(NoticeTone::Warn, "there is nothing of that to copy", now);
        };
        self.last_copy = Some(kind);
        self.out.push(Command::Copy(CopyRequest { what: found.name, text: found.value, class: found.class }));
    }

    pub(super) fn copy_again(&mut self, now: Timestamp) {
        if let Some(kind) = self.last_copy {
            self.copy(kind, now);
        }
    }

    /// Says what was copied, how much, and by which route. A failure is never silent.
    pub(super) fn copied(&mut self, result: Result<CopyReport, Problem>, now: Timestamp) {
        match result {
            Ok(report) => {
                let text = told(&report);
                self.say(NoticeTone::Good, text, now);
            }
            Err(problem) => {
                let hint = problem.hint.unwrap_or_default();
                self.say(NoticeTone::Bad, format!("not copied: {} {hint}", problem.text), now);
            }
        }
    }
}

/// What a step wants handed over.
fn handed(step: &StepView) -> Vec<&Field> {
    step.ask.iter().flat_map(|ask| &ask.show).filter(|f| f.name != CURL).collect()
}

/// A step without a request of its own may show one for others to send.
fn curl_shown(step: &StepView) -> Option<&Field> {
    step.ask.as_ref()?.show.iter().find(|f| f.name == CURL)
}

fn told(report: &CopyReport) -> String {
    let route = match &report.route {
        Route::Native => "to the clipboard".to_owned(),
        Route::Osc52(Wrap::None) => "by OSC 52".to_owned(),
        Route::Osc52(Wrap::Tmux) => "by OSC 52 (tmux)".to_owned(),
        Route::Osc52(Wrap::Screen) => "by OSC 52 (screen)".to_owned(),
        Route::File(path) => format!("into {}", path.display()),
    };
    let clears = match (report.clears_in, report.class, &report.route) {
        (Some(seconds), ..) => format!("; clears in {seconds} s"),
        (None, Class::Secret, Route::Osc52(_)) => "; the terminal keeps it, it cannot be cleared from here".to_owned(),
        (None, Class::Secret, Route::File(_)) => "; delete it when it was used".to_owned(),
        _ => String::new(),
    };
    let n = report.chars;
    format!("copied {} {route}, {} char{}{clears}", report.what, grouped(n), if n == 1 { "" } else { "s" })
}
