//! After every message: cursors inside what there is, bodies laid out for the width at hand, the inspector asked about
//! the token it shows.

use super::App;
use crate::flow::view::{KeyOf, RunView};
use crate::jose::PublicJwk;
use crate::secret::Secret;
use crate::shell::RuleOrder;
use crate::time::Timestamp;
use crate::tui::body::{BodyKey, BodyPart, BodyView, Source};
use crate::tui::doc::GUTTER;
use crate::tui::focus::PaneId;
use crate::tui::layout::inside;
use crate::tui::message::Command;
use crate::tui::pane::flow::hops;
use crate::tui::pane::keys;
use crate::tui::pane::step::{Tab, received_text, sent_text};

impl App {
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.reveal_tick(now);
        if let Some(run) = &self.run {
            self.flow.settle(run.engine.view());
            let index = self.flow.selected;
            if let Some(step) = run.engine.view().steps.get(index) {
                self.step.settle(index, step);
            }
        }
        self.profiles.settle();
        self.settle_keys();
        self.raise_prompt();
        self.lay_out_bodies();
        self.search_bodies();
        self.settle_overlay();
        self.ask_inspector();
        self.settle_cursors(now);
    }

    fn settle_keys(&mut self) {
        self.keys.settle();
        let (height, total) = self.card();
        self.keys.details = self.keys.details.min(total.saturating_sub(usize::from(height)));
    }

    /// Rows of the chosen key's card that show, and of all of it.
    fn card(&self) -> (u16, usize) {
        let area = self.geometry().pane(PaneId::Keys).unwrap_or_default();
        let total = keys::below(self, keys::card_width(area)).len();
        (keys::places_for(self, area, keys::filter_rows(self, area), total).1.height, total)
    }

    pub(super) fn card_height(&self) -> u16 {
        self.card().0
    }

    /// The body views that the step pane's tab shows.
    pub fn body(&self, part: BodyPart) -> Option<&BodyView> {
        let exchange = self.exchange_of_step()?;
        let key = BodyKey::new(exchange, part, self.body_width());
        self.bodies.iter().find(|b| b.key == key)
    }

    fn body_width(&self) -> u16 {
        let area = self.geometry().pane(PaneId::Step);
        area.map_or(self.size.width, |a| inside(a).width).saturating_sub(GUTTER).max(1)
    }

    fn lay_out_bodies(&mut self) {
        let Some((_, step)) = self.selected_step() else {
            self.bodies.clear();
            return;
        };
        let Some(exchange) = step.exchange.clone() else {
            self.bodies.clear();
            return;
        };
        let parts: &[BodyPart] = match self.step.tab(step) {
            Tab::Response => &[BodyPart::Response],
            Tab::Raw => &[BodyPart::RawSent, BodyPart::RawReceived],
            _ => &[],
        };
        let width = self.body_width();
        let redactor = self.redactor().clone();
        let wanted: Vec<BodyKey> = parts.iter().map(|p| BodyKey::new(&exchange, *p, width)).collect();
        self.bodies.retain(|b| wanted.contains(&b.key));
        for key in wanted {
            if self.bodies.iter().any(|b| b.key == key) {
                continue;
            }
            let source = match key.part {
                BodyPart::Response => Source::Response(exchange.clone()),
                BodyPart::RawSent => Source::Masked(sent_text(&exchange, &redactor)),
                BodyPart::RawReceived => Source::Masked(received_text(&exchange, &redactor)),
            };
            let view = BodyView::new(key, &exchange, source, &redactor);
            if !view.is_whole() {
                self.out.push(Command::Index {
                    key,
                    source: view.source().clone(),
                    redactor: Box::new(redactor.clone()),
                });
            }
            self.bodies.push(view);
        }
    }

    /// Asks about the token that is shown, once.
    fn ask_inspector(&mut self) {
        let text = self.shown_token().map(|s| Secret::new(s.text));
        let number = self.number();
        if self.inspector.is_news(text.as_ref().map(Secret::expose), number)
            && let Some(text) = text
        {
            let run = self.run.as_ref().map(|r| r.number);
            let known = self.view().map(keys_of_others).unwrap_or_default();
            let rules = self.inspector.rules.clone().map(|r| RuleOrder {
                rules: r.name,
                environment: Some(r.environment),
                ..RuleOrder::default()
            });
            let of = self.inspector.whole.as_ref().zip(self.inspector.pasted.clone());
            let of = of.map(|(_, paste)| (paste, self.inspector.index));
            self.out.push(Command::Inspect { number, run, known, rules, text, of });
        }
    }

    #[expect(clippy::redundant_closure_for_method_calls, reason = "a path is not general enough over the text's life")]
    fn settle_cursors(&mut self, now: Timestamp) {
        for pane in [PaneId::Step, PaneId::Inspector] {
            let total = self.with_doc(pane, now, |doc| doc.len());
            let height = self.text_height(pane);
            let state = self.doc_state(pane);
            *state = state.clamped(total, height);
        }
    }
}

/// The keys that verified something in this run, once each.
fn keys_of_others(view: &RunView) -> Vec<(PublicJwk, String)> {
    let mut out: Vec<(PublicJwk, String)> = Vec::new();
    for hop in hops(view) {
        if let (Some(key), false) = (&hop.by.key, matches!(hop.by.whose, KeyOf::Own(_)))
            && !out.iter().any(|(known, _)| known == key)
        {
            out.push((key.clone(), hop.by.whose.to_words()));
        }
    }
    out
}
