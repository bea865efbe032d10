//! The chain of keys that a run went through: `entity key ✓ statement → our encryption key ✓ → key of the JWKS ✓ → claims`.

use crate::flow::view::{Artefact, OpenedBy, RunView};
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::words::Words;

/// Characters of a thumbprint that tell two keys apart at a glance.
const SHORT: usize = 6;

/// A key, and what it opened, in the order in which that happened.
pub struct Hop<'a> {
    pub by: &'a OpenedBy,
    pub opened: Vec<&'a str>,
}

/// The hops of a run; the same key twice in a row is one.
pub fn hops(view: &RunView) -> Vec<Hop<'_>> {
    let mut out: Vec<Hop<'_>> = Vec::new();
    // what lies inside is listed before what it was encrypted in
    let artefacts = view.steps.iter().flat_map(|step| step.artefacts.iter().rev());
    for (artefact, by) in artefacts.filter_map(|a: &Artefact| Some((a, a.opened_by.as_ref()?))) {
        match out.last_mut().filter(|last| last.by == by) {
            Some(last) => last.opened.push(&artefact.name),
            None => out.push(Hop { by, opened: vec![&artefact.name] }),
        }
    }
    out
}

/// One line; None: one key alone is no chain. Thumbprints go where there is no room for them.
pub fn lane(look: Look, view: &RunView, width: usize) -> Option<Words> {
    let hops = hops(view);
    if hops.len() < 2 {
        return None;
    }
    let whole = draw(look, &hops, true);
    Some(if whole.width() <= width { whole } else { draw(look, &hops, false) })
}

fn draw(look: Look, hops: &[Hop<'_>], thumbprints: bool) -> Words {
    let arrow = if look.ascii { " > " } else { " → " };
    let start = Words::new(look).gap(2);
    let chain = hops.iter().fold(start, |words, hop| {
        let words = words.plain(hop.by.whose.to_words());
        let words = match hop.by.key.as_ref().filter(|_| thumbprints) {
            Some(key) => words.gap(1).dim(key.thumbprint().chars().take(SHORT).collect::<String>()),
            None => words,
        };
        words.gap(1).sign(Tone::Good, Sign::Ok).dim(arrow)
    });
    chain.strong("claims")
}
