//! `keys`: list, new, import, delete, restore, public; what is about certificates is next door.

use std::io::IsTerminal;
use std::path::Path;

use serde_json::json;

use super::args::{KeysCommand, NewKeyArgs};
use super::certificate::{csr, show};
use super::exit::{Exit, Failure};
use super::{session, suits};
use crate::config::Places;
use crate::jose::Alg;
use crate::keys::file::certificates;
use crate::keys::{KeySpec, KeyUri};
use crate::profile::BankSuit;
use crate::shell::{
    Gone, KeyPlan, KeyRow, NewKeyOrder, PublicForm, Session, algorithm, key_rows, named_row, public_text,
};

pub fn run(places: &Places, unlock_from: Option<&str>, command: KeysCommand) -> Result<Exit, Failure> {
    let unlock = super::unlock::unlock(unlock_from)?;
    let session = session::session_with(places, None, unlock);
    let runtime = session::runtime()?;
    runtime.block_on(async {
        match command {
            KeysCommand::List { json } => list(&session, json).await,
            KeysCommand::Show { reference: text, json } => show(&session, &reference(&text)?, json).await,
            KeysCommand::Csr(args) => csr(&session, &reference(&args.reference)?, &args).await,
            KeysCommand::New(args) => new(&session, &args).await,
            KeysCommand::Import { file, chain, to } => import(&session, &file, chain.as_deref(), &to).await,
            KeysCommand::Certify { reference, file } => certify(&session, &reference, &file).await,
            KeysCommand::Delete { reference, yes } => delete(&session, &reference, yes).await,
            KeysCommand::Restore { reference } => restore(&session, &reference).await,
            KeysCommand::Public { reference, jwks, pem } => public(&session, &reference, jwks, pem).await,
        }
    })
}

fn reference(text: &str) -> Result<KeyUri, Failure> {
    // a bare path means a file
    if !text.contains(':') && Path::new(text).exists() {
        return Ok(KeyUri::new("file", text));
    }
    text.parse().map_err(|e: crate::keys::KeyError| Failure::usage(e.text, e.hint))
}

async fn list(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let told = session.from_profiles();
    if let Some(vault) = session.vault.as_ref().filter(|v| v.exists())
        && let Err(e) = vault.unlock().await
        && e.id != "key.encrypted"
    {
        // the row of the vault says that it is locked; why, only this does
        eprintln!("countersign: {e} ({})", e.hint);
    }
    let now = session.clock.now();
    let mut rows = key_rows(&session.stores, &told, now).await;
    for text in told.uses.keys() {
        // keys in memory are those of this very process: none
        if text.starts_with("memory:") || rows.iter().any(|r| r.uri == *text) {
            continue;
        }
        rows.push(named_row(&session.stores, text, &told, now).await);
    }
    for row in &rows {
        if as_json {
            say!(
                "{}",
                json!({ "uri": row.uri, "label": row.label, "kind": row.kind, "exportable": row.exportable, "store": row.store, "used_by": row.used_by, "certificate_days_left": row.certificate_days_left, "thumbprint": row.thumbprint, "warning": row.warning, "problem": row.problem, "banks": suits_of(row).iter().map(BankSuit::to_json).collect::<Vec<_>>() })
            );
        } else {
            let days = row.certificate_days_left.map(|d| format!("  certificate {d} d")).unwrap_or_default();
            let state = row.problem.clone().unwrap_or_else(|| format!("{}{days}", row.kind));
            say!(
                "{}\n    {}\n    used by {}",
                crate::text::clean(if row.uri.is_empty() { &row.label } else { &row.uri }),
                crate::text::clean(&state),
                if row.used_by.is_empty() { "no profile".to_owned() } else { row.used_by.join(", ") }
            );
            suits::print(suits_of(row), 4);
            if let Some(warning) = &row.warning {
                say!("    note: {}", crate::text::clean(warning));
            }
        }
    }
    if rows.is_empty() {
        eprintln!("no key is known: profiles name none, and files are listed only where a profile names them");
    }
    Ok(Exit::Done)
}

fn suits_of(row: &KeyRow) -> &[BankSuit] {
    row.card.as_ref().map_or(&[], |card| &card.suits)
}

async fn new(session: &Session, args: &NewKeyArgs) -> Result<Exit, Failure> {
    // what has no signature algorithm is asked for by its curve
    let spec = args.alg.as_deref().and_then(KeySpec::named);
    let agreeing = spec.filter(|spec| *spec == KeySpec::X25519);
    let alg: Option<Alg> = match agreeing {
        Some(_) => None,
        None => args.alg.as_deref().map(algorithm).transpose()?,
    };
    let uri = match args.reference.as_deref() {
        Some(name) if !name.contains(':') => Some(KeyUri::new(session.stores.home().await, name)),
        named => named.map(reference).transpose()?,
    };
    let plan = match (&args.role, uri, alg) {
        (Some(_), ..) if agreeing.is_some() => {
            let hint = "make it by name, keys new vault:NAME --alg X25519, and then --bind ROLE=vault:NAME";
            return Err(Failure::usage("a role of a profile wants no X25519 key made", hint));
        }
        (Some(of), uri, alg) => {
            let Some((profile, role)) = of.split_once('/') else {
                return Err(Failure::usage(
                    "--for wants PROFILE/ROLE",
                    "countersign profiles list shows the profiles, and profiles show their roles",
                ));
            };
            let inputs = session::inputs(&args.set)?;
            let (profile, role) = (profile.to_owned(), role.to_owned());
            session.plan_key(&NewKeyOrder { profile, role, inputs, uri, alg })?
        }
        (None, Some(uri), _) if let Some(spec) = spec => KeyPlan { uri, making: spec.into() },
        (None, ..) => return Err(Failure::usage("which key, and of which kind?", "name it, and add --alg ES256")),
    };
    if plan.uri.scheme() == "memory" {
        return Err(Failure::usage(
            "a memory: key ends with the program, so this command would make nothing",
            "make one that stays: countersign keys new vault:NAME --alg ES256, then --bind ROLE=vault:NAME",
        ));
    }
    let key = session.stores.generate(&plan.uri, &plan.making).await?;
    let kept = crate::text::clean(&key.info().uri.to_string()).into_owned();
    let role = args.role.as_ref().and_then(|of| of.split_once('/')).map_or("ROLE", |(_, role)| role);
    eprintln!("countersign: {kept} is made; use it with --bind '{}={kept}'", crate::text::clean(role));
    say!("{}", key.info().public.as_value());
    Ok(Exit::Done)
}

async fn import(session: &Session, file: &str, chain_file: Option<&str>, to: &str) -> Result<Exit, Failure> {
    let file = file.strip_prefix("file:").unwrap_or(file);
    let chain = match chain_file {
        Some(path) => Some(certificates(path.strip_prefix("file:").unwrap_or(path)).await?),
        None => None,
    };
    let (key, certificates) = session.import_key(file, chain, &reference(to)?).await?;
    let with = if certificates == 0 { String::new() } else { format!(" with {certificates} certificate(s)") };
    eprintln!("countersign: {} is kept{with}; the file stays where it is", crate::text::clean(to));
    say!("{}", key.info().public.as_value());
    Ok(Exit::Done)
}

async fn certify(session: &Session, text: &str, file: &Path) -> Result<Exit, Failure> {
    let uri = reference(text)?;
    let chain = certificates(&file.to_string_lossy()).await?;
    let key = session.stores.certify(&uri, chain).await?;
    let count = key.info().chain.len();
    eprintln!("countersign: {} has its certificate, in a chain of {count}", crate::text::clean(text));
    Ok(Exit::Done)
}

async fn delete(session: &Session, text: &str, yes: bool) -> Result<Exit, Failure> {
    let uri = reference(text)?;
    session.stores.deleting(&uri)?;
    let shown = crate::text::clean(text).into_owned();
    for by in session.uses().remove(&uri.to_string()).unwrap_or_default() {
        eprintln!("countersign: {shown} is used by {by}");
    }
    if !yes && !agreed(&shown)? {
        return Err(Failure::new(Exit::Cancelled, format!("{shown} was not deleted"), ""));
    }
    match session.delete_key(&uri).await? {
        Gone::Binned { days } => {
            eprintln!("countersign: {shown} is in the bin for {days} days; undo: countersign keys restore {shown}");
        }
        Gone::Scheduled { days } => {
            eprintln!(
                "countersign: {shown} cannot be used any more and is scheduled to be deleted in {days} days; undo: countersign keys restore {shown}"
            );
        }
        Gone::ForGood => eprintln!("countersign: {shown} is gone"),
    }
    Ok(Exit::Done)
}

fn agreed(what: &str) -> Result<bool, Failure> {
    if !std::io::stderr().is_terminal() {
        let text = format!("nobody is there to agree that {what} is deleted");
        return Err(Failure::new(Exit::Person, text, "run it in a terminal, or add --yes"));
    }
    eprint!("Delete {what}? Type yes: ");
    let mut line = String::new();
    // no answer is no
    Ok(std::io::stdin().read_line(&mut line).is_ok() && line.trim() == "yes")
}

async fn restore(session: &Session, text: &str) -> Result<Exit, Failure> {
    let uri = reference(text)?;
    session.stores.deleting(&uri)?.restore(&uri).await?;
    eprintln!("countersign: {} is back", crate::text::clean(text));
    Ok(Exit::Done)
}

async fn public(session: &Session, text: &str, jwks: bool, as_pem: bool) -> Result<Exit, Failure> {
    let key = session.stores.open(&reference(text)?).await?;
    let public = &key.info().public;
    match (as_pem, jwks) {
        (true, _) => print_raw!("{}", public_text(public, PublicForm::Pem)),
        (false, true) => say!("{}", public_text(public, PublicForm::Jwks)),
        (false, false) => say!("{}", public_text(public, PublicForm::Jwk)),
    }
    Ok(Exit::Done)
}
