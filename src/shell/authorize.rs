//! Performs one sign-in: the listener is up before the browser opens, and what a person pastes races it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use url::Url;

use super::browser::Browser;
use super::people::People;
use crate::clock::Clock;
use crate::flow::callback::{Authorization, Callback, Mode, Params, Refusal};
use crate::flow::effect::Op;
use crate::flow::event::{Event, OpError, Reply};
use crate::net::Allowed;
use crate::net::callback::{Heard, Listener, Place};
use crate::secret::Secret;

/// How long the port stays open after the answer, for whoever sends it again. Well under a second.
const LINGER: Duration = Duration::from_millis(700);

/// One sign-in.
pub(super) struct SignIn {
    pub op: Op,
    pub step: String,
    pub request: Authorization,
    pub people: Arc<dyn People>,
    pub browser: Arc<dyn Browser>,
    pub clock: Arc<dyn Clock>,
    pub allowed: Allowed,
    pub events: UnboundedSender<Event>,
}

impl SignIn {
    pub async fn perform(self) {
        if let Err(e) = self.allowed.opens(self.request.url.expose()) {
            return self.fail(OpError::Net(e));
        }
        if self.people.go_alone() { self.alone().await } else { self.together().await }
    }

    /// The sandbox's people do it all.
    async fn alone(self) {
        match self.people.authorize(&self.step, &self.request, None).await {
            None => self.nobody(),
            Some(Err(why)) => self.refused(&why),
            Some(Ok(text)) => match self.request.pasted(text.expose()) {
                Ok(params) => self.answered(params),
                Err(refusal) => self.fail(not_it(refusal)),
            },
        }
    }

    async fn together(self) {
        let page = self.people.page(self.request.url.expose()).map(Secret::new);
        let mut listener = self.listen(page.as_ref()).await;
        if let Some(url) = &page {
            self.send(Event::Page { op: self.op, url: url.clone() });
        }
        // an opener may stay as long as the browser does
        let mut opening = self.browser.open(page.as_ref().unwrap_or(&self.request.url).expose());
        let mut opens = true;
        let late = tokio::time::sleep(self.request.wait);
        let mut late = std::pin::pin!(late);
        // kept while other things happen: asked once, it is not asked again
        let mut asking = self.people.authorize(&self.step, &self.request, None);
        let mut asks = true;
        loop {
            tokio::select! {
                Ok(note) | Err(note) = &mut opening, if opens => {
                    opens = false;
                    self.note(note);
                }
                heard = next(&mut listener) => match heard {
                    Heard::Note(note) => self.note(note),
                    Heard::Answer(params) => {
                        self.answered(params);
                        return linger(listener).await;
                    }
                },
                brought = &mut asking, if asks => match brought {
                    None => {
                        asks = false;
                        self.nobody();
                    }
                    Some(Err(why)) => return self.refused(&why),
                    Some(Ok(text)) => match self.request.pasted(text.expose()) {
                        Ok(params) => {
                            self.answered(params);
                            return linger(listener).await;
                        }
                        Err(refusal) => {
                            let said = format!("{refusal}: {}", refusal.hint());
                            asking = self.people.authorize(&self.step, &self.request, Some(said));
                        }
                    },
                },
                () = &mut late => {
                    let minutes = self.request.wait.as_secs() / 60;
                    let text = format!("no answer came within {minutes} minutes; the port is closed");
                    let hint = "r sends the person again";
                    return self.fail(OpError::Callback { id: "callback.timeout", text, hint: hint.to_owned() });
                }
            }
        }
    }

    /// None: a person has to bring the answer.
    async fn listen(&self, page: Option<&Secret>) -> Option<Listener> {
        let place = Place::of(&self.request.redirect_uri).filter(|_| self.request.mode != Mode::Fragment);
        let Some(place) = place else {
            self.note("the answer does not come here by itself: paste the address that the browser ends on");
            return None;
        };
        let origin = |url: &Secret| Url::parse(url.expose()).ok().map(|u| u.origin().ascii_serialization());
        let origins = [Some(&self.request.url), page].into_iter().flatten().filter_map(origin).collect();
        match Listener::open(place, self.request.clone(), origins, self.clock.now()).await {
            Ok(listener) => {
                if let Some(fingerprint) = &listener.fingerprint {
                    self.note(format!(
                        "the browser will warn of the certificate there: it is this program's, made for this sign-in, \
                         SHA-256 {fingerprint}"
                    ));
                }
                let at: Vec<String> = listener.addresses.iter().map(ToString::to_string).collect();
                self.note(format!("listening on {}", at.join(" and ")));
                Some(listener)
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

    fn answered(&self, params: Params) {
        let received_at = self.clock.now();
        self.send(Event::Replied { op: self.op, reply: Reply::Callback(Callback { params, received_at }) });
    }

    fn nobody(&self) {
        self.fail(OpError::Person("a person has to sign in at the bank, and nobody is there to do it".to_owned()));
    }

    fn refused(&self, why: &str) {
        let text = format!("the sign-in was refused: {}", crate::text::clean(why));
        self.fail(OpError::Callback {
            id: "callback.refused",
            text,
            hint: "read what the bank's page says".to_owned(),
        });
    }

    fn fail(&self, error: OpError) {
        self.send(Event::Failed { op: self.op, error });
    }

    /// Nobody may listen any more: the run is gone, and so is the need to tell.
    fn send(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

fn not_it(refusal: Refusal) -> OpError {
    OpError::Callback { id: "callback.paste", text: refusal.to_string(), hint: refusal.hint().to_owned() }
}

async fn next(listener: &mut Option<Listener>) -> Heard {
    match listener {
        Some(listener) => listener.next().await,
        None => std::future::pending().await,
    }
}

async fn linger(listener: Option<Listener>) {
    if listener.is_some() {
        tokio::time::sleep(LINGER).await;
    }
}
