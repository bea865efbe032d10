//! A bank sends events: what is right is answered 202 and ends the wait, what is not is answered with the reason and waited
//! past. Over real sockets, with tokens signed here.

use std::sync::Arc;
use std::time::Duration;

use countersign::clock::SystemClock;
use countersign::flow::view::{RunStatus, RunView};
use countersign::flow::{Event, Pace};
use countersign::jose::{Alg, SecretJwk, compact};
use countersign::keys::KeySpec;
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::{Order, Prepared, Session};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Bank, drive, session_at};

struct Rig {
    port: u16,
    bank: SecretJwk,
    session: Session,
}

impl Rig {
    async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = socket.local_addr().expect("an address").port();
        let bank = SecretJwk::generate(KeySpec::P256).expect("a key");
        let jwk = bank.public().as_value().clone();
        let member = |name: &str| jwk[name].as_str().expect("a member").to_owned();
        let text = format!(
            r#"
schema = 1
id     = "little"
name   = "Little bank"
hosts  = ["bank.example"]
environment = "test"
[environments.test]
issuer   = "https://bank.example"
jwks_uri = {{ keys = [{{ kty = "EC", crv = "P-256", kid = "bank-1", x = "{}", y = "{}" }}] }}
[inputs.client_id]
default = "acme"
[client]
auth = "none"
[[flow]]
id  = "listen"
use = "listen"
with = {{ event_url = "http://127.0.0.1:{port}/event-notifications", event_wait = 60 }}
"#,
            member("x"),
            member("y")
        );
        let mut library = Library::embedded();
        library.add("little.toml", text);
        countersign::net::install_provider();
        Self { port, bank, session: Session::bare(library, Arc::new(SystemClock)) }
    }

    fn now() -> i64 {
        jiff::Timestamp::now().as_second()
    }

    fn claims(jti: &str) -> Value {
        json!({ "iss": "https://bank.example", "aud": ["acme", "another"], "iat": Self::now(), "jti": jti,
                "events": { "urn:example:event": { "about": "consent" } } })
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let all = json!({ "alg": "ES256", "kid": "bank-1", "typ": "secevent+jwt" });
        let mut all = all.as_object().expect("an object").clone();
        all.extend(header.as_object().expect("an object").clone());
        let input = compact::signing_input(&all, claims.to_string().as_bytes());
        compact::assemble(&input, &self.bank.sign(Alg::Es256, input.as_bytes()).expect("signed"))
    }

    fn post(&self, more: &str, body: &str) -> String {
        format!(
            "POST /event-notifications HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/secevent+jwt\r\n\
             x-fapi-interaction-id: 93bac548-d2de-4546-b106-880a5018460d\r\n{more}Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )
    }

    async fn prepared(&self) -> Prepared {
        let order = Order { profile: "little".into(), flow: "listen".into(), ..Order::default() };
        self.session.prepare(order, Pace::Straight).await.unwrap_or_else(|p| panic!("{p}"))
    }

    /// Sends each, one after the other; the run as it ended, and what each sender heard.
    async fn hears(&self, requests: Vec<String>) -> (RunView, Vec<String>) {
        let sends = async {
            let mut heard = Vec::new();
            for request in requests {
                heard.push(send(self.port, request.as_bytes()).await);
            }
            heard
        };
        let prepared = self.prepared().await;
        let both = async { tokio::join!(drive(prepared, self.session.clock.clone(), false), sends) };
        tokio::time::timeout(Duration::from_mins(1), both).await.expect("it ends")
    }
}

/// All that comes back; tries until the port is open.
async fn send(port: u16, request: &[u8]) -> String {
    let mut stream = loop {
        match TcpStream::connect(("127.0.0.1", port)).await {
            Ok(stream) => break stream,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

fn seen(view: &RunView) -> Vec<&str> {
    let wait = view.steps[0].listen.as_ref().expect("a wait");
    wait.seen.iter().map(|(_, note)| note.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_verified_answered_202_with_its_interaction_id_and_ends_the_wait() {
    let rig = Rig::start().await;
    let token = rig.token(&json!({}), &Rig::claims("event-1"));
    let (view, heard) = rig.hears(vec![rig.post("", &token)]).await;
    assert_eq!(view.status, RunStatus::Done, "{:?} {heard:?}", seen(&view));
    assert!(heard[0].starts_with("HTTP/1.1 202 Accepted\r\n"), "{}", heard[0]);
    assert!(heard[0].contains("x-fapi-interaction-id: 93bac548-d2de-4546-b106-880a5018460d\r\n"), "{}", heard[0]);
    assert!(heard[0].ends_with("\r\n\r\n"), "no body: {}", heard[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_event_is_answered_400_with_its_reason_and_the_wait_goes_on() {
    let rig = Rig::start().await;
    let stray = SecretJwk::generate(KeySpec::P256).expect("a key");
    let good = Rig::claims("event-1");
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        rig.token(&json!({}), &claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().expect("an object").remove(name);
        rig.token(&json!({}), &claims)
    };
    let whole = rig.token(&json!({}), &good);
    let (input, _) = whole.rsplit_once('.').expect("three parts");
    let forged = compact::assemble(input, &stray.sign(Alg::Es256, input.as_bytes()).expect("signed"));
    let other = rig.token(&json!({}), &Rig::claims("event-2"));
    let swapped = format!("{}.{}", other.rsplit_once('.').expect("parts").0, whole.rsplit_once('.').expect("parts").1);
    let unsigned = format!(
        "{}.",
        compact::signing_input(json!({ "alg": "none", "typ": "secevent+jwt" }).as_object().expect("an object"), b"{}")
    );
    let cases = [
        ("forged", forged, "invalid_key"),
        ("altered", swapped, "invalid_key"),
        ("unsigned", unsigned, "invalid_key"),
        ("typ", rig.token(&json!({ "typ": "JWT" }), &good), "invalid_request"),
        ("iss", with("iss", json!("https://elsewhere.example")), "invalid_issuer"),
        ("aud", with("aud", json!("another")), "invalid_audience"),
        ("iat", with("iat", json!(Rig::now() + 3600)), "invalid_request"),
        ("no iat", without("iat"), "invalid_request"),
        ("no jti", without("jti"), "invalid_request"),
        ("no events", without("events"), "invalid_request"),
        ("empty events", with("events", json!({})), "invalid_request"),
        ("no token", "{}".to_owned(), "invalid_request"),
    ];
    let mut requests: Vec<String> = cases.iter().map(|(_, token, _)| rig.post("", token)).collect();
    requests.push(rig.post("", &whole));
    let (view, heard) = rig.hears(requests).await;
    assert_eq!(view.status, RunStatus::Done, "{:?}", seen(&view));
    for ((name, _, code), answer) in cases.iter().zip(&heard) {
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{name}: {answer}");
        assert!(
            answer.contains("x-fapi-interaction-id: 93bac548") && answer.contains("Content-Language: en"),
            "{name}"
        );
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
        assert_eq!(body["err"], *code, "{name}: {body}");
        assert!(body["description"].as_str().is_some_and(|d| d.len() > 10), "{name}: {body}");
    }
    assert!(heard.last().expect("an answer").starts_with("HTTP/1.1 202 "));
    let refused = seen(&view).iter().filter(|note| note.starts_with("refused: ")).count();
    assert_eq!(refused, cases.len(), "{:?}", seen(&view));
    assert_eq!(view.steps[0].error, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_comes_again_is_answered_202_and_waited_past_as_is_one_of_a_run_before() {
    let rig = Rig::start().await;
    let first = rig.token(&json!({}), &Rig::claims("event-1"));
    let (view, _) = rig.hears(vec![rig.post("", &first)]).await;
    assert_eq!(view.status, RunStatus::Done, "{:?}", seen(&view));
    // the same, another with its jti, and a new one
    let mut claims = Rig::claims("event-1");
    claims["events"] = json!({ "urn:example:other": {} });
    let another = rig.token(&json!({}), &claims);
    let next = rig.token(&json!({}), &Rig::claims("event-2"));
    let (view, heard) = rig.hears([&first, &another, &next].map(|token| rig.post("", token)).to_vec()).await;
    assert_eq!(view.status, RunStatus::Done, "{:?} {heard:?}", seen(&view));
    for answer in &heard {
        assert!(answer.starts_with("HTTP/1.1 202 Accepted\r\n"), "whoever sends again hears the same: {answer}");
    }
    let again = seen(&view).iter().filter(|note| note.starts_with("came again, and was not taken again")).count();
    assert_eq!(again, 2, "{:?}", seen(&view));
    let taken: Vec<&str> = seen(&view).into_iter().filter(|note| *note == "came, and is right").collect();
    assert!(taken.len() == 1 && seen(&view).last() == taken.first(), "the new one alone: {:?}", seen(&view));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_event_for_us_is_not_looked_at() {
    let rig = Rig::start().await;
    let token = rig.token(&json!({}), &Rig::claims("event-1"));
    let good = rig.post("", &token);
    let long = "a".repeat(70_000);
    let cases = [
        (good.replace("Host: 127.0.0.1", "Host: evil.example"), "421"),
        (rig.post("Origin: https://evil.example\r\n", &token), "403"),
        (good.replace("POST /event-notifications", "POST /another"), "404"),
        (good.replace("POST ", "PUT "), "405"),
        (good.replace("application/secevent+jwt", "text/html"), "415"),
        (good.replace("Content-Length", "X-Length"), "411"),
        (rig.post("", &long), "413"),
    ];
    let mut requests: Vec<String> = cases.iter().map(|(request, _)| request.clone()).collect();
    requests.push(good);
    let (view, heard) = rig.hears(requests).await;
    assert_eq!(view.status, RunStatus::Done, "{:?}", seen(&view));
    for ((_, status), answer) in cases.iter().zip(&heard) {
        assert_eq!(answer.split(' ').nth(1), Some(*status), "{answer}");
    }
    assert!(!seen(&view).iter().any(|note| note.starts_with("refused: ")), "{:?}", seen(&view));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_pasted_is_verified_as_one_that_came_and_an_interrupt_closes_the_port() {
    let rig = Rig::start().await;
    for (wrong, paste) in [(true, "not an event"), (false, "")] {
        let token = rig.token(&json!({}), &Rig::claims("event-9"));
        let Prepared { mut run, performer } = rig.prepared().await;
        let (events, mut incoming) = tokio::sync::mpsc::unbounded_channel();
        let mut effects = run.handle(Event::Start, rig.session.clock.now());
        while run.view().status != RunStatus::Waiting {
            effects.drain(..).for_each(|effect| performer.perform(effect, &events));
            effects = run.handle(incoming.recv().await.expect("an event"), rig.session.clock.now());
        }
        effects.drain(..).for_each(|effect| performer.perform(effect, &events));
        if wrong {
            run.handle(Event::Pasted(Secret::new(paste)), rig.session.clock.now());
            assert_eq!(run.view().status, RunStatus::Waiting);
            assert_eq!(run.view().steps[0].error.as_ref().map(|e| e.id.as_str()), Some("token.unreadable"));
            let effects = run.handle(Event::Cancel, rig.session.clock.now());
            effects.into_iter().for_each(|effect| performer.perform(effect, &events));
            assert_eq!(run.view().status, RunStatus::Cancelled);
            while TcpStream::connect(("127.0.0.1", rig.port)).await.is_ok() {
                tokio::task::yield_now().await;
            }
        } else {
            run.handle(Event::Pasted(Secret::new(token)), rig.session.clock.now());
            assert_eq!(run.view().status, RunStatus::Done, "{:?}", seen(run.view()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_bank_sends_its_event_and_takes_the_answer() {
    let bank = Bank::start().await;
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/event-notifications", socket.local_addr().expect("an address"));
    drop(socket);
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let order = Order {
        profile: "uk-open-banking".into(),
        flow: "listen".into(),
        environment: Some("sandbox".into()),
        inputs: [("event_url".to_owned(), Secret::new(url))].into(),
        ..Order::default()
    };
    let prepared = session.prepare(order, Pace::Straight).await.unwrap_or_else(|p| panic!("{p}"));
    let view = drive(prepared, session.clock.clone(), false).await;
    assert_eq!(view.status, RunStatus::Done, "{:?}", seen(&view));
    let bad: Vec<_> =
        view.steps[0].checks.iter().filter(|c| c.outcome != countersign::flow::view::Outcome::Pass).collect();
    assert!(bad.is_empty() && view.steps[0].checks.iter().any(|c| c.id == "EV-04"), "{bad:?}");
    // its sender heard 202 and its own interaction id, or it would say that it could not send
    assert!(!seen(&view).iter().any(|note| note.contains("could not send")), "{:?}", seen(&view));
}
