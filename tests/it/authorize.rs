//! A person signs in, over real sockets: a little bank on loopback that sends the browser back and gives tokens, and
//! whatever else may come to the port. The rows O01–O19 of abuse stand here, at `src/net/callback/tests.rs`, and in the
//! playbook.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::clock::SystemClock;
use countersign::flow::callback::Authorization;
use countersign::flow::view::{AskView, RunStatus, RunView};
use countersign::flow::{Event, Pace};
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::{Answers, Browser, Order, People, Prepared, Session};
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use crate::support::drive;

/// A token endpoint that counts, and checks PKCE as RFC 7636 §4.6 says.
struct Bank {
    port: u16,
    tokens: Arc<AtomicUsize>,
    challenge: Arc<Mutex<String>>,
    _tasks: JoinSet<()>,
}

impl Bank {
    async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = socket.local_addr().expect("an address").port();
        let (tokens, challenge) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(String::new())));
        let (count, wanted) = (tokens.clone(), challenge.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                let (mut stream, _) = socket.accept().await.expect("a connection");
                let request = read_request(&mut stream).await;
                count.fetch_add(1, Ordering::SeqCst);
                let form = request.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned();
                let value = |name: &str| {
                    url::form_urlencoded::parse(form.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
                };
                let proof = value("code_verifier").unwrap_or_default();
                let hash = openssl::sha::sha256(proof.as_bytes());
                let hash = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, hash);
                let good = value("code").as_deref() == Some("the-c0de") && hash == *wanted.lock().expect("a lock");
                let (status, body) = if good {
                    ("200 OK", r#"{"access_token":"t0ken-t0ken","token_type":"Bearer","expires_in":60}"#)
                } else {
                    ("400 Bad Request", r#"{"error":"invalid_grant","error_description":"not your code"}"#)
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.expect("written");
            }
        });
        Self { port, tokens, challenge, _tasks: tasks }
    }

    fn library(&self, redirect_uri: &str, more: &str) -> Library {
        let port = self.port;
        let mut library = Library::embedded();
        library.add(
            "little.toml",
            format!(
                r#"
schema = 1
id     = "little"
name   = "Little bank"
hosts  = ["127.0.0.1"]
environment = "test"
[environments.test]
issuer                 = "http://127.0.0.1:{port}"
authorization_endpoint = "http://127.0.0.1:{port}/authorize"
token_endpoint         = "http://127.0.0.1:{port}/token"
par_endpoint           = "http://127.0.0.1:{port}/par"
jwks_uri               = "http://127.0.0.1:{port}/jwks"
[inputs.client_id]
default = "acme"
[inputs.redirect_uri]
type    = "url"
default = "{redirect_uri}"
[keys.signing]
use      = "sig"
algs     = ["ES256"]
optional = true
[client]
auth = "none"
[[flow]]
id   = "login"
use  = "authorization-code"
with = {{ scope = "accounts"{more} }}
"#
            ),
        );
        library
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        stream.read_buf(&mut bytes).await.expect("read");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase().strip_prefix("content-length:").map(|v| v.trim().parse().expect("a length"))
                })
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
    }
}

/// What the person does at the bank's page: from the address to what their browser asks for at the redirect URI.
type Way = Arc<dyn Fn(&url::Url) -> Vec<String> + Send + Sync>;

/// A browser that follows the address by itself, and sends each request of `way` to the listener.
struct Follows {
    way: Way,
    challenge: Arc<Mutex<String>>,
    pages: Arc<Mutex<Vec<String>>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Browser for Follows {
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>> {
        let url = url::Url::parse(url).expect("an address");
        let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned());
        *self.challenge.lock().expect("a lock") = value("code_challenge").unwrap_or_default();
        let redirect = url::Url::parse(&value("redirect_uri").expect("a redirect URI")).expect("an address");
        let port = redirect.port().expect("a port");
        let (requests, pages) = ((self.way)(&url), self.pages.clone());
        self.tasks.lock().expect("a lock").spawn(async move {
            for request in requests {
                let page = ask(port, request.as_bytes()).await;
                pages.lock().expect("a lock").push(page);
            }
        });
        Box::pin(async { Ok("opened".to_owned()) })
    }
}

/// All that comes back until the other side closes; empty where nothing does.
async fn ask(port: u16, request: &[u8]) -> String {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return "refused".into() };
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

fn get(redirect: &str, query: &str) -> String {
    let url = url::Url::parse(redirect).expect("an address");
    format!("GET {}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", url.path(), url.port().expect("a port"))
}

/// A port that was free a moment ago.
async fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    socket.local_addr().expect("an address").port()
}

fn state(url: &url::Url) -> String {
    url.query_pairs().find(|(n, _)| n == "state").map(|(_, v)| v.into_owned()).expect("a state")
}

struct Ended {
    view: RunView,
    pages: Vec<String>,
    tokens: usize,
    port: u16,
}

impl Ended {
    fn statuses(&self) -> Vec<&str> {
        self.pages.iter().map(|p| p.split(' ').nth(1).unwrap_or_default()).collect()
    }
    fn error(&self) -> Option<(&str, &str)> {
        self.view.steps.iter().find_map(|s| s.error.as_ref()).map(|e| (e.id.as_str(), e.text.as_str()))
    }
}

/// Runs the flow with a browser that sends what `way` makes of the address.
async fn sign_in(more: &str, way: impl Fn(&url::Url, &str) -> Vec<String> + Send + Sync + 'static) -> Ended {
    sign_in_with(more, Arc::new(Waits), way).await
}

async fn sign_in_with(
    more: &str,
    people: Arc<dyn People>,
    way: impl Fn(&url::Url, &str) -> Vec<String> + Send + Sync + 'static,
) -> Ended {
    let bank = Bank::start().await;
    let port = free_port().await;
    let redirect = format!("http://127.0.0.1:{port}/cb");
    countersign::net::install_provider();
    let mut session = Session::bare(bank.library(&redirect, more), Arc::new(SystemClock));
    let pages = Arc::new(Mutex::new(Vec::new()));
    let to = redirect.clone();
    let browser = Arc::new(Follows {
        way: Arc::new(move |url| way(url, &to)),
        challenge: bank.challenge.clone(),
        pages: pages.clone(),
        tasks: Mutex::default(),
    });
    session.browser = browser.clone();
    session.people = people;
    let order = Order { profile: "little".into(), flow: "login".into(), ..Order::default() };
    let prepared = session.prepare(order, Pace::Straight).await.unwrap_or_else(|p| panic!("{p}"));
    let view = tokio::time::timeout(Duration::from_secs(20), drive(prepared, session.clock.clone(), false))
        .await
        .expect("it ends");
    let mut tasks = std::mem::take(&mut *browser.tasks.lock().expect("a lock"));
    while tasks.join_next().await.is_some() {}
    let pages = pages.lock().expect("a lock").clone();
    Ended { view, pages, tokens: bank.tokens.load(Ordering::SeqCst), port }
}

/// Somebody who watches the browser and types nothing.
struct Waits;

impl People for Waits {
    fn answer<'a>(&'a self, _: &'a str, _: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        Box::pin(async { None })
    }
    fn authorize<'a>(
        &'a self,
        _: &'a str,
        _: &'a Authorization,
        _: Option<String>,
    ) -> BoxFuture<'a, Option<Result<Secret, String>>> {
        Box::pin(std::future::pending())
    }
}

fn good(url: &url::Url, redirect: &str) -> String {
    get(redirect, &format!("code=the-c0de&state={}", state(url)))
}

#[tokio::test]
async fn a_sign_in_ends_with_a_token_and_a_closed_port() {
    let ended = sign_in("", |url, to| vec![good(url, to)]).await;
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Done, 1), "{:?}", ended.error());
    assert_eq!(ended.statuses(), ["200"]);
    let seen = &ended.view.steps.iter().find(|s| s.id == "callback").expect("the step").authorize;
    let seen: Vec<&str> = seen.as_ref().expect("a view").seen.iter().map(|(_, t)| t.as_str()).collect();
    assert_eq!(seen, [format!("listening on 127.0.0.1:{}", ended.port).as_str(), "opened"]);
    closes(ended.port).await;
}

/// O01: what does not hold the right state changes nothing.
#[tokio::test]
async fn a_wrong_state_gets_a_page_and_the_true_answer_still_works() {
    let ended = sign_in("", |url, to| {
        let state = state(url);
        vec![
            get(to, "code=attackers"),
            get(to, "code=attackers&state="),
            get(to, "code=attackers&state=wrong"),
            get(to, &format!("code=attackers&state={state}&state={state}")),
            get(to, &format!("code=attackers&state={}", state.to_uppercase())),
            get(to, &format!("code=attackers&State={state}")),
            get(to, &format!("code=%zz&state={state}")),
            good(url, to),
        ]
    })
    .await;
    assert_eq!(ended.statuses(), ["400", "400", "400", "400", "400", "400", "400", "200"]);
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Done, 1), "{:?}", ended.error());
}

/// O02, O18: an error without the state is nothing; with it, it is the bank's answer, and no page repeats it.
#[tokio::test]
async fn the_banks_no_ends_the_step_in_its_words() {
    let ended = sign_in("", |url, to| {
        let evil = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%1B%5B2J";
        vec![
            get(to, &format!("error=access_denied&state=wrong&error_description={evil}")),
            get(to, &format!("error=access_denied&error_description={evil}&state={}", state(url))),
        ]
    })
    .await;
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Failed, 0));
    let (id, text) = ended.error().expect("an error");
    assert!(id == "access_denied" && text.contains("<script>") && !text.contains('\u{1b}'), "{id}: {text}");
    assert!(ended.view.steps.iter().find_map(|s| s.error.as_ref()).is_some_and(|e| e.hint.is_some()));
    assert_eq!(ended.statuses(), ["400", "200"]);
    for page in &ended.pages {
        assert!(!page.contains("alert(1)") && !page.contains("access_denied") && !page.contains('\u{1b}'), "{page}");
        for header in ["default-src 'none'", "Cache-Control: no-store", "Referrer-Policy: no-referrer"] {
            assert!(page.contains(header), "{header}: {page}");
        }
        assert!(page.contains("history.replaceState"), "the code leaves the address bar");
    }
}

/// O03: PKCE ends an attacker's code at the bank.
#[tokio::test]
async fn an_attackers_code_with_the_right_state_is_refused_by_the_bank() {
    let ended = sign_in("", |url, to| vec![get(to, &format!("code=attackers&state={}", state(url)))]).await;
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Failed, 1));
    assert_eq!(ended.error().map(|e| e.0), Some("invalid_grant"));
}

/// O12: one answer, one token request.
#[tokio::test]
async fn the_same_answer_twice_asks_for_one_token() {
    let ended = sign_in("", |url, to| vec![good(url, to), good(url, to)]).await;
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Done, 1), "{:?}", ended.error());
    assert_eq!(ended.statuses(), ["200", "200"]);
}

/// O13, O14: other methods, paths, names and sites.
#[tokio::test]
async fn what_is_not_for_the_redirect_uri_is_told_so_and_harms_nothing() {
    let ended = sign_in("", |url, to| {
        let answer = good(url, to);
        let with = |line: &str| answer.replace("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"));
        vec![
            answer.replace("GET /cb", "GET /favicon.ico"),
            answer.replace("GET /cb", "GET /cb/"),
            answer.replace("GET", "HEAD"),
            answer.replace("GET", "POST"),
            answer.replace("GET", "OPTIONS"),
            with("Sec-Purpose: prefetch;prerender"),
            with("Purpose: prefetch"),
            answer.replace("Host: 127.0.0.1", "Host: evil.test"),
            answer.replace("Host: 127.0.0.1", "Host: localhost"),
            answer.split("\r\nHost").next().map(|l| format!("{l}\r\n\r\n")).expect("a line"),
            with("Host: 127.0.0.1:1"),
            with("Origin: https://evil.test"),
            with("Origin: null"),
            answer,
        ]
    })
    .await;
    assert_eq!(
        ended.statuses(),
        ["404", "404", "405", "405", "405", "404", "404", "421", "421", "421", "421", "403", "403", "200"]
    );
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Done, 1), "{:?}", ended.error());
}

/// A form is posted by the bank's page; its state is looked at like any other.
#[tokio::test]
async fn a_form_is_taken_where_one_was_asked_for() {
    let ended = sign_in(", response_mode = \"form_post\"", |url, to| {
        let port = url::Url::parse(to).expect("an address").port().expect("a port");
        let post = |body: &str, more: &str| {
            format!(
                "POST /cb HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n{more}Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let form = format!("code=the-c0de&state={}", state(url));
        let origin = url.origin().ascii_serialization();
        vec![
            post("code=x&state=wrong", ""),
            post(&form, "Origin: https://evil.test\r\n"),
            post(&form, "Transfer-Encoding: chunked\r\n"),
            post(&format!("{form}&a={}", "a".repeat(70_000)), ""),
            post(&form, &format!("Origin: {origin}\r\n")),
        ]
    })
    .await;
    assert_eq!(ended.statuses(), ["400", "403", "400", "413", "200"]);
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Done, 1), "{:?}", ended.error());
}

/// From the state to what is brought.
type Text = fn(&str) -> String;

/// Brings one text after the other, and notes what was said to it. `alone`: as the sandbox's people do.
struct Brings {
    texts: Mutex<Vec<Text>>,
    said: Arc<Mutex<Vec<String>>>,
    alone: Option<Arc<Mutex<String>>>,
}

impl People for Brings {
    fn answer<'a>(&'a self, _: &'a str, _: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        Box::pin(async { None })
    }
    fn go_alone(&self) -> bool {
        self.alone.is_some()
    }
    fn authorize<'a>(
        &'a self,
        step: &'a str,
        request: &'a Authorization,
        said: Option<String>,
    ) -> BoxFuture<'a, Option<Result<Secret, String>>> {
        assert_eq!(step, "login.callback");
        let url = url::Url::parse(request.url.expose()).expect("an address");
        if let Some(challenge) = &self.alone {
            let found = url.query_pairs().find(|(n, _)| n == "code_challenge").expect("a challenge");
            *challenge.lock().expect("a lock") = found.1.into_owned();
        }
        self.said.lock().expect("a lock").extend(said);
        let next = self.texts.lock().expect("a lock").pop();
        Box::pin(async move { next.map(|make| Ok(Secret::new(make(&state(&url))))) })
    }
}

#[tokio::test]
async fn what_is_pasted_races_the_listener_and_is_judged_alike() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let texts: Vec<fn(&str) -> String> =
        vec![|state| format!("code=the-c0de&state={state}"), |_| "code=the-c0de&state=wrong".into(), |_| {
            "hello".into()
        }];
    let people = Brings { texts: Mutex::new(texts), said: said.clone(), alone: None };
    let ended = sign_in_with("", Arc::new(people), |_, _| Vec::new()).await;
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Done, 1), "{:?}", ended.error());
    let said = said.lock().expect("a lock").clone();
    assert!(said.len() == 2 && said[0].contains("neither") && said[1].contains("another sign-in"), "{said:?}");
}

#[tokio::test]
async fn where_nobody_is_there_it_waits_for_a_person() {
    let people = Brings { texts: Mutex::default(), said: Arc::default(), alone: None };
    let ended = sign_in_with("", Arc::new(people), |_, _| Vec::new()).await;
    assert_eq!((ended.view.status, ended.tokens), (RunStatus::Waiting, 0));
}

#[tokio::test]
async fn people_who_go_alone_need_no_browser_and_no_listener() {
    let bank = Bank::start().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let redirect = format!("http://{}/cb", taken.local_addr().expect("an address"));
    countersign::net::install_provider();
    for (text, status) in [
        ((|state| format!("code=the-c0de&state={state}")) as Text, RunStatus::Done),
        (|_| "code=the-c0de&state=wrong".into(), RunStatus::Failed),
    ] {
        let mut session = Session::bare(bank.library(&redirect, ""), Arc::new(SystemClock));
        session.people = Arc::new(Brings {
            texts: Mutex::new(vec![text]),
            said: Arc::default(),
            alone: Some(bank.challenge.clone()),
        });
        let order = Order { profile: "little".into(), flow: "login".into(), ..Order::default() };
        let prepared = session.prepare(order, Pace::Straight).await.unwrap_or_else(|p| panic!("{p}"));
        let view = drive(prepared, session.clock.clone(), false).await;
        let step = view.steps.iter().find(|s| s.id == "callback").expect("the step");
        assert_eq!(view.status, status, "{:?}", step.error);
        assert!(step.authorize.as_ref().is_some_and(|a| a.seen.is_empty()), "{:?}", step.authorize);
    }
    assert_eq!(bank.tokens.load(Ordering::SeqCst), 1);
}

/// O16: a cancelled or forgotten run holds no port.
#[tokio::test]
async fn a_cancelled_run_closes_its_port_within_a_second() {
    let bank = Bank::start().await;
    let port = free_port().await;
    countersign::net::install_provider();
    for forget in [false, true] {
        let session = Session::bare(bank.library(&format!("http://127.0.0.1:{port}/cb"), ""), Arc::new(SystemClock));
        let order = Order { profile: "little".into(), flow: "login".into(), ..Order::default() };
        let Prepared { mut run, performer } =
            session.prepare(order, Pace::Straight).await.unwrap_or_else(|p| panic!("{p}"));
        let (events, mut incoming) = unbounded_channel();
        let mut effects = run.handle(Event::Start, session.clock.now());
        while !run.view().steps.iter().filter_map(|s| s.authorize.as_ref()).any(|a| !a.seen.is_empty()) {
            effects.drain(..).for_each(|e| performer.perform(e, &events));
            effects = run.handle(incoming.recv().await.expect("an event"), session.clock.now());
        }
        assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
        if forget {
            performer.abort_all();
        } else {
            let effects = run.handle(Event::Cancel, session.clock.now());
            effects.into_iter().for_each(|e| performer.perform(e, &events));
        }
        closes(port).await;
    }
}

async fn closes(port: u16) {
    let closed = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), closed).await.expect("the port is closed soon");
}
