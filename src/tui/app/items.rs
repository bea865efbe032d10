//! What stands at an item of a view, looked up when it is wanted.

use super::App;
use crate::flow::view::StepView;
use crate::secret::{Class, class_of_name};
use crate::time::Timestamp;
use crate::tui::body::{json, path_at, tree_at, value_at};
use crate::tui::doc::{Doc, GUTTER};
use crate::tui::focus::PaneId;
use crate::tui::item::{Found, Item};
use crate::tui::layout::inside;
use crate::tui::message::NoticeTone;
use crate::tui::pane::{inspector, step};

impl App {
    /// The text of a pane as it stands, for something that reads it.
    pub(super) fn with_doc<T>(&self, pane: PaneId, now: Timestamp, read: impl FnOnce(&Doc<'_>) -> T) -> T {
        let geometry = self.geometry();
        // A pane that is not on the screen is laid out as wide as the screen.
        let width = geometry.pane(pane).map_or(self.size.width, |r| inside(r).width).saturating_sub(GUTTER);
        match pane {
            PaneId::Inspector => read(&inspector::doc(self, width, now).looking_for(&self.search)),
            _ => read(&step::doc(self, width, now).looking_for(&self.search)),
        }
    }

    /// Rows of text that a pane shows at once.
    pub(super) fn text_height(&self, pane: PaneId) -> usize {
        let geometry = self.geometry();
        let Some(area) = geometry.pane(pane) else { return 1 };
        usize::from(match pane {
            PaneId::Step => step::doc_area(self, area).height,
            PaneId::Inspector => inspector::doc_area(self, area).height,
            _ => inside(area).height,
        })
    }

    /// What the cursor stands on in the focused pane.
    pub fn item_here(&self) -> Option<Item> {
        let (pane, row) = match self.focus {
            PaneId::Step => (PaneId::Step, self.step.doc.cursor),
            PaneId::Inspector => (PaneId::Inspector, self.inspector.doc.cursor),
            _ => return None,
        };
        // Countdowns do not move rows, so any moment will do.
        self.with_doc(pane, Timestamp::default(), |doc| doc.item_at(row))
    }

    /// The value at an item of that pane.
    pub fn found(&self, pane: PaneId, item: Item) -> Option<Found> {
        match pane {
            PaneId::Inspector => self.found_in_token(item),
            _ => self.selected_step().and_then(|(_, step)| found_in_step(step, item)),
        }
    }

    fn found_in_token(&self, item: Item) -> Option<Found> {
        let shown = self.shown_token()?;
        let layers = inspector::layers(self, &shown);
        let (members, member, at) = match item {
            Item::Token => return Some(Found::new(shown.name, shown.text, Class::Secret)),
            Item::Header(layer, member, at) => (layers.get(layer)?.header, member, at),
            Item::Claim(layer, member, at) => (layers.get(layer)?.claims?, member, at),
            _ => return None,
        };
        // what stands in a member is as secret as the member
        let (outer, whole) = members.as_object()?.iter().nth(member)?;
        let (name, value) = tree_at(&members.to_string(), at).unwrap_or_else(|| (None, whole.clone()));
        let name = name.unwrap_or_else(|| outer.clone());
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let class = class_of_name(outer).max(class_of_name(&name));
        Some(Found::new(name, text, class))
    }

    /// The place of what the cursor stands on, in its JSON (RFC 9535).
    pub(super) fn path_here(&self) -> Option<String> {
        match self.item_here()? {
            item @ (Item::Claim(layer, .., at) | Item::Header(layer, .., at)) => {
                let shown = self.shown_token()?;
                let layers = inspector::layers(self, &shown);
                let layer = layers.get(layer)?;
                let members = if matches!(item, Item::Claim(..)) { layer.claims? } else { layer.header };
                path_at(members.to_string().as_bytes(), at)
            }
            Item::Body(at) => {
                let (_, step) = self.selected_step()?;
                path_at(&step.exchange.as_ref()?.response.as_ref()?.body, at)
            }
            _ => None,
        }
    }

    /// Opens the token under the cursor in pane 4, or the one that pane shows anyway.
    pub(super) fn open_token(&mut self, now: Timestamp) {
        let item = self.item_here();
        let found = item.and_then(|i| self.found(self.focus, i)).filter(Found::is_token);
        let Some((_, step)) = self.selected_step() else {
            return self.go_to(PaneId::Inspector);
        };
        if let Some(found) = found {
            let text = found.value.expose();
            let at = inspector::tokens(step).iter().position(|t| match t {
                inspector::TokenRef::Artefact(i) => step.artefacts[*i].token == text,
                inspector::TokenRef::Output(i) => step.outputs[*i].value == text,
            });
            match at {
                Some(at) => {
                    self.inspector.drop_paste();
                    self.inspector.index = at;
                }
                None => {
                    self.inspector.paste(found.value);
                    self.say(NoticeTone::Plain, format!("looking at {}; Esc drops it", found.name), now);
                }
            }
        } else if let Some(Item::Artefact(i)) = item {
            let at = inspector::tokens(step).iter().position(|t| *t == inspector::TokenRef::Artefact(i));
            self.inspector.drop_paste();
            self.inspector.index = at.unwrap_or(0);
        }
        self.go_to(PaneId::Inspector);
    }
}

fn found_in_step(step: &StepView, item: Item) -> Option<Found> {
    let request = step.request.as_ref();
    let field = |f: &crate::flow::view::Field| Found::new(&f.name, &f.value, f.class.max(class_of_name(&f.name)));
    Some(match item {
        Item::Fact(_) => return None,
        Item::Url => Found::new("address", &request?.url, Class::Secret),
        Item::RequestHeader(i) => field(request?.headers.get(i)?),
        Item::RequestField(i) => field(request?.fields.get(i)?),
        Item::Output(i) => field(step.outputs.get(i)?),
        Item::Show(i) => field(step.ask.as_ref()?.show.get(i)?),
        Item::ResponseHeader(i) => {
            let (name, value) = step.exchange.as_ref()?.response.as_ref()?.headers.get(i)?;
            Found::new(name, value, class_of_name(name))
        }
        Item::Body(at) => {
            let body = &step.exchange.as_ref()?.response.as_ref()?.body;
            let (name, value) = value_at(body, at)?;
            let class = name.as_deref().map_or(Class::Public, class_of_name);
            Found::new(name.unwrap_or_else(|| "value".into()), json::unquote(&value), class)
        }
        Item::Check(i) => {
            let c = step.checks.get(i)?;
            let text = format!(
                "{} {}: {} ({}); expected {}; found {}",
                c.id,
                c.outcome.word(),
                c.say,
                c.reference,
                c.expected,
                c.found
            );
            Found::new("check", text, Class::Public)
        }
        Item::Artefact(i) => {
            let a = step.artefacts.get(i)?;
            Found::new(&a.name, &a.token, a.class.max(Class::Secret))
        }
        Item::Token | Item::Claim(..) | Item::Header(..) => return None,
    })
}
