//! A person at the terminal answers what a flow asks: questions on standard error, answers from standard input.

use std::io::{BufRead, Write};

use futures_util::future::BoxFuture;

use crate::flow::view::{AskView, PinView};
use crate::secret::{Class, Secret};
use crate::shell::{Answers, People};

pub struct AtTerminal;

impl People for AtTerminal {
    fn answer<'a>(&'a self, _: &'a str, ask: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        let ask = ask.clone();
        Box::pin(async move { tokio::task::spawn_blocking(move || prompt(&ask)).await.ok().flatten() })
    }

    fn approve<'a>(&'a self, _: &'a str, pin: &'a PinView) -> BoxFuture<'a, Option<bool>> {
        let pin = pin.clone();
        Box::pin(async move { tokio::task::spawn_blocking(move || compare(&pin)).await.ok().flatten() })
    }
}

fn prompt(ask: &AskView) -> Option<Result<Answers, String>> {
    let mut out = std::io::stderr().lock();
    let clean = crate::text::clean;
    writeln!(out, "\n{}", clean(&ask.text)).ok()?;
    for field in &ask.show {
        writeln!(out, "  {}:\n{}", clean(&field.name), clean(&field.value)).ok()?;
    }
    let mut answers = Answers::new();
    for field in &ask.ask {
        if field.class == Class::Secret {
            return Some(Err(format!(
                "{} is secret: fill it in on screen, or give it with --set {}=@FILE",
                field.label, field.name
            )));
        }
        write!(out, "{}: ", clean(&field.label)).ok()?;
        out.flush().ok()?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).ok()? == 0 {
            return None;
        }
        answers.insert(field.name.clone(), Secret::new(line.trim()));
    }
    Some(Ok(answers))
}

/// Only the word itself says yes.
fn compare(pin: &PinView) -> Option<bool> {
    let mut out = std::io::stderr().lock();
    let clean = crate::text::clean;
    let news = if pin.is_changed() { "These keys are not those that were approved before." } else { "First sight." };
    writeln!(out, "\nKeys of “{}”. {news} Compare them with what the bank says on another way.", clean(&pin.name))
        .ok()?;
    for key in &pin.keys {
        let known = if key.known { "  approved before" } else { "" };
        writeln!(out, "  {}  {}  {}{known}", key.thumbprint, key.kind, clean(key.kid.as_deref().unwrap_or("-")))
            .ok()?;
    }
    writeln!(out, "  SHA-256 of what came: {}", pin.sha256).ok()?;
    write!(out, "Are these the bank's keys? Type yes: ").ok()?;
    out.flush().ok()?;
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line).ok()? == 0 {
        return None;
    }
    Some(line.trim() == "yes")
}
