//! `clients certificate`: the guided change of a client's certificate, by the profile's own update (RFC 7592 §2.2).

use std::collections::BTreeMap;
use std::io::IsTerminal;

use serde_json::json;

use super::args::RenewArgs;
use super::exit::{Exit, Failure};
use super::{run, session};
use crate::config::Places;
use crate::flow::view::RunStatus;
use crate::inspect::moment;
use crate::keys::KeyUri;
use crate::secret::Secret;
use crate::shell::{Order, SUBJECT_DN, Session, outdated_subject, registered_subject};
use crate::store::{path_of, save_reference};
use crate::text::clean;
use crate::x509::Passport;

/// Shows what would change, asks, sends the update with the new key in its role, and writes the new reference into the
/// profile once the bank has answered well. Until then the old one stays.
pub async fn renew(places: &Places, session: &Session, args: &RenewArgs) -> Result<Exit, Failure> {
    let loaded = session.library.load(&args.profile);
    let loaded = loaded.map_err(|e| Failure::usage(e.to_string(), "countersign profiles list shows them"))?;
    let mut bound = session::bindings(std::slice::from_ref(&args.bind))?;
    let Some((role, uri)) = bound.pop_first() else { return Ok(Exit::Usage) };
    let Some(known) = loaded.profile.role(&role) else {
        let roles: Vec<&str> = loaded.profile.keys.iter().map(|k| k.name.as_str()).collect();
        let text = format!("{} has no key role `{}`", loaded.profile.id, clean(&role));
        return Err(Failure::usage(text, format!("roles: {}", roles.join(", "))));
    };
    if let Some(chain) = &known.chain {
        let text = format!("the profile names a file for the certificate of {role}: {}", clean(chain));
        return Err(Failure::usage(text, format!("put the new certificate there, or remove keys.{role}.chain")));
    }
    let new = passport(session, &uri).await?.ok_or_else(|| {
        let text = format!("{uri} has no certificate");
        Failure::usage(text, "keep the one that was issued beside it: countersign keys certify REF FILE")
    })?;
    let old = match known.reference.as_ref().map(|r| r.parse::<KeyUri>()) {
        Some(Ok(uri)) => passport(session, &uri).await.ok().flatten(),
        _ => None,
    };
    if let Some(old) = &old {
        eprintln!("{role} now   {} until {}", clean(&registered_subject(old)), moment(old.not_after.seconds()));
    }
    eprintln!("{role} then  {} until {} ({uri})", clean(&registered_subject(&new)), moment(new.not_after.seconds()));
    let environment = args.env.clone().or_else(|| loaded.profile.environment.clone());
    let page = environment.as_ref().map(|e| session.ledger.page(&args.profile, e)).transpose()?;
    let record = page.as_ref().and_then(|p| p.current()).and_then(|c| c.answers.last()).map(|a| &a.record);
    let changes = match outdated_subject(record, &new) {
        Some(name) => {
            eprintln!("{SUBJECT_DN}: {} → {}", clean(name), clean(&registered_subject(&new)));
            json!({ SUBJECT_DN: registered_subject(&new) })
        }
        None => json!({}),
    };
    if !args.yes && !confirmed(&args.profile)? {
        return Ok(Exit::Cancelled);
    }
    let order = Order {
        profile: args.profile.clone(),
        flow: args.flow.clone(),
        environment,
        inputs: BTreeMap::from([("changes".to_owned(), Secret::new(changes.to_string()))]),
        bindings: BTreeMap::from([(role.clone(), uri.clone())]),
        production: args.production,
        ..Order::default()
    };
    let view = run::to_the_end(session, order).await?;
    if view.status != RunStatus::Done {
        let failure = super::clients::broke_off(&view);
        let hint = format!("{}; the profile is as it was", failure.hint);
        return Err(Failure::new(failure.exit, failure.text, hint));
    }
    if loaded.own && path_of(places, &args.profile).is_some_and(|p| p.exists()) {
        save_reference(places, &args.profile, &role, Some(&uri.to_string()))?;
        eprintln!("the bank has the registration, and {} uses {uri} for {role} from now on", args.profile);
    } else {
        eprintln!("the bank has the registration; use the new key with --bind {role}={uri}");
    }
    Ok(Exit::Done)
}

async fn passport(session: &Session, uri: &KeyUri) -> Result<Option<Passport>, Failure> {
    let key = session.stores.open(uri).await?;
    Ok(key.info().chain.first().and_then(|der| Passport::read(der).ok()))
}

fn confirmed(profile: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        let hint = "--yes goes on without asking";
        return Err(Failure::new(Exit::Person, format!("replace the registration of {}?", clean(profile)), hint));
    }
    eprint!("replace the registration of {} with this? [y/N] ", clean(profile));
    let mut answer = String::new();
    Ok(std::io::stdin().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("y"))
}
