//! Where anything may be sent.

use minijinja::value::ValueKind;

use super::State;
use crate::flow::template::EvalError;
use crate::time::Timestamp;

impl State {
    /// The profile's allow list; reads inputs only.
    pub fn hosts(&self, now: Timestamp) -> Result<Vec<String>, EvalError> {
        let inputs = self.profile_inputs(now);
        let scope = self.profile_scope(now, &inputs);
        let mut out = Vec::new();
        for host in &self.profile.hosts {
            // an entry may be a list of them
            match host.eval(&scope)? {
                several if several.kind() == ValueKind::Seq => {
                    out.extend(several.try_iter().into_iter().flatten().filter_map(|h| h.as_str().map(str::to_owned)));
                }
                _ => out.extend(host.eval_text(&scope)?),
            }
        }
        out.retain(|h| !h.is_empty());
        Ok(out)
    }
}
