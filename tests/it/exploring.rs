//! A run that is explored: steps changed and sent again, earlier ones gone back to, rules broken on purpose.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::flow::edit::{Edit, Edits};
use countersign::flow::trial::{Offer, offers};
use countersign::flow::view::{Outcome, RunStatus, RunView, StepState, StepView};
use countersign::flow::{Event, Pace};
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::{Order, Prepared, Session};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::support::{Bank, session_at};

/// A run that stops wherever it can.
struct Explorer {
    prepared: Prepared,
    session: Arc<Session>,
    events: UnboundedSender<Event>,
    incoming: UnboundedReceiver<Event>,
}

impl Explorer {
    async fn start(session: &Arc<Session>, profile: &str, flow: &str, set: &[(&str, &str)]) -> Self {
        let inputs: BTreeMap<String, Secret> = set.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect();
        let order = Order {
            profile: profile.into(),
            flow: flow.into(),
            environment: Some("sandbox".into()),
            inputs,
            ..Order::default()
        };
        let prepared = session.prepare(order, Pace::Step).await.unwrap_or_else(|p| panic!("{flow}: {p}"));
        let (events, incoming) = unbounded_channel();
        let mut it = Self { prepared, session: session.clone(), events, incoming };
        it.tell(Event::Start).await;
        it
    }

    fn view(&self) -> &RunView {
        self.prepared.run.view()
    }

    fn step(&self) -> &StepView {
        &self.view().steps[self.view().current]
    }

    /// Tells it, and waits until it stands still.
    async fn tell(&mut self, event: Event) {
        let mut next = Some(event);
        loop {
            if let Some(event) = next.take() {
                let effects = self.prepared.run.handle(event, self.session.clock.now());
                effects.into_iter().for_each(|e| self.prepared.performer.perform(e, &self.events));
            }
            match self.view().status {
                RunStatus::Busy => next = self.incoming.recv().await,
                RunStatus::Waiting if self.view().proposes() => next = Some(Event::Approve),
                RunStatus::Waiting => next = self.incoming.recv().await,
                _ => return,
            }
        }
    }

    /// Until that step of the list stands ready to be sent, or is done where it sends nothing.
    async fn up_to(&mut self, index: usize) {
        while self.view().current < index || self.view().status == RunStatus::Ready {
            if self.view().current > index {
                return;
            }
            let event = if self.view().status == RunStatus::Armed { Event::Approve } else { Event::Step };
            self.tell(event).await;
            assert!(!self.view().status.is_over(), "{}: {:?}", self.step().id, self.step().error);
        }
    }

    async fn finish(&mut self) {
        while !self.view().status.is_over() {
            let event = if self.view().status == RunStatus::Armed { Event::Approve } else { Event::Step };
            assert_ne!(self.view().status, RunStatus::Blocked, "{:?}", self.step().checks);
            self.tell(event).await;
        }
    }

    async fn edit(&mut self, index: usize, edits: &[(&str, serde_json::Value)]) {
        let one = |(place, to): &(&str, serde_json::Value)| Edit::set(place.parse().expect("a place"), to.clone());
        let edits = Edits::from(edits.iter().map(one).collect::<Vec<_>>());
        self.tell(Event::Edit { index, edits, trial: None }).await;
    }

    fn index(&self, id: &str) -> usize {
        self.view().steps.iter().position(|s| s.id == id).unwrap_or_else(|| {
            panic!("no step {id} in {:?}", self.view().steps.iter().map(|s| &s.id).collect::<Vec<_>>())
        })
    }

    fn offers(&self, index: usize) -> Vec<Offer> {
        offers(&self.view().steps[index], self.session.clock.now().seconds())
    }

    /// Breaks a rule at that step and goes on until somebody noticed: what the trial says of it.
    async fn attempt(&mut self, index: usize, offer: Offer) -> (Outcome, String) {
        let (edits, id) = (offer.edits, format!("TRIAL-{}", offer.trial.id));
        self.tell(Event::Edit { index, edits, trial: Some(Box::new(offer.trial)) }).await;
        loop {
            let judged = self.view().steps.iter().flat_map(|s| &s.checks).find(|c| c.id == id);
            if let Some(check) = judged {
                return (check.outcome, check.found.clone());
            }
            let over = self.view().status.is_over();
            assert!(!over, "{id} was not judged: {:?} {:?}", self.step().id, self.step().error);
            let event = if self.view().status == RunStatus::Armed { Event::Approve } else { Event::Step };
            self.tell(event).await;
        }
    }
}

async fn world() -> (Bank, Arc<Session>) {
    let bank = Bank::start().await;
    let session = Arc::new(session_at(Library::embedded(), Arc::new(SystemClock), &bank));
    (bank, session)
}

/// Every rule that can be broken at these steps is broken, and noticed for its own reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_broken_on_purpose_are_refused_for_their_own_reasons() {
    let (_bank, session) = world().await;
    let mut told = Vec::new();
    let mut wrong = Vec::new();
    for (profile, flow, step, set) in [
        ("dnb", "token", "token", &[][..]),
        ("dnb", "call", "api.call", &[]),
        ("spv", "token", "token", &[]),
        ("generic-oidc", "token", "token", &[("dpop_bound", "true")]),
        ("generic-oidc", "call", "call", &[("dpop_bound", "true")]),
        ("generic-oidc", "login", "pushed", &[("par", "true")]),
        ("generic-oidc", "login", "token", &[]),
        ("generic-oidc", "login", "request_object", &[("par", "true"), ("jar", "true")]),
        ("wso2-ob", "register", "registration_jwt", &[]),
    ] {
        if (profile, flow) == ("generic-oidc", "call") {
            Explorer::start(&session, profile, "login", set).await.finish().await;
        }
        let mut run = Explorer::start(&session, profile, flow, set).await;
        let index = run.index(step);
        run.up_to(index).await;
        for offer in run.offers(index) {
            // what may spend the code, or needs it whole, gets a run of its own
            if run.step().request.as_ref().is_some_and(|r| r.fields.iter().any(|f| f.name == "code")) {
                run = Explorer::start(&session, profile, flow, set).await;
                run.up_to(index).await;
            }
            let id = offer.trial.id;
            let (outcome, found) = run.attempt(index, offer).await;
            told.push(format!("{profile}/{flow}.{step} {id}: {} {found}", outcome.word()));
            if outcome != Outcome::Pass {
                wrong.push(told.last().cloned().unwrap_or_default());
            }
        }
    }
    println!("{}", told.join("\n"));
    assert!(told.len() > 50, "{}", told.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), told.len(), wrong.join("\n"));
}

/// A claim is changed before it is signed, the bank says no, and what was sent first stays beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_request_is_another_attempt_and_the_first_one_is_kept() {
    let (_bank, session) = world().await;
    let mut run = Explorer::start(&session, "dnb", "token", &[]).await;
    let index = run.index("token");
    run.up_to(index).await;
    // nothing was sent: still the first attempt
    run.edit(index, &[("client_assertion.claims/aud", json!("https://elsewhere.example")), ("form.x", json!("y z"))])
        .await;
    assert_eq!((run.step().state, run.step().attempt, run.step().earlier.len()), (StepState::Blocked, 1, 0));
    assert_eq!(run.step().edits.to_words(), "aud, x");
    let request = run.step().request.as_ref().expect("a request");
    assert!(String::from_utf8_lossy(&request.body).ends_with("&x=y+z"), "{}", String::from_utf8_lossy(&request.body));
    run.tell(Event::SendAnyway).await;
    assert_eq!(run.step().error.as_ref().map(|e| e.id.as_str()), Some("invalid_client"));
    // once more as it was: another attempt, and this one ends well
    run.edit(index, &[]).await;
    assert_eq!((run.step().state, run.step().attempt), (StepState::Armed, 2));
    let first = &run.step().earlier[0];
    assert_eq!((first.state, first.edits.to_words().as_str()), (StepState::Failed, "aud, x"));
    assert!(first.exchange.is_some());
    run.finish().await;
    assert_eq!(run.view().status, RunStatus::Done);
}

/// A change that was taken back is made again, and is in what goes out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_taken_back_and_made_again() {
    let (_bank, session) = world().await;
    let mut run = Explorer::start(&session, "generic-oidc", "token", &[]).await;
    let index = run.index("token");
    run.up_to(index).await;
    let sent = |run: &Explorer| {
        let request = run.view().steps[index].request.as_ref().expect("a request");
        request.fields.iter().find(|f| f.name == "scope").map(|f| f.value.clone())
    };
    let first = sent(&run);
    let edit = |edits: Edits| Event::Edit { index, edits, trial: None };
    run.edit(index, &[("form.scope", json!("one"))]).await;
    let again = run.step().edits.clone().with(Edit::set("form.scope".parse().expect("a place"), json!("two")));
    run.tell(edit(again)).await;
    assert_eq!(sent(&run).as_deref(), Some("two"));
    run.tell(edit(run.step().edits.clone().undone())).await;
    assert_eq!(sent(&run).as_deref(), Some("one"), "what stood there before");
    run.tell(edit(run.step().edits.clone().undone())).await;
    assert_eq!((sent(&run), run.step().edits.is_empty()), (first, true));
    run.tell(edit(run.step().edits.clone().redone().redone())).await;
    assert_eq!(sent(&run).as_deref(), Some("two"));
    assert_eq!(run.step().edits.next(), None);
}

/// An earlier step once more begins a branch; what was done behind it can be gone back to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_back_leaves_a_branch_and_can_return_to_it() {
    let (_bank, session) = world().await;
    let mut run = Explorer::start(&session, "generic-oidc", "login", &[]).await;
    run.finish().await;
    assert_eq!((run.view().status, run.view().branches.len(), run.view().branch), (RunStatus::Done, 1, 1));
    let token = run.prepared.run.output("token.access_token", session.clock.now()).expect("a token");

    let index = run.index("token");
    run.edit(index, &[("form.code_verifier", json!("another-verifier-that-is-long-enough-to-be-one"))]).await;
    let view = run.view();
    assert_eq!((view.branches.len(), view.branch, view.branches[1].from), (2, 2, index));
    assert!(view.steps[index + 1..].iter().filter(|s| s.stale).count() > 0, "what was done behind it is out of date");
    assert_eq!(view.branches[0].status, RunStatus::Done);
    run.tell(Event::SendAnyway).await;
    run.tell(Event::Approve).await;
    assert!(run.step().error.is_some());

    run.tell(Event::Branch(1)).await;
    assert_eq!((run.view().status, run.view().branch), (RunStatus::Done, 1));
    let again = run.prepared.run.output("token.access_token", session.clock.now());
    assert_eq!(again.as_deref(), Some(token.as_str()));
    run.tell(Event::Branch(2)).await;
    assert_eq!((run.view().status, run.step().id.as_str()), (RunStatus::Failed, "token"));
    // a line that does not exist is none to go to
    run.tell(Event::Branch(9)).await;
    assert_eq!(run.view().branch, 2);
}
