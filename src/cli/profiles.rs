//! `profiles`: list, show, new, import, clone, restore, export.

use std::collections::BTreeMap;

use serde_json::json;

use super::args::ProfilesCommand;
use super::exit::{Exit, Failure};
use super::{script, session};
use crate::config::Places;
use crate::inspect::about;
use crate::keys::NobodyUnlocks;
use crate::profile::Library;
use crate::profile::model::Profile;
use crate::shell::{Own, profile_text};
use crate::store::{Binned, StoreError, binned, load_library, path_of, read_capped, save_new};
use crate::text::clean;

pub fn run(places: &Places, command: ProfilesCommand) -> Result<Exit, Failure> {
    let (library, problems) = load_library(places);
    for problem in problems {
        eprintln!("countersign: {} ({})", problem.text, problem.hint);
    }
    match command {
        ProfilesCommand::List { json } => Ok(list(&library, json)),
        ProfilesCommand::Show { id } => show(&library, &id),
        ProfilesCommand::New { id, from, env, bind, chain, set } => {
            let new_one = New { id: &id, from: &from, env: env.as_deref(), bind: &bind, chain: &chain, set: &set };
            fitting(places, &library, &new_one)?;
            new(places, &library, &new_one)
        }
        ProfilesCommand::Import { file, replace, from, env, id, region } => {
            let text = text_of(&file)?;
            let own = own(places, &library);
            let Some(output) = script::Output::read(&text) else { return import(&own, &file, text, replace) };
            let wanted = script::Wanted {
                from: from.as_deref(),
                env: env.as_deref(),
                id: id.as_deref(),
                region: region.as_deref(),
            };
            let session = session::session(places, None);
            session::runtime()?.block_on(script::import(places, &library, &session, output, wanted))
        }
        ProfilesCommand::Clone { id, new, env } => {
            let change = own(places, &library).clone_as(&id, &new, env.as_deref())?;
            say!("{}", change.file.path.display());
            Ok(Exit::Done)
        }
        ProfilesCommand::Restore { id: None } => {
            let now = session::clock().now();
            for Binned { name, since, path } in binned(places) {
                say!("{:<20} {:<16} {}", clean(&name), about(now, since), path.display());
            }
            Ok(Exit::Done)
        }
        ProfilesCommand::Restore { id: Some(id) } => {
            let change = own(places, &library).restore(&id)?;
            say!("{}", change.file.path.display());
            Ok(Exit::Done)
        }
        ProfilesCommand::Export { id } => export(&own(places, &library), &id),
    }
}

fn list(library: &Library, as_json: bool) -> Exit {
    let mut exit = Exit::Done;
    for summary in library.summaries() {
        match summary {
            Ok(s) if as_json => {
                let environments: Vec<_> = s.environments.iter().map(|e| json!({ "name": e.name, "production": e.production, "sandbox": e.sandbox, "disabled": e.disabled })).collect();
                let flows: Vec<_> = s
                    .flows
                    .iter()
                    .map(|f| json!({ "id": f.id, "title": f.title, "unverified": f.unverified }))
                    .collect();
                say!(
                    "{}",
                    json!({ "id": s.id, "name": s.name, "saved": s.saved, "environments": environments, "flows": flows })
                );
            }
            Ok(s) => {
                let environments: Vec<_> =
                    s.environments.iter().filter(|e| e.disabled.is_none()).map(|e| e.name.as_str()).collect();
                let flows = |unverified: bool| {
                    let of_kind = s.flows.iter().filter(|f| f.unverified == unverified);
                    of_kind.map(|f| f.id.as_str()).collect::<Vec<_>>().join(" ")
                };
                say!("{:<20} {}\n    environments  {}", s.id, s.name, environments.join(" "));
                for (name, ids) in [("flows", flows(false)), ("unverified", flows(true))] {
                    if !ids.is_empty() {
                        say!("    {name:<13} {ids}");
                    }
                }
            }
            Err((id, refused)) => {
                exit = Exit::Usage;
                eprintln!("{id}: cannot be used");
                refused.lines.iter().for_each(|l| eprintln!("    {}", clean(l)));
            }
        }
    }
    exit
}

fn show(library: &Library, id: &str) -> Result<Exit, Failure> {
    let loaded = library.load(id).map_err(|r| Failure::usage(r.to_string(), "countersign profiles list"))?;
    let p = loaded.profile;
    say!("{}  {}", p.id, p.name);
    for (name, value) in [("about", &p.about), ("docs", &p.docs), ("evidence", &p.evidence)] {
        if let Some(value) = value {
            say!("{name:<10}{value}");
        }
    }
    say!("\nenvironments");
    for e in &p.environments {
        let mark = if e.production {
            "  [PRODUCTION]"
        } else if e.sandbox.is_some() {
            "  [SANDBOX]"
        } else {
            ""
        };
        let disabled = e.disabled.as_ref().map(|d| format!("  (not usable: {d})")).unwrap_or_default();
        say!("  {:<14}{}{mark}{disabled}", e.name, e.label);
    }
    say!("\nkeys");
    for k in &p.keys {
        let algs: Vec<_> = k.algs.iter().map(|a| a.name()).collect();
        let bound = k.reference.as_ref().map(|r| format!("  = {r}")).unwrap_or_default();
        say!(
            "  {:<14}{} ({}{}){bound}",
            k.name,
            k.label,
            k.usage.word(),
            if algs.is_empty() { String::new() } else { format!(" {}", algs.join(" ")) }
        );
    }
    say!("\ninputs");
    for i in &p.inputs {
        let saved = p.values.iter().find(|(n, _)| *n == i.name).map(|(_, v)| format!(" = {v}"));
        let optional = if i.optional { " (optional)" } else { "" };
        say!("  {:<22}{}{}{optional}", i.name, i.help.as_deref().unwrap_or(&i.label), saved.unwrap_or_default());
    }
    say!("\nflows");
    for f in &p.flows {
        say!("  {:<18}{}", f.id, f.title);
        if let Some(evidence) = &f.evidence {
            say!("    {evidence}");
        }
        let missing = missing(&p, f);
        for s in &f.steps {
            say!("    {:<20}{:<6}{}", s.path, s.verb.word(), s.title);
        }
        if !missing.is_empty() {
            say!("    wants: {}", missing.join(", "));
        }
    }
    Ok(Exit::Done)
}

/// Inputs a flow reads that have neither a value nor a default.
fn missing(p: &Profile, f: &crate::profile::model::Flow) -> Vec<String> {
    let has = |n: &str| p.values.iter().any(|(v, _)| v == n);
    let own = p.environment.as_deref().and_then(|name| p.environment(name));
    p.wants(f, own).filter(|i| !has(&i.name)).map(|i| i.name.clone()).collect()
}

/// `[keys.ROLE]`, by role.
fn keys(bind: &[String], chain: &[String]) -> Result<BTreeMap<String, toml_edit::Table>, Failure> {
    let mut tables: BTreeMap<String, toml_edit::Table> = BTreeMap::new();
    for (role, uri) in session::bindings(bind)? {
        tables.entry(role).or_default()["ref"] = toml_edit::value(uri.to_string());
    }
    for (role, path) in session::chains(chain)? {
        tables.entry(role).or_default()["chain"] = toml_edit::value(format!("file:{path}"));
    }
    Ok(tables)
}

/// A saved profile that is to be made.
pub struct New<'a> {
    pub id: &'a str,
    pub from: &'a str,
    pub env: Option<&'a str>,
    pub bind: &'a [String],
    pub chain: &'a [String],
    pub set: &'a [String],
}

/// How long the stores may take to show the keys that are bound.
const LOOK_WITHIN: std::time::Duration = std::time::Duration::from_secs(15);

/// Looks once at each key that is bound: one that its role cannot use is refused before a bank would. A store that
/// cannot be asked now is told, and no reason to stop.
fn fitting(places: &Places, library: &Library, new: &New<'_>) -> Result<(), Failure> {
    let Ok(bank) = library.load(new.from) else { return Ok(()) };
    let bound = session::bindings(new.bind)?;
    if bound.is_empty() {
        return Ok(());
    }
    let session = session::session_quietly(places, Some(std::sync::Arc::new(NobodyUnlocks))).0;
    session::runtime()?.block_on(async {
        for (name, uri) in bound {
            let Some(role) = bank.profile.role(&name).filter(|_| uri.scheme() != "memory") else { continue };
            let shown = clean(&uri.to_string()).into_owned();
            match tokio::time::timeout(LOOK_WITHIN, session.stores.open(&uri)).await {
                Ok(Ok(key)) => {
                    let spec = key.info().spec;
                    if !role.algs.is_empty() && !role.algs.iter().any(|alg| spec.signs(*alg)) {
                        let names: Vec<&str> = role.algs.iter().map(|a| a.name()).collect();
                        return Err(Failure::new(
                            Exit::Key,
                            format!(
                                "{shown} is {spec} and cannot sign with {}, which the role {name} wants",
                                names.join(" or ")
                            ),
                            format!("make one that can: countersign keys new --for {}/{name}", bank.profile.id),
                        ));
                    }
                }
                Ok(Err(e)) if matches!(e.id, "key.reference" | "key.usage" | "key.algorithm") => return Err(e.into()),
                // somebody will open it when it is used
                Ok(Err(e)) if matches!(e.id, "key.encrypted" | "key.locked") => {}
                Ok(Err(e)) => eprintln!("countersign: {shown} could not be looked at: {e} ({})", e.hint),
                Err(_) => eprintln!("countersign: {shown} could not be looked at: its store did not answer"),
            }
        }
        Ok(())
    })
}

pub fn new(places: &Places, library: &Library, new: &New<'_>) -> Result<Exit, Failure> {
    let New { id, from, env, bind, chain, set } = *new;
    let bank = library.load(from).map_err(|r| Failure::usage(r.to_string(), "countersign profiles list"))?.profile;
    let usable: Vec<_> = bank.environments.iter().filter(|e| e.disabled.is_none()).map(|e| e.name.clone()).collect();
    let Some(environment) = env else {
        return Err(Failure::usage(
            "a saved profile is for one environment",
            format!("--env with one of: {}", usable.join(", ")),
        ));
    };
    let typed = |name: &str, value: &crate::secret::Secret| {
        bank.input(name).map_or_else(|| value.expose().into(), |i| crate::flow::typed(i, value.expose()))
    };
    let values = session::inputs(set)?.into_iter().map(|(name, value)| (name.clone(), typed(&name, &value))).collect();
    let text = profile_text(&bank, id, environment, keys(bind, chain)?, values);
    keep(places, library, id, &text)
}

fn text_of(file: &std::path::Path) -> Result<String, Failure> {
    String::from_utf8(read_capped(file, 1_000_000)?)
        .map_err(|_| Failure::usage(format!("{} is no UTF-8 text", file.display()), "save it as UTF-8"))
}

fn own<'a>(places: &'a Places, library: &'a Library) -> Own<'a> {
    Own { library, places, now: session::clock().now() }
}

fn import(own: &Own<'_>, file: &std::path::Path, text: String, replace: bool) -> Result<Exit, Failure> {
    let incoming = own.weigh_text(&file.display().to_string(), &text.into())?;
    let path = incoming.file.path.display();
    if incoming.is_same() {
        eprintln!("countersign: {} is just what the file says", incoming.id);
        say!("{path}");
        return Ok(Exit::Done);
    }
    eprint!("{}", crate::text::clean_multiline(&incoming.report));
    if incoming.replaces && !replace {
        return Err(Failure::usage(
            format!("there is a profile `{}` already, and the file says something else", incoming.id),
            "--replace puts it in that one's place; or give the file another id",
        ));
    }
    own.import(&incoming)?;
    say!("{path}");
    Ok(Exit::Done)
}

fn keep(places: &Places, library: &Library, id: &str, text: &str) -> Result<Exit, Failure> {
    let path = path_of(places, id).ok_or_else(|| {
        Failure::usage(
            "an id is lower-case letters, digits and hyphens, and needs a place to be kept",
            "give another id, or --data-dir",
        )
    })?;
    library
        .check(&path.display().to_string(), text)
        .map_err(|r| Failure::usage(r.to_string(), "correct the values and try again"))?;
    save_new(&path, text).map_err(StoreError::from)?;
    say!("{}", path.display());
    Ok(Exit::Done)
}

fn export(own: &Own<'_>, id: &str) -> Result<Exit, Failure> {
    print_raw!("{}", crate::text::clean_multiline(own.file(id)?.text()));
    say!("");
    Ok(Exit::Done)
}
