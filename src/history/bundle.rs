//! A run as one JSON document for somebody else, and reading it back: also the lines of a kept run, or of `run --json`.

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
    if content.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    let is_event = |value: &Json| !text(value, "event").is_empty();
    let mut lost = 0;
    let whole = crate::jose::json::parse(content).ok().filter(|whole| text(whole, "format") == BUNDLE);
    let mut events: Vec<Json> = match whole {
        Some(mut whole) => match whole["events"].take() {
            Json::Array(events) => events.into_iter().filter(is_event).collect(),
            _ => Vec::new(),
        },
        None => content
            .split(|b| *b == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            .filter_map(|line| {
                let event = crate::jose::json::parse(line).ok().filter(is_event);
                lost += usize::from(event.is_none());
                event
            })
            .collect(),
    };
    lost += events.len().saturating_sub(MOST_EVENTS);
    events.truncate(MOST_EVENTS);
    if events.iter().any(|e| text(e, "event") == "run") { Ok((events, lost)) } else { Err(Unreadable::NoRun) }
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
        for no_run in ["", "{}", "[1]", "\n\n", "{\"event\":\"step\"}", "eyJ"] {
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
