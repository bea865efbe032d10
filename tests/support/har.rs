//! The field list of HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>): what has to be there, and of which kind.

use serde_json::Value as Json;

#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// ISO 8601 with a zone.
    Moment,
    Number,
    /// -1: does not apply, or not known.
    Or1,
    Object,
    List,
}

/// Fields that every object of that name has.
fn fields(of: &str) -> &'static [(&'static str, Kind)] {
    use Kind::*;
    match of {
        "log" => &[("version", Text), ("creator", Object), ("entries", List)],
        "creator" => &[("name", Text), ("version", Text)],
        "entry" => &[
            ("startedDateTime", Moment),
            ("time", Number),
            ("request", Object),
            ("response", Object),
            ("cache", Object),
            ("timings", Object),
        ],
        "request" => &[
            ("method", Text),
            ("url", Text),
            ("httpVersion", Text),
            ("cookies", List),
            ("headers", List),
            ("queryString", List),
            ("headersSize", Or1),
            ("bodySize", Or1),
        ],
        "response" => &[
            ("status", Number),
            ("statusText", Text),
            ("httpVersion", Text),
            ("cookies", List),
            ("headers", List),
            ("content", Object),
            ("redirectURL", Text),
            ("headersSize", Or1),
            ("bodySize", Or1),
        ],
        "content" => &[("size", Number), ("mimeType", Text)],
        "postData" => &[("mimeType", Text), ("params", List), ("text", Text)],
        "timings" => &[
            ("blocked", Or1),
            ("dns", Or1),
            ("connect", Or1),
            ("ssl", Or1),
            ("send", Number),
            ("wait", Number),
            ("receive", Number),
        ],
        // headers, queryString, params
        _ => &[("name", Text), ("value", Text)],
    }
}

fn object(value: &Json, of: &str) {
    assert!(value.is_object(), "{of}: {value}");
    for (name, kind) in fields(of) {
        let field = &value[*name];
        let number = field.as_f64();
        let right = match kind {
            Kind::Text => field.is_string(),
            Kind::Moment => field.as_str().is_some_and(|t| t.parse::<jiff::Timestamp>().is_ok()),
            Kind::Number => number.is_some_and(|n| n >= 0.0),
            Kind::Or1 => number.is_some_and(|n| n >= 0.0 || (n + 1.0).abs() < f64::EPSILON),
            Kind::Object => field.is_object(),
            Kind::List => field.is_array(),
        };
        assert!(right, "{of}.{name}: {field}");
    }
}

fn each(list: &Json, of: &str) {
    list.as_array().into_iter().flatten().for_each(|item| object(item, of));
}

/// Panics where something of the list is missing or of another kind.
pub fn check(har: &Json) {
    let log = &har["log"];
    object(log, "log");
    assert_eq!(log["version"], "1.2");
    object(&log["creator"], "creator");
    each(&log["entries"], "entry");
    for entry in log["entries"].as_array().expect("a list") {
        let (request, response, timings) = (&entry["request"], &entry["response"], &entry["timings"]);
        object(request, "request");
        object(response, "response");
        object(&response["content"], "content");
        object(timings, "timings");
        for pairs in [&request["headers"], &request["queryString"], &response["headers"]] {
            each(pairs, "pair");
        }
        if !request["postData"].is_null() {
            object(&request["postData"], "postData");
            each(&request["postData"]["params"], "pair");
        }
        // "time must be the sum of all timings without -1"; `ssl` is inside of `connect`
        let of = |name: &str| timings[name].as_f64().filter(|ms| *ms > 0.0).unwrap_or(0.0);
        let sum: f64 = ["blocked", "dns", "connect", "send", "wait", "receive"].into_iter().map(of).sum();
        assert!((sum - entry["time"].as_f64().expect("a number")).abs() < 0.01, "{timings}");
    }
}
