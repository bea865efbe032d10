//! What is typed after `/`: a filter in a list, a search in a view; and going from match to match.

use serde_json::Value;

use super::App;
use crate::secret::Class;
use crate::time::Timestamp;
use crate::tui::body::{AT_ONCE, BodyKey, BodyView, Portion};
use crate::tui::doc::{Doc, DocState};
use crate::tui::focus::PaneId;
use crate::tui::keymap::{Action, Context};
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::{Overlay, Report, text};
use crate::tui::pane::inspector;
use crate::tui::pick::{From, Pick, Picked, is_query};
use crate::tui::widget::field::Field;

/// Columns of values with their places.
const WIDE: u16 = 112;

/// A text that scrolls and can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Step,
    Inspector,
    /// The text that lies over the panes.
    Overlay,
}

/// What is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Filter(PaneId),
    Search(View),
}

/// A filter or a search while it is typed.
pub struct Typing {
    pub asked: Asked,
    pub field: Field,
}

impl App {
    /// The text that has the keys, or that the keys of the list above it scroll.
    pub(super) fn view_here(&self) -> Option<View> {
        match self.overlays.last() {
            Some(overlay) => text::is_text(overlay).then_some(View::Overlay),
            None => match self.focus {
                PaneId::Flow | PaneId::Step => Some(View::Step),
                PaneId::Inspector => Some(View::Inspector),
                PaneId::Profiles | PaneId::Keys => None,
            },
        }
    }

    pub(super) fn start_typing(&mut self) {
        let list = Some(self.focus).filter(|_| self.overlays.is_empty());
        let (asked, start) = match (self.view_here(), list) {
            (Some(view), _) => (Asked::Search(view), ""),
            (None, Some(PaneId::Profiles)) => (Asked::Filter(PaneId::Profiles), self.profiles.filter.as_str()),
            (None, Some(PaneId::Keys)) => (Asked::Filter(PaneId::Keys), self.keys.filter.as_str()),
            (None, _) => return,
        };
        self.typing = Some(Typing { asked, field: Field::new(start, Class::Public) });
    }

    /// Whether a filter of that list is typed now.
    pub fn filters(&self, pane: PaneId) -> Option<&Field> {
        self.typing.as_ref().filter(|t| t.asked == Asked::Filter(pane)).map(|t| &t.field)
    }

    /// The search that is typed now.
    pub fn searches(&self) -> Option<&Field> {
        self.typing.as_ref().filter(|t| matches!(t.asked, Asked::Search(_))).map(|t| &t.field)
    }

    /// Whether what is typed is for the text on top: then it takes the keys.
    pub(super) fn types_over_overlay(&self) -> bool {
        let over = |t: &Typing| t.asked == Asked::Search(View::Overlay);
        self.typing.as_ref().is_some_and(over) && self.view_here() == Some(View::Overlay)
    }

    /// The line in which a filter or a search is typed.
    pub(super) fn act_on_line(&mut self, action: Action, now: Timestamp) -> bool {
        if self.context() != Context::Line {
            return false;
        }
        let Some(typing) = &mut self.typing else { return false };
        if typing.field.edit(action) {
            self.filter_typed();
            return true;
        }
        match action {
            Action::Submit => {
                let (asked, text) = (typing.asked, typing.field.text().to_owned());
                self.typing = None;
                if let Asked::Search(view) = asked {
                    match view {
                        View::Step => self.focus = PaneId::Step,
                        View::Inspector => self.focus = PaneId::Inspector,
                        View::Overlay => {}
                    }
                    if is_query(&text) {
                        self.pick(view, &text, now);
                        return true;
                    }
                    // nothing typed: what was searched for before, as in less
                    if !text.is_empty() {
                        self.search = text;
                    }
                    self.seeking = Some(view).filter(|_| !self.search.is_empty());
                    self.search_bodies();
                    self.seek(now);
                }
            }
            Action::Close => {
                typing.field = Field::default();
                self.filter_typed();
                self.typing = None;
            }
            Action::Down => self.move_by(1),
            Action::Up => self.move_by(-1),
            _ => return false,
        }
        true
    }

    /// Puts a query to the response of the step, or to the token, whose claims come before its header.
    fn pick(&mut self, view: View, text: &str, now: Timestamp) {
        let tree = |value: &Value| From::Tree(value.clone());
        let from = match view {
            View::Step => {
                self.selected_step().and_then(|(_, s)| s.exchange.clone()).into_iter().map(From::Response).collect()
            }
            View::Inspector => self.shown_token().map_or_else(Vec::new, |shown| {
                let layers = inspector::layers(self, &shown);
                layers.iter().rev().flat_map(|l| l.claims.into_iter().chain([l.header]).map(tree)).collect()
            }),
            View::Overlay => Vec::new(),
        };
        match Pick::new(text, from, self.redactor().clone()) {
            Ok(pick) => self.out.push(Command::Pick(Box::new(pick))),
            Err(why) => self.say(NoticeTone::Warn, why, now),
        }
    }

    pub(super) fn picked(&mut self, result: Result<Picked, String>, now: Timestamp) {
        match result {
            Ok(Picked { path, count, text }) => {
                let title =
                    format!("{count} value{} at {}", if count == 1 { "" } else { "s" }, crate::text::clean(&path));
                self.overlays
                    .push(Overlay::Report(Report { wide: WIDE, ..Report::new(title, "what was picked", text, None) }));
            }
            Err(why) => self.say(NoticeTone::Warn, why, now),
        }
    }

    /// The filter follows what is typed.
    pub(super) fn filter_typed(&mut self) {
        let Some(typing) = &self.typing else { return };
        let text = typing.field.text().to_owned();
        match typing.asked {
            Asked::Filter(PaneId::Profiles) => self.profiles.filter = text,
            Asked::Filter(PaneId::Keys) => self.keys.filter = text,
            _ => {}
        }
    }

    /// To the first match at or below the cursor, as soon as one is known; round to the top where there is none below.
    fn seek(&mut self, now: Timestamp) {
        let Some(view) = self.seeking else { return };
        let at = self.state_of(view).cursor;
        let (below, first, searching) = self.with_view(view, now, |doc| {
            let found = doc.found();
            (found.next(at), found.next(0), found.searching.is_some())
        });
        match below.or(first.filter(|_| !searching)) {
            Some(row) => self.state_mut(view).go(row),
            None if searching => return,
            None => self.say(NoticeTone::Warn, format!("nothing here holds “{}”", self.search), now),
        }
        self.seeking = None;
    }

    /// The next match or the one before, going round.
    pub(super) fn find_again(&mut self, forward: bool, now: Timestamp) {
        let Some(view) = self.view_here() else { return };
        let at = self.state_of(view).cursor;
        let (hit, searching) = self.with_view(view, now, |doc| {
            let found = doc.found();
            let hit = match forward {
                true => found.next(at + 1).or_else(|| found.next(0).filter(|_| found.searching.is_none())),
                false => found.previous(at).or_else(|| found.previous(usize::MAX)),
            };
            (hit, found.searching.is_some())
        });
        match hit {
            Some(row) => self.state_mut(view).go(row),
            None if searching => self.say(NoticeTone::Plain, "no more so far: it is still searched", now),
            None => self.say(NoticeTone::Warn, format!("nothing here holds “{}”", self.search), now),
        }
    }

    /// Nothing is searched for any more. False: nothing was.
    pub(super) fn drop_search(&mut self) -> bool {
        self.seeking = None;
        !std::mem::take(&mut self.search).is_empty()
    }

    /// Bodies in view are searched for what is wanted, large ones away from the screen's thread.
    pub(super) fn search_bodies(&mut self) {
        if self.search.is_empty() {
            return self.bodies.iter_mut().for_each(BodyView::forget_matches);
        }
        let is_open = |b: &BodyView| b.is_whole() && b.matches().is_none_or(|m| m.needle != self.search);
        if !self.bodies.iter().any(is_open) {
            return;
        }
        let redactor = self.redactor().clone();
        for body in self.bodies.iter_mut().filter(|b| is_open(b)) {
            let search = body.begin(&self.search, &redactor);
            if body.size() <= AT_ONCE {
                search.run(|portion| body.add(&self.search, portion));
            } else {
                self.out.push(Command::Search(Box::new(search)));
            }
        }
    }

    pub(super) fn body_searched(&mut self, key: BodyKey, needle: &str, portion: Portion, now: Timestamp) {
        if let Some(body) = self.bodies.iter_mut().find(|b| b.key == key) {
            body.add(needle, portion);
        }
        self.seek(now);
    }

    /// The text of a view as it stands.
    fn with_view<T>(&self, view: View, now: Timestamp, read: impl FnOnce(&Doc<'_>) -> T) -> T {
        match view {
            View::Step => self.with_doc(PaneId::Step, now, read),
            View::Inspector => self.with_doc(PaneId::Inspector, now, read),
            View::Overlay => match self.overlays.last().and_then(|o| text::doc(self, o)) {
                Some(doc) => read(&doc),
                None => read(&Doc::new(self.look(), 1)),
            },
        }
    }

    fn state_of(&self, view: View) -> DocState {
        match view {
            View::Step => self.step.doc,
            View::Inspector => self.inspector.doc,
            View::Overlay => self.overlays.last().and_then(text::state).copied().unwrap_or_default(),
        }
    }

    fn state_mut(&mut self, view: View) -> &mut DocState {
        match (view, self.overlays.last_mut().and_then(text::state_mut)) {
            (View::Overlay, Some(state)) => state,
            (View::Inspector, _) => &mut self.inspector.doc,
            _ => &mut self.step.doc,
        }
    }

    /// The cursor of the text on top stays inside it.
    pub(super) fn settle_overlay(&mut self) {
        let Some(doc) = self.overlays.last().and_then(|o| text::doc(self, o)) else { return };
        let (total, height) = (doc.len(), usize::from(text::room(self.size).height));
        if let Some(state) = self.overlays.last_mut().and_then(text::state_mut) {
            *state = state.clamped(total, height);
        }
    }

    /// What is searched for and how often it is there, for the border of a text: `token 3/17`.
    pub fn count(&self, doc: &Doc<'_>, state: DocState) -> Option<String> {
        let shown = self.look().shorten(&self.search, 24);
        (!self.search.is_empty()).then(|| format!("{shown} {}", doc.found().count(state.cursor)))
    }
}
