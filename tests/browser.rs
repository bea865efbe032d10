//! Sign-ins at the embedded bank in a real browser: headless Chromium, driven over WebDriver by what a person sees and
//! clicks.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, reason = "tests speak plainly")]

#[path = "browser/driver.rs"]
mod driver;
#[path = "support/pty.rs"]
#[allow(dead_code, reason = "shared with the tests of the terminal")]
mod pty;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::cli::Banks;
use countersign::clock::SystemClock;
use countersign::flow::view::{RunStatus, RunView};
use countersign::flow::{Event, Pace};
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::{Browser, Order, Prepared, Session};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use driver::Chromium;
use pty::Terminal;

const ENTER: &str = "\r";
const SOON: Duration = Duration::from_secs(90);

/// A desktop whose opener writes down what it was asked to open.
fn desktop(folder: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let (opener, opened) = (folder.join("xdg-open"), folder.join("opened"));
    let script = format!("#!/bin/sh\nprintf %s \"$1\" > '{0}.part' && mv '{0}.part' '{0}'\n", opened.display());
    std::fs::write(&opener, script).expect("written");
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).expect("set");
    format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"))
}

/// Steps of the flow, one key at a time, as the footer offers them, until the browser was opened.
fn up_to_the_sign_in(terminal: &mut Terminal) {
    let end = Instant::now() + SOON;
    while !terminal.screen().contains("browser opened with xdg-open") {
        assert!(Instant::now() < end, "no sign-in:\n{}", terminal.screen());
        let screen = terminal.screen();
        let footer = screen.lines().last().unwrap_or_default();
        if screen.contains("trust these keys?") {
            terminal.keys("y");
        } else if ["Enter take it", "Enter next step", "Enter send", "Enter open", "Enter answer"]
            .iter()
            .any(|offered| footer.contains(offered))
        {
            terminal.keys(ENTER);
        }
        while terminal.next_output(Duration::from_millis(150)) {}
    }
}

/// The program in a terminal opens the browser; the person signs in there and pastes the address it ended on.
#[test]
#[ignore = "needs Chromium (.ci/run provides it)"]
fn a_person_signs_in_at_the_bank_and_pastes_the_address_that_the_browser_ended_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = desktop(folder.path());
    let env = [("PATH", path.as_str()), ("DISPLAY", ":99")];
    let mut terminal = Terminal::start_with(env!("CARGO_BIN_EXE_countersign"), &["demo"], &env, 120, 45);
    terminal.until("Register an OIDC");
    terminal.keys("/").keys("identify").keys(ENTER).until("Enter in pane 1 starts it");
    terminal.keys(ENTER).until("step 1 of 9");
    up_to_the_sign_in(&mut terminal);

    let opened = std::fs::read_to_string(folder.path().join("opened")).expect("an address");
    assert!(opened.starts_with("http://127.0.0.1:"), "{opened}");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ended_on = runtime.block_on(async {
        let browser = Chromium::start().await;
        browser.open(&opened).await;
        assert!(browser.text("body").await.contains("Countersign Demo"), "the service is named to the person");
        browser.click("button[value=allow]").await;
        browser.until_at("https://tpp.countersign.example/callback?").await
    });

    // the address is one that the terminal can open as well
    assert!(String::from_utf8_lossy(&terminal.raw).contains(&format!("\u{1b}]8;id=sign-in;{opened}\u{1b}\\")));

    terminal.keys("p").until("address bar");
    terminal.keys(&format!("\u{1b}[200~{ended_on}\u{1b}[201~")).keys(ENTER).until("Enter goes on: Redeem the code");
    // the code does not stay in sight
    let code = ended_on.split(['?', '&']).find_map(|p| p.strip_prefix("code=")).expect("a code");
    assert!(!String::from_utf8_lossy(&terminal.raw).contains(code));
    terminal.keys("S").until("→ claims").until("✓ verified with key of the JWKS");
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

/// Hands on what it is asked to open.
struct Opens(UnboundedSender<String>);

impl Browser for Opens {
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            let _ = self.0.send(url.to_owned());
            Ok("opened".to_owned())
        })
    }
}

/// Runs the flow; the sign-in is left to whoever gets the address.
async fn identify(opens: UnboundedSender<String>, set: &[(&str, &str)]) -> RunView {
    countersign::net::install_provider();
    let mut session = Session::bare(Library::embedded(), Arc::new(SystemClock));
    session.embedded = Some(Arc::new(Banks::new(Arc::new(SystemClock))));
    session.on_call = true;
    session.browser = Arc::new(Opens(opens));
    let inputs = set.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect();
    let order = Order {
        profile: "danske-ftn".into(),
        flow: "identify".into(),
        environment: Some("sandbox".into()),
        inputs,
        ..Order::default()
    };
    let Prepared { mut run, performer } = session.prepare(order, Pace::Straight).await.expect("prepared");
    let (events, mut incoming) = unbounded_channel();
    let mut effects = run.handle(Event::Start, session.clock.now());
    while !run.view().status.is_over() {
        for effect in effects.drain(..) {
            performer.perform(effect, &events);
        }
        let pin = run.view().steps[run.view().current].pin.is_some();
        let event = match run.view().status {
            RunStatus::Ready => Event::Step,
            RunStatus::Waiting if pin => Event::Approve,
            _ => tokio::time::timeout(SOON, incoming.recv()).await.expect("in time").expect("an event"),
        };
        effects = run.handle(event, session.clock.now());
    }
    run.view().clone()
}

/// The answer comes back by itself: to a listener with TLS and a certificate of its own, as a query and as a form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium (.ci/run provides it)"]
async fn the_answer_comes_back_to_a_listener_with_tls_as_a_query_and_as_a_form() {
    let browser = Chromium::start().await;
    for mode in ["", "form_post"] {
        let (opens, mut opened) = unbounded_channel::<String>();
        let person = async {
            let url = opened.recv().await.expect("an address");
            browser.open(&url).await;
            browser.click("button[value=allow]").await;
            browser.until_at("https://localhost:8447/callback").await;
            browser.text("body").await
        };
        let set = [("redirect_uri", "https://localhost:8447/callback"), ("response_mode", mode)];
        let set: &[_] = if mode.is_empty() { &set[..1] } else { &set };
        let (view, page) = tokio::join!(identify(opens, set), person);
        let error = view.steps.iter().find_map(|s| s.error.as_ref()).map(|e| &e.text);
        assert_eq!(view.status, RunStatus::Done, "“{mode}”: {error:?}");
        assert!(page.contains("close this"), "“{mode}”: {page}");
        let callback = view.steps.iter().find(|s| s.id == "callback").and_then(|s| s.authorize.as_ref());
        let seen: Vec<&str> = callback.expect("a sign-in").seen.iter().map(|(_, n)| n.as_str()).collect();
        assert!(seen.iter().any(|n| n.contains("SHA-256")), "{seen:?}");
    }
}

/// A person may say no: the bank's refusal is what the run ends in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium (.ci/run provides it)"]
async fn who_says_no_ends_the_run_with_the_bank_s_refusal() {
    let browser = Chromium::start().await;
    let (opens, mut opened) = unbounded_channel::<String>();
    let person = async {
        let url = opened.recv().await.expect("an address");
        browser.open(&url).await;
        browser.click("button[value=deny]").await;
    };
    let (view, ()) = tokio::join!(identify(opens, &[("redirect_uri", "https://localhost:8447/callback")]), person);
    let error = view.steps.iter().find_map(|s| s.error.as_ref()).map(|e| e.id.as_str());
    assert_eq!((view.status, error), (RunStatus::Failed, Some("access_denied")));
}
