//! Where passphrases come from: a file, standard input, or a person at the terminal.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use futures_util::future::BoxFuture;
use zeroize::Zeroizing;

use super::exit::Failure;
use super::session::{standard_input, text_file};
use crate::keys::{Given, NobodyUnlocks, Unlock, Wanted};
use crate::secret::Secret;

/// `--unlock-from FILE|-`; without it a person is asked, where standard error is a terminal.
pub fn unlock(from: Option<&str>) -> Result<Arc<dyn Unlock>, Failure> {
    Ok(match from {
        Some("-") => Arc::new(Given(Secret::new(standard_input()?))),
        Some(path) => Arc::new(Given(Secret::new(text_file(Path::new(path))?))),
        None if std::io::stderr().is_terminal() => Arc::new(AtTerminal),
        None => Arc::new(NobodyUnlocks),
    })
}

/// A value that is asked for at the terminal, and not shown. None: nobody is there, or they gave up.
pub fn secret(what: &str) -> Option<Secret> {
    let there = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    there.then(|| prompt(&Wanted { what: what.to_owned(), warning: None })).flatten()
}

struct AtTerminal;

impl Unlock for AtTerminal {
    fn ask(&self, wanted: Wanted) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(async { tokio::task::spawn_blocking(move || prompt(&wanted)).await.ok().flatten() })
    }

    fn hear(&self, progress: &str) {
        eprintln!("countersign: {}", crate::text::clean(progress));
    }
}

/// Raw mode, so that nothing is echoed; ends with the value.
struct Raw;

impl Drop for Raw {
    fn drop(&mut self) {
        // the terminal may be gone, and then there is nothing to restore
        let _ = disable_raw_mode();
        let _ = writeln!(std::io::stderr());
    }
}

fn prompt(wanted: &Wanted) -> Option<Secret> {
    let mut out = std::io::stderr();
    let warning = wanted.warning.as_ref().map(|w| format!(", {}", crate::text::clean(w))).unwrap_or_default();
    write!(out, "{} (it is not shown{warning}): ", crate::text::clean(&wanted.what)).ok()?;
    out.flush().ok()?;
    enable_raw_mode().ok()?;
    let _raw = Raw;
    // room for a long one: growing would leave copies behind
    let mut typed = Zeroizing::new(String::with_capacity(1024));
    loop {
        match read().ok()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => match key.code {
                KeyCode::Enter => return Some(Secret::new(std::mem::take(&mut *typed))),
                KeyCode::Esc => return None,
                KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => return None,
                KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => typed.clear(),
                KeyCode::Char(c) => typed.push(c),
                KeyCode::Backspace => drop(typed.pop()),
                _ => {}
            },
            Event::Paste(text) => typed.push_str(Zeroizing::new(text).trim_end_matches(['\r', '\n'])),
            _ => {}
        }
    }
}
