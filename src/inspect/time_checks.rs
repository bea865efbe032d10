//! The times of a claims set (RFC 7519 §2, §4.1.4 to §4.1.6), held against now.

use serde_json::{Map, Value};

use super::checks::{Row, passes};
use super::times::{about, span};
use crate::flow::view::{Level, Outcome};
use crate::jose::json;
use crate::time::Timestamp;

/// How much the issuer's clock may be ahead of ours. What ends has ended: there it counts nothing.
const SKEW: i64 = 60;
/// Later than any date in seconds that a bank means.
const MILLISECONDS: f64 = 1e11;
const TIMES: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

/// A time claim as it came.
enum Time {
    Absent,
    At(Timestamp),
    /// Why it is none.
    Bad(String),
}

fn read(claims: &Map<String, Value>, name: &str) -> Time {
    let Some(value) = claims.get(name) else { return Time::Absent };
    match value.as_f64().filter(|_| value.is_number()) {
        None => Time::Bad(format!("{name} is {} where a number is due", json::kind(value))),
        Some(seconds) if seconds > MILLISECONDS => Time::Bad(format!("{name} {value}: milliseconds?")),
        Some(seconds) if seconds < -MILLISECONDS => Time::Bad(format!("{name} {value} is no date")),
        Some(seconds) => Time::At(Timestamp::from_millis((seconds * 1000.0).floor() as i64)),
    }
}

pub(super) fn of_claims(claims: &Map<String, Value>, now: Timestamp) -> Vec<Row> {
    let mut rows = vec![numbers(claims)];
    rows.push(match read(claims, "exp") {
        Time::At(exp) => Row { found: about(now, exp), outcome: passes(exp > now), ..ends() },
        Time::Absent => Row { found: "no exp".to_owned(), ..ends() },
        Time::Bad(why) => Row { found: why, ..ends() },
    });
    for (name, say, reference) in
        [("nbf", "nbf has passed", "RFC 7519 §4.1.5"), ("iat", "iat is not in the future", "RFC 7519 §4.1.6")]
    {
        let blank = Row { say, expected: format!("≤ now + {SKEW} s"), reference, ..ends() };
        match read(claims, name) {
            Time::Absent => {}
            Time::Bad(why) => rows.push(Row { found: why, ..blank }),
            Time::At(at) => {
                rows.push(Row { found: about(now, at), outcome: passes(at <= now.plus_seconds(SKEW)), ..blank });
            }
        }
    }
    if let (Time::At(exp), Time::At(iat)) = (read(claims, "exp"), read(claims, "iat")) {
        let after = exp > iat;
        let gap = span(exp.millis().abs_diff(iat.millis()) / 1000);
        let found = if after { format!("{gap} after") } else { format!("{gap} before") };
        let (say, expected) = ("exp is after iat", "> iat".to_owned());
        rows.push(Row { say, expected, found, outcome: passes(after), reference: "RFC 7519 §4.1.4–6", ..ends() });
    }
    rows
}

/// The line of `exp`, not yet checked.
fn ends() -> Row {
    Row {
        id: "JWT-02",
        level: Level::Must,
        outcome: Outcome::NotChecked,
        say: "exp is in the future",
        expected: "> now".to_owned(),
        found: String::new(),
        reference: "RFC 7519 §4.1.4",
    }
}

fn numbers(claims: &Map<String, Value>) -> Row {
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for name in TIMES {
        match read(claims, name) {
            Time::Absent => {}
            Time::At(_) => good.push(name),
            Time::Bad(why) => bad.push(why),
        }
    }
    let (outcome, found) = match (bad.is_empty(), good.is_empty()) {
        (false, _) => (Outcome::Fail, bad.join("; ")),
        (true, false) => (Outcome::Pass, good.join(", ")),
        (true, true) => (Outcome::NotChecked, "no times among the claims".to_owned()),
    };
    let (say, expected) = ("times are numbers of seconds", "JSON numbers, seconds since 1970".to_owned());
    Row { id: "JWT-01", say, expected, found, outcome, reference: "RFC 7519 §2", ..ends() }
}
