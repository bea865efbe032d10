//! The lines of a run as a tree of steps: under each step the lines that parted there, where the run stands, how each
//! step ended.

use super::list::List;
use crate::flow::view::{BranchView, RunView, StepState, StepView};
use crate::text::width;
use crate::tui::app::App;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Tone};
use crate::tui::pane::flow::state;
use crate::tui::words::Words;

/// A row of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub line: u32,
    /// None: the head of the line.
    pub step: Option<usize>,
    /// What leads to it.
    stem: String,
}

/// The whole tree, from the top.
pub fn rows(view: &RunView) -> Vec<Row> {
    let mut out = Vec::new();
    for first in view.branches.iter().filter(|b| b.parent.is_none()) {
        descend(view, first, "", &mut out);
    }
    out
}

/// A line and, under the steps they parted at, those that came of it. Steps that it shares with others stand there.
fn descend(view: &RunView, branch: &BranchView, stem: &str, out: &mut Vec<Row>) {
    out.push(Row { line: branch.number, step: None, stem: stem.to_owned() });
    let (steps, current) = standing(view, branch);
    let taken = steps.iter().rposition(|s| s.state != StepState::Ready).unwrap_or(0);
    let last = taken.max(current);
    for step in branch.from..=last {
        let (tee, below) = if step == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        out.push(Row { line: branch.number, step: Some(step), stem: format!("{stem}{tee}") });
        let parted = |other: &&BranchView| {
            other.parent.is_some_and(|p| owner(view, p, other.from) == branch.number) && other.from == step
        };
        for other in view.branches.iter().filter(parted) {
            descend(view, other, &format!("{stem}{below}"), out);
        }
    }
}

/// The line whose own step it is: one that parted there or later shares it.
fn owner(view: &RunView, number: u32, step: usize) -> u32 {
    let branch = view.branches.iter().find(|b| b.number == number);
    match branch.and_then(|b| b.parent.filter(|_| step <= b.from)) {
        Some(parent) if parent < number => owner(view, parent, step),
        _ => number,
    }
}

/// Its steps, and the one it stands at.
fn standing<'v>(view: &'v RunView, branch: &'v BranchView) -> (&'v [StepView], usize) {
    if branch.number == view.branch { (&view.steps, view.current) } else { (&branch.steps, branch.current) }
}

pub fn list(app: &App, cursor: usize) -> Option<List<'_, Row>> {
    let view = app.view()?;
    let (look, rows) = (app.look(), rows(view));
    Some(List {
        title: format!("lines of this run: {}", view.branches.len()),
        none: "one line so far",
        wide: 100,
        cursor: cursor.min(rows.len().saturating_sub(1)),
        rows,
        line: Box::new(move |row, width| line(look, view, row, width)),
        details: Box::new(move |row, width| details(look, view, row, width)),
    })
}

fn branch_of<'v>(view: &'v RunView, row: &Row) -> Option<&'v BranchView> {
    view.branches.iter().find(|b| b.number == row.line)
}

fn step_of<'v>(view: &'v RunView, row: &Row) -> Option<&'v StepView> {
    standing(view, branch_of(view, row)?).0.get(row.step?)
}

fn line(look: Look, view: &RunView, row: &Row, columns: usize) -> Words {
    let Some(branch) = branch_of(view, row) else { return Words::new(look) };
    // of a deep one the end tells more
    let skip = width(&row.stem).saturating_sub(columns / 3);
    let words = Words::new(look).dim(row.stem.chars().skip(skip).collect::<String>());
    let Some(at) = row.step else {
        return words.strong(format!("line {}", row.line)).gap(2).dim(began(view, branch));
    };
    let Some(step) = step_of(view, row) else { return words };
    let (sign, tone, _) = state::parts(step);
    let words = words.sign(tone, sign).gap(1);
    let room = (columns / 2).saturating_sub(words.width()).max(12);
    let words = words.cell(Tone::Plain, &step.title, room).gap(1);
    let here = row.line == view.branch && at == view.current;
    let words = if here { words.put(Tone::Key, "◄ you are here").gap(2) } else { words };
    words.put(tone, state::ended(step))
}

/// What is other in a line: `aud changed`.
fn began(view: &RunView, branch: &BranchView) -> String {
    if branch.parent.is_none() {
        return "as it began".to_owned();
    }
    let steps = standing(view, branch).0.get(branch.from..).unwrap_or_default();
    let Some(first) = steps.first() else { return String::new() };
    let trial = steps.iter().flat_map(|s| &s.checks).find_map(|c| c.id.strip_prefix("TRIAL-"));
    match (trial, first.trial, first.edits.to_words()) {
        (Some(rule), true, _) => format!("a rule broken: {rule}"),
        (None, true, words) => format!("a rule broken: {words}"),
        (_, false, words) if words.is_empty() => "done again".to_owned(),
        (_, false, words) => format!("{words} changed"),
    }
}

fn details(look: Look, view: &RunView, row: &Row, width: u16) -> Doc<'static> {
    let mut doc = Doc::new(look, width);
    let mut fact = |name: &str, text: String| {
        doc.push(Words::new(look).dim(format!("{name:<10}")).plain(text), 10, None);
    };
    let places = |step: &StepView| step.edits.iter().map(|e| e.place.to_string()).collect::<Vec<_>>().join(", ");
    let Some(branch) = branch_of(view, row) else { return doc };
    if let Some(step) = step_of(view, row) {
        fact("step", format!("{}: {}", step.id, state::ended(step)));
        if !step.edits.is_empty() {
            fact("changed", places(step));
        }
        if let Some(error) = &step.error {
            fact("why", error.text.clone());
        }
        let before: Vec<String> = step.earlier.iter().map(|e| state::ended(e)).collect();
        if !before.is_empty() {
            fact("before", before.join("; "));
        }
        return doc;
    }
    let (steps, _) = standing(view, branch);
    if let Some(parent) = branch.parent {
        let title = steps.get(branch.from).map_or("", |s| s.title.as_str());
        fact("parted", format!("from line {parent} at “{title}”"));
        if let Some(step) = steps.get(branch.from).filter(|s| !s.edits.is_empty()) {
            fact("changed", places(step));
        }
    }
    let done = steps.iter().filter(|s| matches!(s.state, StepState::Done | StepState::Skipped)).count();
    fact("steps", format!("{done} of {} done", steps.len()));
    doc
}
