//! What can be copied where, and the texts of it. Copies for others (curl, raw request) are masked; a token or a value
//! is itself.

mod curl;

use super::App;
use crate::flow::view::{Field, StepView};
use crate::secret::Class;
use crate::time::Timestamp;
use crate::tui::focus::PaneId;
use crate::tui::item::Found;
use crate::tui::message::{Command, CopyReport, CopyRequest, NoticeTone, Problem, Route, Wrap};
use crate::tui::overlay::{CopyMenu, Overlay};
use crate::tui::pane::{inspector, step};
use crate::tui::span::{grouped, size};

/// What a flow calls a command that it shows to be copied whole.
const CURL: &str = "curl";

/// A line of the copy menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopyKind {
    /// What a person is asked to hand over.
    Handover,
    Token,
    Claims,
    /// What is under the cursor.
    Value,
    Curl,
    Request,
    Body,
    PublicKey,
    Thumbprint,
}

impl CopyKind {
    pub const ALL: [Self; 9] = [
        Self::Handover,
        Self::Value,
        Self::Token,
        Self::Claims,
        Self::Curl,
        Self::Request,
        Self::Body,
        Self::PublicKey,
        Self::Thumbprint,
    ];

    pub const fn letter(self) -> char {
        match self {
            Self::Handover => 'h',
            Self::Token => 't',
            Self::Claims => 'c',
            Self::Value => 'j',
            Self::Curl => 'u',
            Self::Request => 'r',
            Self::Body => 'b',
            Self::PublicKey => 'k',
            Self::Thumbprint => 'x',
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
            CopyKind::PublicKey => {
                let key = self.key_here()?;
                format!("public JWK of {}", key.label)
            }
            CopyKind::Thumbprint => {
                self.key_here()?;
                "its thumbprint (RFC 7638)".into()
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
            CopyKind::Handover => match handed(step?)[..] {
                [] => return None,
                [one] => format!("{}, to hand over", one.name),
                ref all => format!("{} to hand over, a line each", all.len()),
            },
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

    fn key_here(&self) -> Option<&crate::shell::KeyRow> {
        self.keys.selected().filter(|_| self.focus == PaneId::Keys)
    }

    fn value_here(&self) -> Option<Found> {
        self.item_here().and_then(|i| self.found(self.focus, i))
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
            CopyKind::PublicKey => {
                let key = self.key_here()?;
                Found::new(format!("public JWK of {}", key.label), &key.public_jwk, Class::Public)
            }
            CopyKind::Thumbprint => Found::new("thumbprint", &self.key_here()?.thumbprint, Class::Public),
            CopyKind::Token => {
                let shown = self.shown_token()?;
                Found::new(shown.name, shown.text, Class::Secret)
            }
            CopyKind::Claims => Found::new("claims", self.claims()?, Class::Personal),
            CopyKind::Value => self.value_here()?,
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
