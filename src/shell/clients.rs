//! Registrations as a person reads them, in one way for the screen and the command line.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::session::Session;
use crate::inspect::{about, moment};
use crate::store::StoreError;
use crate::store::ledger::{Change, Client, End, Page, drift};
use crate::text::clean;
use crate::time::Timestamp;
use crate::x509::{DnForm, OrganizationForm, Passport};

/// Where a profile does not say how long a statement without an end of its own is taken.
const STATEMENT_DAYS: i64 = 60;
/// From then on an end is worth a mark (TLS-08).
const SOON_DAYS: i64 = 60;
/// The registered name of the certificate (RFC 8705 §2.1.2).
pub const SUBJECT_DN: &str = "tls_client_auth_subject_dn";

/// One registration, with what follows from it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRow {
    pub profile: String,
    pub environment: String,
    pub client: Client,
    /// What of it ends when, the soonest first.
    pub ends: Vec<End>,
}

impl ClientRow {
    /// What the bank's last answer has that the one before had not.
    pub fn drift(&self) -> Vec<Change> {
        match self.client.answers.as_slice() {
            [.., before, now] => drift(&before.record, &now.record),
            _ => Vec::new(),
        }
    }

    /// What of it ended, or ends soon.
    pub fn urgent(&self, now: Timestamp) -> Option<&End> {
        self.ends.first().filter(|end| is_soon(end, now))
    }

    /// What the bank has registered now, as far as is known.
    pub fn record(&self) -> Option<&Map<String, Json>> {
        self.client.answers.last().map(|answer| &answer.record)
    }

    /// The whole of it in lines: dates, keys, ends, and each answer of the bank as a difference to the one before.
    pub fn in_words(&self, now: Timestamp) -> String {
        let client = &self.client;
        let mut out = String::new();
        let _ = writeln!(out, "{}/{}  {}", clean(&self.profile), clean(&self.environment), clean(&client.client_id));
        let _ = writeln!(out, "    since      {}", moment(client.since));
        if let Some(at) = client.deleted {
            let _ = writeln!(out, "    deleted    {}", moment(at));
            return out;
        }
        if let Some(uri) = &client.registration_client_uri {
            let _ = writeln!(out, "    managed at {}", clean(uri));
        }
        if let Some(jti) = client.statement.as_ref().and_then(|s| s.jti.as_ref()) {
            let _ = writeln!(out, "    statement  jti {}", clean(jti));
        }
        for key in &client.keys {
            let (role, reference, thumbprint) = (clean(&key.role), clean(&key.reference), clean(&key.thumbprint));
            let _ = writeln!(out, "    key        {role} = {reference}, thumbprint {thumbprint}");
        }
        for end in &self.ends {
            let mark = if is_soon(end, now) { "!" } else { " " };
            let _ = writeln!(out, "  {mark} {}", end_in_words(end, now));
            let _ = writeln!(out, "               then {}", end.breaks);
        }
        out
    }

    /// Every answer of the bank: the first whole, then what changed.
    pub fn answers_in_words(&self) -> String {
        let mut out = String::new();
        let answers = &self.client.answers;
        for (index, answer) in answers.iter().enumerate() {
            let _ = writeln!(out, "    answer     {}", moment(answer.at));
            match index.checked_sub(1).and_then(|before| answers.get(before)) {
                None => answer.record.iter().for_each(|(name, value)| {
                    let _ = writeln!(out, "      {}: {}", clean(name), plain(value));
                }),
                Some(before) => drift(&before.record, &answer.record).iter().for_each(|change| {
                    let _ = writeln!(out, "      {}", change_in_words(change));
                }),
            }
        }
        out
    }
}

impl Session {
    /// Every registration that is known, and what could not be read.
    pub fn client_rows(&self) -> (Vec<ClientRow>, Vec<StoreError>) {
        let (pages, problems) = self.ledger.pages();
        (pages.into_iter().flat_map(|page| self.rows_of(page)).collect(), problems)
    }

    /// The registrations of one page.
    pub fn rows_of(&self, page: Page) -> Vec<ClientRow> {
        let days = self.statement_days(&page.profile);
        let Page { profile, environment, clients, .. } = page;
        let row = |client: Client| ClientRow {
            profile: profile.clone(),
            environment: environment.clone(),
            ends: client.ends(days),
            client,
        };
        clients.into_iter().map(row).collect()
    }

    fn statement_days(&self, profile: &str) -> i64 {
        let given = self.library.load(profile).ok().and_then(|loaded| {
            let value = loaded.profile.values.iter().find(|(name, _)| name == "ssa_max_days");
            value.and_then(|(_, v)| v.as_i64())
        });
        given.unwrap_or(STATEMENT_DAYS)
    }
}

fn is_soon(end: &End, now: Timestamp) -> bool {
    end.at - now.seconds() < SOON_DAYS * 86_400
}

/// `ends 2027-01-31  transport certificate (CN=…) (in 63 days)`
pub fn end_in_words(end: &End, now: Timestamp) -> String {
    let at = Timestamp::from_seconds(end.at);
    let verb = if at > now { "ends" } else { "ended" };
    let day = moment(end.at);
    format!("{verb} {}  {} ({})", &day[..10.min(day.len())], clean(&end.what), about(now, at))
}

/// `scope: openid accounts → openid`
pub fn change_in_words(change: &Change) -> String {
    let name = clean(&change.member);
    match (&change.before, &change.now) {
        (Some(before), Some(now)) => format!("{name}: {} → {}", plain(before), plain(now)),
        (None, Some(now)) => format!("{name}: new, {}", plain(now)),
        (Some(before), None) => format!("{name}: gone, was {}", plain(before)),
        (None, None) => name.into_owned(),
    }
}

fn plain(value: &Json) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    clean(&text).into_owned()
}

/// The subject of a certificate, as it is registered.
pub fn registered_subject(passport: &Passport) -> String {
    passport.subject.text(DnForm::Rfc4514, OrganizationForm::Name)
}

/// The registered name that no longer holds with that certificate.
pub fn outdated_subject<'r>(record: Option<&'r Map<String, Json>>, new: &Passport) -> Option<&'r str> {
    let registered = record.and_then(|r| r.get(SUBJECT_DN)).and_then(Json::as_str);
    registered.filter(|name| *name != registered_subject(new))
}
