//! A person at the terminal answers what a flow asks: questions on standard error, answers from standard input.

use std::io::{BufRead, Write};

use futures_util::future::BoxFuture;

use crate::flow::view::AskView;
use crate::secret::{Class, Secret};
use crate::shell::{Answers, People};

pub struct AtTerminal;

impl People for AtTerminal {
    fn answer<'a>(&'a self, _: &'a str, ask: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        let ask = ask.clone();
        Box::pin(async move { tokio::task::spawn_blocking(move || prompt(&ask)).await.ok().flatten() })
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
