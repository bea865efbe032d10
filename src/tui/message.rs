//! What reaches the screen, and what the screen wants done. Nothing else passes between it and the world.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::body::{BodyKey, Portion, Rows, Search, Source};
use super::engine::Engine;
use super::pick::{Pick, Picked};
use crate::flow::view::AskField;
use crate::flow::{Effect, Event};
use crate::inspect::Inspection;
use crate::jose::PublicJwk;
use crate::profile::Summary;
use crate::redact::Redactor;
use crate::secret::{Class, Secret};
use crate::shell::{
    ClientRow, HistoryDone, HistoryOrder, KeyDone, KeyOrder, OwnFile, ProfileDone, ProfileOrder, RuleOrder, StoreFacts,
    StoreRows, TokenDone, TokenOrder,
};
use crate::store::history::KeptRun;
use crate::store::tokens::TokenRow;

/// Which run, question or copy an answer belongs to. An answer with a number that is no longer waited for falls through.
pub type Number = u64;

/// What happened.
pub enum Message {
    /// A key, the mouse, a paste, a resize, the window's focus.
    Input(crossterm::event::Event),
    /// What the world answered to an effect of that run.
    Event {
        run: Number,
        event: Event,
    },
    /// The answer to [`Command::Prepare`].
    Prepared {
        number: Number,
        result: Result<Box<dyn Engine + Send>, Problem>,
    },
    Profiles(Vec<Summary>),
    /// The stores that are asked for their keys now.
    Stores(Vec<StoreFacts>),
    /// What one of them answered.
    Keys(StoreRows),
    /// The answer to [`Command::Key`].
    KeyDone {
        number: Number,
        result: Result<KeyDone, Problem>,
    },
    /// A store wants to know something that only a person knows.
    Asked(Asking),
    /// Who asked does not wait any more.
    NotAsked(Number),
    /// What a store that needs long is doing.
    Heard(String),
    /// The answer to [`Command::Inspect`].
    Inspected {
        number: Number,
        result: Result<Box<Inspection>, Problem>,
        /// What the rules say of the message that it is a part of.
        message: Option<Box<Inspection>>,
    },
    /// The answer to [`Command::ListTokens`].
    Tokens(Vec<TokenRow>),
    /// The answer to [`Command::ListClients`].
    Clients(Vec<ClientRow>),
    /// The answer to [`Command::Token`].
    TokenDone(Result<TokenDone, Problem>),
    /// The answer to [`Command::ListHistory`] with those words.
    History {
        words: String,
        runs: Vec<KeptRun>,
    },
    /// The answer to [`Command::History`].
    HistoryDone(Result<HistoryDone, Problem>),
    /// The answer to [`Command::Explain`]; None: nothing is known of it.
    Explained {
        word: String,
        text: Option<String>,
    },
    /// The answer to [`Command::Copy`].
    Copied(Result<CopyReport, Problem>),
    /// The answer to [`Command::Index`].
    Indexed {
        key: BodyKey,
        rows: Rows,
    },
    /// The answer to [`Command::Pick`].
    Picked(Result<Picked, String>),
    /// What [`Command::Search`] found since it was last told.
    Searched {
        key: BodyKey,
        needle: String,
        portion: Portion,
    },
    /// What the terminal says of its background.
    Background {
        light: bool,
    },
    /// Something worth a line at the bottom and in the log.
    Notice(Notice),
    /// The answer to [`Command::Profile`].
    ProfileDone {
        number: Number,
        result: Result<ProfileDone, Problem>,
    },
    /// The answer to [`Command::Editor`]; None: nothing was changed.
    Edited {
        what: Editing,
        result: Result<Option<String>, String>,
    },
    /// A second passed while something on the screen counts.
    Tick,
    /// The program stands in the foreground again.
    Resumed,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Pastes and answers may hold secrets: the kind is all that is told.
        f.write_str(match self {
            Self::Input(_) => "Input",
            Self::Event { .. } => "Event",
            Self::Prepared { .. } => "Prepared",
            Self::Profiles(_) => "Profiles",
            Self::Stores(_) => "Stores",
            Self::Keys(_) => "Keys",
            Self::KeyDone { .. } => "KeyDone",
            Self::Asked(_) => "Asked",
            Self::NotAsked(_) => "NotAsked",
            Self::Heard(_) => "Heard",
            Self::Inspected { .. } => "Inspected",
            Self::Tokens(_) => "Tokens",
            Self::Clients(_) => "Clients",
            Self::TokenDone(_) => "TokenDone",
            Self::History { .. } => "History",
            Self::HistoryDone(_) => "HistoryDone",
            Self::Explained { .. } => "Explained",
            Self::Copied(_) => "Copied",
            Self::Indexed { .. } => "Indexed",
            Self::Picked(_) => "Picked",
            Self::Searched { .. } => "Searched",
            Self::Background { .. } => "Background",
            Self::Notice(_) => "Notice",
            Self::ProfileDone { .. } => "ProfileDone",
            Self::Edited { .. } => "Edited",
            Self::Tick => "Tick",
            Self::Resumed => "Resumed",
        })
    }
}

/// What is to be done. The loop does what concerns the terminal, the shell the rest.
#[derive(Clone, Debug)]
pub enum Command {
    /// Build a run of that flow; answer with [`Message::Prepared`].
    Prepare {
        number: Number,
        profile: String,
        environment: String,
        flow: String,
        inputs: BTreeMap<String, Secret>,
        /// Key references by role, for this run alone.
        bindings: BTreeMap<String, String>,
    },
    /// Perform these for that run; answer each with [`Message::Event`].
    Perform {
        run: Number,
        effects: Vec<Effect>,
    },
    /// Nothing of that run will be asked for again: whatever it holds open may go.
    Forget {
        run: Number,
    },
    /// Say what this text is; `run` names the run whose own keys are at hand, `known` are those of others that it
    /// trusted, each with whose it is; `rules` whose rules it is held against; `of` the paste that it is a part of, and which.
    Inspect {
        number: Number,
        run: Option<Number>,
        known: Vec<(PublicJwk, String)>,
        rules: Option<RuleOrder>,
        text: Secret,
        of: Option<(Secret, usize)>,
    },
    /// Ask every store for its keys, or the one of that scheme; answers with [`Message::Keys`] as they come.
    ListKeys {
        only: Option<String>,
    },
    /// Do something with keys; answer with [`Message::KeyDone`].
    Key {
        number: Number,
        order: KeyOrder,
    },
    /// Nobody waits for that any more.
    GiveUp {
        number: Number,
    },
    /// What a person said to [`Message::Asked`]; None: they gave up.
    Answer {
        number: Number,
        answer: Option<Secret>,
    },
    /// That run's role has this key from now on.
    Rebind {
        run: Number,
        role: String,
        uri: String,
    },
    /// Let the people of that run's embedded bank do what is waited for, or is about to be.
    CallPeople {
        run: Number,
    },
    /// Open the bank's page of that run again.
    Browse {
        run: Number,
    },
    /// Say which tokens are kept; answer with [`Message::Tokens`].
    ListTokens,
    /// Say which registrations there are; answer with [`Message::Clients`].
    ListClients,
    /// Do something with a kept one; answer with [`Message::TokenDone`].
    Token(TokenOrder),
    /// Say which runs are kept in which those words stand; answer with [`Message::History`].
    ListHistory {
        words: String,
    },
    /// Do something with kept runs; answer with [`Message::HistoryDone`].
    History(HistoryOrder),
    /// Say what a check or an error means; answer with [`Message::Explained`].
    Explain {
        word: String,
    },
    Copy(CopyRequest),
    /// Clear the clipboard now, if what is there is ours.
    ClearClipboard,
    /// Count the rows of a large body away from the screen's thread.
    Index {
        key: BodyKey,
        source: Source,
        redactor: Box<Redactor>,
    },
    /// Do something with profiles of the person's own; answer with [`Message::ProfileDone`] and, where there are others
    /// now, with the list.
    Profile {
        number: Number,
        order: ProfileOrder,
    },
    /// Read the person's profiles again if their files changed; answer with [`Message::Profiles`] then.
    LookAtProfiles,
    /// Let the person edit that text; answer with [`Message::Edited`].
    Editor {
        what: Editing,
        text: Secret,
    },
    /// Search a large body away from the screen's thread.
    Search(Box<Search>),
    /// Put a query to a body or a token, away from the screen's thread.
    Pick(Box<Pick>),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Draw every cell again.
    Redraw,
    Suspend,
    Quit,
}

impl Command {
    /// Whether the loop itself does it.
    pub const fn is_for_the_terminal(&self) -> bool {
        !matches!(
            self,
            Self::Prepare { .. }
                | Self::Perform { .. }
                | Self::Forget { .. }
                | Self::Inspect { .. }
                | Self::ListKeys { .. }
                | Self::Key { .. }
                | Self::GiveUp { .. }
                | Self::Answer { .. }
                | Self::Rebind { .. }
                | Self::CallPeople { .. }
                | Self::Browse { .. }
                | Self::ListTokens
                | Self::ListClients
                | Self::Token(_)
                | Self::Profile { .. }
                | Self::LookAtProfiles
                | Self::ListHistory { .. }
                | Self::History(_)
                | Self::Explain { .. }
        )
    }
}

/// What a text in the person's own editor is.
#[derive(Clone, Debug)]
pub enum Editing {
    /// The step of the run at that position, as JSON.
    Step(usize),
    /// A profile of their own; what was written before and would not load is not lost while they try again.
    Profile { of: OwnFile, refused: Option<Secret> },
}

impl Editing {
    /// How its file's name ends, by which an editor knows what it is.
    pub const fn suffix(&self) -> &'static str {
        match self {
            Self::Step(_) => ".json",
            Self::Profile { .. } => ".toml",
        }
    }
}

/// A question of a store, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    pub number: Number,
    pub what: String,
    /// What a wrong answer would cost.
    pub warning: Option<String>,
}

/// What is to be copied. `what` names it in the report; the class decides how long it may stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRequest {
    pub what: String,
    pub text: Secret,
    pub class: Class,
}

/// How a copy went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReport {
    pub what: String,
    pub chars: usize,
    pub route: Route,
    /// Seconds until it is taken away again; None: it stays, or nobody can know.
    pub clears_in: Option<u64>,
    pub class: Class,
}

/// The way a copy took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The system's clipboard.
    Native,
    /// The terminal's own copy sequence, through what it was wrapped for.
    Osc52(Wrap),
    /// Neither could take it.
    File(PathBuf),
}

/// What stands between us and the terminal, and passes a sequence on only when it is wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrap {
    #[default]
    None,
    Tmux,
    Screen,
}

/// Something that went wrong before or beside a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    pub id: String,
    pub text: String,
    pub hint: Option<String>,
    /// Values without which the flow cannot start: the screen asks for them and prepares again.
    pub needs: Vec<AskField>,
}

impl Problem {
    pub fn new(id: impl Into<String>, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), hint: Some(hint.into()), needs: Vec::new() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub tone: NoticeTone,
    pub text: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeTone {
    Plain,
    Good,
    Warn,
    Bad,
}

impl Notice {
    pub fn new(tone: NoticeTone, text: impl AsRef<str>) -> Self {
        Self { tone, text: text.as_ref().into() }
    }
}
