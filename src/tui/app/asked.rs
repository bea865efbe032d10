//! What stores ask a person: one question after another, over everything else, and never under a hand that types.

use zeroize::Zeroizing;

use super::App;
use crate::flow::view::RunStatus;
use crate::time::Timestamp;
use crate::tui::keymap::Action;
use crate::tui::message::{Asking, Command, NoticeTone};
use crate::tui::overlay::{Overlay, Prompt};

impl App {
    pub(super) fn asked(&mut self, asking: Asking, now: Timestamp) {
        if self.is_typing() && !self.prompt_is_up() {
            let text = format!("{}: it is asked when what you type is done", asking.what);
            self.say(NoticeTone::Warn, text, now);
        }
        let who = self.who_waits();
        self.prompts.push_back(Prompt::new(asking, who));
    }

    /// What a store that needs long is doing stands in the list of keys, and at the bottom.
    pub(super) fn heard(&mut self, text: String, now: Timestamp) {
        self.say(NoticeTone::Plain, &text, now);
        if let Some(work) = &mut self.keys.work {
            work.heard = Some(text);
        }
    }

    fn who_waits(&self) -> Option<String> {
        if let Some(work) = &self.keys.work {
            return Some(work.what.clone());
        }
        if let Some(p) = &self.preparing {
            return Some(p.choice.title.clone());
        }
        let view = self.view().filter(|v| v.status == RunStatus::Busy)?;
        let step = view.steps.get(view.current)?;
        Some(format!("{}: {}", view.flow_title, step.title))
    }

    fn is_typing(&self) -> bool {
        let field = matches!(self.overlays.last(), Some(Overlay::Form(_) | Overlay::Choice(_)));
        field || self.typing.is_some()
    }

    pub fn prompt_is_up(&self) -> bool {
        self.prompts.front().is_some_and(|p| p.up)
    }

    pub(super) fn raise_prompt(&mut self) {
        let typing = self.is_typing();
        if let Some(prompt) = self.prompts.front_mut() {
            prompt.up |= !typing;
        }
    }

    /// Whether the prompt took the action.
    pub(super) fn act_on_prompt(&mut self, action: Action) -> bool {
        let Some(prompt) = self.prompts.front_mut().filter(|p| p.up) else { return false };
        if prompt.field.edit(action) {
            return true;
        }
        let answer = match action {
            Action::Submit if prompt.field.is_empty() && !prompt.empty_meant => {
                prompt.empty_meant = true;
                return true;
            }
            Action::Submit => Some(prompt.field.secret()),
            Action::Close => None,
            _ => return true,
        };
        let number = prompt.number;
        self.prompts.pop_front();
        self.out.push(Command::Answer { number, answer });
        true
    }

    /// Puts text into the prompt. False: none is up.
    pub(super) fn insert_into_prompt(&mut self, text: &str) -> bool {
        let Some(prompt) = self.prompts.front_mut().filter(|p| p.up) else { return false };
        prompt.empty_meant = false;
        let line = Zeroizing::new(text.replace(['\r', '\n'], ""));
        prompt.field.insert(&line);
        true
    }
}
