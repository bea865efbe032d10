//! One table makes the bindings, the footer, the help and the palette.

mod action;
mod own;
mod table;

use std::collections::HashMap;

pub use action::Action;
pub use table::TABLE;

use super::chord::Chord;
use super::focus::PaneId;

/// Where a key has its meaning. A pane's keys hold together with those of [`Context::Everywhere`], and those of a list
/// of choices or a form together with those of [`Context::Typing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Also while a text is typed.
    Always,
    /// Every pane.
    Everywhere,
    Profiles,
    Keys,
    Flow,
    Step,
    Inspector,
    /// Any text field: letters go into it.
    Typing,
    /// The line in which a filter or a search is typed.
    Line,
    /// Help and palette.
    Choice,
    Form,
    Question,
    CopyMenu,
    /// Everything about a key.
    Card,
    /// A text that was made.
    Report,
    /// What taking a file over would change.
    Weighed,
    /// Tokens that are kept.
    Tokens,
    /// Registrations that are known.
    Clients,
    /// Runs that are kept.
    History,
    /// The lines of the run.
    Lines,
    /// A store asks for a passphrase.
    Prompt,
    Messages,
}

impl Context {
    pub const ALL: [Self; 22] = [
        Self::Always,
        Self::Everywhere,
        Self::Profiles,
        Self::Keys,
        Self::Flow,
        Self::Step,
        Self::Inspector,
        Self::Typing,
        Self::Line,
        Self::Choice,
        Self::Form,
        Self::Question,
        Self::CopyMenu,
        Self::Card,
        Self::Report,
        Self::Weighed,
        Self::Tokens,
        Self::Clients,
        Self::History,
        Self::Lines,
        Self::Prompt,
        Self::Messages,
    ];

    /// The contexts whose keys hold here, the nearest first.
    pub const fn chain(self) -> &'static [Self] {
        match self {
            Self::Always => &[Self::Always],
            Self::Everywhere => &[Self::Everywhere, Self::Always],
            Self::Profiles => &[Self::Profiles, Self::Everywhere, Self::Always],
            Self::Keys => &[Self::Keys, Self::Everywhere, Self::Always],
            Self::Flow => &[Self::Flow, Self::Everywhere, Self::Always],
            Self::Step => &[Self::Step, Self::Everywhere, Self::Always],
            Self::Inspector => &[Self::Inspector, Self::Everywhere, Self::Always],
            Self::Typing => &[Self::Typing, Self::Always],
            Self::Line => &[Self::Line, Self::Typing, Self::Always],
            Self::Choice => &[Self::Choice, Self::Typing, Self::Always],
            Self::Form => &[Self::Form, Self::Typing, Self::Always],
            Self::Question => &[Self::Question, Self::Always],
            Self::CopyMenu => &[Self::CopyMenu, Self::Always],
            Self::Card => &[Self::Card, Self::Always],
            Self::Report => &[Self::Report, Self::Always],
            Self::Weighed => &[Self::Weighed, Self::Always],
            Self::Tokens => &[Self::Tokens, Self::Always],
            Self::Clients => &[Self::Clients, Self::Always],
            Self::History => &[Self::History, Self::Always],
            Self::Lines => &[Self::Lines, Self::Always],
            Self::Prompt => &[Self::Prompt, Self::Typing, Self::Always],
            Self::Messages => &[Self::Messages, Self::Always],
        }
    }
}

impl Context {
    /// Where that is, as the footer begins and the table of keys says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Everywhere => "everywhere",
            Self::Profiles => PaneId::Profiles.word(),
            Self::Keys => PaneId::Keys.word(),
            Self::Flow => PaneId::Flow.word(),
            Self::Step => PaneId::Step.word(),
            Self::Inspector => PaneId::Inspector.word(),
            Self::Typing => "Typing",
            Self::Line => "Filter",
            Self::Choice => "Choose",
            Self::Form => "Form",
            Self::Question => "Question",
            Self::CopyMenu => "Copy",
            Self::Card => "Key",
            Self::Report => "Text",
            Self::Weighed => "Agree",
            Self::Tokens => "Tokens",
            Self::Clients => "Registrations",
            Self::History => "Runs",
            Self::Lines => "Lines",
            Self::Prompt => "A store asks",
            Self::Messages => "Messages",
        }
    }
}

impl From<PaneId> for Context {
    fn from(pane: PaneId) -> Self {
        match pane {
            PaneId::Profiles => Self::Profiles,
            PaneId::Keys => Self::Keys,
            PaneId::Flow => Self::Flow,
            PaneId::Step => Self::Step,
            PaneId::Inspector => Self::Inspector,
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    pub action: Action,
    /// Stable: a person's own key file names it.
    pub id: &'static str,
    /// What it does, for help and palette.
    pub words: &'static str,
    /// One word for the footer; empty: never there.
    pub hint: &'static str,
    pub chords: &'static [&'static str],
    pub contexts: &'static [Context],
    /// The footer drops high ranks first.
    pub rank: u8,
}

impl Binding {
    pub fn holds_in(&self, context: Context) -> bool {
        context.chain().iter().any(|c| self.contexts.contains(c))
    }
}

/// The table by key, with a person's own keys where there are some.
#[derive(Debug)]
pub struct Keymap {
    /// By position in the table.
    chords: Vec<Vec<Chord>>,
    by_key: HashMap<(Context, Chord), Action>,
}

impl Default for Keymap {
    fn default() -> Self {
        let chords = TABLE.iter().map(|b| b.chords.iter().filter_map(|c| Chord::parse(c)).collect()).collect();
        Self { chords, by_key: HashMap::new() }.indexed()
    }
}

impl Keymap {
    fn indexed(mut self) -> Self {
        self.by_key.clear();
        for (binding, chords) in TABLE.iter().zip(&self.chords) {
            for chord in chords {
                for context in binding.contexts {
                    self.by_key.insert((*context, *chord), binding.action);
                }
            }
        }
        self
    }

    pub fn action(&self, context: Context, chord: Chord) -> Option<Action> {
        context.chain().iter().find_map(|c| self.by_key.get(&(*c, chord)).copied())
    }

    fn chords(&self, binding: &Binding) -> &[Chord] {
        let at = TABLE.iter().position(|b| b.id == binding.id);
        at.and_then(|i| self.chords.get(i)).map_or(&[], Vec::as_slice)
    }

    /// The keys of a row as a person reads them.
    pub fn keys(&self, binding: &Binding) -> String {
        self.chords(binding).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The first key of a row.
    pub fn key(&self, binding: &Binding) -> Option<String> {
        self.chords(binding).first().map(ToString::to_string)
    }

    /// The first key of an action.
    pub fn short(&self, action: Action) -> Option<String> {
        TABLE.iter().filter(|b| b.action == action).find_map(|b| self.key(b))
    }

    /// Its last one, where the first is a sign that is easily overlooked.
    pub fn last(&self, action: Action) -> Option<String> {
        TABLE.iter().filter(|b| b.action == action).find_map(|b| self.chords(b).last().map(ToString::to_string))
    }

    /// The whole table as text: where, keys, action, what it does.
    pub fn table(&self) -> String {
        let rows: Vec<[String; 3]> = TABLE
            .iter()
            .map(|b| {
                let mut places: Vec<&str> = b.contexts.iter().map(|c| c.word()).collect();
                if b.contexts.contains(&Context::Everywhere) {
                    places = vec![Context::Everywhere.word()];
                }
                [places.join(", "), self.keys(b), b.id.to_owned()]
            })
            .collect();
        let wide = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
        let (place, keys, id) = (wide(0), wide(1), wide(2));
        rows.iter().zip(TABLE).fold(String::new(), |out, (r, b)| {
            out + &format!("{:<place$}  {:<keys$}  {:<id$}  {}\n", r[0], r[1], r[2], b.words)
        })
    }
}

/// What holds in a context, the rarest last.
pub fn bindings(context: Context) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |b| b.holds_in(context))
}

#[cfg(test)]
mod tests;
