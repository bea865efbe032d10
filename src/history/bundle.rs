//! A run as one JSON document for somebody else, and reading it back: also the lines of a kept run, or of `run --json`.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::account::{Account, text};

/// What `format` of such a document says.
pub const BUNDLE: &str = "countersign-run/1";

/// Longer texts are not taken in.
const LARGEST: usize = 64 << 20;

/// Later events are not taken in.
const MOST_EVENTS: usize = 10_000;

/// Why a text is no run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("it is larger than 64 MB")]
    TooLarge,
    #[error("it is no run: neither a document of `history export --format json` nor lines of `run --json`")]
    NoRun,
}

/// What is to be seen first, and all events.
pub fn bundle(account: &Account, events: &[Json]) -> Json {
    let exchanges: Vec<Json> = account
        .exchanges()
        .map(|(part, e)| {
            let (method, url) = (text(&e.request, "method"), text(&e.request, "url"));
            let response = e.response.as_ref();
            json!({
                "step": part.id, "method": method, "url": url, "answer": e.answer(), "ms": e.ms(),
                "started": response.map(|r| r["started"].clone()), "phases": response.map(|r| r["phases"].clone()),
            })
        })
        .collect();
    let traces: Vec<Json> = account
        .traces()
        .into_iter()
        .map(|(step, name, value)| json!({ "step": step, "name": name, "value": value }))
        .collect();
    json!({
        "format": BUNDLE, "software": format!("countersign {}", env!("CARGO_PKG_VERSION")),
        "masked_values": super::masked_values(&Json::from(events).to_string()),
        "profile": account.run["profile"], "environment": account.run["env"], "flow": account.run["flow"],
        "status": account.status(), "error": account.error(), "trace_ids": traces, "keys": account.keys,
        "troubles": account.troubles(), "exchanges": exchanges, "events": events,
    })
}

/// The events of a text, and how many of its lines could not be read.
///
/// # Errors
/// [`Unreadable`] where there is no run in it.
pub fn read(content: &[u8]) -> Result<(Vec<Json>, usize), Unreadable> {
    let (mut events, mut lost) = (Vec::new(), 0);
    let left = each_event(content, |event| match parsed(event) {
        Some(event) => events.push(event),
        None => lost += 1,
    })?;
    let is_run = events.iter().any(|e| text(e, "event") == "run");
    if is_run { Ok((events, lost + left)) } else { Err(Unreadable::NoRun) }
}

/// An event as it is written. None: it is none.
pub(super) fn parsed(event: &[u8]) -> Option<Json> {
    crate::jose::json::parse(event).ok().filter(|event| !text(event, "event").is_empty())
}

/// Hands over the first events of a text one by one, as they are written there, so that only what is taken is kept; gives
/// how many more there are.
///
/// # Errors
/// Where the text is too large.
pub(super) fn each_event(content: &[u8], mut take: impl FnMut(&[u8])) -> Result<usize, Unreadable> {
    if content.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    let mut count: usize = 0;
    let mut next = |event: &[u8]| {
        count += 1;
        if count <= MOST_EVENTS {
            take(event);
        }
    };
    match serde_json::from_slice::<Document<'_>>(content).ok().filter(|document| document.format == BUNDLE) {
        Some(Document { events, .. }) => {
            let mut events = serde_json::Deserializer::from_str(events.map_or("[]", RawValue::get));
            // what is no list holds none
            let _ = events.deserialize_seq(Each(|event: &RawValue| next(event.get().as_bytes())));
        }
        None => content.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()).for_each(next),
    }
    Ok(count.saturating_sub(MOST_EVENTS))
}

/// What is read of such a document.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    #[serde(borrow)]
    events: Option<&'a RawValue>,
}

/// A list of which each item is handed over and none is kept.
struct Each<F>(F);

impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.0)(item);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::events;
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        let all = events();
        let account = Account::new(&all, 0);
        let text = bundle(&account, &all).to_string();
        assert_eq!(read(text.as_bytes()), Ok((all.clone(), 0)));
        let lines: String = all.iter().map(|e| format!("{e}\n")).collect();
        assert_eq!(read(lines.as_bytes()), Ok((all, 0)));
    }

    #[test]
    fn a_torn_end_and_garbage_in_the_middle_cost_only_themselves() {
        let all = events();
        let mut lines: Vec<String> = all.iter().map(Json::to_string).collect();
        lines[2] = "\u{1}garbage".into();
        let last = lines.pop().unwrap();
        lines.push(last[..last.len() / 2].to_owned());
        let (read, lost) = read(lines.join("\n").as_bytes()).unwrap();
        assert_eq!((read.len(), lost), (all.len() - 2, 2));
        let long = format!("{}{}", all[0].to_string() + "\n", "{\"event\":\"x\"}\n".repeat(MOST_EVENTS));
        assert_eq!(super::read(long.as_bytes()).unwrap().1, 1);
        let document = json!({"events": [all[0], 7, [{}], {"event": "x"}], "format": BUNDLE, "more": {}}).to_string();
        let (read, lost) = super::read(document.as_bytes()).unwrap();
        assert_eq!((read.len(), lost), (2, 2));
        for no_run in
            ["", "{}", "[1]", "\n\n", "{\"event\":\"step\"}", "eyJ", "{\"format\":\"countersign-run/1\",\"events\":7}"]
        {
            assert_eq!(super::read(no_run.as_bytes()), Err(Unreadable::NoRun), "{no_run}");
        }
    }

    #[test]
    fn hostile_members_make_nothing_panic() {
        for kind in
            ["run", "key", "step", "artefact", "request", "response", "check", "output", "granted", "seen", "done"]
        {
            for odd in [json!(null), json!(7), json!([[]]), json!({"a": {}}), json!("\u{1b}[2J")] {
                let event = json!({
                    "event": kind, "step": odd, "id": odd, "headers": odd, "body": odd, "phases": odd, "url": odd,
                    "attempt": odd, "checks": odd, "error": odd, "started": odd, "status": odd, "tls": odd,
                });
                let all = [json!({"event": "run"}), event.clone(), event];
                let account = Account::new(&all, 0);
                let told = super::super::words(&account) + &super::super::markdown(&account);
                assert!(!told.contains('\u{1b}'), "{kind} {odd}");
                let _ = (super::super::har(&account), bundle(&account, &all));
            }
        }
    }
}
