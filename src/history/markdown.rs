//! A run as Markdown, for a bank's support: what was sent and answered, what failed by which clause, by what the bank's own
//! log knows it.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::account::{Account, Exchange, Part, masked_values, pairs, text};
use super::words::{body, content, counts_in_words, key_in_words, phases, tls_in_words};
use crate::text::clean;

pub fn markdown(account: &Account) -> String {
    let mut report = Report(String::new());
    report.head(account);
    report.error(account);
    report.troubles(account);
    report.traces(account);
    report.keys(account);
    report.timings(account);
    account.parts.iter().for_each(|part| report.step(part));
    let masked = masked_values(&report.0);
    let foot = format!(
        "\n---\n{masked} values are masked. `(43 chars, ~9f3c)` says how long a secret is; two with the same `~9f3c` are the \
         same one, in this report alone. Personal values are masked without it.\n"
    );
    report.0 + &foot
}

struct Report(String);

impl Report {
    /// Writing to a String cannot fail.
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "{text}");
    }

    /// Words from outside, that can neither begin nor end anything of Markdown's.
    fn item(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.line(&format!("- {name}: {}", plain(value)));
        }
    }

    fn head(&mut self, account: &Account) {
        let run = &account.run;
        let title = if text(run, "title").is_empty() { text(run, "flow") } else { text(run, "title") };
        self.line(&format!("# {}: {}\n", plain(title), plain(account.status())));
        let production = if run["production"] == Json::Bool(true) { " (production)" } else { "" };
        self.item("profile", text(run, "profile"));
        self.item("environment", &format!("{}{production}", text(run, "env")));
        self.item("flow", text(run, "flow"));
        self.item("started", text(run, "at"));
        self.item("ended", account.done.as_ref().map_or("", |done| text(done, "at")));
        self.item("imported from a file", text(run, "imported"));
        let software = text(run, "software");
        let this = format!("countersign {}", env!("CARGO_PKG_VERSION"));
        self.item("software", if software.is_empty() { &this } else { software });
        self.item("run", text(run, "id"));
        if let Some(counts) = account.done.as_ref().map(|done| &done["checks"]).filter(|c| c.is_object()) {
            self.item("checks", &counts_in_words(counts));
        }
    }

    fn error(&mut self, account: &Account) {
        let Some(error) = account.error() else { return };
        self.line("\n## What went wrong\n");
        self.line(&format!("`{}`: {}\n", code(text(error, "id")), plain(text(error, "text"))));
        self.item("likely", text(error, "likely"));
        self.item("to try", text(error, "hint"));
        let checks = error["checks"].as_array().into_iter().flatten().filter_map(Json::as_str);
        self.item("see the checks", &checks.collect::<Vec<_>>().join(", "));
    }

    fn troubles(&mut self, account: &Account) {
        let troubles = account.troubles();
        if troubles.is_empty() {
            return;
        }
        self.line("\n## Checks that did not hold\n\n| check | on | result | rule | found | written in |\n| --- | --- | --- | --- | --- | --- |");
        for check in troubles {
            let of = |name: &str| plain(text(check, name)).replace('|', "\\|");
            let (id, on, result) = (of("id"), of("on"), of("result"));
            self.line(&format!("| {id} | {on} | {result} | {} | {} | {} |", of("say"), of("found"), of("ref")));
        }
    }

    fn traces(&mut self, account: &Account) {
        let traces = account.traces();
        if traces.is_empty() {
            return;
        }
        self.line("\n## In the bank's log\n");
        traces.iter().for_each(|(step, name, value)| {
            self.line(&format!("- {}: {} `{}`", plain(step), plain(name), code(value)))
        });
    }

    fn keys(&mut self, account: &Account) {
        if account.keys.is_empty() {
            return;
        }
        self.line("\n## Keys and certificates\n");
        account.keys.iter().for_each(|key| self.line(&format!("- {}", plain(&key_in_words(key)))));
    }

    fn timings(&mut self, account: &Account) {
        if account.exchanges().next().is_none() {
            return;
        }
        self.line("\n## Exchanges\n\n| step | request | answer | started | ms | of these |\n| --- | --- | --- | --- | --- | --- |");
        for (part, exchange) in account.exchanges() {
            let (request, response) = (&exchange.request, exchange.response.as_ref());
            let of = |t: &str| plain(t).replace('|', "\\|");
            let url = of(text(request, "url").split('?').next().unwrap_or_default());
            let ms = exchange.ms().map_or_else(String::new, |ms| ms.to_string());
            let started = response.map_or("", |r| text(r, "started"));
            let spent = response.map_or_else(String::new, |r| phases(&r["phases"]));
            let (step, method) = (of(&part.id), of(text(request, "method")));
            self.line(&format!(
                "| {step} | {method} {url} | {} | {} | {ms} | {spent} |",
                of(&exchange.answer()),
                of(started)
            ));
        }
    }

    fn step(&mut self, part: &Part) {
        if part.artefacts.is_empty() && !part.exchanges.iter().any(|e| e.sent) {
            return;
        }
        let again = if part.attempt > 1 { format!(", attempt {}", part.attempt) } else { String::new() };
        self.line(&format!("\n## Step {}: {} ({}{again})", plain(&part.id), plain(&part.title), plain(&part.state)));
        for artefact in &part.artefacts {
            self.line(&format!("\n{} `{}`\n", plain(text(artefact, "kind")), code(text(artefact, "name"))));
            let shown = ["header", "claims"].iter().filter(|m| !artefact[**m].is_null()).map(|m| body(&artefact[*m]));
            self.block("json", &shown.collect::<Vec<_>>().join("\n"));
        }
        part.exchanges.iter().filter(|e| e.sent).for_each(|exchange| self.exchange(exchange));
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let request = &exchange.request;
        let mut sent = format!("{} {}\n", text(request, "method"), text(request, "url"));
        message(request, &mut sent);
        self.line("");
        self.block("http", &sent);
        let Some(response) = &exchange.response else {
            let why = exchange.error.as_ref().map_or("no answer came", |e| text(e, "text"));
            return self.line(&format!("\nNo answer: {}", plain(why)));
        };
        let mut came = format!("{} {}\n", exchange.answer(), text(response, "reason"));
        message(response, &mut came);
        self.line("");
        self.block("http", &came);
        let tls = tls_in_words(&response["tls"]);
        if !tls.is_empty() {
            self.line(&format!("\n{}", plain(&tls)));
        }
    }

    /// A fence longer than any inside.
    fn block(&mut self, kind: &str, text: &str) {
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.line(&format!("{fence}{kind}\n{}\n{fence}", crate::text::clean_multiline(text.trim_end())));
    }
}

fn message(event: &Json, out: &mut String) {
    for (name, value) in pairs(event) {
        let _ = writeln!(out, "{name}: {value}");
    }
    let body = content(event);
    if !body.is_empty() {
        let _ = write!(out, "\n{body}");
    }
}

/// One line, without what Markdown or HTML would act on.
fn plain(text: &str) -> String {
    clean(text).replace('<', "&lt;").replace('`', "'")
}

/// Between backticks.
fn code(text: &str) -> String {
    clean(text).replace('`', "'")
}

#[cfg(test)]
mod tests {
    use super::super::testing::events;
    use super::*;

    #[test]
    fn a_report_says_what_a_support_desk_asks_for() {
        insta::assert_snapshot!(markdown(&Account::new(&events(), 0)));
    }

    #[test]
    fn nothing_from_outside_becomes_markdown() {
        let mut all = events();
        for event in all.iter_mut().filter(|e| text(e, "event") == "response") {
            event["body"] = "````\n# not ours\n<script>".into();
        }
        all[0]["title"] = "a<b>\n# c".into();
        let told = markdown(&Account::new(&all, 0));
        assert!(told.starts_with("# a&lt;b>␊# c: failed") && told.contains("\n`````http\n"), "{told}");
    }
}
