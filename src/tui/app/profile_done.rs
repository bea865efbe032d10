//! What the shell says about an order for a profile: the words for it, what can be taken back, and what comes next.

use super::App;
use crate::secret::Secret;
use crate::shell::{Incoming, ProfileChange, ProfileDone, ReadFor, SavedProfile, Sheet, Way};
use crate::text::shorten;
use crate::time::Timestamp;
use crate::tui::focus::PaneId;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, Editing, NoticeTone, Number, Problem};
use crate::tui::overlay::form::{Form, Purpose};
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Overlay, Question, Report, Save, Weighed};

/// As many complaints as a question or a form has room for.
fn few(lines: &[impl AsRef<str>]) -> String {
    const MOST: usize = 3;
    const COLUMNS: usize = 240;
    let mut told: Vec<String> = lines.iter().take(MOST).map(|l| shorten(l.as_ref(), COLUMNS).into_owned()).collect();
    if let more @ 1.. = lines.len().saturating_sub(MOST) {
        told.push(format!("and {more} more; countersign check FILE tells all of them"));
    }
    told.join("\n")
}

/// Columns of a profile's text, and of what a file would change.
const WIDE: u16 = 104;

impl App {
    pub(super) fn profile_done(&mut self, number: Number, result: Result<ProfileDone, Problem>, now: Timestamp) {
        let form = self.profiles.form.take_if(|(n, _)| *n == number).map(|(_, form)| form);
        self.profiles.turning.take_if(|n| *n == number);
        match result {
            Ok(done) => self.done_with_profile(done, now),
            Err(problem) => {
                let hint = problem.hint.unwrap_or_default();
                self.say(NoticeTone::Bad, format!("{}: {hint}", problem.text.replace('\n', "; ")), now);
                if let Some(mut form) = form {
                    let lines: Vec<&str> = problem.text.lines().collect();
                    form.about = format!("{}\n{hint}", few(&lines));
                    self.overlays.push(Overlay::Form(form));
                }
            }
        }
    }

    fn done_with_profile(&mut self, done: ProfileDone, now: Timestamp) {
        match done {
            ProfileDone::Saved(saved) => self.profile_saved(saved, now),
            ProfileDone::Sheet(sheet) => self.show_sheet(*sheet),
            ProfileDone::Text { of, why: ReadFor::Editor } => {
                let text = Secret::new(of.text());
                self.out.push(Command::Editor { what: Editing::Profile { of, refused: None }, text });
            }
            ProfileDone::Text { of, why: ReadFor::Export } => {
                let title = format!("{}.toml: w saves it, y copies it", of.id);
                let report = Report::new(title, "the profile's file", of.text().to_owned(), Some(Save::Profile(of.id)));
                self.overlays.push(Overlay::Report(Report { wide: WIDE, ..report }));
            }
            ProfileDone::Same => self.say(NoticeTone::Plain, "nothing was changed: it says that already", now),
            ProfileDone::Unwritten { of, text, why } => self.overlays.push(Overlay::Question(Question {
                title: format!("{} was not written", of.id),
                text: few(&why),
                asked: Asked::EditAgain { of, text },
                yes: "edit it again, as you left it",
                no: "drop what you wrote; the file stays as it is now",
            })),
            ProfileDone::Weighed(incoming) => self.show_weighed(*incoming, now),
            ProfileDone::Changed(change) => {
                self.profiles.expect(&change.id);
                let back = self.back_with(Action::Undo);
                self.say(NoticeTone::Good, format!("{}: done; {back} takes it back", change.what), now);
                self.changed_profile(change);
            }
            ProfileDone::Turned(change, way) => self.turned(change, way, now),
            ProfileDone::Overtaken { change, why, kept } => {
                self.profiles.drop_turn(&change);
                self.say(NoticeTone::Bad, format!("{}: nothing was done, {why}", change.what), now);
                // longer than a line has room for
                if let Some(path) = kept {
                    let text =
                        format!("{}\n{why}.\nWhat would have come back is kept in\n{}", change.what, path.display());
                    let report = Report::new("nothing was done", "where it is kept", text, None);
                    self.overlays.push(Overlay::Report(Report { wide: WIDE, ..report }));
                }
            }
            ProfileDone::Exported { path } => self.say(NoticeTone::Good, format!("written to {path}"), now),
        }
    }

    fn changed_profile(&mut self, change: ProfileChange) {
        self.profiles.undo.push(change);
        self.profiles.redo.clear();
    }

    /// The key and its place, as a person reads it.
    fn back_with(&self, action: Action) -> String {
        let key = self.keymap.short(action).unwrap_or_default();
        if self.focus == PaneId::Profiles { key } else { format!("{key} in pane 1") }
    }

    fn turned(&mut self, change: ProfileChange, way: Way, now: Timestamp) {
        self.profiles.expect(&change.id);
        self.profiles.drop_turn(&change);
        match way {
            Way::Back => {
                let again = self.back_with(Action::Redo);
                self.say(NoticeTone::Good, format!("taken back: {}; {again} does it again", change.what), now);
                self.profiles.redo.push(change);
            }
            Way::Again => {
                self.say(NoticeTone::Good, format!("done again: {}", change.what), now);
                self.profiles.undo.push(change);
            }
        }
    }

    fn profile_saved(&mut self, saved: SavedProfile, now: Timestamp) {
        let kept = if saved.kept.is_empty() { String::new() } else { format!(" with {}", saved.kept.join(", ")) };
        let left = if saved.left.is_empty() { String::new() } else { format!("; left out: {}", saved.left.join(", ")) };
        self.say(NoticeTone::Good, format!("saved as {}{kept}{left}", saved.id), now);
        self.changed_profile(saved.change);
    }

    fn show_sheet(&mut self, sheet: Sheet) {
        let left = match sheet.left.len() {
            0 => String::new(),
            _ => format!(" Not offered, for they are secret, personal or asked each time: {}.", sheet.left.join(", ")),
        };
        let about = format!(
            "Tab goes from field to field, Enter writes all of it into the file. An empty field is taken out of the \
             file: then the bank's own value holds.{left}"
        );
        let about = sheet.note.map_or(about.clone(), |note| format!("{note}\n{about}"));
        let title = format!("edit {}", sheet.of.id);
        let form = Form::new(Purpose::EditProfile(sheet.of), title, about, &sheet.fields);
        self.overlays.push(Overlay::Form(form));
    }

    fn show_weighed(&mut self, incoming: Incoming, now: Timestamp) {
        if incoming.is_same() {
            return self.say(NoticeTone::Plain, format!("{} is just what the file says", incoming.id), now);
        }
        let title = format!("import {}?  y takes it over, Esc leaves everything as it is", incoming.id);
        let report = Report::new(title, "what the file would change", incoming.report.clone(), None);
        self.overlays.push(Overlay::Report(Report {
            wide: WIDE,
            weighed: Some(Weighed::Profile(Box::new(incoming))),
            ..report
        }));
    }
}
