//! Pane 2: the keys of every store, and what is known of the chosen one. Only public halves ever come here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::shell::KeyRow;
use crate::tui::app::App;
use crate::tui::doc::{Doc, window_top};
use crate::tui::filter;
use crate::tui::focus::PaneId;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::message::Problem;
use crate::tui::widget::filter_line::filter_line;
use crate::tui::widget::frame::Border;
use crate::tui::words::Words;

#[derive(Debug, Default)]
pub struct KeysPane {
    pub all: Vec<KeyRow>,
    pub loaded: bool,
    pub problem: Option<Problem>,
    pub filter: String,
    /// Position among those that pass the filter.
    pub cursor: usize,
    pub top: usize,
}

impl KeysPane {
    pub fn set(&mut self, result: Result<Vec<KeyRow>, Problem>) {
        self.loaded = true;
        match result {
            Ok(all) => (self.all, self.problem) = (all, None),
            Err(problem) => self.problem = Some(problem),
        }
    }

    pub fn rows(&self) -> Vec<&KeyRow> {
        let keeps = |k: &&KeyRow| filter::keeps(&self.filter, &format!("{} {} {} {}", k.label, k.uri, k.kind, k.alg));
        self.all.iter().filter(keeps).collect()
    }

    pub fn selected(&self) -> Option<&KeyRow> {
        self.rows().get(self.cursor).copied()
    }

    pub fn go_by(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by);
    }

    pub fn settle(&mut self) {
        self.cursor = self.cursor.min(self.rows().len().saturating_sub(1));
    }
}

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect) {
    let look = app.look();
    let pane = &app.keys;
    let focused = app.focus == PaneId::Keys;
    let rows = pane.rows();
    let right = if pane.loaded { rows.len().to_string() } else { String::new() };
    let border = Border { right: &right, ..Border::new(look, focused, "2 Keys") };
    let mut inner = border.draw(buffer, area);
    if inner.height == 0 {
        return;
    }
    inner.height -= filter_line(app, PaneId::Keys, &pane.filter, buffer, inner);
    inner.y = area.bottom() - 1 - inner.height;
    let width = usize::from(inner.width);
    if rows.is_empty() {
        let mut doc = Doc::new(look, inner.width.saturating_sub(2));
        match (&pane.problem, pane.loaded) {
            (Some(problem), _) => {
                doc.line(Words::new(look).sign(Tone::Bad, Sign::Failed).gap(1).plain(&problem.text));
                doc.text(Tone::Dim, problem.hint.as_deref().unwrap_or_default());
            }
            (None, false) => doc.text(Tone::Dim, "reading the key stores"),
            (None, true) if pane.all.is_empty() => {
                doc.text(Tone::Dim, "No keys yet. A flow that needs one makes it, or asks for it.");
            }
            (None, true) => doc.text(Tone::Dim, "nothing passes the filter"),
        }
        for (y, row) in (inner.y..inner.bottom()).zip(doc.window(0, usize::from(inner.height))) {
            buffer.set_line(inner.x + 2.min(inner.width), y, &row.line, inner.width.saturating_sub(2));
        }
        return;
    }
    let details = pane.selected().map_or_else(|| Doc::new(look, inner.width), |k| details(look, k, inner.width));
    let wanted = u16::try_from(details.len()).unwrap_or(8) + 1;
    let listed = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let below = wanted.min(inner.height.saturating_sub(listed.min(inner.height / 2).max(1)));
    let below = if below < 3 { 0 } else { below };
    let list = Rect { height: inner.height - below, ..inner };
    let top = window_top(pane.top, pane.cursor, rows.len(), usize::from(list.height));
    for (y, (i, key)) in (list.y..list.bottom()).zip(rows.iter().enumerate().skip(top)) {
        let chosen = i == pane.cursor;
        buffer.set_line(list.x, y, &row_words(look, key, chosen, width).line(), list.width);
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..list }, look.selected(focused));
        }
    }
    for (y, row) in (list.bottom() + 1..inner.bottom()).zip(details.window(0, usize::from(below))) {
        buffer.set_line(inner.x, y, &row.line, inner.width);
    }
}

fn row_words(look: Look, key: &KeyRow, chosen: bool, width: usize) -> Words {
    let mark = if chosen { Words::new(look).put(Tone::Key, ">").gap(1) } else { Words::new(look).gap(2) };
    let mut note = Words::new(look);
    if key.wants_attention() {
        note = note.sign(Tone::Warn, Sign::Warn).gap(1);
    }
    note = match (&key.problem, key.certificate_days_left) {
        (Some(_), _) => note.put(Tone::Warn, "cannot be used"),
        (None, Some(d)) if d < 0 => note.put(Tone::Bad, "cert ended"),
        (None, Some(d)) => note.dim(format!("cert {d} d")),
        (None, None) => note,
    }
    .gap(1);
    let kind = if key.alg.is_empty() { &key.kind } else { &key.alg };
    let kind_width = 9;
    let room = width.saturating_sub(note.width() + kind_width + 4).max(4);
    mark.cell(Tone::Plain, &key.label, room).gap(1).cell(Tone::Dim, kind, kind_width).right(note, width)
}

fn details(look: Look, key: &KeyRow, width: u16) -> Doc<'static> {
    let mut doc = Doc::new(look, width.saturating_sub(1));
    let mut pair = |name: &str, words: Words| {
        doc.push(Words::new(look).gap(1).cell(Tone::Dim, name, 8).gap(1).join(words), 10, None);
    };
    let words = || Words::new(look);
    if let Some(problem) = &key.problem {
        pair("problem", words().sign(Tone::Warn, Sign::Warn).gap(1).plain(problem));
    }
    pair("kind", words().plain(format!("{} {}", key.kind, key.alg)));
    let leaves = if key.exportable { "can leave its store" } else { "cannot leave its store" };
    pair("private", words().put(Tone::Secret, "********").dim(format!("  {}, {leaves}", key.store)));
    pair("ref", words().plain(&key.uri));
    pair("sha256", words().plain(&key.thumbprint));
    match key.certificate_days_left {
        Some(d) if d < 0 => {
            pair("cert", words().sign(Tone::Bad, Sign::Failed).put(Tone::Bad, format!(" ended {} days ago", -d)))
        }
        Some(d) if key.wants_attention() => {
            pair("cert", words().sign(Tone::Warn, Sign::Warn).put(Tone::Warn, format!(" ends in {d} days")))
        }
        Some(d) => pair("cert", words().plain(format!("ends in {d} days"))),
        None => {}
    }
    let used = if key.used_by.is_empty() { "no profile".to_owned() } else { key.used_by.join(", ") };
    pair("used by", words().plain(used));
    pair("", words().put(Tone::Key, "y").dim(" copies the public half"));
    doc
}
