//! `clients`: which registrations exist where, what ends when, and whether the bank's record is still the one it was.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::args::ClientsCommand;
use super::exit::{Exit, Failure};
use super::{run, session};
use crate::config::Places;
use crate::flow::view::{RunStatus, RunView};
use crate::inspect::moment;
use crate::shell::{ClientRow, Order, Session, change_in_words};
use crate::store::ledger::{Page, drift};
use crate::text::clean;

pub fn run(places: &Places, unlock_from: Option<&str>, command: ClientsCommand) -> Result<Exit, Failure> {
    let unlock = super::unlock::unlock(unlock_from)?;
    let session = session::session_with(places, None, unlock);
    match command {
        ClientsCommand::List { json } => Ok(list(&session, json)),
        ClientsCommand::Show { profile, env } => show(&session, page(&session, &profile, env.as_deref())?),
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

fn list(session: &Session, as_json: bool) -> Exit {
    let now = session.clock.now();
    let (rows, problems) = session.client_rows();
    for problem in problems {
        eprintln!("countersign: {} ({})", problem.text, problem.hint);
    }
    for row in &rows {
        match as_json {
            true => say_json!(as_object(row)),
            false => print_raw!("{}", row.in_words(now)),
        }
    }
    if rows.is_empty() && !as_json {
        eprintln!("no registration is known: those that a saved profile makes or reads are written down");
    }
    Exit::Done
}

fn as_object(row: &ClientRow) -> Json {
    let client = &row.client;
    let ends: Vec<Json> = row.ends.iter().map(|e| json!({ "at": e.at, "what": e.what, "breaks": e.breaks })).collect();
    json!({
        "profile": row.profile, "environment": row.environment, "client_id": client.client_id, "since": client.since,
        "deleted": client.deleted, "registration_client_uri": client.registration_client_uri,
        "statement": client.statement, "keys": client.keys, "answers": client.answers.len(), "ends": ends,
    })
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

fn show(session: &Session, page: Page) -> Result<Exit, Failure> {
    let unknown = unknown(&page);
    let row = session.rows_of(page).pop().ok_or(unknown)?;
    print_raw!("{}{}", row.in_words(session.clock.now()), row.answers_in_words());
    Ok(Exit::Done)
}

fn unknown(page: &Page) -> Failure {
    let text = format!("no registration of {}/{} is known", clean(&page.profile), clean(&page.environment));
    Failure::usage(text, "register, or read the registration once: what the bank answers is written down")
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
        changes.iter().for_each(|c| say!("  {}", change_in_words(c)));
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
