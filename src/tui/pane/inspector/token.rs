//! Which tokens a step has: the JWTs it made or opened, and what came back as one.

use crate::flow::view::{Artefact, StepView};
use crate::secret::Class;
use crate::tui::app::App;
use crate::tui::item::looks_like_token;

/// A token of a run, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRef {
    Artefact(usize),
    Output(usize),
}

/// The tokens of a step: those that came back first, then those it made or opened.
pub fn tokens(step: &StepView) -> Vec<TokenRef> {
    let made = (0..step.artefacts.len()).map(TokenRef::Artefact);
    let came = step.outputs.iter().enumerate().filter(|(_, o)| {
        let new = !step.artefacts.iter().any(|a| a.token == o.value);
        let is_token = looks_like_token(&o.value) || o.class == Class::Secret && o.name.ends_with("token");
        new && is_token && !o.value.is_empty()
    });
    came.map(|(i, _)| TokenRef::Output(i)).chain(made).collect()
}

/// What the inspector shows now.
pub struct Shown<'a> {
    pub name: &'a str,
    pub text: &'a str,
    /// Position among how many.
    pub place: (usize, usize),
    pub artefact: Option<&'a Artefact>,
    /// The step it is of, and its position in the run.
    pub step: Option<(usize, &'a StepView)>,
}

impl App {
    /// The pasted text, else the chosen token of the chosen step, else of the nearest step before it that has one.
    pub fn shown_token(&self) -> Option<Shown<'_>> {
        if let Some(text) = &self.inspector.pasted {
            let parts = self.inspector.whole.as_ref().map(|w| w.parts.as_slice()).unwrap_or_default();
            let at = self.inspector.index.min(parts.len().saturating_sub(1));
            let (name, text) = parts.get(at).map_or(("pasted", text), |p| (&p.name, &p.text));
            let (text, place) = (text.expose(), (at, parts.len().max(1)));
            return Some(Shown { name, text, place, artefact: None, step: None });
        }
        let view = self.view()?;
        let (selected, _) = self.selected_step()?;
        let (index, step, tokens) =
            (0..=selected).rev().map(|i| (i, &view.steps[i], tokens(&view.steps[i]))).find(|(.., t)| !t.is_empty())?;
        let at = self.inspector.index.min(tokens.len() - 1);
        let place = (at, tokens.len());
        let step_place = Some((index, step));
        Some(match tokens[at] {
            TokenRef::Artefact(i) => {
                let a = &step.artefacts[i];
                Shown { name: &a.name, text: &a.token, place, artefact: Some(a), step: step_place }
            }
            TokenRef::Output(i) => {
                let o = &step.outputs[i];
                Shown { name: &o.name, text: &o.value, place, artefact: None, step: step_place }
            }
        })
    }
}
