//! Keys, pastes, resizes and the window's focus: what reaches which part of the screen.

use crossterm::event::{Event, KeyEventKind};
use ratatui::layout::Size;
use zeroize::Zeroizing;

use super::App;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tui::chord::Chord;
use crate::tui::focus::PaneId;
use crate::tui::keymap::{Action, Context};
use crate::tui::layout::Shape;
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::Overlay;

/// Larger pastes are refused: they belong into a file.
const MAX_PASTE: usize = 8 * 1024 * 1024;

impl App {
    pub(super) fn input(&mut self, event: Event, now: Timestamp) {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(Chord::of(&key), now),
            Event::Key(_) => self.changed = false,
            // it may be a passphrase
            Event::Paste(text) => self.pasted(&Zeroizing::new(text), now),
            Event::Mouse(event) => self.pointer(event, now),
            Event::Resize(width, height) => {
                let before = Shape::of(self.size.width, self.size.height);
                self.size = Size::new(width, height);
                if Shape::of(width, height) != before {
                    self.hide();
                }
            }
            Event::FocusLost => self.hide(),
            // files may have been edited meanwhile
            Event::FocusGained if !self.settings.demo => self.out.push(Command::LookAtProfiles),
            Event::FocusGained => {}
        }
    }

    /// Whose keys hold now.
    pub fn context(&self) -> Context {
        if self.prompt_is_up() {
            return Context::Prompt;
        }
        if self.types_over_overlay() {
            return Context::Line;
        }
        match (self.overlays.last(), &self.typing) {
            (Some(overlay), _) => overlay.context(),
            (None, Some(_)) => Context::Line,
            (None, None) => self.focus.into(),
        }
    }

    fn key(&mut self, chord: Chord, now: Timestamp) {
        self.log.key_pressed(now);
        let context = self.context();
        if let Some(action) = self.keymap.action(context, chord) {
            if action != Action::Interrupt {
                self.interrupted_at = None;
            }
            self.act(action, now);
        } else if let Some(c) = chord.typed() {
            self.typed(c, now);
        }
    }

    /// A letter that is no key goes where letters go.
    fn typed(&mut self, c: char, now: Timestamp) {
        let mut buffer = Zeroizing::new([0; 4]);
        match self.overlays.last_mut().filter(|_| !self.prompts.front().is_some_and(|p| p.up)) {
            Some(Overlay::CopyMenu(menu)) => {
                if let Some(kind) = menu.by_letter(c) {
                    self.overlays.pop();
                    self.copy(kind, now);
                }
            }
            _ => {
                self.insert(c.encode_utf8(&mut buffer[..]));
            }
        }
    }

    /// Puts text into the field that has the keys. False: there is none.
    fn insert(&mut self, text: &str) -> bool {
        if self.insert_into_prompt(text) {
            return true;
        }
        let over = self.types_over_overlay();
        match (self.overlays.last_mut().filter(|_| !over), &mut self.typing) {
            (Some(Overlay::Choice(choice)), _) => choice.insert(text),
            (Some(Overlay::Form(form)), _) => match form.entry() {
                Some(field) => field.insert(text),
                None => return false,
            },
            (Some(overlay), _) => match overlay.listing_mut().filter(|list| list.typing) {
                Some(list) => {
                    list.insert(text);
                    if self.history_is_open() {
                        self.search_history();
                    }
                }
                None => return false,
            },
            (None, Some(typing)) => {
                typing.field.insert(text);
                self.filter_typed();
            }
            (None, None) => return false,
        }
        true
    }

    /// A paste never runs keys: it goes into the field, or is a token to look at.
    fn pasted(&mut self, text: &str, now: Timestamp) {
        if text.len() > MAX_PASTE {
            return self.say(NoticeTone::Warn, "the paste is too large: give it as a file", now);
        }
        let text = text.trim_end_matches(['\r', '\n']);
        let one_line = Zeroizing::new(Zeroizing::new(text.replace("\r\n", "\n")).replace('\r', "\n"));
        if text.is_empty() || self.insert(&one_line) {
            return;
        }
        if self.overlays.is_empty() {
            if self.take_answer(&one_line, now) {
                return;
            }
            self.inspect(&one_line, now);
        } else {
            self.say(NoticeTone::Warn, "nothing here takes a paste", now);
        }
    }

    /// Shows a text in the inspector.
    pub(super) fn inspect(&mut self, text: &str, now: Timestamp) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.inspector.paste(Secret::new(text));
        self.go_to(PaneId::Inspector);
        let chars = crate::tui::span::grouped(text.chars().count());
        self.say(NoticeTone::Plain, format!("looking at what was pasted, {chars} chars; Esc drops it"), now);
    }

    /// Gives the keys to a pane.
    pub(super) fn go_to(&mut self, pane: PaneId) {
        self.focus = pane;
    }
}
