//! Keys that a token brings itself prove nothing until a person has compared them. What was approved is kept; any other
//! key stops the step.

use super::judge::{Judgement, Keys};
use super::trouble::told;
use super::{Inner, Opening};
use crate::flow::effect::{Effect, Saving};
use crate::flow::run::{Pending, Run};
use crate::flow::verb::save::approved_at;
use crate::flow::view::{AskView, ErrorSource, Field, KeyOf, PinView, PinnedKey, StepState};
use crate::jose::{PublicJwk, Verdict};
use crate::profile::model::Pin;
use crate::secret::Class;
use crate::time::Timestamp;

/// A token that waits for its keys to be approved.
pub(in crate::flow) struct Gate {
    opening: Opening,
    judgement: Judgement,
    keys: Vec<PublicJwk>,
    pin: PinView,
}

impl Run {
    /// The keys that an earlier token brought under that name, as far as they are approved.
    pub(super) fn pinned_keys(&self, name: &str) -> Keys {
        let approved = self.state.pins.get(name).map(|p| p.thumbprints.as_slice()).unwrap_or_default();
        let keys = self.state.pin_keys.get(name).map(Vec::as_slice).unwrap_or_default();
        let keys = keys.iter().filter(|k| approved.contains(&k.thumbprint())).cloned().collect();
        Keys { keys, from: KeyOf::Pin(name.to_owned()), pinned: true, ..Keys::default() }
    }

    /// Goes on where every key that came is approved; else asks. A token that its own keys do not verify is not asked
    /// about.
    pub(super) fn at_gate(
        &mut self,
        name: &str,
        opening: Opening,
        judgement: Judgement,
        keys: Keys,
        now: Timestamp,
    ) -> Vec<Effect> {
        if judgement.verdict != Verdict::Verified {
            return self.conclude(&opening, &judgement, now);
        }
        let pin = pin_view(name, &opening, &keys.keys, self.state.pins.get(name));
        let gate = Gate { opening, judgement, keys: keys.keys, pin };
        if gate.pin.keys.iter().all(|k| k.known) {
            return self.pinned(gate, now);
        }
        let step = self.current();
        let step_name = step.addresses.first().cloned().unwrap_or(step.path);
        let view = self.step();
        view.state = StepState::Waiting;
        view.ask = Some(question(&gate.pin));
        view.pin = Some(gate.pin.clone());
        let pin = gate.pin.clone();
        self.busy(Pending::Pin(Box::new(gate)), |op| Effect::Pin { op, step: step_name, pin })
    }

    /// A person said yes: the pin is kept, then the step goes on.
    pub(in crate::flow) fn approved(&mut self, gate: Gate, now: Timestamp) -> Vec<Effect> {
        let pin = Pin {
            thumbprints: gate.pin.keys.iter().map(|k| k.thumbprint.clone()).collect(),
            sha256: gate.pin.sha256.clone(),
            approved: approved_at(now.seconds()),
        };
        self.state.pins.insert(gate.pin.name.clone(), pin.clone());
        let what = Saving { pins: vec![(gate.pin.name.clone(), pin)], ..Saving::default() };
        let view = self.step();
        (view.state, view.ask, view.pin) = (StepState::Drafting, None, None);
        self.busy(Pending::KeepPin(Box::new(gate)), |op| Effect::Save { op, what })
    }

    pub(in crate::flow) fn refused(&mut self, now: Timestamp) -> Vec<Effect> {
        let hint = "ask the bank, on another way, which keys are its own";
        let trouble = told("pin.refused", "the keys were not approved: nothing is trusted", hint, ErrorSource::Person);
        self.fail_open(trouble, now)
    }

    /// The keys are approved: later steps may use them, and this one goes on.
    pub(in crate::flow) fn pinned(&mut self, gate: Gate, now: Timestamp) -> Vec<Effect> {
        let Gate { opening, judgement, keys, pin } = gate;
        self.state.pin_keys.insert(pin.name, keys);
        self.conclude(&opening, &Judgement { pinned: true, ..judgement }, now)
    }
}

fn pin_view(name: &str, opening: &Opening, keys: &[PublicJwk], before: Option<&Pin>) -> PinView {
    let Opening { text, inner, .. } = opening;
    let token = if let Inner::Signed(_, inner) = inner { inner } else { text };
    let hash = openssl::sha::sha256(token.as_bytes());
    let one = |key: &PublicJwk| {
        let thumbprint = key.thumbprint();
        let known = before.is_some_and(|pin| pin.thumbprints.contains(&thumbprint));
        let kid = key.kid().map(|kid| crate::text::shorten(&crate::text::clean(kid), 60).into_owned());
        PinnedKey { thumbprint, kid, kind: key.kind(), known }
    };
    PinView {
        name: name.to_owned(),
        keys: keys.iter().map(one).collect(),
        sha256: hash.iter().map(|b| format!("{b:02x}")).collect(),
        before: before.cloned(),
    }
}

/// The same as a question, for faces that show one.
fn question(pin: &PinView) -> AskView {
    let text = if pin.is_changed() {
        "These are not the keys that were approved before. Compare them with what the bank says on another way."
    } else {
        "First sight of these keys. Compare them with what the bank has told on another way: a letter, its web site."
    };
    let public = |name: String, value: String| Field { name, value, class: Class::Public };
    let mut show: Vec<Field> = Vec::new();
    for key in &pin.keys {
        let kid = key.kid.as_ref().map(|kid| format!(", kid {kid}")).unwrap_or_default();
        let news = if pin.is_changed() && !key.known { ", NEW" } else { "" };
        show.push(public(format!("thumbprint ({}{kid}{news})", key.kind), key.thumbprint.clone()));
    }
    show.push(public("SHA-256 of what came".to_owned(), pin.sha256.clone()));
    for gone in pin.before.iter().flat_map(|b| &b.thumbprints) {
        if !pin.keys.iter().any(|k| k.thumbprint == *gone) {
            show.push(public("approved before, and gone".to_owned(), gone.clone()));
        }
    }
    AskView { text: text.to_owned(), show, ask: Vec::new(), proposal: false, deadline: None }
}
