//! A person at the terminal answers what a flow asks: questions on standard error, answers from standard input.

use std::io::{BufRead, Read, Write};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::flow::callback::Authorization;
use crate::flow::view::{AskView, PinView};
use crate::secret::{Class, Secret};
use crate::shell::{Answers, People};

/// Longer lines end the reading.
const LONGEST: u64 = 1 << 20;

/// Lines of standard input, for whoever asks first. Read from the first question on: a line that is awaited while
/// something else answers is not lost to the next question.
#[derive(Clone, Default)]
pub struct AtTerminal(Arc<Mutex<Option<UnboundedReceiver<Secret>>>>);

impl AtTerminal {
    /// None: standard input has ended.
    async fn line(&self) -> Option<Secret> {
        let mut lines = self.0.lock().await;
        lines.get_or_insert_with(read_lines).recv().await
    }

    async fn prompt(&self, ask: &AskView) -> Option<Result<Answers, String>> {
        let clean = crate::text::clean;
        let mut text = format!("\n{}\n", clean(&ask.text));
        for field in &ask.show {
            text.extend(["  ", &clean(&field.name), ":\n", &clean(&field.value), "\n"]);
        }
        tell(&text)?;
        let mut answers = Answers::new();
        for field in &ask.ask {
            if field.class == Class::Secret {
                return Some(Err(format!(
                    "{} is secret: fill it in on screen, or give it with --set {}=@FILE",
                    field.label, field.name
                )));
            }
            tell(&format!("{}: ", clean(&field.label)))?;
            let line = self.line().await?;
            answers.insert(field.name.clone(), Secret::new(line.expose().trim()));
        }
        Some(Ok(answers))
    }

    /// Only the word itself says yes.
    async fn compare(&self, pin: &PinView) -> Option<bool> {
        let clean = crate::text::clean;
        let news =
            if pin.is_changed() { "These keys are not those that were approved before." } else { "First sight." };
        let mut text =
            format!("\nKeys of “{}”. {news} Compare them with what the bank says on another way.\n", clean(&pin.name));
        for key in &pin.keys {
            let known = if key.known { "  approved before" } else { "" };
            let kid = clean(key.kid.as_deref().unwrap_or("-"));
            text.extend(["  ", &key.thumbprint, "  ", &key.kind, "  ", &kid, known, "\n"]);
        }
        text.extend(["  SHA-256 of what came: ", &pin.sha256, "\nAre these the bank's keys? Type yes: "]);
        tell(&text)?;
        Some(self.line().await?.expose().trim() == "yes")
    }

    async fn go(&self, request: &Authorization, said: Option<&str>) -> Option<Secret> {
        let clean = crate::text::clean;
        let text = match said {
            Some(said) => format!("  {}\n", clean(said)),
            None => format!(
                "\nOpen this address in a browser and sign in at the bank:\n{}\nIf the browser ends on an error page, paste \
                 the address that it ended on here:\n",
                clean(request.url.expose())
            ),
        };
        tell(&text)?;
        self.line().await
    }
}

impl People for AtTerminal {
    fn answer<'a>(&'a self, _: &'a str, ask: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        Box::pin(self.prompt(ask))
    }

    fn authorize<'a>(
        &'a self,
        _: &'a str,
        request: &'a Authorization,
        said: Option<String>,
    ) -> BoxFuture<'a, Option<Result<Secret, String>>> {
        Box::pin(async move {
            match self.go(request, said.as_deref()).await {
                Some(line) => Some(Ok(line)),
                // the listener may still hear it
                None if request.redirect_uri.starts_with("http://") => std::future::pending().await,
                None => None,
            }
        })
    }

    fn approve<'a>(&'a self, _: &'a str, pin: &'a PinView) -> BoxFuture<'a, Option<bool>> {
        Box::pin(self.compare(pin))
    }
}

fn tell(text: &str) -> Option<()> {
    let mut out = std::io::stderr().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok()
}

/// Ends with standard input, or when nobody wants another line.
fn read_lines() -> UnboundedReceiver<Secret> {
    let (lines, heard) = unbounded_channel();
    tokio::task::spawn_blocking(move || {
        loop {
            let mut line = String::new();
            let read = std::io::stdin().lock().take(LONGEST).read_line(&mut line);
            if !matches!(read, Ok(n) if n > 0) || lines.send(Secret::new(line)).is_err() {
                return;
            }
        }
    });
    heard
}
