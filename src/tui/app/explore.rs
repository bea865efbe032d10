//! A step changed and done again, a change taken back or made once more, a rule broken on purpose.

use serde_json::Value;

use super::App;
use super::compare::NOTHING;
use crate::flow::Event;
use crate::flow::edit::{Edit, Edits, Place, Standing, document, places};
use crate::flow::trial::offers;
use crate::flow::view::{AskField, RunStatus, StepView};
use crate::redact::Redactor;
use crate::secret::{Class, Secret};
use crate::time::Timestamp;
use crate::tui::focus::PaneId;
use crate::tui::item::Item;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, Editing, NoticeTone};
use crate::tui::overlay::choice::{Does, Entry};
use crate::tui::overlay::form::{Form, Purpose};
use crate::tui::overlay::{Choice, Overlay};

/// What an entry of these lists does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exploration {
    Change(Place),
    /// A place that is typed.
    Add,
    /// By its id.
    Try(&'static str),
    /// With an attempt before, by position.
    CompareAttempt(usize),
    /// With the same step of that line.
    CompareBranch(u32),
    /// Two runs by their ids; None: the one on the screen.
    CompareRuns {
        left: String,
        right: Option<String>,
    },
}

impl App {
    pub(super) fn can_explore(&self, action: Action) -> Result<(), &'static str> {
        let Some((view, (_, step))) = self.view().zip(self.selected_step()) else { return Err(self.no_run()) };
        let still = self.stands_still();
        match action {
            Action::Edit | Action::Editor => still.and(match places(step).is_empty() {
                true => Err("nothing was built here that can be changed: Enter builds it"),
                false => Ok(()),
            }),
            Action::Undo if step.edits.is_empty() => Err("nothing was changed here"),
            Action::Redo if step.edits.next().is_none() => Err("nothing was taken back here"),
            Action::Undo | Action::Redo => still,
            Action::Try if view.production && !view.sandbox => Err("in production no rule is broken on purpose"),
            Action::Try => still.and(match offers(step, 0).is_empty() {
                true => Err("nothing was built here whose rules could be broken: Enter builds it"),
                false => Ok(()),
            }),
            // else kept runs may be there
            Action::Compare if self.settings.demo && self.comparable().is_empty() => Err(NOTHING),
            Action::Branches => match view.branches.len() {
                0 | 1 => Err("one line so far: e or B on an earlier step begins another"),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Nothing is under way.
    pub(super) fn stands_still(&self) -> Result<(), &'static str> {
        match self.view().map(|v| v.status) {
            Some(RunStatus::Busy) => Err("a step is under way: Esc cancels it"),
            Some(RunStatus::Waiting) => Err("it waits for an answer: Esc stops waiting"),
            _ => Ok(()),
        }
    }

    pub(super) fn act_exploring(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::Edit => match self.place_here() {
                Some(place) => self.change(place),
                None => self.choose_place(),
            },
            Action::Editor => {
                if let Some((index, step)) = self.selected_step() {
                    let text = document::write(step, self.redactor());
                    self.out.push(Command::Editor { what: Editing::Step(index), text: Secret::new(text) });
                }
            }
            Action::Undo => {
                let Some((index, step)) = self.selected_step() else { return };
                // a broken rule is taken back whole
                let edits = kept(step).undone();
                let said = match edits.next() {
                    Some(edit) => format!("taken back: {} (U makes the change again)", edit.place.short()),
                    None => format!("taken back: {}", step.edits.to_words()),
                };
                self.resend(index, edits, &said, now);
            }
            Action::Redo => {
                let Some((index, step)) = self.selected_step() else { return };
                let edits = step.edits.clone().redone();
                let what = edits.last().map_or_else(String::new, |e| e.place.short());
                self.resend(index, edits, &format!("changed again: {what}"), now);
            }
            Action::Try => self.choose_trial(now),
            Action::Compare => self.choose_comparison(),
            Action::Branches => self.open_lines(),
            _ => {}
        }
    }

    pub(super) fn explore(&mut self, what: Exploration, now: Timestamp) {
        match what {
            Exploration::Change(place) => self.change(place),
            Exploration::Add => {
                let Some((index, _)) = self.selected_step() else { return };
                let place = AskField::public(
                    "place",
                    "place",
                    "form.NAME  header.NAME  query.NAME  json/NAME  TOKEN.claims/NAME  TOKEN.header/NAME",
                );
                let purpose = Purpose::Change { index, place: None };
                self.overlays.push(Overlay::Form(Form::new(purpose, "add something", "", &[place, value_field(None)])));
            }
            Exploration::Try(id) => {
                let Some((index, step)) = self.selected_step() else { return };
                let Some(offer) = offers(step, now.seconds()).into_iter().find(|o| o.trial.id == id) else { return };
                self.flow.follow = true;
                let trial = Some(Box::new(offer.trial));
                self.tell(Event::Edit { index, edits: offer.edits, trial }, now);
            }
            Exploration::CompareAttempt(at) => self.compare_attempt(at),
            Exploration::CompareBranch(number) => {
                let step = self.selected_step().map(|(index, _)| index);
                self.compare_line(number, step);
            }
            Exploration::CompareRuns { left, right } => self.compare_runs(left, right),
        }
    }

    /// The place of what the cursor stands on.
    fn place_here(&self) -> Option<Place> {
        let item = self.item_here()?;
        let (_, step) = self.selected_step()?;
        let request = step.request.as_ref();
        let place = match item {
            Item::Url => Place::Url,
            Item::RequestHeader(i) => Place::Header(request?.headers.get(i)?.name.clone()),
            Item::RequestField(i) => {
                let name = &request?.fields.get(i)?.name;
                let form = Place::Form(name.clone());
                if places(step).iter().any(|s| s.place == form) { form } else { Place::member(name) }
            }
            Item::Claim(0, at, _) | Item::Header(0, at, _) if self.focus == PaneId::Inspector => {
                let artefact = self.shown_token()?.artefact?;
                let (part, members) = match item {
                    Item::Claim(..) => (crate::flow::edit::Part::Claims, &artefact.claims),
                    _ => (crate::flow::edit::Part::Header, &artefact.header),
                };
                Place::of_token(&artefact.name, part, members.as_object()?.keys().nth(at)?)
            }
            _ => return None,
        };
        places(step).into_iter().map(|s| s.place).find(|p| *p == place)
    }

    fn choose_place(&mut self) {
        let Some((_, step)) = self.selected_step() else { return };
        let redactor = self.redactor();
        let entry = |standing: Standing| {
            let edited = if step.edits.touches(&standing.place) { "  [edited]" } else { "" };
            let words = format!("{} = {}{edited}", standing.place, shown(redactor, &standing));
            explores(Exploration::Change(standing.place.clone()), standing.place.to_string(), words)
        };
        let mut entries: Vec<Entry> = places(step).into_iter().map(entry).collect();
        let add = "add a parameter, a header, a claim".to_owned();
        entries.push(explores(Exploration::Add, "add".into(), add));
        let title = format!("change what of {}?", step.title);
        self.overlays.push(Overlay::Choice(Choice::new(title, self.focus, entries)));
    }

    fn change(&mut self, place: Place) {
        let Some((index, step)) = self.selected_step() else { return };
        let Some(standing) = places(step).into_iter().find(|s| s.place == place) else { return };
        let title = format!("change {}", crate::text::clean(&place.to_string()));
        let purpose = Purpose::Change { index, place: Some(place) };
        let form = Form::new(purpose, title, "", &[value_field(Some((&standing, self.redactor()))), keep_field()]);
        self.overlays.push(Overlay::Form(form));
    }

    /// What was typed: makes the step anew with it.
    pub(super) fn changed_to(&mut self, index: usize, place: Option<Place>, form: Form, now: Timestamp) {
        let again = |app: &mut Self, form: Form, why: String| {
            app.say(NoticeTone::Warn, why, now);
            app.overlays.push(Overlay::Form(form));
        };
        let answers = form.answers();
        let text = |name: &str| answers.get(name).map_or("", Secret::expose);
        let place = match place.map_or_else(|| text("place").trim().parse(), Ok) {
            Ok(place) => place,
            Err(why) => return again(self, form, why),
        };
        let Some(step) = self.view().and_then(|v| v.steps.get(index)) else { return };
        let before = places(step).into_iter().find(|s| s.place == place);
        let edit = if text("keep") == GONE {
            Ok(Edit::remove(place))
        } else {
            Edit::typed(place, before.as_ref().map(|s| &s.value), text("value"), now.seconds())
        };
        match edit {
            Ok(edit) => {
                let edits = kept(step).with(edit);
                let said = format!("changed: {}", edits.to_words());
                self.resend(index, edits, &said, now);
            }
            Err(why) => again(self, form, why),
        }
    }

    /// What came back from the editor.
    pub(super) fn edited_step(&mut self, index: usize, result: Result<Option<String>, String>, now: Timestamp) {
        let Some(step) = self.view().and_then(|v| v.steps.get(index)) else { return };
        match result.and_then(|text| text.map_or(Ok(Vec::new()), |text| document::read(step, self.redactor(), &text))) {
            Err(why) => self.say(NoticeTone::Bad, format!("nothing was changed: {why}"), now),
            Ok(changes) if changes.is_empty() => self.say(NoticeTone::Plain, "nothing was changed", now),
            Ok(changes) => {
                let edits = changes.into_iter().fold(kept(step), Edits::with);
                let said = format!("changed: {}", edits.to_words());
                self.resend(index, edits, &said, now);
            }
        }
    }

    fn resend(&mut self, index: usize, edits: Edits, said: &str, now: Timestamp) {
        let lines = |app: &Self| app.view().map_or(0, |v| v.branches.len());
        let before = lines(self);
        self.flow.follow = true;
        self.set_straight(false);
        self.tell(Event::Edit { index, edits, trial: None }, now);
        let text = if lines(self) == before {
            said.to_owned()
        } else {
            format!("{said}; a new line of the run begins here, O goes back to the other")
        };
        self.say(NoticeTone::Plain, text, now);
    }

    fn choose_trial(&mut self, now: Timestamp) {
        let Some((_, step)) = self.selected_step() else { return };
        let entries = offers(step, now.seconds()).into_iter().map(|offer| {
            let trial = offer.trial;
            let expected = if trial.refused_with.is_empty() { "a refusal" } else { trial.refused_with[0] };
            let words = format!("{}: {expected} expected  ({})", trial.say, trial.reference);
            explores(Exploration::Try(trial.id), trial.id.to_owned(), words)
        });
        let entries = entries.collect();
        self.overlays.push(Overlay::Choice(Choice::new("break which rule?", self.focus, entries)));
    }

    /// Whether the rule that was broken was noticed, as soon as it is known.
    pub(super) fn tell_trial(&mut self, before: usize, now: Timestamp) {
        let Some(view) = self.view() else { return };
        let Some(check) = judged(&view.steps).nth(before) else { return };
        let tone = match check.outcome {
            crate::flow::view::Outcome::Pass => NoticeTone::Good,
            _ => NoticeTone::Warn,
        };
        let text = format!("{}: {}", check.say, check.found);
        self.say(tone, text, now);
    }

    pub(super) fn trials_judged(&self) -> usize {
        self.view().map_or(0, |v| judged(&v.steps).count())
    }
}

fn judged(steps: &[StepView]) -> impl Iterator<Item = &crate::flow::view::CheckView> {
    steps.iter().flat_map(|s| &s.checks).filter(|c| c.id.starts_with("TRIAL-"))
}

/// What goes on into the next attempt: a rule is broken once.
fn kept(step: &StepView) -> Edits {
    if step.trial { Edits::default() } else { step.edits.clone() }
}

pub(super) fn explores(what: Exploration, id: String, words: String) -> Entry {
    Entry { does: Does::Explore(what), keys: String::new(), id, words, reason: None }
}

fn shown(redactor: &Redactor, standing: &Standing) -> String {
    let text = as_typed(&standing.value);
    let masked = match standing.class_in(redactor) {
        Class::Public => redactor.mask_text(&text),
        class => redactor.mask_value(&text, class),
    };
    crate::text::clean(&masked).chars().take(200).collect()
}

fn as_typed(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn value_field(standing: Option<(&Standing, &Redactor)>) -> AskField {
    let help = "a text stays a text; = in front: JSON (=12, =null, =[\"a\"]); now, now+300, now-60: a time";
    AskField {
        default: standing.map(|(s, _)| as_typed(&s.value)),
        class: standing.map_or(Class::Public, |(s, redactor)| s.class_in(redactor)),
        ..AskField::public("value", "value", help)
    }
}

const SENT: &str = "is sent";
const GONE: &str = "is left out";

fn keep_field() -> AskField {
    AskField {
        default: Some(SENT.into()),
        options: vec![SENT.into(), GONE.into()],
        ..AskField::public("keep", "it", "")
    }
}
