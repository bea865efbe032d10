//! `history`: runs that are kept; list, show, compare, take along, take over, delete, run again.

use std::io::IsTerminal;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::{AgainArgs, ExportForm, HistoryCommand, RunArgs};
use super::exit::{Exit, Failure};
use super::{run, session, unlock};
use crate::config::Places;
use crate::history::{Account, compare, compared_in_words, status_sign, words};
use crate::secret::Secret;
use crate::shell::{ReportForm, Session};
use crate::store::history::KeptRun;
use crate::store::write_private;
use crate::text::clean;

pub fn run(places: &Places, command: HistoryCommand) -> Result<Exit, Failure> {
    let session = || session::session(places, None);
    match command {
        HistoryCommand::List { profile, text, json } => list(&session(), profile.as_deref(), text.as_deref(), json),
        HistoryCommand::Show { run } => {
            let (events, lost) = events(&session(), &run)?;
            print_raw!("{}", words(&Account::new(&events, lost)));
            Ok(Exit::Done)
        }
        HistoryCommand::Export { run, format, file, yes } => {
            let (events, lost) = events(&session(), &run)?;
            let form = match format {
                ExportForm::Har => ReportForm::Har,
                ExportForm::Markdown => ReportForm::Markdown,
                ExportForm::Json => ReportForm::Json,
            };
            let (text, masked) = form.of(&events, lost);
            let Some(file) = file else {
                print_raw!("{text}");
                return Ok(Exit::Done);
            };
            may_write(&file, yes)?;
            write_private(&absolute(&file)?, text.as_bytes())?;
            eprintln!(
                "written to {}: {masked} values are masked; read it before you send it",
                clean(&file.to_string_lossy())
            );
            Ok(Exit::Done)
        }
        HistoryCommand::Compare { left, right, json } => beside(&session(), left, right, json),
        HistoryCommand::Import { file } => {
            let imported = session().import_run(&absolute(&file)?)?;
            say!("{}", imported.id);
            eprintln!("imported: {}", imported.to_words());
            Ok(Exit::Done)
        }
        HistoryCommand::Delete { run, before, yes } => delete(&session(), run.as_deref(), before.as_deref(), yes),
        HistoryCommand::Run(args) => again(places, args),
    }
}

fn list(session: &Session, profile: Option<&str>, text: Option<&str>, as_json: bool) -> Result<Exit, Failure> {
    let mut runs = session.history.runs(text.unwrap_or_default())?;
    runs.retain(|run| profile.is_none_or(|profile| run.profile == profile));
    for run in &runs {
        if as_json {
            say_json!(json!({
                "id": run.id, "profile": run.profile, "env": run.environment, "flow": run.flow, "title": run.title,
                "started": run.started, "status": run.status, "step": run.step, "error": run.error,
                "imported": run.imported,
            }));
        } else {
            let place = if run.sandbox { " [SANDBOX]" } else { "" };
            let origin = if run.imported { "  imported" } else { "" };
            let why =
                run.error.as_ref().map_or_else(String::new, |e| format!("  {} at {}", clean(e), clean(&run.step)));
            let (profile, env, flow) = (clean(&run.profile), clean(&run.environment), clean(&run.flow));
            say!(
                "{}  {} {:<10} {profile} / {env}{place}: {flow}{why}{origin}",
                run.id,
                status_sign(&run.status),
                clean(&run.status)
            );
        }
    }
    if runs.is_empty() && !as_json {
        let any = profile.is_some() || text.is_some();
        eprintln!(
            "{}",
            if any { "no kept run is like that" } else { "no run is kept yet: each is, from its first step on" }
        );
    }
    Ok(Exit::Done)
}

/// Of a kept run, or of a file that somebody exported.
fn events(session: &Session, name: &str) -> Result<(Vec<Json>, usize), Failure> {
    match session.history.find(name) {
        Ok(id) => Ok(session.history.events(&id)?),
        Err(_) if Path::new(name).is_file() => {
            let foreign = session.foreign_run(Path::new(name))?;
            Ok((foreign.events, foreign.unknown + foreign.lost))
        }
        Err(e) => Err(e.into()),
    }
}

/// Two runs; of one alone, the one before it of the same flow is the left.
fn beside(session: &Session, one: String, other: Option<String>, as_json: bool) -> Result<Exit, Failure> {
    let (left, right) = match other {
        Some(other) => (one, other),
        None => (before(session, &one)?, one),
    };
    let account = |name: &str| events(session, name).map(|(events, lost)| Account::new(&events, lost));
    let (of_left, of_right) = (account(&left)?, account(&right)?);
    let compared = compare(&of_left, &of_right);
    if as_json {
        let differences: Vec<Json> = (compared.differences.iter())
            .map(|d| {
                let (step, place) = placed(&d.path);
                json!({ "step": step, "place": place, "left": d.left, "right": d.right })
            })
            .collect();
        let masked = compared.masked.iter().map(|path| {
            let (step, place) = placed(path);
            json!({ "step": step, "place": place })
        });
        say_json!(json!({
            "left": side(&left, &of_left), "right": side(&right, &of_right), "same": compared.is_same(),
            "differences": differences, "masked": masked.collect::<Vec<_>>(), "folded": compared.folded,
        }));
    } else {
        print_raw!("{}", compared_in_words(&of_left, &of_right));
    }
    Ok(if compared.is_same() { Exit::Done } else { Exit::Refused })
}

/// The step as it is called elsewhere, and the place in it.
fn placed(path: &str) -> (String, &str) {
    let (step, place) = path.split_once('.').unwrap_or((path, ""));
    (step.replace(" / ", "."), place)
}

fn side(name: &str, account: &Account) -> Json {
    json!({ "run": name, "started": account.run["at"], "status": account.status() })
}

fn before(session: &Session, name: &str) -> Result<String, Failure> {
    let id = session.history.find(name)?;
    let all = session.history.runs("")?;
    let run = all.into_iter().find(|run| run.id == id).unwrap_or_default();
    let same = |other: &KeptRun| (&other.profile, &other.flow) == (&run.profile, &run.flow) && other.is_before(&run);
    session.history.comparable(&run)?.into_iter().find(same).map(|other| other.id).ok_or_else(|| {
        let text = format!("no run of {} {} is kept from before {id}", clean(&run.profile), clean(&run.flow));
        Failure::usage(text, "name the other one: countersign history list")
    })
}

/// A file that is there is replaced only after a yes.
pub fn may_write(file: &Path, yes: bool) -> Result<(), Failure> {
    let shown = file.to_string_lossy();
    if yes || !file.exists() {
        return Ok(());
    }
    if file.is_file() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        if agreed(&format!("{} is there already. Replace it?", clean(&shown))) {
            return Ok(());
        }
        return Err(Failure::new(Exit::Cancelled, "nothing was written", "give another name"));
    }
    Err(Failure::usage(format!("{} is there already", clean(&shown)), "give another name, or remove it first"))
}

/// The directory of a bare name is the one that the program was started in.
pub fn absolute(file: &Path) -> Result<std::path::PathBuf, Failure> {
    std::path::absolute(file).map_err(|_| Failure::usage("the path is of no use", "give a full path"))
}

/// No answer is no.
fn agreed(question: &str) -> bool {
    eprint!("{question} Type yes: ");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).is_ok() && line.trim() == "yes"
}

fn delete(session: &Session, run: Option<&str>, before: Option<&str>, yes: bool) -> Result<Exit, Failure> {
    let history = &session.history;
    let doomed: Vec<String> = match (run, before) {
        (Some(run), _) => vec![history.find(run)?],
        (None, Some(day)) => {
            let no_day = || Failure::usage(format!("{} is no day", clean(day)), "YYYY-MM-DD, for example 2026-11-24");
            let day = day.parse::<jiff::civil::Date>().map_err(|_| no_day())?.to_string();
            let older = |run: &KeptRun| !run.started.is_empty() && run.started < day;
            history.runs("")?.into_iter().filter(older).map(|run| run.id).collect()
        }
        (None, None) => Vec::new(),
    };
    let what = match doomed.as_slice() {
        [] => {
            eprintln!("nothing to delete");
            return Ok(Exit::Done);
        }
        [one] => one.clone(),
        all => format!("{} runs", all.len()),
    };
    if !yes {
        if !std::io::stderr().is_terminal() {
            let text = format!("nobody is there to agree that {what} is deleted");
            return Err(Failure::new(Exit::Person, text, "run it in a terminal, or add --yes"));
        }
        if !agreed(&format!("Delete {what}? It does not come back.")) {
            return Ok(Exit::Cancelled);
        }
    }
    for id in &doomed {
        history.delete(id)?;
    }
    eprintln!("deleted: {what}");
    Ok(Exit::Done)
}

/// The same flow with the same inputs; what was not kept is asked for, or has to be given.
fn again(places: &Places, args: AgainArgs) -> Result<Exit, Failure> {
    let session = session::session_with(places, None, unlock::unlock(args.unlock_from.as_deref())?);
    let id = session.history.find(&args.run)?;
    let again = session.again(&id)?;
    if again.imported && !args.yes {
        eprintln!("{}", again.to_words());
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            let text = "the run was imported: nobody is there to agree to it";
            return Err(Failure::new(Exit::Person, text, "read what it is run with, then add --yes"));
        }
        if !agreed("The run was imported. Run it so?") {
            return Ok(Exit::Cancelled);
        }
    }
    let mut order = again.order()?;
    order.inputs.extend(session::inputs(&args.set)?);
    for name in again.withheld.iter().filter(|name| !args.set.iter().any(|s| s.starts_with(&format!("{name}=")))) {
        order.inputs.insert(name.clone(), asked(name)?);
    }
    order.bindings.extend(session::bindings(&args.bind)?);
    order.production = args.production;
    let args = RunArgs {
        profile: again.profile,
        flow: again.flow,
        env: Some(again.environment),
        set: Vec::new(),
        bind: Vec::new(),
        chain: Vec::new(),
        unlock_from: None,
        until: None,
        dry_run: args.dry_run,
        production: args.production,
        json: args.json,
        print: None,
        har: args.har,
    };
    run::run_order(session, order, args)
}

fn asked(name: &str) -> Result<Secret, Failure> {
    unlock::secret(name).ok_or_else(|| {
        let text = format!("the run was given {}, which is not kept", clean(name));
        Failure::new(Exit::Person, text, format!("give it again: --set {}=@FILE", clean(name)))
    })
}
