//! A person at the screen who knows passphrases: each question goes there with a number, its answer comes back by it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::keys::{Unlock, Wanted};
use crate::secret::Secret;
use crate::text::clean;
use crate::tui::{Asking, Message, Number};

/// Who waits for an answer, by number.
#[derive(Default)]
struct Waiting {
    last: Number,
    open: BTreeMap<Number, oneshot::Sender<Option<Secret>>>,
}

pub struct OnScreen {
    out: UnboundedSender<Message>,
    waiting: Mutex<Waiting>,
}

impl OnScreen {
    pub fn new(out: UnboundedSender<Message>) -> Arc<Self> {
        Arc::new(Self { out, waiting: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // one insertion or removal at a time: complete whatever another thread did
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the person said. Nobody may wait for it any more.
    pub fn answer(&self, number: Number, answer: Option<Secret>) {
        let asker = self.lock().open.remove(&number);
        if let Some(asker) = asker {
            let _ = asker.send(answer);
        }
    }
}

/// A question that is out. Dropped with whoever asked, it leaves the screen.
struct Question<'a> {
    asked: &'a OnScreen,
    number: Number,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        let unanswered = self.asked.lock().open.remove(&self.number).is_some();
        if unanswered {
            // the screen may be gone too
            let _ = self.asked.out.send(Message::NotAsked(self.number));
        }
    }
}

impl Unlock for OnScreen {
    fn ask(&self, wanted: Wanted) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(async move {
            let (asker, answer) = oneshot::channel();
            let number = {
                let mut waiting = self.lock();
                waiting.last += 1;
                let number = waiting.last;
                waiting.open.insert(number, asker);
                number
            };
            let _question = Question { asked: self, number };
            let what = clean(&wanted.what).into_owned();
            let warning = wanted.warning.map(|w| clean(&w).into_owned());
            self.out.send(Message::Asked(Asking { number, what, warning })).ok()?;
            answer.await.ok().flatten()
        })
    }

    fn hear(&self, progress: &str) {
        // the screen may be gone
        let _ = self.out.send(Message::Heard(clean(progress).into_owned()));
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[tokio::test]
    async fn questions_queue_and_each_answer_finds_its_asker() {
        let (out, mut seen) = unbounded_channel();
        let screen = OnScreen::new(out);
        let person = async {
            let mut numbers = Vec::new();
            for _ in 0..2 {
                let Some(Message::Asked(asking)) = seen.recv().await else { panic!("no question") };
                numbers.push((asking.number, asking.what));
            }
            screen.answer(numbers[1].0, None);
            screen.answer(numbers[0].0, Some(Secret::new("hunter2")));
            screen.answer(99, None);
            numbers
        };
        let (a, b) = (Wanted::passphrase("a"), Wanted { what: "PIN\u{1b}".into(), warning: Some("2 tries".into()) });
        let (first, second, numbers) = tokio::join!(screen.ask(a), screen.ask(b), person);
        assert_eq!((first, second), (Some(Secret::new("hunter2")), None));
        assert_eq!(numbers[0].1, "Passphrase of a");
        assert!(!numbers[1].1.contains('\u{1b}'));
    }

    #[tokio::test]
    async fn who_stops_waiting_takes_the_question_from_the_screen() {
        let (out, mut seen) = unbounded_channel();
        let screen = OnScreen::new(out);
        let mut asking = screen.ask(Wanted::passphrase("a"));
        assert!(futures_util::poll!(&mut asking).is_pending());
        drop(asking);
        let (first, then) = (seen.try_recv(), seen.try_recv());
        assert!(matches!((first, then), (Ok(Message::Asked(a)), Ok(Message::NotAsked(n))) if a.number == n));
    }

    #[tokio::test]
    async fn a_screen_that_is_gone_answers_nobody() {
        let (out, seen) = unbounded_channel();
        drop(seen);
        let screen = OnScreen::new(out);
        screen.hear("it takes long");
        assert_eq!(screen.ask(Wanted::passphrase("a")).await, None);
    }
}
