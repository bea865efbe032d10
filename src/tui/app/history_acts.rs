//! What a person does with kept runs: look, search, take a report along, run again, delete.

use super::App;
use crate::flow::view::AskField;
use crate::history::{Account, markdown, masked_values};
use crate::secret::{Class, Secret};
use crate::shell::{Again, Beside, HistoryDone, HistoryOrder, ReportForm};
use crate::store::history::KeptRun;
use crate::time::Timestamp;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, NoticeTone, Problem};
use crate::tui::overlay::choice::{Does, Entry};
use crate::tui::overlay::form::Purpose;
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Choice, Form, Listed, Listing, Overlay, Question, Report, Save, Weighed};

/// Columns of a report: what banks send is wide.
const WIDE: u16 = 112;

impl App {
    pub(super) fn open_history(&mut self) {
        self.overlays.push(Overlay::History(Listing::default()));
        self.search_history();
    }

    pub(super) fn history_is_open(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::History(_)))
    }

    fn history_list(&mut self) -> Option<&mut Listing> {
        match self.overlays.last_mut() {
            Some(Overlay::History(list)) => Some(list),
            _ => None,
        }
    }

    /// The one under the cursor.
    pub(super) fn chosen_run(&self) -> Option<&KeptRun> {
        match self.overlays.last() {
            Some(Overlay::History(list)) => self.kept.get(list.cursor),
            _ => None,
        }
    }

    pub(super) fn search_history(&mut self) {
        let words = self.history_list().map_or_else(String::new, |list| list.words.text().to_owned());
        self.out.push(Command::ListHistory { words });
    }

    /// An answer to words that are not searched for any more falls through.
    pub(super) fn history_listed(&mut self, words: &str, runs: Vec<KeptRun>) {
        let last = runs.len().saturating_sub(1);
        let wanted = self.overlays.iter_mut().rev().find_map(|o| match o {
            Overlay::History(list) => Some(list),
            _ => None,
        });
        if let Some(list) = wanted.filter(|list| list.words.text() == words) {
            list.cursor = list.cursor.min(last);
            self.kept = runs;
        }
    }

    pub(super) fn act_on_history(&mut self, action: Action, now: Timestamp) {
        match self.act_on_listing(action, self.kept.len()) {
            Some(Listed::Sought) => return self.search_history(),
            Some(_) => return,
            None => {}
        }
        match action {
            Action::ImportRun => match self.can(action) {
                Ok(()) => self.overlays.push(Overlay::Form(Form::import_run())),
                Err(why) => self.say(NoticeTone::Warn, why, now),
            },
            _ => {
                let Some(run) = self.chosen_run().cloned() else { return };
                match self.can(action) {
                    Ok(()) => self.act_on_run(action, run),
                    Err(why) => self.say(NoticeTone::Warn, why, now),
                }
            }
        }
    }

    fn act_on_run(&mut self, action: Action, run: KeptRun) {
        if action == Action::Compare {
            return self.out.push(Command::History(HistoryOrder::Comparable { with: run }));
        }
        let id = run.id;
        match action {
            Action::Submit => self.out.push(Command::History(HistoryOrder::Show { id })),
            Action::Copy => self.out.push(Command::History(HistoryOrder::Report { id })),
            Action::RunAgain => self.out.push(Command::History(HistoryOrder::Again { id })),
            Action::DeleteRun => self.overlays.push(Overlay::Question(Question {
                title: format!("delete {id}?"),
                text: format!("{} of {}. It does not come back; nothing changes at the bank.", run.title, run.profile),
                asked: Asked::DeleteRun { id },
                yes: "delete it",
                no: "keep it",
            })),
            _ => {}
        }
    }

    pub(super) fn history_done(&mut self, result: Result<HistoryDone, Problem>, now: Timestamp) {
        match result {
            Ok(HistoryDone::Shown { id, text }) => self.overlays.push(Overlay::Report(Report {
                wide: WIDE,
                ..Report::new(format!("run {id}"), "the run in words (masked)", text, None)
            })),
            Ok(HistoryDone::Reported { id, text }) => self.show_report(&id, text, Beside::Kept(id.clone())),
            Ok(HistoryDone::Again(again)) if again.imported => self.ask_to_run(again),
            Ok(HistoryDone::Again(again)) => self.run_again(*again, now),
            Ok(HistoryDone::Comparable { with, runs }) => self.offer_runs(&with, runs, now),
            Ok(HistoryDone::Compared { text }) => self.overlays.push(Overlay::Report(Report {
                wide: WIDE,
                ..Report::new("two runs, by meaning", "comparison", text, None)
            })),
            Ok(HistoryDone::Imported { id, text }) => {
                self.say(NoticeTone::Good, format!("kept as {id}: {text}"), now);
                if matches!(self.overlays.last(), Some(Overlay::Form(form)) if matches!(form.purpose, Purpose::ImportRun))
                {
                    self.overlays.pop();
                }
                if let Some(list) = self.history_list() {
                    *list = Listing::default();
                    self.search_history();
                }
            }
            Ok(HistoryDone::Deleted { id }) => {
                self.say(NoticeTone::Good, format!("{id} is deleted"), now);
                self.search_history();
            }
            Ok(HistoryDone::Written { path }) => self.say(NoticeTone::Good, format!("written to {path}"), now),
            Err(problem) => {
                let hint = problem.hint.map_or_else(String::new, |h| format!(": {h}"));
                self.say(NoticeTone::Bad, format!("{}{hint}", problem.text), now);
            }
        }
    }

    /// The run on the screen, as a bank's support may have it.
    pub(super) fn preview_report(&mut self, now: Timestamp) {
        let Some(run) = &self.run else {
            return self.say(NoticeTone::Plain, self.no_run(), now);
        };
        let (events, id) = (run.engine.told(), run.engine.view().id.clone());
        let text = markdown(&Account::new(&events, 0));
        self.show_report(&id, text, Beside::Told(events));
    }

    /// Shown before it is taken along, with how much of it is masked.
    fn show_report(&mut self, id: &str, text: String, run: Beside) {
        let masked = masked_values(&text);
        self.overlays.push(Overlay::Report(Report {
            wide: WIDE,
            ..Report::new(
                format!("report for the bank: {masked} values masked"),
                "the report (masked)",
                text,
                Some(Save::Report { name: format!("run-{id}"), run }),
            )
        }));
    }

    /// In which form it is to be written.
    pub(super) fn choose_form(&mut self, name: &str, run: &Beside) {
        let forms = [
            (ReportForm::Markdown, "markdown", "Markdown: what is shown here, for a ticket"),
            (
                ReportForm::Json,
                "json",
                "JSON: every event; a colleague's countersign takes it over (i in the list of runs)",
            ),
            (ReportForm::Har, "har", "HAR 1.2: the exchanges, for a browser's tools"),
        ];
        let entries = forms.map(|(form, id, words)| Entry {
            does: Does::WriteRun(HistoryOrder::Write { name: name.to_owned(), run: run.clone(), form }),
            keys: String::new(),
            id: id.to_owned(),
            words: words.to_owned(),
            reason: None,
        });
        let title = "write it as; all of it is masked";
        self.overlays.push(Overlay::Choice(Choice::new(title, self.focus, entries.to_vec())));
    }

    /// The path that was typed.
    pub(super) fn import_run(&mut self, form: Form, now: Timestamp) {
        let file = form.public_text("file");
        // it stays until the run is kept: a path may be mistyped
        self.overlays.push(Overlay::Form(form));
        match file.is_empty() {
            true => self.say(NoticeTone::Warn, "the path of the file is missing", now),
            false => self.out.push(Command::History(HistoryOrder::Import { file })),
        }
    }

    /// What somebody else's file names is not used unseen.
    fn ask_to_run(&mut self, again: Box<Again>) {
        let title = "run it with what somebody else wrote?  y runs it, Esc leaves it";
        let report = Report::new(title, "what it is run with", again.to_words(), None);
        self.overlays.push(Overlay::Report(Report { wide: WIDE, weighed: Some(Weighed::Run(again)), ..report }));
    }

    /// Starts the same flow with the same inputs; what was not kept is asked for.
    pub(super) fn run_again(&mut self, again: Again, now: Timestamp) {
        let Some(mut choice) = self.profiles.flow_of(&again.profile, &again.environment, &again.flow) else {
            let text = format!("{} has no flow {} in {} any more", again.profile, again.flow, again.environment);
            return self.say(NoticeTone::Warn, text, now);
        };
        for (name, value) in again.inputs {
            choice = choice.with(&name, Secret::new(value));
        }
        self.overlays.clear();
        if again.withheld.is_empty() {
            return self.start(choice, now);
        }
        if self.in_flight() {
            return self.say(NoticeTone::Warn, "a flow is under way: Esc cancels it, then run it again", now);
        }
        let secret = |name: &String| AskField {
            class: Class::Secret,
            ..AskField::public(name, name, "it was given then, and is not kept")
        };
        let fields: Vec<AskField> = again.withheld.iter().map(secret).collect();
        let title = format!("{}: once more", choice.title);
        let form = Form::new(Purpose::Inputs(choice), title, "What was secret is not in the history.", &fields);
        self.overlays.push(Overlay::Form(form));
    }
}
