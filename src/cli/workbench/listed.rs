//! The profiles that the screen lists, and reading them again.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::send;
use crate::shell::Session;
use crate::tui::{Message, Notice, NoticeTone};

/// The session with the profiles that are there now; they are listed again. A run goes on with those it began with.
pub(super) fn reloaded(session: &Arc<Session>, out: &UnboundedSender<Message>) -> Arc<Session> {
    let (fresh, problems) = session.reloaded();
    for problem in problems {
        send(out, Message::Notice(Notice::new(NoticeTone::Warn, format!("{}: {}", problem.text, problem.hint))));
    }
    let fresh = Arc::new(fresh);
    let (listed, to_screen) = (fresh.clone(), out.clone());
    tokio::task::spawn_blocking(move || list_profiles(&listed, &to_screen));
    fresh
}

/// Every profile, in portions that grow: many take their time, and what is there can be used.
pub(super) fn list_profiles(session: &Session, out: &UnboundedSender<Message>) {
    let mut portion = 64;
    let mut summaries = Vec::new();
    for summary in session.library.summaries() {
        match summary {
            Ok(s) => summaries.push(s),
            Err((id, refused)) => {
                let first = refused.lines.first().cloned().unwrap_or_default();
                let text = format!("profile {id} cannot be used: {first}");
                send(out, Message::Notice(Notice::new(NoticeTone::Warn, text)));
            }
        }
        if summaries.len() == portion {
            send(out, Message::Profiles(summaries.clone()));
            portion *= 4;
        }
    }
    send(out, Message::Profiles(summaries));
}
