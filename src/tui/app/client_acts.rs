//! What a person does with registrations: look, read again, replace, give another certificate.

use serde_json::json;

use super::key_choices::entry;
use super::{App, KeyChoice};
use crate::inspect::moment;
use crate::secret::Secret;
use crate::shell::{ClientRow, KeyOrder, KeyRow, SUBJECT_DN, Seat, fits, outdated_subject, registered_subject};
use crate::time::Timestamp;
use crate::tui::filter;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Listing, Overlay, Question, Report};
use crate::tui::pane::profiles::Renewal;
use crate::x509::Passport;

impl App {
    pub(super) fn open_clients(&mut self) {
        self.overlays.push(Overlay::Clients(Listing::default()));
        self.out.push(Command::ListClients);
    }

    pub(super) fn clients_are_open(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Clients(_)))
    }

    /// Those in which the words of the list stand.
    pub fn clients_shown(&self, listing: &Listing) -> Vec<&ClientRow> {
        let text = |row: &ClientRow| {
            let keys: Vec<&str> = row.client.keys.iter().map(|k| k.reference.as_str()).collect();
            format!("{} {} {} {}", row.profile, row.environment, row.client.client_id, keys.join(" "))
        };
        self.clients.iter().filter(|row| filter::keeps(listing.words.text(), &text(row))).collect()
    }

    /// The one under the cursor.
    pub(super) fn chosen_client(&self) -> Option<&ClientRow> {
        match self.overlays.last() {
            Some(Overlay::Clients(list)) => self.clients_shown(list).into_iter().nth(list.cursor),
            _ => None,
        }
    }

    /// What is known now: the newest first, those that are gone last.
    pub(super) fn clients_listed(&mut self, mut rows: Vec<ClientRow>) {
        rows.sort_by_key(|row| (row.client.deleted.is_some(), std::cmp::Reverse(row.client.since)));
        self.clients = rows;
        if let Some(Overlay::Clients(list)) = self.overlays.last() {
            let last = self.clients_shown(list).len().saturating_sub(1);
            if let Some(list) = self.overlays.last_mut().and_then(Overlay::listing_mut) {
                list.cursor = list.cursor.min(last);
            }
        }
    }

    /// Whether the chosen one's profile has that flow of its life cycle.
    pub(super) fn can_with_client(&self, flow: &str) -> Result<(), &'static str> {
        let row = self.chosen_client().ok_or("no registration is known")?;
        if row.client.deleted.is_some() {
            return Err("it is deleted: flow register makes another");
        }
        let known = self.profiles.flow_of(&row.profile, &row.environment, flow);
        known.map(|_| ()).ok_or("its profile has no such flow, or is not here any more")
    }

    pub(super) fn act_on_clients(&mut self, action: Action, now: Timestamp) {
        let Some(Overlay::Clients(list)) = self.overlays.last() else { return };
        let rows = self.clients_shown(list).len();
        if self.act_on_listing(action, rows).is_some() {
            return;
        }
        let Some(row) = self.chosen_client().cloned() else { return };
        match self.can(action) {
            Ok(()) => self.act_on_client(action, &row, now),
            Err(why) => self.say(NoticeTone::Warn, why, now),
        }
    }

    fn act_on_client(&mut self, action: Action, row: &ClientRow, now: Timestamp) {
        match action {
            Action::Submit | Action::Copy => self.overlays.push(Overlay::Report(Report::new(
                format!("registration {}", row.client.client_id),
                "registration",
                format!("{}{}", row.in_words(now), row.answers_in_words()),
                None,
            ))),
            Action::ReadClient => self.start_with_client(row, "read", now),
            Action::UpdateClient => self.start_with_client(row, "update", now),
            Action::RenewCertificate => self.choose_certificate(row, now),
            _ => {}
        }
    }

    /// The profile's own flow does it, step by step like any other.
    fn start_with_client(&mut self, row: &ClientRow, flow: &str, now: Timestamp) {
        if let Some(choice) = self.profiles.flow_of(&row.profile, &row.environment, flow) {
            self.overlays.pop();
            self.start(choice, now);
        }
    }

    /// Every role that was registered with a certificate, and the keys with another one that could sit there.
    fn choose_certificate(&mut self, row: &ClientRow, now: Timestamp) {
        let mut entries = Vec::new();
        for held in row.client.keys.iter().filter(|k| k.certificate.is_some()) {
            let seat =
                Seat { profile: row.profile.clone(), environment: row.environment.clone(), role: held.role.clone() };
            let Some(role) = self.seats().find(|(s, _)| *s == seat).map(|(_, r)| r.clone()) else { continue };
            for key in self.keys.all().filter(|k| !k.is_store() && k.uri != held.reference) {
                let until =
                    leaf(key).map(|p| format!("until {}  {}", moment(p.not_after.seconds()), registered_subject(p)));
                let words = format!("{}: {}  {}", held.role, key.label, until.as_deref().unwrap_or(&key.store));
                let reason = match &until {
                    None => Some("it has no certificate that can be read: Enter in pane 2 opens it".to_owned()),
                    Some(_) => fits(key, &role, self.is_sandbox(&seat)).err(),
                };
                let does = KeyChoice::Renew { seat: seat.clone(), uri: key.uri.clone() };
                entries.push(entry(does, format!("{}-{}", held.role, key.uri), words, reason));
            }
        }
        if entries.is_empty() {
            let text = "there is no other key: pane 2 makes one (a), its request goes to the issuer (C), and the \
                        certificate beside it by: countersign keys certify REF FILE";
            return self.say(NoticeTone::Warn, text, now);
        }
        entries.sort_by_key(|e| e.reason.is_some());
        self.choose(format!("{}: which certificate is it to have?", row.client.client_id), entries);
    }

    /// Says what would change, and asks.
    pub(super) fn ask_to_renew(&mut self, seat: Seat, uri: String, now: Timestamp) {
        let Some(choice) = self.profiles.flow_of(&seat.profile, &seat.environment, "update") else { return };
        let held = self.chosen_client().and_then(|row| row.client.keys.iter().find(|k| k.role == seat.role));
        let before = held
            .and_then(|k| k.certificate.as_ref())
            .map_or_else(String::new, |c| format!("Now {} until {}\n", c.subject, moment(c.not_after)));
        let key = self.keys.all().find(|k| k.uri == uri);
        let Some(new) = key.and_then(leaf) else {
            return self.say(NoticeTone::Warn, "that key has no certificate that can be read", now);
        };
        let (subject, until) = (registered_subject(new), moment(new.not_after.seconds()));
        let record = self.chosen_client().and_then(ClientRow::record);
        let (changes, changed) = match outdated_subject(record, new) {
            Some(_) => (json!({ SUBJECT_DN: subject }), format!("{SUBJECT_DN} changes with it. ")),
            None => (json!({}), String::new()),
        };
        let text = format!(
            "{before}Then {subject} until {until}\n\n{changed}The registration is read and replaced, step by step; the new \
             key is used in that run, and for {} from its good end on.",
            seat.role
        );
        let choice = choice.with("changes", Secret::new(changes.to_string()));
        let choice = crate::tui::pane::profiles::Choice { renewal: Some(Renewal { seat, uri }), ..choice };
        self.overlays.push(Overlay::Question(Question {
            asked: Asked::Renew(choice),
            title: "register another certificate?".into(),
            text,
            yes: "start it",
            no: "leave it as it is",
        }));
    }

    /// The bank has the registration with it: the profile uses the key from now on.
    pub(super) fn renewed(&mut self, renewal: Renewal, now: Timestamp) {
        let what = format!("using {} for {}", renewal.uri, renewal.seat.role);
        self.order(KeyOrder::Bind { seat: renewal.seat, uri: Some(renewal.uri) }, what, None, None, now);
    }
}

fn leaf(key: &KeyRow) -> Option<&Passport> {
    key.card.as_ref().and_then(|card| card.leaf())
}
