//! Copying: the system's clipboard, else the terminal's own sequence, else a private file. Which one is always said.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::message::{CopyReport, CopyRequest, Problem, Route, Wrap};
use crate::secret::Class;

/// A secret is taken off the clipboard after that long, if it is still ours.
pub const CLEAR_SECONDS: u64 = 30;
/// Terminals drop longer OSC 52 sequences without a word.
const OSC52_LIMIT: usize = 74_000;

/// What is known of the surroundings; read where the program starts.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// The terminal is at the other end of a connection: this machine's clipboard is not the person's.
    pub remote: bool,
    pub wrap: Wrap,
    /// Where a copy goes that nothing else takes.
    pub folder: Option<PathBuf>,
    /// What a text is edited with, as the person's shell would run it.
    pub editor: Option<String>,
}

/// The system's clipboard, kept open: on X11 the text lives as long as its owner.
#[derive(Clone, Default)]
pub struct Native {
    #[cfg(feature = "clipboard")]
    board: Arc<Mutex<Option<arboard::Clipboard>>>,
    /// What was put there last and has to go again.
    ours: Arc<Mutex<Option<crate::secret::Secret>>>,
}

impl Native {
    /// Puts the text there; for a thread that may wait. False: there is no clipboard, or it refused.
    #[cfg(feature = "clipboard")]
    pub fn set(&self, request: &CopyRequest) -> bool {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        if board.is_none() {
            *board = arboard::Clipboard::new().ok();
        }
        let Some(open) = board.as_mut() else { return false };
        let set = set_text(open, request);
        if set {
            *self.ours.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.text.clone());
        } else {
            *board = None;
        }
        set
    }

    #[cfg(not(feature = "clipboard"))]
    pub fn set(&self, _: &CopyRequest) -> bool {
        false
    }

    /// Clears it, if what is there is still ours.
    pub fn clear(&self) {
        let ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner).take();
        #[cfg(feature = "clipboard")]
        if let (Some(ours), Some(board)) = (ours, self.board.lock().unwrap_or_else(PoisonError::into_inner).as_mut())
            && board.get_text().is_ok_and(|t| t == ours.expose())
        {
            // a clipboard that cannot be cleared holds what its next user puts there
            let _ = board.clear();
        }
        #[cfg(not(feature = "clipboard"))]
        drop(ours);
    }
}

#[cfg(all(feature = "clipboard", target_os = "linux"))]
fn set_text(board: &mut arboard::Clipboard, request: &CopyRequest) -> bool {
    use arboard::SetExtLinux;
    let set = board.set();
    let set = if request.class == Class::Public { set } else { set.exclude_from_history() };
    set.text(request.text.expose().to_owned()).is_ok()
}

#[cfg(all(feature = "clipboard", not(target_os = "linux")))]
fn set_text(board: &mut arboard::Clipboard, request: &CopyRequest) -> bool {
    board.set_text(request.text.expose().to_owned()).is_ok()
}

/// Whether this machine has a clipboard that answers, or why not. May wait for the display server.
#[cfg(feature = "clipboard")]
pub fn probe() -> Result<(), String> {
    arboard::Clipboard::new().map(drop).map_err(|e| match e {
        arboard::Error::Unknown { description } => description,
        other => other.to_string(),
    })
}

/// Whether this machine has a clipboard that answers, or why not.
#[cfg(not(feature = "clipboard"))]
pub fn probe() -> Result<(), String> {
    Err("this build has no clipboard".to_owned())
}

/// The report of a copy that took that route.
pub fn report(request: &CopyRequest, route: Route) -> CopyReport {
    let clears = route == Route::Native && request.class == Class::Secret;
    CopyReport {
        what: request.what.clone(),
        chars: request.text.expose().chars().count(),
        clears_in: clears.then_some(CLEAR_SECONDS),
        class: request.class,
        route,
    }
}

/// The terminal's copy sequence (OSC 52), wrapped for what stands between; None: the text is too long for it.
pub fn osc52(text: &str, wrap: Wrap) -> Option<Vec<u8>> {
    if text.len() > OSC52_LIMIT {
        return None;
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    Some(
        match wrap {
            Wrap::None => plain,
            Wrap::Tmux => format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
            Wrap::Screen => format!("\x1bP{plain}\x1b\\"),
        }
        .into_bytes(),
    )
}

/// The last way: a file that only its owner can read.
pub fn to_file(request: &CopyRequest, folder: Option<&PathBuf>) -> Result<CopyReport, Problem> {
    let failed = || {
        Problem::new(
            "copy.failed",
            "no clipboard took it and no file could be written",
            "make the terminal larger and select it, or give --data-dir",
        )
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix("countersign-copy-").suffix(".txt");
    let mut file = match folder {
        Some(folder) => builder.tempfile_in(folder),
        None => builder.tempfile(),
    }
    .map_err(|_| failed())?;
    file.write_all(request.text.expose().as_bytes()).map_err(|_| failed())?;
    let (_, path) = file.keep().map_err(|_| failed())?;
    Ok(report(request, Route::File(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_wrapped_for_what_stands_between() {
        let plain = osc52("abc", Wrap::None).map(|b| String::from_utf8_lossy(&b).into_owned());
        assert_eq!(plain.as_deref(), Some("\x1b]52;c;YWJj\x07"));
        let tmux = osc52("abc", Wrap::Tmux).map(|b| String::from_utf8_lossy(&b).into_owned());
        assert_eq!(tmux.as_deref(), Some("\x1bPtmux;\x1b\x1b]52;c;YWJj\x07\x1b\\"));
        let screen = osc52("abc", Wrap::Screen).map(|b| String::from_utf8_lossy(&b).into_owned());
        assert_eq!(screen.as_deref(), Some("\x1bP\x1b]52;c;YWJj\x07\x1b\\"));
        assert_eq!(osc52(&"x".repeat(OSC52_LIMIT + 1), Wrap::None), None);
    }
}
