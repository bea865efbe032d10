//! What a token is bound to, and whether what it is bound to is at hand.

use super::App;
use crate::jose::Bound;
use crate::shell::KeyRow;
use crate::tui::look::Tone;

impl App {
    /// One line for each thing that it is bound to. `token_type`: as the bank said it, where that is known.
    pub fn binding(&self, bound: &[Bound], token_type: Option<&str>) -> Vec<(Tone, String)> {
        let is_dpop = token_type.is_some_and(|t| t.eq_ignore_ascii_case("dpop"));
        match bound {
            [] if is_dpop => {
                vec![(Tone::Plain, "a key for proofs: token_type is DPoP, and the token does not show which".into())]
            }
            [] => vec![(
                Tone::Plain,
                "nothing that the token shows; what an opaque one is bound to, the bank alone knows".into(),
            )],
            some => some.iter().map(|b| self.holder(b)).collect(),
        }
    }

    fn holder(&self, bound: &Bound) -> (Tone, String) {
        let (what, print) = match bound {
            Bound::Certificate(x5t) => ("the certificate x5t#S256", x5t),
            Bound::ProofKey(jkt) => ("the key for proofs jkt", jkt),
        };
        let holds = |row: &&KeyRow| match bound {
            Bound::Certificate(x5t) => row.card.as_ref().and_then(|c| c.leaf()).is_some_and(|p| p.x5t_s256() == *x5t),
            Bound::ProofKey(jkt) => row.thumbprint == *jkt,
        };
        match self.keys.all().filter(|r| !r.is_store()).find(holds) {
            Some(row) => (Tone::Good, format!("{what} {print}: {} in {}, at hand", row.label, row.store)),
            None => (Tone::Warn, format!("{what} {print}: not among the keys that pane 2 shows")),
        }
    }
}
