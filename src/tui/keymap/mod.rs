//! One table makes the bindings, the footer, the help and the palette.

mod action;
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
    /// Tokens that are kept.
    Tokens,
    /// Registrations that are known.
    Clients,
    /// Runs that are kept.
    History,
    /// A store asks for a passphrase.
    Prompt,
    Messages,
}

impl Context {
    pub const ALL: [Self; 20] = [
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
        Self::Tokens,
        Self::Clients,
        Self::History,
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
            Self::Tokens => &[Self::Tokens, Self::Always],
            Self::Clients => &[Self::Clients, Self::Always],
            Self::History => &[Self::History, Self::Always],
            Self::Prompt => &[Self::Prompt, Self::Typing, Self::Always],
            Self::Messages => &[Self::Messages, Self::Always],
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
    /// The keys as a person reads them.
    pub fn keys(&self) -> String {
        let shown: Vec<String> = self.chords.iter().filter_map(|c| Chord::parse(c)).map(|c| c.to_string()).collect();
        shown.join(" ")
    }

    pub fn holds_in(&self, context: Context) -> bool {
        context.chain().iter().any(|c| self.contexts.contains(c))
    }
}

/// The table by key.
#[derive(Debug)]
pub struct Keymap {
    by_key: HashMap<(Context, Chord), Action>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut by_key = HashMap::new();
        for binding in TABLE {
            for chord in binding.chords.iter().filter_map(|c| Chord::parse(c)) {
                for context in binding.contexts {
                    by_key.insert((*context, chord), binding.action);
                }
            }
        }
        Self { by_key }
    }
}

impl Keymap {
    pub fn action(&self, context: Context, chord: Chord) -> Option<Action> {
        context.chain().iter().find_map(|c| self.by_key.get(&(*c, chord)).copied())
    }
}

/// What holds in a context, the rarest last.
pub fn bindings(context: Context) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |b| b.holds_in(context))
}

#[cfg(test)]
mod tests;
