//! The state of a step as a sign, a word and a tone: the three say the same.

use std::time::Duration;

use crate::flow::view::{Outcome, StepState, StepView};
use crate::time::Timestamp;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::span;
use crate::tui::words::Words;

/// The state in words: `⟳ sending 00:03`, `! ok with warnings`.
pub fn state(step: &StepView, now: Timestamp, look: Look) -> Words {
    let (sign, tone, word) = parts(step);
    let words = Words::new(look).sign(tone, sign);
    // In ASCII the sign of success is its word.
    let words = if look.ascii && sign == Sign::Ok { words } else { words.gap(1).put(tone, word) };
    match (step.state, step.started_at) {
        (StepState::Sent | StepState::Waiting, Some(since)) => {
            words.gap(1).put(tone, span::short(now.seconds() - since.seconds()))
        }
        _ => words,
    }
}

/// Sign, tone and word.
pub fn parts(step: &StepView) -> (Sign, Tone, &'static str) {
    match step.state {
        StepState::Ready if step.stale => (Sign::Stale, Tone::Warn, "stale"),
        StepState::Ready => (Sign::Waits, Tone::Dim, "waits"),
        StepState::Drafting => (Sign::Busy, Tone::Busy, "building"),
        StepState::Armed => (Sign::Preview, Tone::Key, "preview"),
        StepState::Blocked => (Sign::Warn, Tone::Bad, "stopped"),
        StepState::Sent => (Sign::Busy, Tone::Busy, "sending"),
        StepState::Waiting => (Sign::Busy, Tone::Busy, "waiting"),
        StepState::Done if has_warnings(step) => (Sign::Warn, Tone::Warn, "ok with warnings"),
        StepState::Done => (Sign::Ok, Tone::Good, "ok"),
        StepState::Skipped => (Sign::Skipped, Tone::Dim, "skipped"),
        StepState::Failed => (Sign::Failed, Tone::Bad, "failed"),
        StepState::Cancelled => (Sign::Cancelled, Tone::Warn, "cancelled"),
    }
}

/// How it ended, in a few words: `failed 401 invalid_client  [edited: aud]`.
pub fn ended(step: &StepView) -> String {
    let (_, _, word) = parts(step);
    let status = status(step).map_or(String::new(), |s| format!(" {s}"));
    let error = step.error.as_ref().map_or(String::new(), |e| format!(" {}", e.id));
    let edits = if step.edits.is_empty() { String::new() } else { format!("  [edited: {}]", step.edits.to_words()) };
    crate::text::clean(&format!("{word}{status}{error}{edits}")).into_owned()
}

pub fn has_warnings(step: &StepView) -> bool {
    step.checks.iter().any(|c| matches!(c.outcome, Outcome::Warn | Outcome::Fail))
}

pub fn status(step: &StepView) -> Option<u16> {
    step.exchange.as_ref()?.response.as_ref().map(|r| r.status)
}

/// How long the step took of itself: what a person looked at is not counted.
pub fn duration(step: &StepView) -> Option<Duration> {
    if let Some(exchange) = &step.exchange {
        let total = exchange.phases.total();
        return Some(if total.is_zero() { between(exchange.started_at, exchange.ended_at) } else { total });
    }
    // Armed once means that a person stood before it.
    (step.request.is_none() || is_a_wait(step)).then(|| Some(between(step.started_at?, step.ended_at?)))?
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(to.millis_since(from)).unwrap_or(0))
}

/// Whether a person, not a machine, took the time.
pub const fn is_a_wait(step: &StepView) -> bool {
    step.ask.is_some() || step.authorize.is_some() || step.listen.is_some()
}
