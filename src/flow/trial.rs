//! A rule broken on purpose, to see that the other side keeps it.

mod offers;

pub use offers::{Offer, offers};

use super::run::Run;
use super::view::{CheckView, ErrorSource, Level, Outcome, StepError};

/// One broken rule, and what should come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// `assertion-expired`.
    pub id: &'static str,
    /// What is wrong with what is sent: `an expired client assertion`.
    pub say: &'static str,
    /// Error codes that a refusal for this reason has; none: any.
    pub refused_with: &'static [&'static str],
    /// The clause that is broken.
    pub reference: &'static str,
}

impl Run {
    /// The step ended: says whether the broken rule was noticed. None: it was taken.
    pub(super) fn judge_trial(&mut self, error: Option<&StepError>) {
        // a token that was only made was not judged by anybody
        if error.is_none() && !matches!(self.step().verb, "http" | "authorize") {
            return;
        }
        let Some(trial) = self.trial.take() else { return };
        let (outcome, found) = match error {
            None => (Outcome::Fail, "taken: whoever should refuse it did not".to_owned()),
            Some(e) if !matches!(e.source, ErrorSource::Bank | ErrorSource::Network) => return,
            Some(e) if trial.refused_with.is_empty() || trial.refused_with.contains(&e.id.as_str()) => {
                (Outcome::Pass, format!("refused: {}", e.id))
            }
            Some(e) => (Outcome::Warn, format!("refused, with another reason: {}", e.id)),
        };
        let step = self.step();
        step.checks.push(CheckView {
            id: format!("TRIAL-{}", trial.id),
            on: step.id.clone(),
            level: Level::Info,
            outcome,
            say: format!("{} is refused", trial.say),
            expected: if trial.refused_with.is_empty() { "a refusal".into() } else { trial.refused_with.join(" or ") },
            found,
            reference: trial.reference.to_owned(),
        });
    }
}
