//! The whole state of the screen, and the one way it changes: [`App::update`].
//!
//! It performs nothing and knows no clock: messages come with the time, commands go out. It is never shared.

mod act;
mod asked;
mod begin;
mod binding;
mod can;
mod client_acts;
mod compare;
mod copy;
mod drive;
mod explore;
mod find;
mod go;
mod history_acts;
mod input;
mod items;
mod key_acts;
mod key_choices;
mod key_done;
mod lines;
mod mouse;
mod overlays;
mod palette;
mod profile_acts;
mod profile_done;
mod reveal;
mod rules;
mod save_profile;
mod settle;
mod sign_in;
mod ticking;
mod token_acts;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::layout::{Rect, Size};

use super::body::BodyView;
use super::engine::Engine;
use super::focus::PaneId;
use super::keymap::Keymap;
use super::layout::{Edge, Geometry, Sizes, Wish};
use super::log::Log;
use super::look::{Look, Theme};
use super::message::{Command, Message, Notice, NoticeTone, Number};
use super::overlay::{Overlay, Prompt};
use super::pane::flow::{self, FlowPane};
use super::pane::inspector::InspectorPane;
use super::pane::keys::KeysPane;
use super::pane::profiles::{Choice, ProfilesPane};
use super::pane::step::StepPane;
use crate::flow::view::{RunView, StepView};
use crate::redact::Redactor;
use crate::shell::ClientRow;
use crate::store::history::KeptRun;
use crate::store::tokens::TokenRow;
use crate::time::Timestamp;

pub use copy::CopyKind;
pub use drive::Go;
pub use explore::Exploration;
pub use find::{Asked as TypedFor, Typing, View};
pub use key_choices::KeyChoice;
pub use reveal::{REVEAL_SECONDS, Reveal};

/// What is given at the start. None of it is read from the environment here.
#[derive(Clone, Debug)]
pub struct Settings {
    pub look: Look,
    pub size: Size,
    /// Whether the mouse is taken at the start.
    pub mouse: bool,
    /// False for screen sharing: nothing can be revealed.
    pub reveal: bool,
    /// The theme follows the terminal's background, as soon as the terminal tells it.
    pub follow: bool,
    /// The workbench on the embedded banks: says so, and what to press first.
    pub demo: bool,
    /// Where the person is.
    pub zone: fn() -> &'static TimeZone,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            look: Look::default(),
            size: Size::new(80, 24),
            mouse: true,
            reveal: true,
            follow: false,
            demo: false,
            zone: || {
                static UTC: TimeZone = TimeZone::UTC;
                &UTC
            },
        }
    }
}

/// The run on the screen.
pub struct Current {
    pub number: Number,
    pub engine: Box<dyn Engine + Send>,
    pub choice: Choice,
    /// A person said yes to sending to production.
    pub production_allowed: bool,
    /// It runs on by itself.
    pub straight: bool,
}

/// A run that is being built.
pub struct Preparing {
    pub number: Number,
    pub choice: Choice,
}

pub struct App {
    pub settings: Settings,
    pub size: Size,
    pub focus: PaneId,
    pub zoom: bool,
    pub sizes: Sizes,
    pub mouse: bool,
    pub keymap: Keymap,

    pub profiles: ProfilesPane,
    pub keys: KeysPane,
    pub flow: FlowPane,
    pub step: StepPane,
    pub inspector: InspectorPane,

    pub overlays: Vec<Overlay>,
    /// Questions of stores, the oldest first: it lies over everything.
    pub prompts: VecDeque<Prompt>,
    pub typing: Option<Typing>,
    /// What `n` looks for in views.
    pub search: String,
    /// The view whose cursor goes to the first match when it is found.
    seeking: Option<View>,
    /// Ids of what was chosen in help and palette, the last first.
    recent: Vec<String>,

    /// Those that are kept, as far as is known.
    pub tokens: Vec<TokenRow>,
    /// Registrations, as far as is known.
    pub clients: Vec<ClientRow>,
    /// Runs that are kept, as far as is known.
    pub kept: Vec<KeptRun>,

    pub run: Option<Current>,
    pub preparing: Option<Preparing>,
    pub reveal: Option<Reveal>,
    pub log: Log,

    pub(super) bodies: Vec<BodyView>,
    pub(super) nothing: Redactor,
    /// The border that the mouse holds.
    held: Option<Edge>,
    last_number: Number,
    last_copy: Option<CopyKind>,
    interrupted_at: Option<Timestamp>,
    out: Vec<Command>,
    /// Whether the picture may have changed since it was last drawn.
    changed: bool,
}

impl App {
    pub fn new(settings: Settings) -> Self {
        Self {
            mouse: settings.mouse,
            size: settings.size,
            settings,
            focus: PaneId::Profiles,
            zoom: false,
            sizes: Sizes::default(),
            keymap: Keymap::default(),
            profiles: ProfilesPane::default(),
            keys: KeysPane::default(),
            flow: FlowPane::default(),
            step: StepPane::default(),
            inspector: InspectorPane::default(),
            overlays: Vec::new(),
            prompts: VecDeque::new(),
            typing: None,
            search: String::new(),
            seeking: None,
            recent: Vec::new(),
            tokens: Vec::new(),
            clients: Vec::new(),
            kept: Vec::new(),
            run: None,
            preparing: None,
            reveal: None,
            log: Log::default(),
            bodies: Vec::new(),
            nothing: Redactor::default(),
            held: None,
            last_number: 0,
            last_copy: None,
            interrupted_at: None,
            out: vec![Command::ListKeys { only: None }],
            changed: true,
        }
    }

    /// What is wanted before anything happened.
    pub fn open(&mut self, now: Timestamp) -> Vec<Command> {
        self.settle(now);
        std::mem::take(&mut self.out)
    }

    /// Takes in what happened at `now`; gives what is to be done about it.
    pub fn update(&mut self, message: Message, now: Timestamp) -> Vec<Command> {
        self.changed = true;
        match message {
            Message::Input(event) => self.input(event, now),
            Message::Event { run, event } => self.tell_run(run, event, now),
            Message::Prepared { number, result } => self.prepared(number, result, now),
            Message::Profiles(all) => self.profiles.set(all),
            Message::Stores(stores) => self.keys.ask(stores),
            Message::Keys(rows) => self.store_answered(rows, now),
            Message::KeyDone { number, result } => self.key_done(number, result, now),
            Message::Asked(asking) => self.asked(asking, now),
            Message::NotAsked(number) => self.prompts.retain(|p| p.number != number),
            Message::Heard(text) => self.heard(text, now),
            Message::Inspected { number, result, message } => self.inspector.answered(number, result, message),
            Message::Tokens(rows) => self.tokens_listed(rows),
            Message::Clients(rows) => self.clients_listed(rows),
            Message::TokenDone(result) => self.token_done(result, now),
            Message::History { words, runs } => self.history_listed(&words, runs),
            Message::HistoryDone(result) => self.history_done(result, now),
            Message::Explained { word, text } => self.explained(word, text, now),
            Message::Copied(result) => self.copied(result, now),
            Message::Indexed { key, rows } => {
                if let Some(body) = self.bodies.iter_mut().find(|b| b.key == key) {
                    body.set_rows(rows);
                }
            }
            Message::Picked(result) => self.picked(result, now),
            Message::Searched { key, needle, portion } => self.body_searched(key, &needle, portion, now),
            Message::Background { light } if self.settings.follow => {
                self.settings.look.theme = if light { Theme::Light } else { Theme::Dark };
            }
            Message::Background { .. } => self.changed = false,
            Message::Notice(notice) => self.log.say(now, notice),
            Message::ProfileDone { number, result } => self.profile_done(number, result, now),
            Message::Edited { what, result } => self.edited(what, result, now),
            Message::Tick => self.reveal_tick(now),
            Message::Resumed => self.out.push(Command::Redraw),
        }
        self.settle(now);
        std::mem::take(&mut self.out)
    }

    /// Whether there is something new to draw; asking forgets it.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub const fn look(&self) -> Look {
        self.settings.look
    }

    pub fn geometry(&self) -> Geometry {
        self.geometry_in(Rect::from(self.size))
    }

    /// Rows that the list of steps would like.
    fn step_rows(&self) -> u16 {
        // with their heading, and the chain of keys where there is one
        let rows = match self.view() {
            Some(view) => view.steps.len() + 1 + usize::from(flow::hops(view).len() > 1),
            None => self.profiles.chosen_steps() + 1,
        };
        u16::try_from(rows).unwrap_or(u16::MAX).min(1000)
    }

    pub fn geometry_in(&self, area: Rect) -> Geometry {
        let steps = self.step_rows();
        Geometry::new(area, Wish { focus: self.focus, zoom: self.zoom, sizes: self.sizes, steps })
    }

    pub fn view(&self) -> Option<&RunView> {
        self.run.as_ref().map(|r| r.engine.view())
    }

    /// The step that is looked at.
    pub fn selected_step(&self) -> Option<(usize, &StepView)> {
        let view = self.view()?;
        let index = self.flow.selected.min(view.steps.len().checked_sub(1)?);
        view.steps.get(index).map(|s| (index, s))
    }

    pub fn redactor(&self) -> &Redactor {
        self.view().map_or(&self.nothing, |v| &v.redactor)
    }

    /// The bank's clock where it is known to differ, else ours.
    pub fn bank_now(&self, now: Timestamp) -> Timestamp {
        match self.view().and_then(|v| v.skew) {
            Some(skew) if skew.abs() > 2 => now.plus_seconds(skew),
            _ => now,
        }
    }

    /// Whether leaving now would break something off.
    pub fn in_flight(&self) -> bool {
        use crate::flow::view::RunStatus::{Armed, Blocked, Busy, Cancelled, Done, Failed, Ready, Waiting};
        self.view().is_some_and(|v| match v.status {
            Busy | Waiting => true,
            Ready | Armed | Blocked | Done | Failed | Cancelled => false,
        })
    }

    fn number(&mut self) -> Number {
        self.last_number += 1;
        self.last_number
    }

    fn say(&mut self, tone: NoticeTone, text: impl AsRef<str>, now: Timestamp) {
        self.log.say(now, Notice::new(tone, text));
    }

    fn exchange_of_step(&self) -> Option<&Arc<crate::flow::exchange::Exchange>> {
        self.selected_step().and_then(|(_, s)| s.exchange.as_ref())
    }
}
