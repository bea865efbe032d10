//! How the list of steps is drawn: as a table, and as one line where there is room for no more.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::lane::lane;
use super::state;
use super::waterfall::{self, Bar};
use crate::flow::view::{RunView, StepView};
use crate::profile::FlowSummary;
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::doc::{Doc, window_top};
use crate::tui::focus::PaneId;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::span;
use crate::tui::widget::frame::Border;
use crate::tui::words::Words;

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect, now: Timestamp) {
    let look = app.look();
    let focused = app.focus == PaneId::Flow;
    if let Some(view) = app.view() {
        let done = view.steps.len().min(view.current + 1);
        let unverified = if view.unverified { " (unverified)" } else { "" };
        let title = format!("3 Flow  {}: {}{unverified}", view.profile_name, view.flow_title);
        let line = if view.branches.len() > 1 { format!("line {}  ", view.branch) } else { String::new() };
        let right = format!("{line}step {done} of {}", view.steps.len());
        let border = Border { right: &right, loud: is_loud(app), ..Border::new(look, focused, &title) };
        let inner = border.draw(buffer, area);
        table(app, view, buffer, inner, focused, now);
        return;
    }
    let title = app
        .preparing
        .as_ref()
        .map_or("3 Flow".to_owned(), |p| format!("3 Flow  {}: {}", p.choice.profile_name, p.choice.title));
    let inner = Border::new(look, focused, &title).draw(buffer, area);
    if app.preparing.is_some() {
        let words = Words::new(look).gap(2).sign(Tone::Busy, Sign::Busy).put(Tone::Busy, " getting ready");
        buffer.set_line(inner.x, inner.y, &words.line(), inner.width);
        return;
    }
    match app.profiles.chosen_flow() {
        Some(flow) => outlook(look, flow, buffer, inner),
        None => {
            let mut doc = Doc::new(look, inner.width.saturating_sub(4));
            doc.text(Tone::Dim, "Choose a bank, an environment and a flow in pane 1.");
            for (y, row) in (inner.y..inner.bottom()).zip(doc.window(0, usize::from(inner.height))) {
                buffer.set_line(inner.x + 2, y, &row.line, inner.width.saturating_sub(2));
            }
        }
    }
}

/// A run in production looks different.
pub fn is_loud(app: &App) -> bool {
    app.view().is_some_and(|v| v.production && !v.sandbox)
}

/// The steps of a flow that was not started.
fn outlook(look: Look, flow: &FlowSummary, buffer: &mut Buffer, inner: Rect) {
    let title = Words::new(look)
        .gap(2)
        .dim("not started: ")
        .strong(&flow.title)
        .put(Tone::Warn, if flow.unverified { " (unverified)" } else { "" })
        .dim("   ")
        .put(Tone::Key, "Enter")
        .dim(" in pane 1 starts it");
    buffer.set_line(inner.x, inner.y, &title.line(), inner.width);
    for (y, (i, (_, title))) in (inner.y + 1..inner.bottom()).zip(flow.steps.iter().enumerate()) {
        let words = Words::new(look).gap(2).cell_right(Tone::Dim, (i + 1).to_string(), 2).gap(1).dim(title);
        buffer.set_line(inner.x, y, &words.line(), inner.width);
    }
}

/// Widths of the columns after the title; zero where there is no room.
struct Columns {
    title: usize,
    state: usize,
    http: usize,
    time: usize,
    waterfall: usize,
}

impl Columns {
    fn new(width: usize, steps: &[StepView]) -> Self {
        let longest = steps.iter().map(|s| span_of(&s.title)).max().unwrap_or(0).clamp(12, 48);
        let state = if width >= 70 { 18 } else { 12 };
        let (http, time) = if width >= 44 { (4, 8) } else { (0, 0) };
        let fixed = 6 + state + http + time + 3;
        let room = width.saturating_sub(fixed);
        let waterfall = if room >= longest + 18 { (room - longest - 2).min(40) } else { 0 };
        let title = room.saturating_sub(if waterfall > 0 { waterfall + 2 } else { 0 });
        Self { title, state, http, time, waterfall }
    }
}

fn span_of(text: &str) -> usize {
    crate::text::width(text)
}

fn table(app: &App, view: &RunView, buffer: &mut Buffer, inner: Rect, focused: bool, now: Timestamp) {
    let look = app.look();
    if inner.height == 0 {
        return;
    }
    let columns = Columns::new(usize::from(inner.width), &view.steps);
    let (bars, sum) = waterfall::bars(&view.steps, columns.waterfall);
    let mut list = inner;
    if inner.height > 5
        && let Some(chain) = lane(look, view, usize::from(inner.width))
    {
        list.height -= 1;
        buffer.set_line(list.x, list.bottom(), &chain.line(), list.width);
    }
    // The heading goes first when room is short.
    if usize::from(list.height) > view.steps.len().min(4) {
        let waterfall =
            if columns.waterfall > 0 && !sum.is_zero() { format!("0 .. {}", span::took(sum)) } else { String::new() };
        let words = Words::new(look)
            .gap(2)
            .cell_right(Tone::Dim, "#", 2)
            .gap(1)
            .cell(Tone::Dim, "step", columns.title)
            .gap(1)
            .cell(Tone::Dim, "state", columns.state)
            .cell_right(Tone::Dim, if columns.http > 0 { "http" } else { "" }, columns.http)
            .gap(1)
            .cell_right(Tone::Dim, if columns.time > 0 { "time" } else { "" }, columns.time)
            .gap(2)
            .dim(waterfall);
        buffer.set_line(list.x, list.y, &words.line(), list.width);
        list = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    let selected = app.flow.selected;
    let top = window_top(app.flow.top, selected, view.steps.len(), usize::from(list.height));
    for (y, (i, step)) in (list.y..list.bottom()).zip(view.steps.iter().enumerate().skip(top)) {
        let words = row(look, step, i, i == selected, &columns, bars[i], now);
        buffer.set_line(list.x, y, &words.line(), list.width);
        if i == selected {
            buffer.set_style(Rect { y, height: 1, ..list }, look.selected(focused));
        }
    }
}

fn row(
    look: Look,
    step: &StepView,
    index: usize,
    selected: bool,
    columns: &Columns,
    bar: Bar,
    now: Timestamp,
) -> Words {
    let mark = if selected { Words::new(look).put(Tone::Key, ">").gap(1) } else { Words::new(look).gap(2) };
    let title =
        if step.attempt > 1 { format!("{} (attempt {})", step.title, step.attempt) } else { step.title.clone() };
    let quiet = matches!(step.state, crate::flow::view::StepState::Ready | crate::flow::view::StepState::Skipped);
    let words = mark
        .cell_right(Tone::Dim, (index + 1).to_string(), 2)
        .gap(1)
        .cell(if quiet { Tone::Dim } else { Tone::Plain }, title, columns.title)
        .gap(1);
    let start = words.width();
    let state = state::state(step, now, look);
    let words = if state.width() > columns.state {
        let (sign, tone, word) = state::parts(step);
        words.sign(tone, sign).gap(1).cell(tone, word, columns.state.saturating_sub(2))
    } else {
        words.join(state)
    }
    .to(start + columns.state);
    if columns.http == 0 {
        return words;
    }
    let (http_tone, http) = match state::status(step) {
        Some(s) if s >= 400 => (Tone::Bad, s.to_string()),
        Some(s) => (Tone::Plain, s.to_string()),
        None => (Tone::Dim, String::new()),
    };
    let time = state::duration(step).map(span::took).unwrap_or_default();
    let words = words.cell_right(http_tone, http, columns.http).gap(1).cell_right(Tone::Plain, time, columns.time);
    if columns.waterfall == 0 || bar.length == 0 {
        return words;
    }
    let tone = if bar.wait { Tone::Dim } else { state::parts(step).1 };
    words.gap(2).put(tone, bar.text(columns.waterfall))
}

/// All steps in one line, the chosen one in view: `✓ discovery  > token  - accounts`.
pub fn strip(app: &App, view: &RunView, width: usize) -> Words {
    let look = app.look();
    let parts: Vec<Words> = view
        .steps
        .iter()
        .enumerate()
        .map(|(i, step)| {
            let (sign, tone, _) = state::parts(step);
            let short = step.id.rsplit('.').next().unwrap_or(&step.id);
            let words = Words::new(look).sign(tone, sign).gap(1);
            if i == app.flow.selected { words.strong(format!("[{short}]")) } else { words.put(Tone::Dim, short) }.gap(2)
        })
        .collect();
    let mut first = 0;
    let wide =
        |from: usize| parts[from..=app.flow.selected.min(parts.len() - 1)].iter().map(Words::width).sum::<usize>();
    while first < app.flow.selected && wide(first) > width {
        first += 1;
    }
    parts.into_iter().skip(first).fold(Words::new(look), Words::join)
}
