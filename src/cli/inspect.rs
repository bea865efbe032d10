//! `inspect`: says what a token, key or certificate is, and what is wrong with it.

use std::path::Path;

use super::args::InspectArgs;
use super::exit::{Exit, Failure};
use super::{session, suits};
use crate::config::Places;
use crate::flow::view::{Level, Outcome};
use crate::inspect::{Inspection, KeyRing, Kind, inspect, task_for};
use crate::jose::{JwkSet, Verdict};
use crate::keys::{Key, KeyUri, unwrap};
use crate::net::{NetConfig, Network};
use crate::secret::SecretBytes;
use crate::shell::Session;
use crate::store::read_capped;

pub fn run(places: &Places, args: InspectArgs) -> Result<Exit, Failure> {
    let session = session::session(places, None);
    let runtime = session::runtime()?;
    let text = if args.input == "-" { session::standard_input()? } else { session::text_file(Path::new(&args.input))? };
    let ring = runtime.block_on(keys(&session, &args, &text))?;
    let now = session.clock.now();
    let mut found = inspect(&text, &ring, now);
    if found.kind == Kind::Certificate {
        found = found.for_banks(&session.from_profiles().profiles, now);
    }
    if args.json {
        say_json!(found.to_json());
    } else {
        print(&found);
    }
    runtime.shutdown_background();
    Ok(exit_of(&found))
}

/// Every key given with `--key` and `--jwks`.
async fn keys(session: &Session, args: &InspectArgs, text: &str) -> Result<KeyRing, Failure> {
    let mut ring = KeyRing::new();
    for given in &args.key {
        let uri = match given.parse::<KeyUri>() {
            Ok(uri) if session.stores.schemes().any(|s| s == uri.scheme()) => uri,
            // a bare path means a file
            _ => KeyUri::new("file", given.as_str()),
        };
        match session.stores.open(&uri).await {
            Ok(key) => {
                let public = key.info().public.clone();
                if let Some(answer) = answer(&*key, text).await? {
                    ring.add_answer(public.clone(), answer, &uri.to_string());
                }
                ring.add(public, &uri.to_string());
            }
            // a public key is no key of a store, but good enough to verify with
            Err(e) => match public(Path::new(uri.rest())).filter(|_| uri.scheme() == "file") {
                Some(set) => ring.add_set(&set, &uri.to_string()),
                None => return Err(e.into()),
            },
        }
    }
    if let Some(given) = &args.jwks {
        if given.starts_with("https://") || given.starts_with("http://") {
            let network = Network::new(NetConfig::new(session.clock.clone()))
                .map_err(|e| Failure::new(Exit::Network, e.text, e.hint))?;
            let fetched = network.fetch(given).await.map_err(|e| Failure::new(Exit::Network, e.text, e.hint))?;
            let unreadable = || {
                Failure::new(
                    Exit::Network,
                    format!("no JWK set came from there (status {})", fetched.status),
                    "look at the address",
                )
            };
            let value = crate::jose::json::parse(&fetched.body).map_err(|_| unreadable())?;
            let set = JwkSet::parse(&value).map_err(|e| Failure::new(Exit::Refused, e.to_string(), e.hint()))?;
            ring.add_set(&set, "jwks");
        } else {
            let bytes = read_capped(Path::new(given), 1_000_000)?;
            let value = crate::jose::json::parse(&bytes)
                .map_err(|e| Failure::usage(format!("{given} is no strict JSON: {e}"), e.hint()))?;
            let set = JwkSet::parse_local(&value).map_err(|e| Failure::usage(e.to_string(), e.hint()))?;
            ring.add_set(&set, "jwks");
        }
    }
    Ok(ring)
}

/// What the key makes of an encrypted text: outer None where it is nothing for this key, inner where it does not unwrap.
async fn answer(key: &dyn Key, text: &str) -> Result<Option<Option<SecretBytes>>, Failure> {
    match task_for(text, &key.info().public).filter(|_| key.as_unwrap().is_some()) {
        Some(task) => Ok(Some(unwrap(key, &task).await?)),
        None => Ok(None),
    }
}

/// The public keys in a file: a JWK, a JWK set, or a PEM public key or certificate.
fn public(path: &Path) -> Option<JwkSet> {
    let bytes = read_capped(path, 1_000_000).ok()?;
    if let Ok(value) = crate::jose::json::parse(&bytes) {
        let set = if value.get("keys").is_some() { value } else { serde_json::json!({ "keys": [value] }) };
        return JwkSet::parse_local(&set).ok();
    }
    let key = crate::jose::PublicJwk::from_pem(&bytes).ok()?;
    JwkSet::parse(&serde_json::json!({ "keys": [key.as_value()] })).ok()
}

fn print(found: &Inspection) {
    say!("{}: {}", found.kind.word(), verdict_words(found.verdict));
    for (n, layer) in found.layers.iter().enumerate() {
        say!("\nlayer {}  {}  {}", n + 1, layer.kind.word(), layer.status.word());
        if let Some(key) = &layer.key {
            say!(
                "  key {} from {}",
                key.thumbprint.as_deref().unwrap_or("(a shared secret)"),
                crate::text::clean(&key.from)
            );
        }
        for (name, value) in [("header", &layer.header), ("claims", &layer.claims)] {
            if let Some(value) = value {
                say!("  {name}");
                let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
                crate::text::clean_multiline(&pretty).lines().for_each(|l| say!("    {l}"));
            }
        }
    }
    if !found.checks.is_empty() {
        say!("");
    }
    for check in &found.checks {
        let mark = match check.outcome {
            Outcome::Pass => "✓",
            Outcome::Fail => "✗",
            Outcome::Warn => "!",
            Outcome::NotChecked => "?",
        };
        say!(
            "{mark} {:<8} {}  (found: {})  {}",
            check.id,
            crate::text::clean(&check.say),
            crate::text::clean(&check.found),
            check.reference
        );
    }
    if !found.suits.is_empty() {
        say!("\nat the banks");
        suits::print(&found.suits, 2);
    }
    if let Some(problem) = &found.problem {
        eprintln!("\n{}\n  try: {}", crate::text::clean(&problem.text), crate::text::clean(&problem.hint));
    }
}

const fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Wrong => "wrong: it does not belong to this text and key",
        Verdict::NoKey => "no key for it (give one with --key or --jwks)",
        Verdict::Unsupported => "unsupported",
        Verdict::Decoded => "only decoded",
    }
}

fn exit_of(found: &Inspection) -> Exit {
    let failed = found.checks.iter().any(|c| c.level == Level::Must && c.outcome == Outcome::Fail);
    if found.verdict == Verdict::Wrong || failed { Exit::Refused } else { Exit::Done }
}
