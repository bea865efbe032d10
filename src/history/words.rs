//! A run in words: for a terminal, and for reading on screen.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::account::{Account, Exchange, Part, pairs, status_sign, text};
use crate::text::{clean, clean_multiline};

/// The whole account, fit to be printed.
pub fn words(account: &Account) -> String {
    let mut out = String::new();
    head(account, &mut out);
    for part in account.parts.iter().filter(|p| p.state != "ready") {
        step(part, &mut out);
    }
    if account.lost > 0 {
        line(&mut out, 0, &format!("({} lines of it could not be read)", account.lost));
    }
    out
}

/// Writing to a String cannot fail.
fn line(out: &mut String, indent: usize, words: &str) {
    let _ = writeln!(out, "{:indent$}{}", "", clean(words));
}

/// `NAME value`, where there is one.
fn fact(out: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        line(out, 2, &format!("{name:<10} {value}"));
    }
}

fn head(account: &Account, out: &mut String) {
    let run = &account.run;
    let place = match (run["sandbox"].as_bool(), run["production"].as_bool()) {
        (Some(true), _) => " [SANDBOX]",
        (_, Some(true)) => " [PRODUCTION]",
        _ => "",
    };
    let title = if text(run, "title").is_empty() { text(run, "flow") } else { text(run, "title") };
    line(out, 0, &format!("{} / {}{place}: {title}", text(run, "profile"), text(run, "env")));
    fact(out, "flow", text(run, "flow"));
    fact(out, "started", text(run, "at"));
    let ended = account.done.as_ref().map_or("", |done| text(done, "at"));
    fact(out, "ended", ended);
    fact(out, "imported", text(run, "imported"));
    fact(out, "status", account.status());
    if let Some(counts) = account.done.as_ref().map(|done| &done["checks"]).filter(|c| c.is_object()) {
        fact(out, "checks", &counts_in_words(counts));
    }
    for (name, value) in run["inputs"].as_object().into_iter().flatten() {
        fact(out, "set", &format!("{name} = {}", plain(value)));
    }
    for name in run["withheld"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        fact(out, "set", &format!("{name} (not kept)"));
    }
    for key in &account.keys {
        fact(out, "key", &key_in_words(key));
    }
    fact(out, "software", text(run, "software"));
    if let Some(error) = account.error() {
        error_in_words(error, 0, out);
    }
}

/// `41 passed, 0 failed, 1 warned, 2 not checked`
pub(super) fn counts_in_words(counts: &Json) -> String {
    let n = |name: &str| counts[name].as_u64().unwrap_or(0);
    format!("{} passed, {} failed, {} warned, {} not checked", n("pass"), n("fail"), n("warn"), n("not_checked"))
}

pub(super) fn key_in_words(key: &Json) -> String {
    let certificate = match text(key, "x5t#S256") {
        "" => String::new(),
        print => format!(", certificate x5t#S256 {print}"),
    };
    format!("{}: {}, thumbprint {}{certificate}", text(key, "role"), text(key, "kind"), text(key, "thumbprint"))
}

fn error_in_words(error: &Json, indent: usize, out: &mut String) {
    line(out, indent, &format!("✗ {}: {}", text(error, "id"), text(error, "text")));
    for (name, words) in [("likely", "likely"), ("hint", "try")] {
        if !text(error, name).is_empty() {
            line(out, indent + 2, &format!("{words}: {}", text(error, name)));
        }
    }
}

fn step(part: &Part, out: &mut String) {
    let again = if part.attempt > 1 { format!("  attempt {}", part.attempt) } else { String::new() };
    line(out, 0, "");
    line(out, 0, &format!("{} {}  {}{again}", status_sign(&part.state), part.id, part.title));
    for artefact in &part.artefacts {
        line(out, 4, &format!("{} {}", text(artefact, "kind"), text(artefact, "name")));
        for member in ["header", "claims"].iter().filter(|m| !artefact[**m].is_null()) {
            line(out, 6, &format!("{member} {}", artefact[*member]));
        }
    }
    for exchange in &part.exchanges {
        exchanged(exchange, out);
    }
    for note in &part.notes {
        line(out, 4, note);
    }
    for check in &part.checks {
        let sign = match text(check, "result") {
            "pass" => "✓",
            "fail" => "✗",
            "warn" => "!",
            _ => "?",
        };
        line(out, 4, &format!("{sign} {}: {}  {}", text(check, "id"), text(check, "say"), text(check, "ref")));
        if text(check, "result") != "pass" && !text(check, "found").is_empty() {
            line(out, 6, &format!("found: {}", text(check, "found")));
        }
    }
    for output in &part.outputs {
        line(out, 4, &format!("{}.{} = {}", part.id, text(output, "name"), text(output, "value")));
    }
    if let Some(error) = &part.error {
        error_in_words(error, 4, out);
    }
}

fn exchanged(exchange: &Exchange, out: &mut String) {
    let request = &exchange.request;
    let answer = if exchange.sent { exchange.answer() } else { "not sent".to_owned() };
    let ms = exchange.ms().map_or_else(String::new, |ms| format!("  {ms} ms"));
    let phases = exchange.response.as_ref().map(|r| phases(&r["phases"])).filter(|p| !p.is_empty());
    let phases = phases.map_or_else(String::new, |p| format!("  ({p})"));
    line(out, 4, &format!("{} {}  {answer}{ms}{phases}", text(request, "method"), text(request, "url")));
    let tls = exchange.response.as_ref().map(|r| tls_in_words(&r["tls"])).unwrap_or_default();
    if !tls.is_empty() {
        line(out, 6, &tls);
    }
    for event in [Some(request), exchange.response.as_ref()].into_iter().flatten() {
        let mark = if text(event, "event") == "response" { "<" } else { ">" };
        pairs(event).for_each(|(name, value)| line(out, 6, &format!("{mark} {name}: {value}")));
        for row in content(event).lines() {
            line(out, 6, &format!("{mark} {row}"));
        }
    }
}

/// `dns 1, tcp 9, tls 33, wait 72, body 3`, milliseconds.
pub(super) fn phases(phases: &Json) -> String {
    let of = |name: &&str| Some(format!("{name} {:.0}", phases[*name].as_f64()?));
    ["dns", "tcp", "tls", "wait", "body"].iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

/// A body as lines: JSON as people write it, any other as it is.
pub(super) fn body(body: &Json) -> String {
    match body {
        Json::Null => String::new(),
        Json::String(text) => clean_multiline(text).into_owned(),
        other => clean_multiline(&serde_json::to_string_pretty(other).unwrap_or_default()).into_owned(),
    }
}

/// The body of a request or a response; of a form, a parameter per line.
pub(super) fn content(event: &Json) -> String {
    let kind = pairs(event).find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map_or("", |(_, kind)| kind);
    match &event["body"] {
        Json::Object(members) if kind.starts_with("application/x-www-form-urlencoded") => {
            let lines: Vec<String> = members.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
            clean_multiline(&lines.join("\n")).into_owned()
        }
        // a member that is an object was told as a text of it
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                let inner = value.as_str().filter(|t| t.starts_with(['{', '[']));
                let inner = inner.and_then(|t| crate::jose::json::parse(t.as_bytes()).ok());
                (name.clone(), inner.unwrap_or_else(|| value.clone()))
            };
            body(&members.iter().map(member).collect())
        }
        other => body(other),
    }
}

/// What protected an exchange, and whose certificate we showed.
pub(super) fn tls_in_words(tls: &Json) -> String {
    if !tls.is_object() {
        return String::new();
    }
    let ours = match &tls["client_certificate"] {
        Json::Object(_) => {
            let ours = &tls["client_certificate"];
            format!("; client certificate {}, x5t#S256 {}", text(ours, "subject"), text(ours, "x5t#S256"))
        }
        Json::String(words) => format!("; client certificate {words}"),
        _ => String::new(),
    };
    format!("{}, {}{ours}", text(tls, "version"), text(tls, "cipher"))
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::testing::events;
    use super::*;

    #[test]
    fn a_run_reads_from_top_to_bottom() {
        insta::assert_snapshot!(words(&Account::new(&events(), 0)));
    }

    #[test]
    fn a_run_that_was_cut_off_says_so() {
        let all = events();
        let told = words(&Account::new(&all[..3], 1));
        assert!(told.contains("unfinished") && told.contains("(1 lines of it could not be read)"), "{told}");
    }
}
