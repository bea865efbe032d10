//! What the shell says about an order: the words for it, what can be taken back, and what comes next.

use super::App;
use crate::flow::Event;
use crate::shell::{Gone, Kept, KeyDone, KeyOrder, Seat, Seated, StoreRows, misfit};
use crate::time::Timestamp;
use crate::tui::message::{Command, NoticeTone, Number, Problem};
use crate::tui::overlay::{Overlay, Report, Save};
use crate::tui::pane::keys::{Undo, Work};

impl App {
    pub(super) fn key_done(&mut self, number: Number, result: Result<KeyDone, Problem>, now: Timestamp) {
        if self.keys.work.as_ref().is_none_or(|w| w.number != number) {
            return;
        }
        let Some(work) = self.keys.work.take() else { return };
        match result {
            Ok(done) => self.done(work, done, now),
            Err(problem) => {
                let hint = problem.hint.map_or_else(String::new, |h| format!(" {h}"));
                self.say(NoticeTone::Bad, format!("{}.{hint}", problem.text), now);
                if let Some(mut form) = work.form {
                    form.about = format!("{}.{hint}", problem.text);
                    self.overlays.push(Overlay::Form(form));
                }
            }
        }
    }

    fn done(&mut self, work: Work, done: KeyDone, now: Timestamp) {
        match done {
            KeyDone::Unlocked { scheme } => {
                self.relist(None);
                self.say(NoticeTone::Good, "it is open, and locks itself after a time without use", now);
                self.keys.then_choose = work.then.map(|seat| (scheme, seat));
            }
            KeyDone::Opened => {
                self.relist(Some("file"));
                self.say(NoticeTone::Good, "it was opened; the next use asks again", now);
            }
            KeyDone::Kept(kept) => self.kept(work.then, *kept, now),
            KeyDone::Deleted { uri, gone } => {
                self.relist(uri.split(':').next());
                let text = match gone {
                    Gone::Binned { days } => format!("{uri} can be brought back for {days} days: u does"),
                    Gone::Scheduled { days } => {
                        format!("{uri} is scheduled to be deleted in {days} days: u cancels that")
                    }
                    Gone::ForGood => format!("{uri} is gone"),
                };
                if gone != Gone::ForGood {
                    self.keys.undo.push(Undo::Deletion { uri });
                }
                self.say(NoticeTone::Good, text, now);
            }
            KeyDone::Restored { uri } => {
                self.relist(uri.split(':').next());
                self.keys.expect(&uri);
                self.say(NoticeTone::Good, format!("{uri} is back"), now);
            }
            KeyDone::Csr { text } => {
                let name = self.keys.selected().map_or_else(|| "request".to_owned(), |k| k.label.clone());
                let title = "certificate request: w saves it, y copies it".to_owned();
                self.overlays.push(Overlay::Report(Report::new(
                    title,
                    "certificate request",
                    text,
                    Some(Save::Request(name)),
                )));
            }
            KeyDone::Saved { path } => self.say(NoticeTone::Good, format!("written to {path}"), now),
            KeyDone::Bound { seat, uri, seated } => self.bound(seat, uri, seated, &work.what, now),
        }
    }

    /// A store's rows; where it was opened for a role to choose from it, this is when it can.
    pub(super) fn store_answered(&mut self, rows: StoreRows, now: Timestamp) {
        let scheme = rows.scheme;
        self.keys.set(rows);
        if let Some((_, seat)) = self.keys.then_choose.take_if(|(store, _)| store == scheme)
            && self.missing_seat().as_ref() == Some(&seat)
        {
            self.choose_key(&seat, now);
        }
    }

    fn relist(&mut self, only: Option<&str>) {
        self.out.push(Command::ListKeys { only: only.map(str::to_owned) });
    }

    fn kept(&mut self, then: Option<Seat>, kept: Kept, now: Timestamp) {
        self.relist(kept.uri.split(':').next());
        self.keys.expect(&kept.uri);
        self.keys.put(kept.row);
        let with = match kept.certificates {
            0 => String::new(),
            1 => ", with its certificate".to_owned(),
            n => format!(", with {n} certificates"),
        };
        self.say(NoticeTone::Good, format!("{} is kept{with}", kept.uri), now);
        if let Some(seat) = then {
            let what = format!("binding {} to {}", kept.uri, seat.role);
            self.order(KeyOrder::Bind { seat, uri: Some(kept.uri) }, what, None, None, now);
        }
    }

    /// Why the bank would refuse the certificate of a key that a role has.
    fn misfit(&self, seat: &Seat, uri: &str, now: Timestamp) -> Option<String> {
        let (_, role) = self.seats().find(|(s, _)| s == seat)?;
        misfit(self.keys.all().find(|row| row.uri == uri)?, role, now)
    }

    fn bound(&mut self, seat: Seat, uri: Option<String>, seated: Seated, what: &str, now: Timestamp) {
        self.relist(None);
        let place = format!("{} / {} {}", seat.profile, seat.environment, seat.role);
        let how = if seated.kept { "written into the profile" } else { "for this session" };
        let Some(uri) = uri else {
            return self.say(NoticeTone::Good, format!("{place} has no key any more, {how}"), now);
        };
        if what.starts_with("taking back") {
            return self.say(NoticeTone::Good, format!("{place} has {uri} again, {how}"), now);
        }
        self.keys.undo.push(Undo::Binding { seat: seat.clone(), before: seated.before });
        let back = "u in pane 2 takes it back";
        match self.misfit(&seat, &uri, now) {
            None => self.say(NoticeTone::Good, format!("{place} has {uri}, {how}; {back}"), now),
            Some(why) => {
                // the reason first: a notice is one line
                let text = format!(
                    "{why}: not what {} wants of {}; {place} has {uri}, {how}; {back}",
                    seat.profile, seat.role
                );
                self.say(NoticeTone::Warn, text, now);
            }
        }
        // the step that lacked it goes on
        if self.missing_seat().as_ref() == Some(&seat)
            && let Some(run) = &self.run
        {
            self.out.push(Command::Rebind { run: run.number, role: seat.role.clone(), uri });
            self.tell(Event::Bind(seat.role), now);
        }
    }
}
