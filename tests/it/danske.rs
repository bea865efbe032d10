//! Danske Bank's Finnish Trust Network identity provider on the embedded bank: every flow ends well, and each check of its
//! sheet has one wrong input, or one wrong answer of the bank, that it finds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use countersign::cli::Exit;
use countersign::clock::{Clock, SystemClock};
use countersign::flow::template::Scope;
use countersign::flow::view::{Outcome, PinView, RunStatus, RunView};
use countersign::flow::{Event, Pace};
use countersign::profile::Library;
use countersign::sandbox::{IdTokenFlaw, Refusal, Trouble, TrustFlaw};
use countersign::secret::Secret;
use countersign::shell::{Order, Prepared, Session};
use countersign::time::Timestamp;
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{Bank, drive, drive_watched, session_at};

const FLOWS: [&str; 4] = ["trust", "identify", "identify-chained", "publish"];

/// What is wrong, and how it has to end.
#[derive(Clone)]
struct Wrong {
    name: &'static str,
    flow: &'static str,
    /// `--set`.
    set: &'static [(&'static str, &'static str)],
    /// What a profile of one's own changes, TOML laid over the bank's.
    profile: String,
    /// Key files made for roles: role, file name, kind, size. Two roles with one file have one key.
    bound: &'static [(&'static str, &'static str, &'static str, &'static str)],
    /// At the bank.
    trouble: Option<Trouble>,
    /// Seconds that pass before this step.
    passes: Option<(&'static str, i64)>,
    /// The check that stops it.
    stops: Option<&'static str>,
    /// A check that warns.
    warns: Option<&'static str>,
    /// Headless: the exit status.
    exit: Exit,
    /// Gone on with anyway (or at all): the error's id. None: it ends done.
    error: Option<&'static str>,
    /// Of the text, the hint or what is likely.
    hint: &'static str,
}

fn wrong(name: &'static str, flow: &'static str) -> Wrong {
    Wrong {
        name,
        flow,
        set: &[],
        profile: String::new(),
        bound: &[],
        trouble: None,
        passes: None,
        stops: None,
        warns: None,
        exit: Exit::Refused,
        error: None,
        hint: "",
    }
}

/// The request object with other header members, claims or `let`s, in a flow `mine`.
fn request(lets: &str, header: &str, claims: &str) -> String {
    format!(
        r#"[[flow]]
id  = "mine"
use = "identify"
[flow.let]
{lets}
[[flow.step]]
id = "request_object"
[flow.step.jwt]
key    = "signing"
header = {{ kid = "{{{{ keys.signing.kid }}}}", typ = "JWT", "..." = {{ {header} }} }}
[flow.step.jwt.claims]
iss = "{{{{ client.id }}}}"
client_id = "{{{{ client.id }}}}"
aud = "{{{{ env.issuer }}}}"
iat = "{{{{ now }}}}"
exp = "{{{{ now + inputs.request_ttl }}}}"
prompt = "login"
scope = "{{{{ inputs.scope }}}}"
nonce = "{{{{ let.nonce }}}}"
state = "{{{{ let.state }}}}"
acr_values = "{{{{ env.acr }}}}"
response_type = "code"
redirect_uri = "{{{{ inputs.redirect_uri }}}}"
ftn_spname = "{{{{ inputs.ftn_spname }}}}"
ui_locales = "{{{{ inputs.ui_locales }}}}"
"..." = {{ {claims} }}
"#
    )
}

/// The token request with these lines.
fn token(lines: &str) -> String {
    format!(
        "[[flow]]\nid = \"mine\"\nuse = \"identify\"\n[[flow.step]]\nid = \"token\"\n[flow.step.http]\nurl = \"{{{{ env.token_endpoint }}}}\"\n{lines}\n"
    )
}

/// The id_token opened with these algorithms.
fn opened(key_algs: &str, enc_algs: &str, algs: &str) -> String {
    format!(
        r#"[[flow]]
id  = "mine"
use = "identify"
[[flow.step]]
id = "id_token"
[flow.step.open]
token    = "{{{{ token.json.id_token }}}}"
expect   = "nested"
decrypt  = "encryption"
key_algs = [{key_algs}]
enc_algs = [{enc_algs}]
jwks     = "{{{{ trust.jwks }}}}"
algs     = [{algs}]
"#
    )
}

const AT_BANK: Option<&str> = Some("invalid_request_object");

fn requests() -> Vec<Wrong> {
    let environment = |line: &str| format!("[environments.sandbox]\n{line}\n");
    vec![
        Wrong {
            profile: environment("acr = \"http://ftn.ficora.fi/2017/loa2\""),
            stops: Some("DAN-ENV-01"),
            error: AT_BANK,
            hint: "acr_values",
            ..wrong("acr of the other environment", "identify")
        },
        Wrong {
            profile: environment("token_endpoint = \"https://sandbox-userapi2.danskebank.com/elsewhere\""),
            warns: Some("DAN-TRUST-05"),
            error: Some("not_found"),
            ..wrong("a token endpoint that is not the statement's", "identify")
        },
        Wrong {
            bound: &[("encryption", "small", "RSA", "1024")],
            stops: Some("DAN-KEY-01"),
            error: Some("key.algorithm"),
            hint: "2048",
            ..wrong("an RSA key of 1024 bits", "identify")
        },
        Wrong {
            bound: &[("signing", "both", "RSA", "2048"), ("encryption", "both", "RSA", "2048")],
            warns: Some("DAN-KEY-02"),
            exit: Exit::Done,
            ..wrong("one key for both", "identify")
        },
        Wrong {
            profile: request("", "typ = \"at+jwt\"", ""),
            stops: Some("DAN-RO-01"),
            error: AT_BANK,
            ..wrong("another typ", "mine")
        },
        Wrong {
            profile: request("", "kid = \"mine\"", ""),
            stops: Some("DAN-RO-01"),
            error: AT_BANK,
            hint: "kid",
            ..wrong("a kid that is not registered", "mine")
        },
        Wrong {
            profile: request("", "", "aud = \"https://userapi2.danskebank.com/ftn-idp\""),
            stops: Some("DAN-RO-02"),
            error: AT_BANK,
            hint: "aud",
            ..wrong("the audience of the other environment", "mine")
        },
        Wrong {
            profile: request("", "", "iss = \"somebody\""),
            stops: Some("DAN-RO-02"),
            error: AT_BANK,
            ..wrong("the request of another client", "mine")
        },
        Wrong {
            set: &[("request_ttl", "660")],
            stops: Some("DAN-RO-03"),
            error: AT_BANK,
            hint: "10 minutes",
            ..wrong("a life of more than ten minutes", "identify")
        },
        Wrong {
            profile: request("", "", "exp = \"{{ (now + 300) | string }}\""),
            stops: Some("DAN-RO-03"),
            error: AT_BANK,
            ..wrong("a date that is a text", "mine")
        },
        Wrong {
            profile: request("nonce = \"0123456789\"", "", ""),
            stops: Some("DAN-RO-04"),
            error: AT_BANK,
            ..wrong("a short nonce", "mine")
        },
        Wrong {
            profile: request("", "", "prompt = \"none\""),
            stops: Some("DAN-RO-05"),
            error: AT_BANK,
            ..wrong("prompt none", "mine")
        },
        Wrong {
            profile: "[inputs.scope]\ndefault = \"openid profile\"\noptions = [\"openid profile\"]\n".into(),
            stops: Some("DAN-RO-06"),
            error: Some("invalid_scope"),
            hint: "openid",
            ..wrong("a scope that the bank does not have", "identify")
        },
        Wrong {
            profile: request("", "", "ui_locales = \"de\""),
            stops: Some("DAN-RO-07"),
            error: AT_BANK,
            ..wrong("a language that the bank does not speak", "mine")
        },
        Wrong {
            profile: request("", "", "request_uri = \"https://tpp.countersign.example/ro\""),
            stops: Some("DAN-RO-08"),
            error: AT_BANK,
            ..wrong("a request_uri inside", "mine")
        },
        Wrong {
            profile: "[[flow]]\nid = \"mine\"\nuse = \"identify\"\n[[flow.step]]\nid = \"callback\"\n[flow.step.authorize]\nurl = \"{{ env.authorization_endpoint }}\"\nquery = { client_id = \"{{ client.id }}\", response_type = \"code\", scope = \"openid\", request = \"{{ request_object.jwt }}\" }\nredirect_uri = \"{{ inputs.redirect_uri }}\"\nstate = \"{{ let.state }}\"\nlives = 60\n".into(),
            stops: Some("DAN-RO-09"),
            error: Some("invalid_request"),
            hint: "differs",
            ..wrong("another scope outside", "mine")
        },
        Wrong {
            set: &[("redirect_uri", "http://tpp.countersign.example/callback")],
            stops: Some("DAN-RO-10"),
            error: Some("callback.refused"),
            ..wrong("a redirect_uri without TLS", "identify")
        },
        Wrong {
            profile: request("", "", "ftn_spname = \"\""),
            stops: Some("DAN-RO-11"),
            error: AT_BANK,
            ..wrong("no name of the service", "mine")
        },
        Wrong {
            set: &[("ftn_spname", "A service whose name is longer than forty characters")],
            warns: Some("DAN-RO-11S"),
            error: AT_BANK,
            hint: "registered",
            ..wrong("a long name of the service", "identify")
        },
        Wrong {
            profile: "[client]\nid = \"{{ inputs.client_id }}\"\n".into(),
            warns: Some("DAN-RO-12"),
            exit: Exit::Done,
            ..wrong("the ordinary client id for a chained one", "identify-chained")
        },
        Wrong {
            passes: Some(("token", 75)),
            warns: Some("DAN-CB-03"),
            error: Some("invalid_client"),
            ..wrong("a code that waits for a minute", "identify")
        },
        Wrong {
            set: &[("assertion_ttl", "660")],
            stops: Some("DAN-CA-01"),
            error: Some("invalid_client"),
            hint: "10 minutes",
            ..wrong("an assertion of eleven minutes", "identify")
        },
        Wrong {
            profile: "[client.assertion.claims]\naud = \"https://userapi2.danskebank.com/ftn-idp\"\n".into(),
            stops: Some("DAN-CA-01"),
            error: Some("invalid_client"),
            hint: "aud",
            ..wrong("an assertion for another environment", "identify")
        },
        Wrong {
            profile: token("form = { grant_type = \"authorization_code\", code = \"{{ callback.code }}\", redirect_uri = \"{{ inputs.redirect_uri }}\", client_assertion_type = \"urn:ietf:params:oauth:client_assertion_type:jwt-bearer\" }"),
            stops: Some("DAN-CA-02"),
            error: Some("invalid_request"),
            ..wrong("client_assertion_type with an underscore", "mine")
        },
        Wrong {
            profile: "[client.assertion.claims]\nsub = \"somebody\"\n".into(),
            warns: Some("DAN-CA-03"),
            error: Some("invalid_client"),
            ..wrong("another sub", "identify")
        },
        Wrong {
            profile: token("json = { grant_type = \"authorization_code\", code = \"{{ callback.code }}\", redirect_uri = \"{{ inputs.redirect_uri }}\" }"),
            stops: Some("DAN-TOK-01"),
            error: Some("invalid_request"),
            hint: "form",
            ..wrong("a JSON body", "mine")
        },
    ]
}

fn answers() -> Vec<Wrong> {
    let trust = |flaw| Some(Trouble::Trust(flaw));
    let id_token = |flaw| Some(Trouble::IdToken(flaw));
    vec![
        Wrong {
            trouble: trust(TrustFlaw::StatementExpired),
            stops: Some("DAN-TRUST-01"),
            ..wrong("a statement that has ended", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::StatementOfAnother),
            stops: Some("DAN-TRUST-01"),
            ..wrong("a statement of another", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::StatementWithoutProvider),
            stops: Some("DAN-TRUST-01"),
            error: Some("profile.value"),
            ..wrong("a statement of no OpenID provider", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::StatementKidNotInside),
            error: Some("token.not-verified"),
            hint: "kid",
            ..wrong("a statement signed by a key that it does not have", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::StatementWithoutTyp),
            warns: Some("DAN-TRUST-01T"),
            exit: Exit::Done,
            ..wrong("a statement without typ", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::StatementWithoutTyp),
            set: &[("entity_typ", "require")],
            error: Some("token.typ"),
            ..wrong("a statement without the typ that is required", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::JwksWrongKey),
            error: Some("token.not-verified"),
            ..wrong("a key set signed by another key", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::JwksOfAnother),
            stops: Some("DAN-TRUST-03"),
            ..wrong("a key set of another", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::JwksExpired),
            stops: Some("DAN-TRUST-03"),
            ..wrong("a key set that has ended", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::JwksWithoutKeys),
            stops: Some("DAN-TRUST-03"),
            ..wrong("a key set without keys", "trust")
        },
        Wrong {
            trouble: trust(TrustFlaw::JwksWithoutTyp),
            warns: Some("DAN-TRUST-03T"),
            exit: Exit::Done,
            ..wrong("a key set without typ", "trust")
        },
        Wrong {
            passes: Some(("bank_keys", 601)),
            warns: Some("DAN-TRUST-04"),
            exit: Exit::Done,
            ..wrong("a key set that waits for ten minutes", "trust")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::NotEncrypted),
            stops: Some("DAN-TOK-02"),
            error: Some("check.failed"),
            ..wrong("an id_token in clear", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::DatesAsTexts),
            set: &[("lenient_dates", "true")],
            warns: Some("DAN-TOK-03"),
            exit: Exit::Done,
            ..wrong("expires_in as a text", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::DatesAsTexts),
            set: &[("lenient_dates", "true")],
            warns: Some("DAN-IDT-04"),
            exit: Exit::Done,
            ..wrong("dates as texts, where they are taken", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::DatesAsTexts),
            stops: Some("DAN-IDT-03"),
            ..wrong("dates as texts", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::OtherEnc),
            error: Some("token.algorithm"),
            hint: "a256gcm",
            ..wrong("another enc", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::OtherEnc),
            profile: opened("\"RSA-OAEP\"", "\"A256GCM\"", "\"RS256\""),
            stops: Some("DAN-IDT-01"),
            ..wrong("another enc, where a profile takes it", "mine")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::OtherKeyAlg),
            error: Some("token.algorithm"),
            hint: "rsa-oaep-256",
            ..wrong("another way to wrap the key", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::OtherRecipient),
            error: Some("token.not-opened"),
            ..wrong("encrypted to somebody else", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::WrongKey),
            error: Some("token.not-verified"),
            ..wrong("signed by another key under the right kid", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::UnknownKid),
            error: Some("token.not-verified"),
            hint: "kid",
            ..wrong("signed by a key that is not published", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::Unsigned),
            error: Some("token.algorithm"),
            hint: "none",
            ..wrong("not signed", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::OtherAlg),
            error: Some("token.algorithm"),
            hint: "rs384",
            ..wrong("another alg", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::OtherAlg),
            profile: opened("\"RSA-OAEP\"", "\"A128GCM\"", "\"RS384\""),
            stops: Some("DAN-IDT-02"),
            error: Some("token.not-verified"),
            ..wrong("another alg, where a profile takes it", "mine")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::WrongNonce),
            stops: Some("DAN-IDT-03"),
            ..wrong("another nonce", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::WrongAcr),
            stops: Some("DAN-IDT-03"),
            ..wrong("another acr", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::WrongAudience),
            stops: Some("DAN-IDT-03"),
            ..wrong("another audience", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::WrongIssuer),
            stops: Some("DAN-IDT-03"),
            ..wrong("another issuer", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::Expired),
            stops: Some("DAN-IDT-03"),
            ..wrong("an id_token that has ended", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::Old),
            stops: Some("DAN-IDT-03"),
            ..wrong("an old id_token", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::OldSignIn),
            stops: Some("DAN-IDT-03"),
            ..wrong("a sign-in before the request", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::NoPerson),
            warns: Some("DAN-IDT-05"),
            exit: Exit::Done,
            ..wrong("nothing about the person", "identify")
        },
        Wrong {
            trouble: id_token(IdTokenFlaw::WrongControlCharacter),
            warns: Some("DAN-IDT-05"),
            exit: Exit::Done,
            ..wrong("a wrong control character", "identify")
        },
    ]
}

/// The machine's clock, moved on by hand.
#[derive(Debug)]
struct Leaping(AtomicI64);

impl Clock for Leaping {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::Relaxed))
    }
}

async fn run(bank: &Bank, wrong: &Wrong, anyway: bool) -> RunView {
    let mut library = Library::embedded();
    let head = "schema = 1\nid = \"wrong\"\nname = \"wrong\"\nextends = \"danske-ftn\"\nenvironment = \"sandbox\"\n";
    library.add("wrong.toml", format!("{head}{}", wrong.profile));
    let clock = Arc::new(Leaping(AtomicI64::new(0)));
    let session = session_at(library, clock.clone(), bank);
    let mut order = Order { profile: "wrong".into(), flow: wrong.flow.into(), ..Order::default() };
    order.inputs = wrong.set.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect();
    for (role, name, kind, size) in wrong.bound {
        let path = bank.folder().join(format!("{name}.pem"));
        let path = if path.exists() { path } else { bank.key_file(name, kind, size, false) };
        order.bindings.insert((*role).into(), format!("file:{}", path.display()).parse().expect("a reference"));
    }
    if let Some(trouble) = wrong.trouble {
        bank.world.trouble().on(trouble);
    }
    let prepared = session.prepare(order, Pace::Step).await.unwrap_or_else(|p| panic!("{}: {p}", wrong.name));
    drive_watched(prepared, clock.clone(), anyway, |view| {
        let here = view.steps.get(view.current).map_or("", |s| s.id.as_str());
        if let Some((step, seconds)) = wrong.passes
            && here.rsplit('.').next() == Some(step)
        {
            clock.0.store(seconds, Ordering::Relaxed);
        }
    })
    .await
}

fn checks(view: &RunView, outcome: Outcome) -> Vec<&str> {
    view.steps.iter().flat_map(|s| &s.checks).filter(|c| c.outcome == outcome).map(|c| c.id.as_str()).collect()
}

fn story(view: &RunView) -> String {
    let errors: Vec<String> =
        view.steps.iter().filter_map(|s| s.error.as_ref()).map(|e| format!("{}: {}", e.id, e.text)).collect();
    format!("{:?} {errors:?} failed {:?}", view.status, checks(view, Outcome::Fail))
}

async fn try_wrong(wrong: &Wrong) -> Vec<String> {
    let mut problems = Vec::new();
    let bank = Bank::start().await;
    let view = run(&bank, wrong, false).await;
    let exit = bank.exit(&view);
    if exit != wrong.exit {
        problems.push(format!("{}: headless ends {exit:?}, not {:?}: {}", wrong.name, wrong.exit, story(&view)));
    }
    if let Some(id) = wrong.stops {
        let failed = checks(&view, Outcome::Fail);
        if !matches!(view.status, RunStatus::Blocked | RunStatus::Failed) || !failed.contains(&id) {
            problems.push(format!("{}: {id} did not stop it: {}", wrong.name, story(&view)));
        }
    }
    let bank = Bank::start().await;
    let view = run(&bank, wrong, true).await;
    if let Some(id) = wrong.warns
        && !checks(&view, Outcome::Warn).contains(&id)
    {
        problems.push(format!("{}: {id} does not warn: {}", wrong.name, story(&view)));
    }
    let error = view.steps.iter().find_map(|s| s.error.clone());
    match (error, wrong.error) {
        (None, None) if view.status == RunStatus::Done => {}
        (found, None) => problems.push(format!("{}: ends {:?} in {found:?}", wrong.name, view.status)),
        (None, Some(_)) => problems.push(format!("{}: the bank took it ({:?})", wrong.name, view.status)),
        (Some(e), Some(id)) => {
            if e.id != id {
                problems.push(format!("{}: ends in {} ({}), not {id}", wrong.name, e.id, e.text));
            }
            let advice =
                format!("{} {} {}", e.text, e.likely.clone().unwrap_or_default(), e.hint.clone().unwrap_or_default());
            if !advice.to_lowercase().contains(wrong.hint) {
                problems.push(format!("{}: says nothing of “{}”: {advice}", wrong.name, wrong.hint));
            }
        }
    }
    problems
}

async fn try_all(all: &[Wrong]) {
    let mut problems = Vec::new();
    for wrong in all {
        problems.extend(try_wrong(wrong).await);
    }
    assert!(problems.is_empty(), "{} of {} wrong inputs:\n{}", problems.len(), all.len(), problems.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_wrong_input_ends_in_its_own_error() {
    try_all(&requests()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_wrong_answer_of_the_bank_is_found() {
    try_all(&answers()).await;
}

fn order(flow: &str) -> Order {
    Order { profile: "danske-ftn".into(), flow: flow.into(), environment: Some("sandbox".into()), ..Order::default() }
}

async fn ended(session: &Session, order: Order) -> RunView {
    let prepared = session.prepare(order, Pace::Step).await.expect("prepared");
    drive(prepared, session.clock.clone(), false).await
}

/// Each check of the sheet passes in a good flow. Each has its wrong input in a table, but three that nothing wrong reaches:
/// their rules are asked in the test below.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_ends_done_alone_and_every_check_of_the_sheet_passes_somewhere() {
    let loaded = Library::embedded().load("danske-ftn").expect("loads");
    let own = |id: &str| id.starts_with("DAN-");
    let sheet: BTreeSet<&str> = loaded.profile.checks.iter().map(|c| c.id.as_str()).filter(|id| own(id)).collect();
    assert_eq!(sheet.len(), 37, "{sheet:?}");
    let mut passed = BTreeSet::new();
    for flow in FLOWS {
        let bank = Bank::start().await;
        let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
        let view = ended(&session, order(flow)).await;
        assert_eq!(view.status, RunStatus::Done, "{flow}: {}", story(&view));
        let bad = [checks(&view, Outcome::Fail), checks(&view, Outcome::Warn), checks(&view, Outcome::NotChecked)];
        assert!(bad.iter().all(Vec::is_empty), "{flow}: {bad:?}");
        passed.extend(checks(&view, Outcome::Pass).into_iter().filter(|id| own(id)).map(str::to_owned));
    }
    assert_eq!(passed.iter().map(String::as_str).collect::<BTreeSet<_>>(), sheet);
    let table: Vec<Wrong> = requests().into_iter().chain(answers()).collect();
    let found =
        table.iter().flat_map(|w| w.stops.into_iter().chain(w.warns)).chain(["DAN-TRUST-02", "DAN-CB-01", "DAN-CB-02"]);
    assert_eq!(found.filter(|id| own(id)).collect::<BTreeSet<_>>(), sheet);
}

/// The engine takes no answer with another state, or with both a code and an error, and goes on with no key of a pin that
/// nobody approved.
#[test]
fn rules_hold_too_where_the_engine_lets_nothing_wrong_through() {
    let loaded = Library::embedded().load("danske-ftn").expect("loads");
    let rule = |id: &str| loaded.profile.checks.iter().find(|c| c.id == id).expect("the check").rule.clone();
    for pinned in [true, false] {
        let mut scope = Scope::default();
        scope.set_json("key", &json!({ "pinned": pinned }));
        assert_eq!(rule("DAN-TRUST-02").holds(&scope), Ok(pinned));
    }
    for (id, params, holds) in [
        ("DAN-CB-01", json!({ "state": "a" }), true),
        ("DAN-CB-01", json!({ "state": "b" }), false),
        ("DAN-CB-02", json!({ "code": "1" }), true),
        ("DAN-CB-02", json!({ "code": "1", "error": "access_denied" }), false),
        ("DAN-CB-02", json!({}), false),
    ] {
        let mut scope = Scope::default();
        scope.set_json("let", &json!({ "state": "a" }));
        scope.set_json("response", &json!({ "params": params }));
        assert_eq!(rule(id).holds(&scope), Ok(holds), "{id} {params}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entity_key_that_changes_stops_everything() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    assert_eq!(ended(&session, order("identify")).await.status, RunStatus::Done);
    bank.world.trouble().on(Trouble::Trust(TrustFlaw::OtherEntityKey));
    let view = ended(&session, order("identify")).await;
    assert_ne!(view.status, RunStatus::Done);
    let here = &view.steps[view.current];
    assert_eq!(here.id, "trust.entity", "{}", story(&view));
    assert!(here.pin.as_ref().is_some_and(PinView::is_changed), "{}", story(&view));
    assert!(view.steps.iter().skip(view.current + 1).all(|s| s.exchange.is_none()));
}

/// New signing keys are found by fetching the signed set once more; a person signs in once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_signing_key_is_fetched_and_its_token_opened() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let prepared = session.prepare(order("identify"), Pace::Step).await.expect("prepared");
    let view = drive_watched(prepared, session.clock.clone(), false, |view| {
        if view.steps[view.current].id == "token" {
            bank.world.trouble().on(Trouble::RotatedKey);
        }
    })
    .await;
    assert_eq!(view.status, RunStatus::Done, "{}", story(&view));
}

/// At a screen the bank's people wait: a person signs in on the page that a browser finds on this machine, or calls them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_acts_in_place_of_the_bank_s_people_or_calls_them() {
    let bank = Bank::start().await;
    let mut session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    session.on_call = true;
    let Prepared { mut run, performer } = session.prepare(order("identify"), Pace::Straight).await.expect("prepared");
    let (events, mut incoming) = unbounded_channel();
    let mut effects = run.handle(Event::Start, session.clock.now());
    let (mut called, mut page) = (0, None);
    while !run.view().status.is_over() {
        for effect in effects.drain(..) {
            performer.perform(effect, &events);
        }
        let view = run.view();
        let here = &view.steps[view.current];
        let event = match view.status {
            RunStatus::Ready => Event::Step,
            RunStatus::Waiting if here.pin.is_some() && called == 0 => {
                // nobody answers by themselves
                let early = tokio::time::timeout(Duration::from_millis(300), incoming.recv()).await;
                assert!(early.is_err(), "{early:?}");
                called += 1;
                assert!(performer.call_people());
                continue;
            }
            RunStatus::Waiting if page.is_none() => {
                if let Some(found) = here.authorize.as_ref().and_then(|a| a.page.as_ref()) {
                    page = Some(found.expose().to_owned());
                    Event::Pasted(Secret::new(signed_in(found.expose()).await))
                } else {
                    incoming.recv().await.expect("an event")
                }
            }
            _ => incoming.recv().await.expect("an event"),
        };
        effects = run.handle(event, session.clock.now());
    }
    assert_eq!(run.view().status, RunStatus::Done, "{}", story(run.view()));
    assert!(page.is_some_and(|p| p.starts_with("http://127.0.0.1:")));
    assert_eq!(called, 1);
}

/// What a browser ends on that signs in on the page: found as a person finds it, by its fields.
async fn signed_in(page: &str) -> String {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let shown = client.get(page).send().await.expect("sent").text().await.expect("a page");
    let hidden = shown.split_once("name=\"session\" value=\"").expect("a form").1.split('"').next().unwrap_or_default();
    let action = shown.split_once("action=\"").expect("a form").1.split('"').next().unwrap_or_default();
    let to = url::Url::parse(page).and_then(|p| p.join(action)).expect("an address");
    let form = [("session", hidden), ("person", "0"), ("decision", "allow")];
    let answer = client.post(to).form(&form).send().await.expect("sent");
    answer.headers()["location"].to_str().expect("text").to_owned()
}

/// A code is counted down until it is redeemed, and no longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_code_s_countdown_ends_when_it_is_redeemed() {
    let counts = |view: &RunView| view.countdowns.iter().any(|c| c.name == "code");
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let prepared = session.prepare(order("identify"), Pace::Step).await.expect("prepared");
    let counted = AtomicI64::new(0);
    let view = drive_watched(prepared, session.clock.clone(), false, |view| {
        if counts(view) {
            assert_eq!(view.steps[view.current].id, "token");
            counted.fetch_add(1, Ordering::Relaxed);
        }
    })
    .await;
    assert_eq!(view.status, RunStatus::Done, "{}", story(&view));
    assert_eq!(counted.into_inner(), 1);
    assert!(!counts(&view), "{:?}", view.countdowns);
}

/// The error's id is what the bank said, with what is likely, and the Trace ID that the bank asks for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_of_the_bank_has_its_hint_and_its_trace_id() {
    for &refusal in Refusal::ALL {
        for (trouble, step) in [(Trouble::AtAuthorize(refusal), "callback"), (Trouble::AtToken(refusal), "token")] {
            let bank = Bank::start().await;
            bank.world.trouble().on(trouble);
            let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
            let view = ended(&session, order("identify")).await;
            let here = &view.steps[view.current];
            let error = here.error.as_ref().unwrap_or_else(|| panic!("{trouble:?}: {}", story(&view)));
            assert_eq!((here.id.as_str(), error.id.as_str()), (step, refusal.code()), "{trouble:?}: {}", error.text);
            assert!(error.text.contains("(trace id "), "{trouble:?}: {error:?}");
            if hinted(refusal, step) {
                assert!(error.likely.is_some(), "{trouble:?}: {error:?}");
            }
        }
    }
}

/// Whether the sheet has a line for it.
fn hinted(refusal: Refusal, step: &str) -> bool {
    match refusal {
        Refusal::InvalidGrant | Refusal::UnsupportedGrantType => step == "token",
        Refusal::AccessDenied | Refusal::UnsupportedResponseType | Refusal::InvalidRequestObject => step == "callback",
        _ => true,
    }
}
