//! What is kept of runs, and what is taken along of them, holds no secret and no person. The same search finds each of
//! them in a copy that was left unmasked.

#[path = "../support/har.rs"]
mod har_fields;

use std::cell::RefCell;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::config::Places;
use countersign::flow::Pace;
use countersign::flow::view::{RunStatus, RunView};
use countersign::history::{Account, LARGEST_PRINTED, Telling, compare, foreign, read, words};
use countersign::keys::{KeyUri, NobodyUnlocks};
use countersign::profile::Library;
use countersign::redact::Redactor;
use countersign::secret::{Class, class_of_name};
use countersign::shell::{Order, ReportForm, Session};
use serde_json::{Value as Json, json};

use super::needles::Needles;
use super::support::{Bank, drive_watched, session_at};

/// Flows with what they are known to tell of a person beside what is learned from their answers.
const FLOWS: [(&str, &str, &[&str]); 8] = [
    ("dnb", "register", &[]),
    ("dnb", "token", &[]),
    ("danske-ftn", "identify", &["Maija Malli", "Meikäläinen", "290272-901"]),
    ("spv", "accounts", &["01015450068", "NO9386011117947", "86011117947"]),
    ("wso2-ob", "register", &[]),
    ("wso2-ob", "accounts", &[]),
    ("generic-oidc", "login", &[]),
    ("uk-open-banking", "pay", &[]),
];

/// One that must not be found anywhere.
struct Canary {
    what: String,
    needles: Needles,
    text: String,
}

#[derive(Default)]
struct Canaries(Vec<Canary>);

impl Canaries {
    fn add(&mut self, what: &str, text: &str) {
        // shorter ones stand in harmless words
        if text.chars().count() >= 8 && !self.0.iter().any(|c| c.text == text) {
            self.0.push(Canary { what: what.into(), needles: Needles::of_text(text), text: text.into() });
        }
    }

    /// Of everything that crossed the wire or came out of a step: what its name, its class or its form says is secret.
    fn learn(&mut self, view: &RunView) {
        for step in &view.steps {
            for field in &step.outputs {
                if field.class > Class::Public {
                    self.add(&format!("{}.{}", step.id, field.name), &field.value);
                }
            }
            for field in step.request.iter().flat_map(|r| r.headers.iter().chain(&r.fields)) {
                if field.class.max(class_of_name(&field.name)) > Class::Public {
                    let value = field.value.strip_prefix("Bearer ").or_else(|| field.value.strip_prefix("Basic "));
                    self.add(&field.name, value.unwrap_or(&field.value));
                }
            }
            // a detached signature holds nothing, and is no bearer of anything
            for artefact in step.artefacts.iter().filter(|a| a.class > Class::Public && !a.token.contains("..")) {
                self.add(&artefact.name, &artefact.token);
                let parts: Vec<&str> = artefact.token.split('.').collect();
                if let [_, _, signature] = parts[..] {
                    self.add(&format!("the signature of {}", artefact.name), signature);
                }
            }
            let Some(exchange) = &step.exchange else { continue };
            let body = exchange.response.as_ref().map_or(&b""[..], |r| &r.body);
            if let Ok(json) = serde_json::from_slice(body) {
                self.learn_json(&json, "", step.class == Class::Personal);
            }
            let head = String::from_utf8_lossy(&exchange.request_head).into_owned();
            let body = String::from_utf8_lossy(&exchange.request_body).into_owned();
            let query = head.split(' ').nth(1).and_then(|t| t.split_once('?')).map_or("", |(_, q)| q);
            for (name, value) in
                [query, body.as_str()].iter().flat_map(|t| url::form_urlencoded::parse(t.as_bytes()).into_owned())
            {
                if class_of_name(&name) > Class::Public {
                    self.add(&name, &value);
                }
            }
        }
    }

    fn learn_json(&mut self, json: &Json, name: &str, personal: bool) {
        match json {
            Json::Object(members) => members.iter().for_each(|(n, v)| self.learn_json(v, n, personal)),
            Json::Array(items) => items.iter().for_each(|v| self.learn_json(v, name, personal)),
            Json::String(text) => {
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                // of keys, and what this program itself called a payment
                const OURS: [&str; 3] = ["kid", "InstructionIdentification", "EndToEndIdentification"];
                let speaks = personal && !OURS.contains(&name) && !text.contains(':');
                let speaks = speaks && (digits >= 6 || name.eq_ignore_ascii_case("name"));
                if speaks || class_of_name(name) > Class::Public {
                    self.add(name, text);
                }
            }
            _ => {}
        }
    }

    /// Which of them stand there.
    fn found(&self, place: &str, hay: &[u8]) -> Vec<String> {
        let of = |c: &Canary| Some(format!("{} ({}) in {place}", c.what, c.needles.found(hay)?));
        self.0.iter().filter_map(of).collect()
    }
}

/// A deliberately unmasked copy.
fn unmasked(view: &RunView, canaries: &Canaries) -> Vec<u8> {
    let mut out = Vec::new();
    for exchange in view.steps.iter().filter_map(|s| s.exchange.as_ref()) {
        out.extend_from_slice(&exchange.request_head);
        out.extend_from_slice(&exchange.request_body);
        out.extend(exchange.response.iter().flat_map(|r| r.head.iter().chain(&r.body)));
    }
    canaries.0.iter().for_each(|c| out.extend(format!("\n{}\n", c.text).bytes()));
    out
}

fn session(bank: &Bank, data: &Path) -> Session {
    let mut session = session_at(Library::embedded(), Arc::new(SystemClock), bank);
    let places = Places { config: Some(data.to_owned()), data: Some(data.to_owned()) };
    let problems = session.keep(&places, Arc::new(NobodyUnlocks));
    assert!(problems.is_empty(), "{problems:?}");
    session
}

fn order(profile: &str, flow: &str) -> Order {
    Order { profile: profile.into(), flow: flow.into(), environment: Some("sandbox".into()), ..Order::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_person_is_in_what_is_kept_and_taken_along() {
    let bank = Bank::start().await;
    let key = bank.key_file("canary", "EC", "P-256", false);
    let scalar = {
        let pem = std::fs::read(&key).expect("read");
        let key = openssl::pkey::PKey::private_key_from_pem(&pem).expect("a key");
        key.ec_key().expect("an EC key").private_key().to_vec_padded(32).expect("32 bytes")
    };
    let mut leaks = Vec::new();
    let mut learned = 0;
    for (profile, flow, known) in FLOWS {
        let folder = tempfile::tempdir().expect("a folder");
        let session = session(&bank, folder.path());
        let mut order = order(profile, flow);
        if profile == "dnb" {
            order.bindings.insert("signing".into(), KeyUri::new("file", key.display().to_string()));
        }
        let prepared = session.prepare(order, Pace::Step).await.unwrap_or_else(|e| panic!("{profile} {flow}: {e}"));
        let (telling, printed) = (RefCell::new(Telling::new(LARGEST_PRINTED)), RefCell::new(Vec::new()));
        let tell = |view: &RunView| {
            for event in telling.borrow_mut().news(view) {
                printed.borrow_mut().extend(format!("{event}\n").bytes());
            }
        };
        let view = drive_watched(prepared, session.clock.clone(), false, tell).await;
        tell(&view);
        assert_eq!(view.status, RunStatus::Done, "{profile} {flow}");

        let mut canaries = Canaries::default();
        known.iter().for_each(|text| canaries.add("a person", text));
        canaries.learn(&view);
        canaries.0.push(Canary { what: "a private key".into(), needles: Needles::of(&scalar), text: String::new() });
        learned += canaries.0.len();

        // the positive control: in a copy that was not masked each is found, and so is each in each of its clothes
        let copy = [unmasked(&view, &canaries), scalar.clone()].concat();
        for canary in &canaries.0 {
            assert!(canary.needles.found(&copy).is_some(), "{profile} {flow}: {} is not found", canary.what);
            for (form, needle) in &canary.needles.0 {
                let hay = [b"before ", needle.as_slice(), b" after"].concat();
                assert!(canary.needles.found(&hay).is_some(), "{profile} {flow}: {} {form}", canary.what);
            }
        }

        let kept = session.history.runs("").expect("listed");
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].profile.as_str(), kept[0].flow.as_str(), kept[0].status.as_str()), (profile, flow, "done"));
        let (events, lost) = session.history.events(&kept[0].id).expect("read");
        assert_eq!(lost, 0);
        let account = Account::new(&events, 0);
        let exchanges = view.steps.iter().filter(|s| s.exchange.is_some()).count();
        assert!(account.exchanges().count() >= exchanges, "{profile} {flow}");
        let of_view = view.steps.iter().map(|s| s.checks.len()).sum::<usize>() + view.preflight.len();
        assert_eq!(account.checks().count(), of_view, "{profile} {flow}");
        let file = folder.path().join("history").join(format!("{}.jsonl", kept[0].id));
        let mut places = vec![
            ("the file".to_owned(), std::fs::read(file).expect("read")),
            ("--json".to_owned(), printed.take()),
            ("the words".to_owned(), words(&account).into_bytes()),
        ];
        for form in [ReportForm::Har, ReportForm::Markdown, ReportForm::Json] {
            let (text, masked) = form.of(&events, 0);
            assert_eq!(text.matches("********").count(), masked, "{form:?}");
            if form == ReportForm::Har {
                har_fields::check(&serde_json::from_str(&text).expect("JSON"));
            }
            if form == ReportForm::Json {
                assert_eq!(read(text.as_bytes()).expect("read back"), (events.clone(), 0));
                // what is sealed is not sealed into something else when it comes back
                let back = foreign(text.as_bytes(), &Redactor::new([9; 32])).expect("taken");
                assert_eq!((back.unknown, back.lost), (0, 0), "{profile} {flow}");
                let back = Account::new(&back.events, 0);
                let compared = compare(&account, &back);
                assert!(compared.is_same() && compared.masked.is_empty(), "{profile} {flow}: {compared:?}");
                assert_eq!(words(&back), words(&account), "{profile} {flow}");
            }
            places.push((format!("{form:?}"), text.into_bytes()));
        }
        // whatever else the run left on the disk
        for entry in std::fs::read_dir(folder.path()).expect("listed").flatten() {
            assert!(entry.file_name() == "history" || entry.path().is_dir(), "{:?}", entry.path());
        }
        for (place, hay) in &places {
            leaks.extend(canaries.found(&format!("{place} of {profile} {flow}"), hay));
            if place != "--json" {
                let text = String::from_utf8_lossy(hay);
                let token = text.find("eyJ").map(|at| text[at..].chars().take(40).collect::<String>());
                leaks.extend(token.map(|token| format!("a token in {place} of {profile} {flow}: {token}")));
            }
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
    assert!(learned > 60, "only {learned} canaries were learned");
}

/// The real program: its arguments, and what it says.
fn program(dir: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("--data-dir")
        .arg(dir.join("data"))
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .stdin(Stdio::null())
        .output()
        .expect("countersign runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn the_program_keeps_shows_exports_repeats_and_deletes_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path();
    let token = program(dir, &["run", "dnb", "token", "--env", "sandbox", "--print", "token.access_token"]);
    let token = token.0.trim().to_owned();
    assert!(token.starts_with("eyJ"));
    let (json, told, status) = program(
        dir,
        &["run", "generic-oidc", "token", "--env", "sandbox", "--set", "scope=accounts", "--json", "--har", "run.har"],
    );
    assert_eq!(status, Some(0), "{told}");
    har_fields::check(&serde_json::from_slice(&std::fs::read(dir.join("run.har")).expect("a HAR")).expect("JSON"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&dir.join("run.har")), 0o600);
        assert_eq!(mode(&dir.join("data/history")), 0o700);
    }
    // what --json printed is a run that can be shown
    std::fs::write(dir.join("printed.jsonl"), &json).expect("written");
    assert!(program(dir, &["history", "show", "printed.jsonl"]).0.contains("✓ token"));

    let (list, ..) = program(dir, &["history", "list"]);
    let ids: Vec<&str> = list.lines().map(|line| line.split(' ').next().expect("an id")).collect();
    assert!(ids.len() == 2 && list.contains("dnb / sandbox [SANDBOX]: token"), "{list}");
    assert_eq!(program(dir, &["history", "list", "--profile", "dnb"]).0.lines().count(), 1);
    assert_eq!(program(dir, &["history", "list", "--text", "token.dnb nowhere"]).0, "");
    let newest: Json =
        serde_json::from_str(program(dir, &["history", "list", "--json"]).0.lines().next().expect("a line"))
            .expect("JSON");
    assert_eq!((&newest["profile"], &newest["status"]), (&"generic-oidc".into(), &"done".into()));

    let (report, ..) = program(dir, &["history", "export", "last", "--format", "markdown"]);
    assert!(
        report.starts_with("# ") && report.contains("- environment: sandbox") && report.contains("thumbprint"),
        "{report}"
    );
    let export = |file: &str, more: &[&str]| {
        program(dir, &[&["history", "export", "last", "--format", "json", file], more].concat())
    };
    let (_, told, status) = export("run.json", &[]);
    assert!(status == Some(0) && told.contains("values are masked"), "{told}");
    assert_eq!(export("run.json", &[]).2, Some(2), "a file that is there is not replaced");
    assert_eq!(export("run.json", &["--yes"]).2, Some(0));
    let shown = program(dir, &["history", "show", "run.json"]).0;
    assert_eq!(shown, program(dir, &["history", "show", "last"]).0);
    assert!(shown.contains("set        scope = accounts"), "{shown}");

    // beside another: itself, the one before, one from a file
    assert_eq!(program(dir, &["history", "compare", "last", "run.json"]).2, Some(0));
    let (told, hint, status) = program(dir, &["history", "compare", "last"]);
    assert!(status == Some(2) && hint.contains("no run of generic-oidc token is kept from before"), "{told}{hint}");
    let (told, _, status) = program(dir, &["history", "compare", ids[1], "last", "--json"]);
    let told: Json = serde_json::from_str(&told).expect("JSON");
    assert_eq!((status, &told["same"], &told["left"]["run"]), (Some(1), &false.into(), &ids[1].into()));
    let profile = json!({ "step": "run", "place": "profile", "left": "dnb", "right": "generic-oidc" });
    assert!(told["differences"].as_array().is_some_and(|all| all.contains(&profile)), "{told}");

    // again: the same flow with the same input
    let (again, told, status) = program(dir, &["history", "run", "last", "--json"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(again.contains(r#""flow":"token""#) && again.contains(r#""scope":"accounts""#), "{again}");
    assert_eq!(program(dir, &["history", "list"]).0.lines().count(), 3);

    for entry in std::fs::read_dir(dir.join("data/history")).expect("listed").flatten() {
        let kept = std::fs::read_to_string(entry.path()).expect("text");
        assert_eq!(Needles::of_text(&token).found(kept.as_bytes()), None);
    }

    let (_, told, status) = program(dir, &["history", "delete", "last"]);
    assert!(status == Some(5) && told.contains("--yes"), "{told}");
    assert_eq!(program(dir, &["history", "delete", "last", "--yes"]).2, Some(0));
    assert_eq!(program(dir, &["history", "delete", "--before", "2020-01-01", "--yes"]).1.trim(), "nothing to delete");
    assert_eq!(program(dir, &["history", "delete", "--before", "yesterday", "--yes"]).2, Some(2));
    assert_eq!(program(dir, &["history", "delete", "--before", "2999-01-01", "--yes"]).2, Some(0));
    assert_eq!(program(dir, &["history", "show", "last"]).2, Some(2));
}

/// A run goes to somebody else, who looks at it, compares it with one of theirs, and runs it only after a look.
#[test]
fn a_run_goes_to_somebody_else_and_comes_back() {
    let (mine, theirs) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (mine, theirs) = (mine.path(), theirs.path());
    let run = ["run", "generic-oidc", "token", "--env", "sandbox", "--set", "scope=accounts", "--json"];
    assert_eq!(program(mine, &run).2, Some(0));
    let file = theirs.join("run.json").display().to_string();
    assert_eq!(program(mine, &["history", "export", "last", "--format", "json", &file]).2, Some(0));

    let (id, told, status) = program(theirs, &["history", "import", "run.json"]);
    assert!(status == Some(0) && told.contains("imported: generic-oidc / sandbox: token, "), "{told}");
    assert!(!told.contains("left out"), "{told}");
    let (list, ..) = program(theirs, &["history", "list"]);
    assert!(list.starts_with(id.trim()) && list.trim_end().ends_with("imported"), "{list}");
    let (shown, ..) = program(theirs, &["history", "show", "last"]);
    assert!(shown.contains("  imported   20") && shown.contains("✓ token"), "{shown}");
    let (_, told, status) = program(theirs, &["history", "import", "run.json"]);
    assert!(status == Some(2) && told.contains("kept already"), "{told}");
    assert_eq!(program(theirs, &["history", "compare", "last", "run.json"]).2, Some(0), "it is the same");
    // what comes back once more is the same again
    assert_eq!(program(theirs, &["history", "export", "last", "--format", "json", "again.json"]).2, Some(0));
    assert_eq!(program(theirs, &["history", "compare", "again.json", "run.json"]).2, Some(0));

    let (_, told, status) = program(theirs, &["history", "run", "last"]);
    assert!(status == Some(5) && told.contains("scope = accounts") && told.contains("--yes"), "{told}");
    let (again, told, status) = program(theirs, &["history", "run", "last", "--yes", "--json"]);
    assert!(status == Some(0) && again.contains(r#""scope":"accounts""#), "{told}");
    let (told, _, status) = program(theirs, &["history", "compare", "last"]);
    assert!(status == Some(1) && told.contains("embedded banks"), "{told}");
    assert!(told.contains("Differ, as they must: ") && !told.contains("response.status"), "{told}");
    // one that came later is neither the last nor the one before
    let own = program(theirs, &["history", "list", "--json"]).0;
    let own: Json = serde_json::from_str(own.lines().next().expect("a line")).expect("JSON");
    assert_eq!(program(mine, &run).2, Some(0));
    assert_eq!(program(mine, &["history", "export", "last", "--format", "json", &file, "--yes"]).2, Some(0));
    assert_eq!(program(theirs, &["history", "import", "run.json"]).2, Some(0));
    let (told, ..) = program(theirs, &["history", "compare", "last", "--json"]);
    let told: Json = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told["right"]["run"], &told["left"]["run"]), (&"last".into(), &id.trim().into()));
    let (shown, ..) = program(theirs, &["history", "show", own["id"].as_str().expect("an id")]);
    assert_eq!(program(theirs, &["history", "show", "last"]).0, shown);
}

/// A file of many events, or of few with much in them, costs no more than itself and what is kept of it.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_swells_is_taken_in_little_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path();
    let run = r#"{"event":"run","profile":"p","env":"e","flow":"f"}"#;
    let small = "{\"event\":\"x\"}\n".repeat(1_600_000);
    let dense = format!("{{\"event\":\"response\",\"body\":[{}0]}}\n", "0,".repeat(500_000)).repeat(20);
    let listed = format!("{}null", "{\"event\":\"x\"},".repeat(1_600_000));
    let document = format!(r#"{{"format":"countersign-run/1","events":[{run},{listed}]}}"#);
    for (name, content) in
        [("small", format!("{run}\n{small}")), ("dense", format!("{run}\n{dense}")), ("document", document)]
    {
        std::fs::write(dir.join(name), content).expect("written");
        let output = Command::new("sh")
            .args(["-c", "ulimit -v 300000; exec \"$0\" --data-dir data history import \"$1\""])
            .args([env!("CARGO_BIN_EXE_countersign"), name])
            .current_dir(dir)
            .env_clear()
            .env("HOME", dir)
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.contains("could not be read"), "{name}: {told}");
    }
}

/// A program that is killed leaves everything that it had told, and the run can be read.
#[test]
fn a_killed_run_is_kept_as_far_as_it_came() {
    use std::io::BufRead as _;
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path();
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("--data-dir")
        .arg(dir.join("data"))
        .args(["run", "dnb", "token", "--env", "sandbox", "--json"])
        .env_clear()
        .env("HOME", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("countersign runs");
    let told = std::io::BufReader::new(child.stdout.take().expect("its output")).lines();
    let request = told.map_while(Result::ok).find(|line| line.contains(r#""event":"request""#));
    child.kill().expect("killed");
    child.wait().expect("it ended");
    assert!(request.is_some());
    let (shown, ..) = program(dir, &["history", "show", "last"]);
    assert!(shown.contains("jws client_assertion") && shown.contains("POST https://"), "{shown}");
    assert!(shown.contains("status     unfinished") || shown.contains("status     done"), "{shown}");
}

#[test]
fn what_was_secret_is_not_kept_and_has_to_be_given_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path();
    std::fs::write(dir.join("secret.txt"), "canary-s3cret-0123456789\n").expect("written");
    let call = ["run", "spv", "token", "--env", "sandbox", "--set", "client_secret=@secret.txt"];
    let (_, _, status) = program(dir, &call);
    assert_eq!(status, Some(1), "the bank refuses a wrong secret");
    let (shown, ..) = program(dir, &["history", "show", "last"]);
    assert!(shown.contains("set        client_secret (not kept)") && !shown.contains("s3cret"), "{shown}");
    let (_, told, status) = program(dir, &["history", "run", "last"]);
    assert!(status == Some(5) && told.contains("--set client_secret=@FILE"), "{told}");
    let (_, told, status) = program(dir, &["history", "run", "last", "--set", "client_secret=@secret.txt"]);
    assert_eq!(status, Some(1), "{told}");

    // and nothing at all where the person does not want it
    std::fs::write(dir.join("data/config.toml"), "[history]\nruns = 0\n").expect("written");
    let before = program(dir, &["history", "list"]).0;
    program(dir, &call);
    assert_eq!(program(dir, &["history", "list"]).0, before);
}
