//! Performs one wait for what somebody else sends: each is told to the run, and answered before the next is heard.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::people::People;
use crate::clock::Clock;
use crate::flow::delivery::{Listening, Receipt};
use crate::flow::effect::Op;
use crate::flow::event::{Event, OpError, Reply};
use crate::net::callback::Place;
use crate::net::callback::inbox::{Heard, Inbox, Posted};

/// One wait.
pub(super) struct Listen {
    pub op: Op,
    pub step: String,
    pub request: Listening,
    pub people: Arc<dyn People>,
    pub clock: Arc<dyn Clock>,
    pub events: UnboundedSender<Event>,
    pub receipts: UnboundedReceiver<Receipt>,
}

impl Listen {
    pub async fn perform(mut self) {
        let late = tokio::time::sleep(self.request.wait);
        let mut late = std::pin::pin!(late);
        let mut inbox = self.open().await;
        let people = self.people.clone();
        // an embedded bank sends once there is somebody who hears it
        let to = inbox.as_ref().and_then(|i| i.addresses.first()).map(|at| (at.to_string(), self.request.url.clone()));
        let step = self.step.clone();
        let mut sending = std::pin::pin!(async move {
            match &to {
                Some((at, url)) => people.post(&step, at, url).await,
                None => None,
            }
        });
        let mut sends = true;
        loop {
            tokio::select! {
                heard = next(&mut inbox) => match heard {
                    Heard::Note(note) => self.note(note),
                    Heard::Posted(posted) => {
                        if self.judged(posted).await {
                            return;
                        }
                    }
                },
                sent = &mut sending, if sends => {
                    sends = false;
                    if let Some(Err(why)) = sent {
                        self.note(format!("the embedded bank could not send: {}", crate::text::clean(&why)));
                    }
                }
                () = &mut late => {
                    let text = format!("nothing came that was right within {} s; the port is closed", self.request.wait.as_secs());
                    let hint = "r waits again; a longer wait is a value of the step".to_owned();
                    return self.send(Event::Failed { op: self.op, error: OpError::Callback { id: "listen.timeout", text, hint } });
                }
            }
        }
    }

    /// Whether it was the last.
    async fn judged(&mut self, posted: Posted) -> bool {
        self.send(Event::Came { op: self.op, delivery: posted.delivery.clone() });
        let Some(receipt) = self.receipts.recv().await else { return true };
        let last = receipt.last;
        posted.answer(receipt).await;
        self.send(Event::Replied { op: self.op, reply: Reply::Receipted });
        last
    }

    /// None: a person has to bring what was sent.
    async fn open(&self) -> Option<Inbox> {
        let Some(place) = Place::chosen(&self.request.url, self.request.at.as_deref()) else {
            self.note("what is sent does not come to this machine: paste it, or say where to listen for it");
            return None;
        };
        let clock = self.clock.clone();
        match Inbox::open(place, Arc::new(move || clock.now())).await {
            Ok(inbox) => {
                if let Some(fingerprint) = &inbox.fingerprint {
                    self.note(format!("with a certificate of this program's own, SHA-256 {fingerprint}"));
                }
                let at: Vec<String> = inbox.addresses.iter().map(ToString::to_string).collect();
                self.note(format!("listening on {}", at.join(" and ")));
                Some(inbox)
            }
            Err(e) => {
                self.note(format!("{}; {}", e.text, e.hint));
                None
            }
        }
    }

    fn note(&self, note: impl Into<String>) {
        self.send(Event::Noted { op: self.op, note: note.into() });
    }

    /// Nobody may listen any more: the run is gone, and so is the need to tell.
    fn send(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

async fn next(inbox: &mut Option<Inbox>) -> Heard {
    match inbox {
        Some(inbox) => inbox.next().await,
        None => std::future::pending().await,
    }
}
