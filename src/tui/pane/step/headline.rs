//! The first line of a step: how it stands, and what the next key would do.

use crate::flow::view::{Outcome, RunStatus, RunView, StepState, StepView};
use crate::time::Timestamp;
use crate::tui::look::{Look, Tone};
use crate::tui::pane::flow::state;
use crate::tui::span;
use crate::tui::words::Words;

pub fn headline(look: Look, view: &RunView, index: usize, step: &StepView, now: Timestamp) -> Words {
    let words = state::state(step, now, look);
    let say = |words: Words, text: &str| words.gap(2).plain(text);
    let key = |words: Words, key: &str, text: &str| words.gap(2).put(Tone::Key, key).gap(1).plain(text);
    let production = view.production && !view.sandbox;
    match step.state {
        StepState::Ready if index == view.current && view.status == RunStatus::Ready => {
            if sends(step) {
                key(words, "Enter", "builds it and shows it; nothing is sent yet")
            } else {
                key(words, "Enter", "takes this step")
            }
        }
        StepState::Ready => say(words, "waits for the steps before it"),
        StepState::Drafting => say(words, "built and signed; nothing was sent yet"),
        StepState::Armed => {
            if step.authorize.is_some() {
                let to = if production { "opens it at the bank: PRODUCTION" } else { "sends you to the bank" };
                return key(key(say(words, "nobody was sent yet."), "Enter", to), "Esc", "does not");
            }
            let words = say(words, "not sent yet.");
            let words = key(words, "Enter", if production { "sends it to PRODUCTION" } else { "sends it" });
            key(words, "Esc", "does not")
        }
        StepState::Blocked => {
            let words = say(words, "not sent: a check that must hold failed.");
            key(words, "!", "sends anyway")
        }
        StepState::Sent => key(words, "Esc", "cancels"),
        StepState::Waiting => {
            let asks = step.ask.as_ref().is_some_and(|a| !a.ask.is_empty());
            let words = match (&step.pin, &step.authorize) {
                (Some(_), _) => key(words, "Enter", "decides about these keys"),
                (None, Some(_)) => key(say(words, "for you."), "p", "pastes the answer"),
                (None, None) if view.proposes() => key(key(words, "s", "takes it as proposed"), "Enter", "changes it"),
                (None, None) if step.listen.is_some() => key(say(words, "for what the bank sends."), "p", "pastes it"),
                (None, None) if asks => key(words, "Enter", "answers"),
                (None, None) => words,
            };
            key(words, "Esc", "stops waiting")
        }
        StepState::Done if view.status == RunStatus::Ready && index < view.current => {
            let next = view.steps.get(view.current).map_or("", |s| s.title.as_str());
            key(facts(words, step), "Enter", &format!("goes on: {next}"))
        }
        StepState::Done => facts(words, step),
        StepState::Skipped => say(words, "its condition does not hold in this run"),
        StepState::Failed => key(facts(words, step), "r", "does it again"),
        StepState::Cancelled => key(say(words, "what the bank did is not known"), "r", "does it again"),
    }
}

/// Whether the step sends a request, as far as one can tell before it is built.
fn sends(step: &StepView) -> bool {
    step.request.is_some() || matches!(step.verb, "http" | "authorize")
}

fn facts(words: Words, step: &StepView) -> Words {
    let mut words = words;
    if let Some(response) = step.exchange.as_ref().and_then(|e| e.response.as_ref()) {
        let tone = if response.status >= 400 { Tone::Bad } else { Tone::Plain };
        words = words.gap(2).put(tone, format!("{} {}", response.status, response.reason));
    }
    if let Some(took) = state::duration(step) {
        words = words.gap(2).dim(span::took(took));
    }
    words
}

/// `5 ✓  1 ✗  1 !  1 ?`, without those that are none.
pub fn counts(words: Words, step: &StepView) -> Words {
    use crate::tui::look::Sign;
    let count = |outcome: Outcome| step.checks.iter().filter(|c| c.outcome == outcome).count();
    let parts = [
        (Outcome::Pass, Sign::Ok, Tone::Good),
        (Outcome::Fail, Sign::Failed, Tone::Bad),
        (Outcome::Warn, Sign::Warn, Tone::Warn),
        (Outcome::NotChecked, Sign::NotChecked, Tone::Dim),
    ];
    parts.into_iter().filter(|(o, ..)| count(*o) > 0).fold(words, |words, (outcome, sign, tone)| {
        words.gap(2).put(tone, count(outcome).to_string()).gap(1).sign(tone, sign)
    })
}
