//! `inspect`: says what a token, key or certificate is, and what is wrong with it.

use std::path::Path;

use super::args::InspectArgs;
use super::exit::{Exit, Failure};
use super::whole::Taken;
use super::{session, suits};
use crate::clock;
use crate::config::Places;
use crate::flow::view::{CheckView, Level, Outcome};
use crate::inspect::{Inspection, KeyRing, Kind, Whole, about, inspect, moment_in, moments, take_apart, task_for};
use crate::jose::{JwkSet, Verdict, pem};
use crate::keys::{Key, KeyUri, unwrap};
use crate::net::{NetConfig, Network};
use crate::secret::SecretBytes;
use crate::shell::{RuleOrder, Session, add_keys};
use crate::store::read_capped;
use crate::time::Timestamp;

pub fn run(places: &Places, args: InspectArgs) -> Result<Exit, Failure> {
    let unlock = super::unlock::unlock(args.unlock_from.as_deref())?;
    let session = session::session_with(places, None, unlock);
    let runtime = session::runtime()?;
    let found = runtime.block_on(async {
        let text = input(&session, &args.input).await?;
        match take_apart(&text) {
            Some(whole) => all(&session, &args, whole).await.map(|taken| Found::Parts(Box::new(taken))),
            None => look(&session, &args, &text, rules(&args)?).await.map(|one| Found::One(Box::new(one))),
        }
    });
    runtime.shutdown_background();
    match found? {
        Found::One(found) => {
            if args.json {
                say_json!(found.to_json());
            } else {
                print(&found);
            }
            Ok(exit_of(&found))
        }
        Found::Parts(taken) => {
            if args.json {
                say_json!(taken.to_json());
            } else {
                taken.whole.print();
                taken.message.iter().for_each(print_checks);
                for (part, found) in taken.whole.parts.iter().zip(&taken.looked) {
                    say!("\n── {}", crate::text::clean(&part.name));
                    print(found);
                }
            }
            let refused = taken.looked.iter().chain(&taken.message).any(|found| exit_of(found) == Exit::Refused);
            Ok(if refused { Exit::Refused } else { Exit::Done })
        }
    }
}

enum Found {
    One(Box<Inspection>),
    Parts(Box<Taken>),
}

/// The text of a file or of standard input; of a binary certificate or PKCS#12 file its certificates.
async fn input(session: &Session, name: &str) -> Result<String, Failure> {
    if name == "-" {
        return session::standard_input();
    }
    let bytes = read_capped(Path::new(name), session::LARGEST)?;
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(session::without_line_end(text)),
        Err(e) => e.into_bytes(),
    };
    let certificate = pem::text("CERTIFICATE", &bytes);
    if !inspect(&certificate, &KeyRing::new(), session.clock.now()).layers.is_empty() {
        return Ok(certificate);
    }
    let key = session.stores.open(&KeyUri::new("file", name)).await?;
    let info = key.info();
    match info.chain.as_slice() {
        [] => Ok(info.public.as_value().to_string()),
        chain => Ok(chain.iter().map(|der| pem::text("CERTIFICATE", der)).collect()),
    }
}

/// Looks at each token of a whole, under the rules that fall on it.
async fn all(session: &Session, args: &InspectArgs, whole: Whole) -> Result<Taken, Failure> {
    let (message, rules) = match rules(args)? {
        Some(order) => {
            let apart = session.fall_on(order, &whole).await?;
            (apart.message, apart.parts)
        }
        None => (None, whole.parts.iter().map(|_| None).collect()),
    };
    let mut looked = Vec::new();
    for (part, order) in whole.parts.iter().zip(rules) {
        looked.push(look(session, args, part.text.expose(), order).await?);
    }
    Ok(Taken { whole, message, looked })
}

async fn look(
    session: &Session,
    args: &InspectArgs,
    text: &str,
    order: Option<RuleOrder>,
) -> Result<Inspection, Failure> {
    let mut ring = keys(session, args, text).await?;
    let mut ruled = match order {
        Some(order) => {
            for uri in order.bindings.values() {
                session.stores.open(uri).await?;
            }
            Some(session.rules(order).await?)
        }
        None => None,
    };
    if let Some(ruled) = &mut ruled {
        add_keys(&mut ring, std::mem::take(&mut ruled.keys), text).await;
    }
    let now = session.clock.now();
    let mut found = inspect(text, &ring, now);
    if let Some(ruled) = &mut ruled {
        found = found.held_to(&ruled.name, &mut ruled.lint, text, &ring, now);
    }
    if found.kind == Kind::Certificate {
        found = found.for_banks(&session.from_profiles().profiles, now);
    }
    Ok(found)
}

fn rules(args: &InspectArgs) -> Result<Option<RuleOrder>, Failure> {
    let Some(rules) = args.rules.clone() else { return Ok(None) };
    Ok(Some(RuleOrder {
        rules,
        environment: args.env.clone(),
        given: session::inputs(&args.set)?,
        bindings: session::bindings(&args.bind)?,
        chains: session::chains(&args.chain)?,
    }))
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
    let (now, zone) = (session::clock().now(), clock::zone());
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
        // a payload that is no claims set is shown as it came: a name that stands twice stands there twice
        if layer.claims.is_none() && layer.kind == Kind::Jws && !layer.payload.is_empty() {
            let text = String::from_utf8_lossy(&layer.payload);
            let text = crate::text::clean_multiline(&text);
            say!("  payload");
            say!("    {}", crate::text::shorten(&text, 4000));
        }
        let times = layer.claims.as_ref().filter(|_| layer.kind == Kind::Jws).map(moments).unwrap_or_default();
        if !times.is_empty() {
            say!("  times");
        }
        for (name, at) in times {
            let countdown = about(now, Timestamp::from_seconds(at));
            say!("    {:<9} {}  ({countdown})", crate::text::clean(name), moment_in(at, zone));
        }
    }
    print_checks(found);
    if !found.suits.is_empty() {
        say!("\nat the banks");
        suits::print(&found.suits, 2);
    }
    if let Some(problem) = &found.problem {
        eprintln!("\n{}\n  try: {}", crate::text::clean(&problem.text), crate::text::clean(&problem.hint));
    }
}

fn print_checks(found: &Inspection) {
    let (rules, own): (Vec<_>, Vec<_>) =
        found.checks.iter().partition(|c| found.held_to.as_ref().is_some_and(|h| h.is_of(c)));
    if !own.is_empty() {
        say!("");
    }
    own.into_iter().for_each(print_check);
    if let Some(held_to) = &found.held_to {
        say!("\nas {}", crate::text::clean(&held_to.name));
        held_to.assumed.iter().for_each(|a| say!("  taken for granted: {}", crate::text::clean(a)));
        rules.into_iter().for_each(print_check);
    }
}

fn print_check(check: &CheckView) {
    let mark = match check.outcome {
        Outcome::Pass => "✓",
        Outcome::Fail => "✗",
        Outcome::Warn => "!",
        Outcome::NotChecked => "?",
    };
    let found = match (check.outcome, check.found.as_str()) {
        (_, "") => String::new(),
        (Outcome::NotChecked, why) => format!("(not checked: {why})  "),
        (_, found) => format!("(found: {found})  "),
    };
    let [say, found] = [&check.say, &found].map(|t| crate::text::clean(t));
    say!("{mark} {:<12} {say}  {found}{}", check.id, check.reference);
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
