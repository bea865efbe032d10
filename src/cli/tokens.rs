//! `tokens`: what is kept, with countdowns; use, refresh, copy, forget.

use std::io::IsTerminal;

use serde_json::json;

use super::args::{RunArgs, TokensCommand};
use super::exit::{Exit, Failure};
use super::{run, session};
use crate::config::{Places, Surroundings};
use crate::inspect::about;
use crate::profile::model::Profile;
use crate::secret::{Class, Secret};
use crate::shell::{Session, lineage_in_words, scope_in_words, standing_in_words};
use crate::store::tokens::{Standing, TokenRow};
use crate::time::Timestamp;
use crate::tui::clipboard::{self, Native};
use crate::tui::{CopyRequest, Wrap};

pub fn run(places: &Places, unlock_from: Option<&str>, command: TokensCommand) -> Result<Exit, Failure> {
    let unlock = super::unlock::unlock(unlock_from)?;
    let session = session::session_with(places, None, unlock);
    let runtime = session::runtime()?;
    match command {
        TokensCommand::List { json } => Ok(list(&session, json)),
        TokensCommand::Use { name, production } => {
            let row = named(&session, &name.name)?;
            let good = runtime.block_on(async {
                let set = session.token_set(&row.label).await?;
                Ok::<_, Failure>(set.and_then(|set| set.access_token(session.clock.now())))
            })?;
            if let Some(token) = good {
                say!("{}", token.expose());
                return Ok(Exit::Done);
            }
            let (args, path) = refresh(&session, &row, &[], production)?;
            run::run_in(session, RunArgs { print: Some(format!("{path}.access_token")), ..args })
        }
        TokensCommand::Refresh { name, predecessor, in_doubt, production, json } => {
            let row = named(&session, &name.name)?;
            let words = [("predecessor", predecessor), ("in_doubt", in_doubt)];
            let set: Vec<&str> = words.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
            let (args, _) = refresh(&session, &row, &set, production)?;
            run::run_in(session, RunArgs { json, ..args })
        }
        TokensCommand::Copy { name, member } => {
            let row = named(&session, &name.name)?;
            let text = runtime.block_on(session.token_set(&row.label))?.and_then(|set| set.member(&member));
            let text = text.ok_or_else(|| {
                let text = format!("{} has no {}", shown(&row), crate::text::clean(&member));
                Failure::usage(text, "one of access_token, refresh_token, id_token")
            })?;
            runtime.block_on(copy(&row, &member, text))
        }
        TokensCommand::Call { name, url, method } => {
            let row = named(&session, &name.name)?;
            say!("{}", runtime.block_on(session.call_as_curl(&row.label, &method, &url))?);
            Ok(Exit::Done)
        }
        TokensCommand::Forget { name, yes } => {
            let row = named(&session, &name.name)?;
            forget(&runtime, &session, &row, yes)
        }
    }
}

fn shown(row: &TokenRow) -> String {
    format!("{}/{}/{}", row.label.profile, row.label.environment, row.label.set)
}

/// `PROFILE`, `PROFILE/SET`, `PROFILE/ENVIRONMENT/SET`: the one that fits.
fn named(session: &Session, name: &str) -> Result<TokenRow, Failure> {
    let parts: Vec<&str> = name.split('/').collect();
    let fits = |row: &TokenRow| {
        let label = &row.label;
        match parts[..] {
            [profile] => label.profile == profile,
            [profile, set] => label.profile == profile && label.set == set,
            [profile, environment, set] => {
                label.profile == profile && label.environment == environment && label.set == set
            }
            _ => false,
        }
    };
    let mut found: Vec<TokenRow> = session.tokens.rows().into_iter().filter(fits).collect();
    let name = crate::text::clean(name);
    match (found.pop(), found.len()) {
        (Some(row), 0) => Ok(row),
        (Some(row), _) => {
            let all: Vec<String> = found.iter().chain([&row]).map(shown).collect();
            Err(Failure::usage(format!("{name} may be several token sets"), format!("one of: {}", all.join(", "))))
        }
        (None, _) => {
            let hint = "countersign tokens list shows what is kept: PROFILE/SET";
            Err(Failure::usage(format!("no tokens are kept under {name}"), hint))
        }
    }
}

fn list(session: &Session, as_json: bool) -> Exit {
    let now = session.clock.now();
    let rows = session.tokens.rows();
    for row in &rows {
        if as_json { say_json!(as_object(row, now)) } else { in_words(row, now) }
    }
    if rows.is_empty() && !as_json {
        eprintln!("no tokens are kept: those of a saved profile are, once a flow has got them");
    }
    Exit::Done
}

fn as_object(row: &TokenRow, now: Timestamp) -> serde_json::Value {
    let label = &row.label;
    let access =
        label.access.then(|| json!({ "ends": label.ends, "seconds_left": label.ends.map(|e| e - now.seconds()) }));
    let refresh = label.refresh.as_ref().map(|r| {
        let (standing, at) = match &r.standing {
            Standing::InForce => ("in_force", None),
            Standing::Sent { at } if row.busy => ("in_flight", Some(*at)),
            Standing::Sent { at } => ("in_doubt", Some(*at)),
            Standing::Refused { at, .. } => ("refused", Some(*at)),
        };
        json!({ "standing": standing, "at": at, "generation": r.generation, "since": r.since, "backup": r.backup })
    });
    json!({
        "profile": label.profile, "environment": label.environment, "set": label.set, "came": label.came,
        "access": access, "refresh": refresh, "scope": label.scope, "asked_scope": label.asked_scope, "in_memory": row.in_memory,
        "token_type": label.token_type, "bound": label.bound,
    })
}

fn in_words(row: &TokenRow, now: Timestamp) {
    let label = &row.label;
    say!("{}", crate::text::clean(&shown(row)));
    if label.access {
        let ends = label.ends.map(Timestamp::from_seconds);
        let text = match ends {
            Some(at) if at > now => format!("ends {}", about(now, at)),
            Some(at) => format!("ended {}", about(now, at)),
            None => "the bank did not say when it ends".to_owned(),
        };
        say!("    access token   {text}");
    }
    if let Some(refresh) = &label.refresh {
        say!("    refresh token  {}", standing_in_words(&refresh.standing, row.busy));
        say!("    lineage        {}", lineage_in_words(refresh));
        if refresh.backup {
            say!("    back-up        countersign tokens refresh {} --predecessor", shown(row));
        }
    }
    if let Some(scope) = scope_in_words(label) {
        say!("    scope          {scope}");
    }
}

/// The run that exchanges the refresh token of a set, and the step that does it.
fn refresh(session: &Session, row: &TokenRow, set: &[&str], production: bool) -> Result<(RunArgs, String), Failure> {
    if row.label.refresh.is_none() {
        let text = format!("{} has no refresh token", shown(row));
        return Err(Failure::usage(text, "run the flow that got it again: countersign run PROFILE FLOW"));
    }
    let loaded = session.library.load(&row.label.profile);
    let profile = loaded.map_err(|e| Failure::usage(e.to_string(), "countersign profiles list shows them"))?.profile;
    let (flow, path) = spender(&profile, &row.label.set).ok_or_else(|| {
        let text = format!("{} has no flow that refreshes tokens.{}", profile.id, row.label.set);
        Failure::usage(text, "give it one: use = \"refresh-token\"")
    })?;
    let args = RunArgs {
        profile: profile.id.clone(),
        flow,
        env: Some(row.label.environment.clone()),
        set: set.iter().map(|name| format!("{name}=true")).collect(),
        bind: Vec::new(),
        chain: Vec::new(),
        unlock_from: None,
        until: None,
        dry_run: false,
        production,
        json: false,
        print: None,
        har: None,
    };
    Ok((args, path))
}

/// The flow that spends the refresh token of that set, and its step.
fn spender(profile: &Profile, set: &str) -> Option<(String, String)> {
    profile.flows.iter().find_map(|flow| Some((flow.id.clone(), flow.spender(set)?.to_owned())))
}

/// A secret is taken off the clipboard again; over a connection it goes through the terminal.
async fn copy(row: &TokenRow, member: &str, text: Secret) -> Result<Exit, Failure> {
    let around = Surroundings::read();
    let request = CopyRequest { what: member.to_owned(), text, class: Class::Secret };
    let (native, chars) = (Native::default(), request.text.expose().chars().count());
    if !around.ssh && native.set(&request) {
        let seconds = clipboard::CLEAR_SECONDS;
        eprintln!("copied {member} of {}: {chars} characters; taken away in {seconds} s, or with ^C", shown(row));
        let wait = tokio::time::sleep(std::time::Duration::from_secs(seconds));
        tokio::select! {
            () = wait => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        native.clear();
        return Ok(Exit::Done);
    }
    let wrap = match (around.tmux, around.screen) {
        (true, _) => Wrap::Tmux,
        (_, true) => Wrap::Screen,
        _ => Wrap::None,
    };
    let sequence = clipboard::osc52(request.text.expose(), wrap).filter(|_| std::io::stderr().is_terminal());
    let Some(sequence) = sequence else {
        let hint = format!("print it instead: countersign tokens use {}", shown(row));
        return Err(Failure::new(Exit::Person, "there is no clipboard and no terminal that takes it", hint));
    };
    use std::io::Write as _;
    let written = std::io::stderr().write_all(&sequence);
    written.map_err(|_| Failure::usage("the terminal did not take it", "print it: countersign tokens use"))?;
    eprintln!("copied {member} of {} through the terminal: {chars} characters", shown(row));
    Ok(Exit::Done)
}

fn forget(runtime: &tokio::runtime::Runtime, session: &Session, row: &TokenRow, yes: bool) -> Result<Exit, Failure> {
    let cost = match row.label.refresh {
        Some(_) => {
            "a person has to sign in at the bank again; the bank is not told, its tokens stay good until they end"
        }
        None => "the bank is not told: it stays good there until it ends",
    };
    if !yes {
        if !std::io::stdin().is_terminal() {
            let hint = format!("{cost}; --yes goes on without asking");
            return Err(Failure::new(Exit::Person, format!("forget {}?", shown(row)), hint));
        }
        eprint!("forget {}? {cost} [y/N] ", shown(row));
        let mut answer = String::new();
        if std::io::stdin().read_line(&mut answer).is_err() || !answer.trim().eq_ignore_ascii_case("y") {
            return Ok(Exit::Cancelled);
        }
    }
    runtime.block_on(session.forget_token_set(&row.label))?;
    eprintln!("forgotten: {}", shown(row));
    Ok(Exit::Done)
}
