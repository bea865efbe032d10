//! Runs that are kept, the newest first: which flow, how it ended.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list::List;
use crate::secret::Class;
use crate::store::history::KeptRun;
use crate::tui::app::App;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::widget::field::Field;
use crate::tui::words::Words;

pub struct HistoryList {
    pub cursor: usize,
    /// What is searched for: every word stands somewhere in the run.
    pub words: Field,
    /// Letters go into the words.
    pub typing: bool,
}

impl Default for HistoryList {
    fn default() -> Self {
        Self { cursor: 0, words: Field::new("", Class::Public), typing: false }
    }
}

pub fn draw(app: &App, list: &HistoryList, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let look = app.look();
    let words = crate::text::clean(list.words.text());
    let title = match (list.typing, words.is_empty()) {
        (true, _) => format!("runs that are kept / {words}_"),
        (false, true) => format!("runs that are kept: {}", app.kept.len()),
        (false, false) => format!("runs that are kept / {words}: {}", app.kept.len()),
    };
    let none = match (words.is_empty(), app.settings.demo) {
        (false, _) => "none in which all of these words stand",
        (true, true) => "the demo keeps nothing",
        (true, false) => "none yet: each is kept from its first step on, without a secret",
    };
    let shown = List { title, none, wide: 110, rows: &app.kept, cursor: list.cursor };
    let at = |width| line_of(look, width);
    shown.draw(look, (buffer, body, is_top), |row, width| at(width)(row), |row, width| details(look, row, width));
}

fn line_of(look: Look, width: usize) -> impl Fn(&KeptRun) -> Words {
    move |run| {
        let words = Words::new(look).cell(Tone::Dim, when(&run.started), 19).gap(1);
        let name = format!("{} / {}", run.profile, run.environment);
        let words = words.cell(Tone::Plain, name, (width / 4).clamp(10, 30)).gap(1);
        let words = words.cell(Tone::Plain, &run.flow, (width / 5).clamp(8, 22)).gap(1);
        let (tone, sign) = match run.status.as_str() {
            "done" => (Tone::Good, Sign::Ok),
            "failed" => (Tone::Bad, Sign::Failed),
            _ => (Tone::Warn, Sign::Warn),
        };
        let words = if run.imported { words.put(Tone::Name, "imported").gap(1) } else { words };
        let words = words.sign(tone, sign).gap(1).put(tone, &run.status);
        match &run.error {
            Some(error) => words.gap(1).dim(error),
            None => words,
        }
    }
}

/// To the second, without the zone: it is UTC.
pub fn when(started: &str) -> String {
    started.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

fn details(look: Look, run: &KeptRun, width: u16) -> Doc<'static> {
    let mut doc = Doc::new(look, width);
    let place = match (run.sandbox, run.production) {
        (true, _) => " [SANDBOX]",
        (false, true) => " [PRODUCTION]",
        (false, false) => "",
    };
    let title = if run.title.is_empty() { &run.flow } else { &run.title };
    doc.push(Words::new(look).dim("flow      ").plain(format!("{title}{place}")), 10, None);
    if !run.started.is_empty() {
        doc.push(Words::new(look).dim("began     ").plain(format!("{} UTC", when(&run.started))), 10, None);
    }
    if !run.step.is_empty() {
        let why = run.error.as_ref().map_or_else(String::new, |e| format!(": {e}"));
        doc.push(Words::new(look).dim("ended at  ").plain(format!("{}{why}", run.step)), 10, None);
    }
    if run.imported {
        doc.push(Words::new(look).dim("from      ").plain("a file of somebody else"), 10, None);
    }
    doc.push(Words::new(look).dim("id        ").plain(&run.id), 10, None);
    doc
}
