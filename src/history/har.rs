//! A run's exchanges as HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>), for the tools that read it. Masked as
//! the events are; sizes are those of what crossed the wire.

use serde_json::{Value as Json, json};

use super::account::{Account, Exchange, Part, pairs, text};
use super::words::body;

pub fn har(account: &Account) -> Json {
    let entries: Vec<Json> = account.exchanges().map(|(part, exchange)| entry(account, part, exchange)).collect();
    let run = &account.run;
    let comment =
        format!("{} / {}, flow {}; secrets are masked", text(run, "profile"), text(run, "env"), text(run, "flow"));
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": "countersign", "version": env!("CARGO_PKG_VERSION") },
        "entries": entries,
        "comment": comment,
    } })
}

fn entry(account: &Account, part: &Part, exchange: &Exchange) -> Json {
    let response = exchange.response.as_ref();
    // an exchange without an answer has no times of its own
    let started = [response.map_or("", |r| text(r, "started")), &part.moved, text(&account.run, "at"), EPOCH];
    let started = started.into_iter().find(|t| t.parse::<jiff::Timestamp>().is_ok()).unwrap_or(EPOCH);
    let timings = timings(response.map(|r| &r["phases"]));
    // `ssl` is part of `connect`
    let parts = ["blocked", "dns", "connect", "send", "wait", "receive"];
    let time: f64 = parts.iter().filter_map(|name| timings[*name].as_f64()).filter(|ms| *ms > 0.0).sum();
    let peer = response.map_or("", |r| text(r, "peer"));
    let mut entry = json!({
        "startedDateTime": started,
        "time": time,
        "request": request(exchange),
        "response": answer(exchange),
        "cache": {},
        "timings": timings,
        "comment": format!("step {}", part.id),
    });
    if let Some((address, port)) = peer.rsplit_once(':') {
        entry["serverIPAddress"] = address.trim_matches(['[', ']']).into();
        entry["connection"] = port.into();
    }
    entry
}

const EPOCH: &str = "1970-01-01T00:00:00.000Z";

fn headers(event: &Json) -> Vec<Json> {
    pairs(event).map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn header<'e>(event: &'e Json, name: &str) -> &'e str {
    pairs(event).find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

/// -1: not known.
fn size(value: &Json) -> i64 {
    value.as_i64().filter(|n| *n >= 0).unwrap_or(-1)
}

fn request(exchange: &Exchange) -> Json {
    let (event, sent) = (&exchange.request, exchange.response.as_ref().map(|r| &r["sent"]));
    let url = text(event, "url");
    let query = url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    let query: Vec<Json> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let mut request = json!({
        "method": text(event, "method"),
        "url": url,
        "httpVersion": "HTTP/1.1",
        // a cookie is a secret: it stands masked among the headers
        "cookies": [],
        "headers": headers(event),
        "queryString": query,
        "headersSize": size(sent.map_or(&Json::Null, |s| &s["head"])),
        "bodySize": size(&event["size"]),
    });
    let kind = header(event, "content-type");
    match &event["body"] {
        Json::Null => {}
        Json::Object(members) if kind.starts_with("application/x-www-form-urlencoded") => {
            let value = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
            let params: Vec<Json> = members.iter().map(|(n, v)| json!({ "name": n, "value": value(v) })).collect();
            request["postData"] = json!({ "mimeType": kind, "params": params, "text": "" });
        }
        other => request["postData"] = json!({ "mimeType": kind, "params": [], "text": body(other) }),
    }
    request
}

/// Without an answer its status is 0, as browsers write it.
fn answer(exchange: &Exchange) -> Json {
    let nothing = Json::Null;
    let event = exchange.response.as_ref().unwrap_or(&nothing);
    let content = body(&event["body"]);
    let mut answer = json!({
        "status": event["status"].as_u64().unwrap_or(0),
        "statusText": text(event, "reason"),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(event),
        "content": { "size": event["size"].as_u64().unwrap_or(0), "mimeType": header(event, "content-type"), "text": content },
        "redirectURL": header(event, "location"),
        "headersSize": size(&event["head"]),
        "bodySize": size(&event["size"]),
    });
    if let Some(error) = &exchange.error {
        answer["comment"] = format!("{}: {}", text(error, "id"), text(error, "text")).into();
    }
    answer
}

/// Milliseconds; -1: it did not happen. `send` is in `wait`, which runs from the first byte sent to the first received.
fn timings(phases: Option<&Json>) -> Json {
    let of = |name: &str| phases.and_then(|p| p[name].as_f64()).filter(|ms| *ms >= 0.0);
    let connect = match (of("tcp"), of("tls")) {
        (None, None) => -1.0,
        (tcp, tls) => tcp.unwrap_or(0.0) + tls.unwrap_or(0.0),
    };
    json!({
        "blocked": -1, "dns": of("dns").unwrap_or(-1.0), "connect": connect, "ssl": of("tls").unwrap_or(-1.0),
        "send": 0, "wait": of("wait").unwrap_or(0.0), "receive": of("body").unwrap_or(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{checked_har, events};
    use super::*;

    #[test]
    fn every_field_of_har_1_2_is_there_and_of_its_kind() {
        let har = har(&Account::new(&events(), 0));
        checked_har(&har);
        let entries = har["log"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        let post = &entries[0]["request"]["postData"];
        assert_eq!(post["params"][1]["name"], "client_assertion");
        assert!(post["params"][1]["value"].as_str().unwrap().starts_with("********"), "{post}");
        assert_eq!(
            entries[0]["timings"],
            json!({
                "blocked": -1, "dns": 1.0, "connect": 42.5, "ssl": 33.5, "send": 0, "wait": 72.0, "receive": 3.0,
            })
        );
        assert_eq!(entries[0]["time"], 118.5);
        assert_eq!(entries[1]["request"]["queryString"][0], json!({"name": "a b", "value": "c"}));
    }

    #[test]
    fn what_was_never_sent_is_no_entry_and_what_was_lost_has_status_0() {
        let told = |all: &[Json]| har(&Account::new(all, 0))["log"]["entries"].clone();
        let run = json!({"event": "run", "at": "2026-11-24T18:00:00.000Z"});
        let armed =
            json!({"event": "request", "step": "a", "method": "GET", "url": "https://x.example/", "headers": []});
        let state = |word: &str| json!({"event": "step", "id": "a", "state": word, "attempt": 1});
        assert_eq!(told(&[run.clone(), state("armed"), armed.clone()]), json!([]));
        let mut failed = state("failed");
        failed["error"] = json!({"id": "net.refused", "text": "nobody listens"});
        let lost = told(&[run, state("armed"), armed, state("sent"), failed]);
        checked_har(&json!({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": lost}}));
        assert_eq!(
            (&lost[0]["response"]["status"], &lost[0]["response"]["comment"]),
            (&json!(0), &json!("net.refused: nobody listens"))
        );
    }
}
