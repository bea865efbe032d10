//! `clients`: which registrations exist where, what ends when, and whether the bank's record is still the one it was.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::args::ClientsCommand;
use super::exit::{Exit, Failure};
use super::{run, session};
use crate::config::Places;
use crate::flow::view::{RunStatus, RunView};
use crate::inspect::{about, moment};
use crate::shell::{Order, Session};
use crate::store::ledger::{Change, Client, Page, drift};
use crate::text::clean;
use crate::time::Timestamp;

/// Where a profile does not say how long a statement without an end of its own is taken.
const STATEMENT_DAYS: i64 = 60;
/// From then on an end is worth a mark (TLS-08).
const SOON_DAYS: i64 = 60;

pub fn run(places: &Places, unlock_from: Option<&str>, command: ClientsCommand) -> Result<Exit, Failure> {
    let unlock = super::unlock::unlock(unlock_from)?;
    let session = session::session_with(places, None, unlock);
    match command {
        ClientsCommand::List { json } => Ok(list(&session, json)),
        ClientsCommand::Show { profile, env } => show(&session, &page(&session, &profile, env.as_deref())?),
        ClientsCommand::Certificate(args) => {
            let runtime = session::runtime()?;
            let exit = runtime.block_on(super::renew::renew(places, &session, &args));
            runtime.shutdown_background();
            exit
        }
        ClientsCommand::Drift { profile, env, flow, production, json } => {
            let runtime = session::runtime()?;
            let exit = runtime.block_on(compare(&session, &profile, env.as_deref(), &flow, production, json));
            runtime.shutdown_background();
            exit
        }
    }
}

fn days(profile: &str, session: &Session) -> i64 {
    let given = session.library.load(profile).ok().and_then(|loaded| {
        let value = loaded.profile.values.iter().find(|(name, _)| name == "ssa_max_days");
        value.and_then(|(_, v)| v.as_i64())
    });
    given.unwrap_or(STATEMENT_DAYS)
}

fn list(session: &Session, as_json: bool) -> Exit {
    let now = session.clock.now();
    let (pages, problems) = session.ledger.pages();
    for problem in problems {
        eprintln!("countersign: {} ({})", problem.text, problem.hint);
    }
    for page in &pages {
        let days = days(&page.profile, session);
        for client in &page.clients {
            match as_json {
                true => say_json!(as_object(page, client, days)),
                false => in_words(page, client, days, now),
            }
        }
    }
    if pages.is_empty() && !as_json {
        eprintln!("no registration is known: those that a saved profile makes or reads are written down");
    }
    Exit::Done
}

fn as_object(page: &Page, client: &Client, days: i64) -> Json {
    let ends: Vec<Json> =
        client.ends(days).iter().map(|e| json!({ "at": e.at, "what": e.what, "breaks": e.breaks })).collect();
    json!({
        "profile": page.profile, "environment": page.environment, "client_id": client.client_id, "since": client.since,
        "deleted": client.deleted, "registration_client_uri": client.registration_client_uri,
        "statement": client.statement, "keys": client.keys, "answers": client.answers.len(), "ends": ends,
    })
}

fn in_words(page: &Page, client: &Client, days: i64, now: Timestamp) {
    say!("{}/{}  {}", clean(&page.profile), clean(&page.environment), clean(&client.client_id));
    say!("    since      {}", moment(client.since));
    if let Some(at) = client.deleted {
        say!("    deleted    {}", moment(at));
        return;
    }
    if let Some(uri) = &client.registration_client_uri {
        say!("    managed at {}", clean(uri));
    }
    if let Some(jti) = client.statement.as_ref().and_then(|s| s.jti.as_ref()) {
        say!("    statement  jti {}", clean(jti));
    }
    for key in &client.keys {
        say!("    key        {} = {}, thumbprint {}", clean(&key.role), clean(&key.reference), clean(&key.thumbprint));
    }
    for end in client.ends(days) {
        let at = Timestamp::from_seconds(end.at);
        let mark = if at <= now || end.at - now.seconds() < SOON_DAYS * 86_400 { "!" } else { " " };
        let verb = if at > now { "ends" } else { "ended" };
        say!(
            "  {mark} {verb} {}  {} ({})",
            &moment(end.at)[..10.min(moment(end.at).len())],
            clean(&end.what),
            about(now, at)
        );
        say!("               then {}", end.breaks);
    }
}

/// The page of a profile; without an environment the saved profile's own.
fn page(session: &Session, profile: &str, environment: Option<&str>) -> Result<Page, Failure> {
    let own = || session.library.load(profile).ok().and_then(|loaded| loaded.profile.environment);
    let environment = environment.map(str::to_owned).or_else(own).ok_or_else(|| {
        let text = format!("{} has no environment of its own", clean(profile));
        Failure::usage(text, "name one with --env, or give a saved profile: countersign profiles list")
    })?;
    Ok(session.ledger.page(profile, &environment)?)
}

fn show(session: &Session, page: &Page) -> Result<Exit, Failure> {
    let Some(client) = page.clients.last() else { return Err(unknown(page)) };
    in_words(page, client, days(&page.profile, session), session.clock.now());
    for (index, answer) in client.answers.iter().enumerate() {
        say!("    answer     {}", moment(answer.at));
        match index.checked_sub(1).and_then(|before| client.answers.get(before)) {
            None => answer.record.iter().for_each(|(name, value)| say!("      {}: {}", clean(name), plain(value))),
            Some(before) => drift(&before.record, &answer.record).iter().for_each(|c| say!("      {}", in_a_line(c))),
        }
    }
    Ok(Exit::Done)
}

fn unknown(page: &Page) -> Failure {
    let text = format!("no registration of {}/{} is known", clean(&page.profile), clean(&page.environment));
    Failure::usage(text, "register, or read the registration once: what the bank answers is written down")
}

fn plain(value: &Json) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    clean(&text).into_owned()
}

fn in_a_line(change: &Change) -> String {
    let name = clean(&change.member);
    match (&change.before, &change.now) {
        (Some(before), Some(now)) => format!("{name}: {} → {}", plain(before), plain(now)),
        (None, Some(now)) => format!("{name}: new, {}", plain(now)),
        (Some(before), None) => format!("{name}: gone, was {}", plain(before)),
        (None, None) => name.into_owned(),
    }
}

/// Reads the registration, and says what is not as it was when it was read last. Exit status 1 where something is.
async fn compare(
    session: &Session,
    profile: &str,
    environment: Option<&str>,
    flow: &str,
    production: bool,
    as_json: bool,
) -> Result<Exit, Failure> {
    let before = page(session, profile, environment)?;
    let Some(known) = before.current().and_then(|c| Some((c.client_id.clone(), c.answers.last()?.clone()))) else {
        return Err(unknown(&before));
    };
    let order = Order {
        profile: profile.to_owned(),
        flow: flow.to_owned(),
        environment: Some(before.environment.clone()),
        inputs: BTreeMap::new(),
        production,
        ..Order::default()
    };
    let view = run::to_the_end(session, order).await?;
    if view.status != RunStatus::Done {
        return Err(broke_off(&view));
    }
    let after = session.ledger.page(&before.profile, &before.environment)?;
    let Some(client) = after.current().filter(|c| c.client_id == known.0) else {
        let hint = "countersign clients list shows both";
        return Err(Failure::new(Exit::Refused, "the bank answered for another client", hint));
    };
    let changes = client.answers.last().map(|now| drift(&known.1.record, &now.record)).unwrap_or_default();
    if as_json {
        let all: Vec<Json> =
            changes.iter().map(|c| json!({ "member": c.member, "before": c.before, "now": c.now })).collect();
        say_json!(json!({ "client_id": known.0, "compared_with": known.1.at, "changes": all }));
    } else if changes.is_empty() {
        say!("{} is as it was {}", clean(&known.0), moment(known.1.at));
    } else {
        say!("{} is not as it was {}:", clean(&known.0), moment(known.1.at));
        changes.iter().for_each(|c| say!("  {}", in_a_line(c)));
    }
    Ok(if changes.is_empty() { Exit::Done } else { Exit::Refused })
}

/// Why a run did not end well.
pub fn broke_off(view: &RunView) -> Failure {
    let error = view.steps.iter().filter_map(|s| s.error.as_ref()).next_back();
    match error {
        Some(e) => Failure::new(e.source.into(), e.text.clone(), e.hint.clone().unwrap_or_default()),
        None => {
            let hint = format!("see why: countersign run {} {}", view.profile, view.flow);
            Failure::new(Exit::Refused, "it stopped before sending: a rule that must hold does not", hint)
        }
    }
}
