//! A run that somebody else wrote down. Nothing in it is believed: of each event only what its kind has is taken, within
//! limits, and all of it is sealed once more, also under the names of secrets.

use serde_json::Value as Json;

use super::account::text;
use super::address::seal_address;
use super::bundle::{Unreadable, each_event, parsed};
use super::seal::{PERSONAL, hide, seal_text};
use crate::redact::{MASK, Masked, Redactor};
use crate::secret::{Class, class_of_name};

/// Each kind of event, and what one has beside `event` and `at`.
const KINDS: [(&str, &[&str]); 10] = [
    (
        "run",
        &[
            "profile",
            "flow",
            "env",
            "id",
            "unverified",
            "title",
            "sandbox",
            "production",
            "software",
            "inputs",
            "withheld",
        ],
    ),
    ("key", &["role", "kind", "thumbprint", "x5t#S256"]),
    ("step", &["id", "state", "attempt", "title", "edited", "error"]),
    ("artefact", &["step", "name", "kind", "header", "claims", "chars", "key"]),
    ("request", &["step", "attempt", "method", "url", "headers", "body", "size", "mtls"]),
    (
        "response",
        &[
            "step", "attempt", "status", "reason", "headers", "body", "size", "head", "sent", "complete", "ms",
            "started", "phases", "tls", "peer",
        ],
    ),
    ("granted", &["step", "same", "changed", "added"]),
    ("seen", &["step", "note"]),
    ("check", &["step", "on", "id", "level", "result", "say", "expected", "found", "ref"]),
    ("output", &["step", "name", "value"]),
];
/// As [`KINDS`].
const DONE: (&str, &[&str]) = ("done", &["status", "step", "error", "checks"]);

/// Parts of an exchange that take time.
const PHASES: [&str; 5] = ["dns", "tcp", "tls", "wait", "body"];

/// Members that are a word or a few.
const SHORT: [&str; 22] = [
    "at",
    "profile",
    "flow",
    "env",
    "id",
    "title",
    "software",
    "role",
    "kind",
    "thumbprint",
    "x5t#S256",
    "state",
    "step",
    "name",
    "method",
    "mtls",
    "reason",
    "started",
    "peer",
    "status",
    "on",
    "result",
];
/// Characters of such a one.
const SHORTEST: usize = 200;
/// Bytes of one event.
const LARGEST: usize = 1 << 20;
/// Bytes of one before anything is taken out of it.
const LARGEST_LINE: usize = 4 * LARGEST;
/// Bytes of the first and the last: a list reads no more.
const LARGEST_END: usize = 32 << 10;
/// Values of all events: each takes some 70 bytes of memory, and two of a file.
const MOST_VALUES: usize = 300_000;
/// Attempts of a step, and milliseconds of anything.
const MOST: u64 = 1_000_000_000;

/// What was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// The `run` event first.
    pub events: Vec<Json>,
    /// Events of kinds that are not known.
    pub unknown: usize,
    /// Lines that could not be read, and events too large or too many.
    pub lost: usize,
}

/// Takes a run from a document of `history export --format json`, or from lines of `run --json`.
///
/// # Errors
/// [`Unreadable`] where there is no run in it.
pub fn foreign(content: &[u8], redactor: &Redactor) -> Result<Foreign, Unreadable> {
    let (mut run, mut done, mut unknown, mut lost, mut room) = (None, None, 0, 0, MOST_VALUES);
    let mut events = Vec::new();
    lost += each_event(content, |line| {
        let values = values(line);
        let Some(event) = (line.len() <= LARGEST_LINE && values <= room).then(|| parsed(line)).flatten() else {
            lost += 1;
            return;
        };
        let Some((kind, event)) = taken(event, redactor) else {
            unknown += 1;
            return;
        };
        let most = if matches!(kind, "run" | "done") { LARGEST_END } else { LARGEST };
        if event.to_string().len() > most {
            lost += 1;
            return;
        }
        room -= values;
        match kind {
            "run" if run.is_none() => run = Some(event),
            "run" => lost += 1,
            "done" => done = Some(event),
            _ => {
                // what goes on after an end has not ended there
                if kind == "step" {
                    events.extend(done.take());
                }
                events.push(event);
            }
        }
    })?;
    events.insert(0, run.ok_or(Unreadable::NoRun)?);
    events.extend(done);
    Ok(Foreign { events, unknown, lost })
}

/// As many values as a text can hold, or more.
fn values(json: &[u8]) -> usize {
    json.iter().filter(|b| matches!(b, b',' | b':' | b'[' | b'{')).count()
}

/// One event as it may be kept, and its kind.
fn taken(event: Json, redactor: &Redactor) -> Option<(&'static str, Json)> {
    let (kind, known) = KINDS.iter().chain([&DONE]).find(|(kind, _)| *kind == text(&event, "event"))?;
    let Json::Object(mut members) = event else { return None };
    members.retain(|name, _| matches!(name.as_str(), "event" | "at") || known.contains(&name.as_str()));
    // what the value of these is called stands beside it
    let class = ["name", "member"].iter().filter_map(|n| members.get(*n)?.as_str()).map(class_of_name).max();
    for (name, value) in &mut members {
        if let (true, Json::String(words)) = (SHORT.contains(&name.as_str()), &mut *value) {
            *words = crate::text::shorten(words, SHORTEST).into_owned();
        }
        match name.as_str() {
            "headers" => seal_pairs(value, redactor),
            "url" => match value {
                Json::String(text) => *text = sealed(&seal_address(text), Class::Public, redactor),
                _ => *value = Json::Null,
            },
            "value" => seal(value, class.unwrap_or_default(), redactor),
            "changed" => seal_granted(value, redactor),
            "attempt" | "ms" => within(value),
            "phases" => match value {
                Json::Object(phases) => {
                    phases.retain(|name, _| PHASES.contains(&name.as_str()));
                    phases.values_mut().for_each(within);
                }
                _ => *value = Json::Null,
            },
            // `state` of a step is its state, not that of a sign-in
            _ => seal(value, Class::Public, redactor),
        }
    }
    Some((kind, Json::Object(members)))
}

/// A number that nothing here can be is none.
fn within(value: &mut Json) {
    let known = value.as_f64().is_some_and(|n| (0.0..=1e9).contains(&n)) || value.as_u64().is_some_and(|n| n <= MOST);
    if !known {
        *value = Json::Null;
    }
}

/// Masks what has the class of a secret or stands under the name of one.
fn seal(value: &mut Json, class: Class, redactor: &Redactor) {
    match value {
        Json::String(text) => *text = sealed(text, class, redactor),
        Json::Array(items) => items.iter_mut().for_each(|item| seal(item, class, redactor)),
        Json::Object(members) => {
            let is_key = members.contains_key("kty");
            for (name, value) in members {
                if PERSONAL.contains(&name.as_str()) || (is_key && is_private(name)) {
                    hide(value);
                } else {
                    seal(value, class.max(class_of_name(name)), redactor);
                }
            }
        }
        Json::Bool(_) | Json::Number(_) if class > Class::Public => *value = MASK.into(),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Members of a private key (RFC 7518 §6).
fn is_private(name: &str) -> bool {
    matches!(name, "d" | "p" | "q" | "dp" | "dq" | "qi" | "oth" | "k")
}

fn sealed(text: &str, class: Class, redactor: &Redactor) -> String {
    // also as an address has it: `PRIVATE%20KEY`, `PRIVATE+KEY`
    if text.contains("BEGIN") && text.contains("PRIVATE") {
        return MASK.to_owned();
    }
    if class == Class::Public {
        return seal_text(text, redactor);
    }
    let scheme = ["Bearer ", "DPoP ", "Basic "].into_iter().find(|s| text.starts_with(s)).unwrap_or_default();
    let bare = &text[scheme.len()..];
    if Masked::of(bare).is_some() { text.to_owned() } else { scheme.to_owned() + &redactor.mask_value(bare, class) }
}

/// Names with values; what is none of these goes.
fn seal_pairs(value: &mut Json, redactor: &Redactor) {
    let Json::Array(pairs) = value else { return *value = Json::Null };
    pairs.retain(|pair| pair.as_array().is_some_and(|pair| pair.len() == 2 && pair[0].is_string()));
    for pair in pairs.iter_mut().filter_map(Json::as_array_mut) {
        let class = pair[0].as_str().map_or(Class::Public, class_of_name);
        seal(&mut pair[0], Class::Public, redactor);
        seal(&mut pair[1], class, redactor);
    }
}

fn seal_granted(value: &mut Json, redactor: &Redactor) {
    seal(value, Class::Public, redactor);
    for member in value.as_array_mut().into_iter().flatten() {
        let class = class_of_name(text(member, "member"));
        for side in ["asked", "granted"] {
            if let Some(value) = member.get_mut(side) {
                seal(value, class, redactor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::testing::events;
    use super::super::{Account, bundle, compare, har, markdown, words};
    use super::*;

    fn take(content: &str) -> Result<Foreign, Unreadable> {
        foreign(content.as_bytes(), &Redactor::new([7; 32]))
    }

    fn lines(all: &[Json]) -> String {
        all.iter().map(|e| format!("{e}\n")).collect()
    }

    #[test]
    fn what_this_program_sealed_comes_back_as_it_was() {
        let all = events();
        let whole = Foreign { events: all.clone(), unknown: 0, lost: 0 };
        assert_eq!(take(&bundle(&Account::new(&all, 0), &all).to_string()), Ok(whole.clone()));
        assert_eq!(take(&lines(&all)), Ok(whole));
    }

    #[test]
    fn what_was_not_sealed_is_sealed_now() {
        let run = json!({"event": "run", "profile": "p", "inputs": {"client_secret": "hunter2-a"}, "bindings": {"signing": "file:/x"}});
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": "public-x", "d": "hunter2-b"});
        let pem = "-----BEGIN PRIVATE KEY-----\nhunter2-c\n-----END PRIVATE KEY-----";
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIn0.aHVudGVyMi1k";
        let all = [
            run,
            json!({"event": "step", "id": "a", "state": "done", "title": pem}),
            json!({"event": "request", "step": "a", "url": "https://b.example/?code=hunter2-e&a=b",
                "headers": [["Authorization", "Basic hunter2-f"]], "body": {"x": {"password": "hunter2-g"}, "jwk": jwk}}),
            json!({"event": "response", "step": "a", "headers": [["set-cookie", "hunter2-h"]], "body": {"jwt": token, "email": "hunter2-i"}}),
            json!({"event": "output", "step": "a", "name": "refresh_token", "value": "hunter2-j"}),
            json!({"event": "granted", "step": "a", "changed": [
                {"member": "client_secret", "asked": "hunter2-k", "granted": "hunter2-l", "more": {"code": "hunter2-m"}}]}),
            json!({"event": "request", "step": "a", "headers": {"cookie": "hunter2-n"},
                "url": "https://u:hunter2@tpp.example/cb?co%64e=hunter3#access_token=hunter4",
                "body": {"pin": 20_261_129, "psu-id": 20_261_129, "list": {"token": [true]}, "kept": 4711}}),
            json!({"event": "output", "step": "a", "name": "pin", "value": 20_261_129}),
            json!({"event": "response", "step": "a", "phases": {"pin": 20_261_129}, "headers": [
                "cookie: hunter2-o", ["cookie", 20_261_129], ["location", "/cb?code=hunter2-p"]]}),
        ];
        let got = take(&lines(&all)).unwrap();
        let text = lines(&got.events);
        for gone in ["hunter", "aHVudGVy", "file:/x", "20261129", "true"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        for kept in [
            "\"state\":\"done\"",
            "4711",
            "https://tpp.example/cb?co%64e=",
            "public-x",
            "a=b",
            "Basic ********  (9 chars",
            "\\\"iss\\\":\\\"a\\\"",
        ] {
            assert!(text.contains(kept), "{kept} in {text}");
        }
        assert_eq!(take(&text).unwrap(), got, "sealed once is sealed");
    }

    #[test]
    fn hostile_files_cost_only_themselves() {
        let head = json!({"event": "run", "profile": "p".repeat(5000), "env": "e", "flow": "f", "id": 7, "at": ["x"]});
        let mut all = vec![
            json!({"event": "step", "id": "first", "state": {"x": []}, "attempt": u64::MAX}),
            json!({"event": "evil", "x": 1}),
            json!({"event": "check", "id": "A", "extra": "gone", "say": "x".repeat(LARGEST)}),
            json!({"event": "response", "ms": -1, "phases": {"dns": 1e300, "tcp": 5}, "url": 9, "headers": {"a": 1}}),
            json!({"event": "done", "status": "failed"}),
            head.clone(),
            head,
        ];
        let got = take(&lines(&all)).unwrap();
        assert_eq!((got.events.len(), got.unknown, got.lost), (4, 1, 2));
        assert_eq!(got.events[0]["profile"].as_str().map(|p| p.chars().count()), Some(SHORTEST));
        assert_eq!(got.events[1]["attempt"], Json::Null);
        assert_eq!((&got.events[2]["ms"], &got.events[2]["phases"]), (&Json::Null, &json!({"dns": null, "tcp": 5})));
        assert_eq!(text(&got.events[3], "event"), "done");
        let account = Account::new(&got.events, 0);
        assert!(account.status() == "failed" && words(&account).contains("first"));
        all.push(json!({"event": "step", "id": "second", "state": "sent"}));
        assert_eq!(Account::new(&take(&lines(&all)).unwrap().events, 0).status(), "unfinished");

        // many values in few bytes
        let dense = json!({"event": "response", "body": vec![0; MOST_VALUES / 2]});
        let got = take(&lines(&[json!({"event": "run"}), dense.clone(), dense.clone(), dense])).unwrap();
        assert_eq!((got.events.len(), got.lost), (2, 2));

        let deep = format!("{{\"event\":\"run\",\"inputs\":{}{}}}", "[".repeat(500), "]".repeat(500));
        let twice = r#"{"event":"run","event":"run","profile":"p"}"#;
        let large = json!({"event": "run", "inputs": {"a": "x".repeat(LARGEST_END)}}).to_string();
        for no_run in [&deep, twice, &large, "", "{\"log\":{\"version\":\"1.2\"}}", "{\"event\":\"run\",\"x\":1e999}"] {
            assert_eq!(take(no_run), Err(Unreadable::NoRun), "{}", &no_run[..no_run.len().min(60)]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn whatever_came_is_sealed_once_and_can_be_shown(
            kind in prop::sample::select(KINDS.iter().chain([&DONE]).map(|k| k.0).collect::<Vec<_>>()),
            name in "code|state|kty|d|email|request|[a-z]{1,6}",
            text in "(Bearer |eyJhbGciOiJub25lIn0\\.|https://a/\\?code=|\\*{8}|-----BEGIN PRIVATE KEY-----)?.{0,40}",
            number in prop::sample::select(vec![0.0, -1.0, 0.5, 5e9, 1e300]),
            secret in prop::sample::select(vec!["code", "PIN", "psu-id", "access_token", "Password", "login_hint"]),
            encoded in any::<[bool; 12]>(),
            place in prop::sample::select(vec!["?", "#", "?a=b&", "#a=b&", "?a;", "#/cb?", "?a=b#c&"]),
            deep in prop::sample::select(vec!["", "list", "object"]),
        ) {
            let body = json!({ name.clone(): [text, { name.clone(): text }, number], "kty": text });
            let mut event = json!({
                "event": kind, "step": text, "id": number, "state": text, "name": name, "value": body, "body": body,
                "headers": [[name, text], name, [number]], "url": format!("https://a/?{name}={text}"), "ms": number,
                "changed": [{ "member": name, "asked": text }, text], "phases": { "dns": number, name.clone(): text },
                "inputs": body, "error": body, "checks": body, "tls": body, "claims": body, "attempt": number,
            });
            event[name.as_str()] = text.clone().into();
            // a number, a switch and an address under the name of a secret, however it is written
            let hidden = |value: Json| match deep {
                "list" => json!([value, [value]]),
                "object" => json!({ "x": { "y": value } }),
                _ => value,
            };
            let written: String = (secret.chars().zip(encoded))
                .map(|(c, encoded)| if encoded { format!("%{:02x}", c as u32) } else { c.to_string() })
                .collect();
            let address = format!("https://u:hunter2@a.example/b{place}{written}=hunter3");
            let nested: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
            event["tls"] = json!({ secret: hidden(20_261_129.into()), "to": address, "text": format!("see {address} {name}") });
            event["checks"] = json!([{ secret: hidden(true.into()) }, format!("https://b.example/?to={nested}")]);
            if name != "url" {
                event["url"] = address.into();
            }
            let run = json!({ "event": "run", "profile": text });
            let got = take(&lines(&[run, event])).unwrap();
            let told = lines(&got.events[1..]);
            for gone in ["hunter", "20261129", "true"] {
                prop_assert!(!told.contains(gone), "{} in {}", gone, told);
            }
            prop_assert_eq!(take(&lines(&got.events)).unwrap().events, got.events.clone());
            let account = Account::new(&got.events, 0);
            let shown = format!("{}{}{}", words(&account), markdown(&account), har(&account));
            prop_assert!(!shown.contains("BEGIN PRIVATE"));
            prop_assert_eq!(compare(&account, &account), crate::flow::compare::Compared::default());
        }
    }
}
