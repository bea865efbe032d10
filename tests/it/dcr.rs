//! Dynamic client registration on the embedded banks: the whole life of a client, and what each check finds.

#[path = "dcr/composed.rs"]
mod composed;
#[path = "dcr/directory.rs"]
mod directory;
#[path = "dcr/wrong.rs"]
mod wrong;

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::flow::Pace;
use countersign::flow::view::{Outcome, RunStatus, RunView, StepState};
use countersign::profile::Library;
use countersign::sandbox::{IdTokenFlaw, Refusal, RegistrationFlaw, StatementFlaw, Trouble};
use countersign::secret::Secret;
use countersign::shell::{Order, Session};

use crate::support::{Bank, drive, session_at};

const BANKS: [&str; 2] = ["wso2-ob", "uk-open-banking"];

fn order(profile: &str, flow: &str, set: &[(&str, &str)]) -> Order {
    let inputs: BTreeMap<String, Secret> = set.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect();
    Order {
        profile: profile.into(),
        flow: flow.into(),
        environment: Some("sandbox".into()),
        inputs,
        ..Order::default()
    }
}

fn session(bank: &Bank) -> Session {
    session_at(Library::embedded(), Arc::new(SystemClock), bank)
}

async fn run(session: &Session, profile: &str, flow: &str, set: &[(&str, &str)]) -> RunView {
    let prepared = session.prepare(order(profile, flow, set), Pace::Step).await;
    drive(prepared.unwrap_or_else(|p| panic!("{flow}: {p}")), session.clock.clone(), false).await
}

/// Ends done, with nothing failed and nothing warned.
async fn clean(session: &Session, profile: &str, flow: &str, set: &[(&str, &str)]) -> RunView {
    let view = run(session, profile, flow, set).await;
    assert_eq!(view.status, RunStatus::Done, "{profile} {flow}: {}", story(&view));
    let dirty = [Outcome::Fail, Outcome::Warn].map(|o| checks(&view, o));
    assert!(dirty.iter().all(Vec::is_empty), "{profile} {flow}: {}", story(&view));
    view
}

fn checks(view: &RunView, outcome: Outcome) -> Vec<&str> {
    view.steps.iter().flat_map(|s| &s.checks).filter(|c| c.outcome == outcome).map(|c| c.id.as_str()).collect()
}

fn error(view: &RunView) -> Option<&str> {
    view.steps.iter().find_map(|s| s.error.as_ref()).map(|e| e.id.as_str())
}

fn output(view: &RunView, name: &str) -> String {
    let found = view.steps.iter().flat_map(|s| &s.outputs).find(|o| o.name == name);
    found.unwrap_or_else(|| panic!("no {name}: {}", story(view))).value.clone()
}

fn state(view: &RunView, step: &str) -> StepState {
    view.steps.iter().find(|s| s.id == step).unwrap_or_else(|| panic!("no step {step}")).state
}

fn answer(view: &RunView, step: &str) -> serde_json::Value {
    let exchange = view.steps.iter().find(|s| s.id == step).and_then(|s| s.exchange.clone()).expect("an exchange");
    serde_json::from_slice(&exchange.response.as_ref().expect("an answer").body).expect("JSON")
}

fn story(view: &RunView) -> String {
    let errors: Vec<String> =
        view.steps.iter().filter_map(|s| s.error.as_ref()).map(|e| format!("{}: {}", e.id, e.text)).collect();
    let of = |outcome| checks(view, outcome);
    format!("{:?} {errors:?} failed {:?} warned {:?}", view.status, of(Outcome::Fail), of(Outcome::Warn))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_ends_done_alone_and_no_check_fails_or_warns() {
    let mut passed: Vec<String> = Vec::new();
    for profile in BANKS {
        for flow in [
            "bank-side",
            "discover",
            "ssa",
            "register",
            "token",
            "authorize",
            "accounts",
            "refresh",
            "pay",
            "read",
            "update",
            "delete",
        ] {
            if flow == "pay" && profile != "uk-open-banking" {
                continue;
            }
            // the client that the bank knows is gone after a deletion
            let bank = Bank::start().await;
            let view = clean(&session(&bank), profile, flow, &[]).await;
            passed.extend(checks(&view, Outcome::Pass).iter().map(|id| (*id).to_owned()));
        }
    }
    let profile = Library::embedded().load("wso2-ob").expect("loads").profile;
    let idle = |id: &&str| id.starts_with("WSO-") && *id != "WSO-ERR-01" && !passed.iter().any(|p| p == *id);
    let idle: Vec<&str> = profile.checks.iter().map(|c| c.id.as_str()).filter(idle).collect();
    assert!(idle.is_empty(), "never looked at: {idle:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_lives_from_its_statement_to_its_deletion() {
    for profile in BANKS {
        let bank = Bank::start().await;
        let session = session(&bank);
        let known = bank.world.client(profile, &[]).expect("made").expect("a bank").inputs;
        let fresh = output(&clean(&session, profile, "ssa", &[]).await, "ssa");
        assert!(known.iter().all(|(_, value)| *value != fresh), "a statement of its own");
        let registered = clean(&session, profile, "register", &[]).await;
        let id = output(&registered, "client_id");
        assert_eq!(answer(&registered, "register")["software_statement"], fresh.as_str());
        assert!(known.iter().all(|(_, value)| *value != id), "a client of its own");
        let token = output(&clean(&session, profile, "token", &[]).await, "access_token");

        let read = clean(&session, profile, "read", &[]).await;
        assert_eq!(state(&read, "app.token"), StepState::Skipped, "a token is at hand");
        assert_eq!(answer(&read, "record.read")["client_id"], id.as_str());
        let own = if profile == "uk-open-banking" { "registration access token" } else { "application token" };
        let shown =
            read.steps.iter().find(|s| s.id == "record.read").and_then(|s| s.request.clone()).expect("a request");
        let with_app_token = shown.headers.iter().any(|h| h.value.ends_with(&token));
        assert_eq!(with_app_token, own == "application token", "{profile} reads with its {own}");

        let changes = [("changes", r#"{"scope":"openid accounts","response_types":["code"]}"#)];
        let updated = clean(&session, profile, "update", &changes).await;
        assert_eq!(answer(&updated, "record.update")["scope"], "openid accounts");
        let record = answer(&clean(&session, profile, "read", &[]).await, "record.read");
        assert_eq!((&record["scope"], &record["response_types"][0]), (&"openid accounts".into(), &"code".into()));
        assert_eq!(record["redirect_uris"], answer(&registered, "register")["redirect_uris"], "the rest stayed");

        clean(&session, profile, "delete", &[]).await;
        let again = [("client_id", id.as_str()), ("bearer", token.as_str())];
        let gone = run(&session, profile, "read", &[again[0]]).await;
        assert_eq!(
            (error(&gone), state(&gone, "app.token")),
            (Some("invalid_client"), StepState::Failed),
            "{}",
            story(&gone)
        );
        let prepared = session.prepare(order(profile, "token", &again[..1]), Pace::Step).await.expect("prepared");
        let no_token = drive(prepared, session.clock.clone(), true).await;
        assert_eq!(error(&no_token), Some("invalid_client"), "{}", story(&no_token));
    }
}

/// RFC 7592 §2.1: the bank revokes a token that is shown for a client it does not know, so that ours is no good either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_refused_is_dropped_and_the_next_run_gets_another() {
    let bank = Bank::start().await;
    let session = session(&bank);
    clean(&session, "wso2-ob", "token", &[]).await;
    let skipped = clean(&session, "wso2-ob", "read", &[]).await;
    assert_eq!(state(&skipped, "app.token"), StepState::Skipped);
    let foreign = run(&session, "wso2-ob", "read", &[("client_id", "nobody-has-this-id")]).await;
    assert_eq!(error(&foreign), Some("invalid_token"), "{}", story(&foreign));
    assert_eq!(checks(&foreign, Outcome::Fail), ["WSO-MNG-02"]);
    let told = foreign.steps.iter().find_map(|s| s.error.clone()).expect("an error");
    assert!(told.likely.is_some_and(|l| l.contains("not known")) && told.hint.is_some());
    let next = clean(&session, "wso2-ob", "read", &[]).await;
    assert_eq!(state(&next, "app.token"), StepState::Done, "the dead token is forgotten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_deletion_the_old_token_is_answered_401() {
    let bank = Bank::start().await;
    let session = session(&bank);
    let id = output(&clean(&session, "wso2-ob", "register", &[]).await, "client_id");
    let token = output(&clean(&session, "wso2-ob", "token", &[]).await, "access_token");
    clean(&session, "wso2-ob", "delete", &[]).await;
    let mut library = Library::embedded();
    let old = "[[flow]]\nid = \"read\"\nuse = \"dcr-read\"\n";
    library
        .add("old.toml", format!("schema = 1\nid = \"old\"\nextends = \"wso2-ob\"\nenvironment = \"sandbox\"\n{old}"));
    let mut with_old = session.clone();
    with_old.library = library;
    let gone = run(&with_old, "old", "read", &[("client_id", &id), ("bearer", &token)]).await;
    assert_eq!(
        (error(&gone), checks(&gone, Outcome::Fail)),
        (Some("invalid_token"), vec!["WSO-MNG-02"]),
        "{}",
        story(&gone)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_body_and_of_jti_and_both_methods_are_registered_and_get_a_token() {
    let bank = Bank::start().await;
    for set in [
        &[("content_type", "application/jose")][..],
        &[("content_type", "application/json")],
        &[("dcr_jti", "uuid4_upper"), ("token_redirect_uri", "https://tpp.countersign.example/callback")],
        &[("client_auth", "tls_client_auth")],
        &[("grant_types", "client_credentials")],
        &[("id_token_encryption", "true")],
        &[
            ("ciba_mode", "ping"),
            ("ciba_notification", "https://tpp.countersign.example/ciba"),
            ("grant_types", "client_credentials,urn:openid:params:grant-type:ciba"),
        ],
    ] {
        let session = session(&bank);
        for flow in ["register", "token", "update"] {
            clean(&session, "wso2-ob", flow, set).await;
        }
    }
    let hex = run(&session(&bank), "wso2-ob", "register", &[("dcr_jti", "hex32")]).await;
    assert_eq!((hex.status, checks(&hex, Outcome::Warn)), (RunStatus::Done, vec!["WSO-REG-05"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_keys_are_entered_in_the_directory_and_registered() {
    let bank = Bank::start().await;
    let session = session(&bank);
    let files = ["signing", "transport"].map(|role| (role, bank.key_file(role, "RSA", "2048", false)));
    for flow in ["ssa", "register", "token", "read", "update", "delete"] {
        let mut order = order("wso2-ob", flow, &[]);
        for (role, file) in &files {
            let uri = format!("file:{}", file.display()).parse().expect("a reference");
            order.bindings.insert((*role).to_owned(), uri);
        }
        let prepared = session.prepare(order, Pace::Step).await.expect("prepared");
        let view = drive(prepared, session.clock.clone(), false).await;
        assert_eq!(view.status, RunStatus::Done, "{flow}: {}", story(&view));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_an_answer_is_found_by_its_check() {
    use RegistrationFlaw as Flaw;
    let bank = Bank::start().await;
    // what is wrong; the check that finds it; how the run ends; and of the register flow, unless said
    for (flaw, flow, check, ends) in [
        (Flaw::InvalidRedirectUri, "register", None, Some("invalid_redirect_uri")),
        (Flaw::InvalidClientMetadata, "register", None, Some("invalid_client_metadata")),
        (Flaw::InvalidSoftwareStatement, "register", None, Some("invalid_software_statement")),
        (Flaw::UnapprovedSoftwareStatement, "register", None, Some("unapproved_software_statement")),
        (Flaw::StrangeError, "register", Some("WSO-ERR-01"), Some("something_else")),
        (Flaw::NoCertificate, "register", None, Some("invalid_client")),
        (Flaw::Forbidden, "read", None, Some("access_denied")),
        (Flaw::NotSupported, "delete", None, Some("method_not_allowed")),
        (Flaw::GatewayJson, "register", None, Some("900902")),
        (Flaw::GatewayXml, "register", None, Some("http.401")),
        (Flaw::Dialect, "register", Some("WSO-RSP-02"), None),
        (Flaw::Dialect, "register", Some("WSO-RSP-03"), None),
        (Flaw::Dialect, "update", Some("WSO-RSP-03U"), None),
        (Flaw::OtherSoftware, "register", Some("WSO-RSP-04"), None),
        (Flaw::OtherStatement, "register", Some("WSO-RSP-04"), None),
        (Flaw::SecretWithoutEnd, "register", Some("WSO-RSP-05"), Some("check.failed")),
        (Flaw::Cacheable, "register", Some("WSO-RSP-06"), None),
        (Flaw::NoClientId, "register", Some("WSO-RSP-01"), Some("check.failed")),
        // the last: the client is gone after it
        (Flaw::DeletedWithBody, "delete", Some("WSO-MNG-05"), Some("check.failed")),
    ] {
        let session = session(&bank);
        let token = clean(&session, "wso2-ob", "token", &[]).await;
        assert_eq!(token.status, RunStatus::Done);
        bank.world.trouble().on(Trouble::Registration(flaw));
        let view = run(&session, "wso2-ob", flow, &[]).await;
        bank.world.trouble().clear();
        assert_eq!(error(&view), ends, "{flaw:?}: {}", story(&view));
        let found = [checks(&view, Outcome::Fail), checks(&view, Outcome::Warn)].concat();
        assert!(check.is_none_or(|id| found.contains(&id)), "{flaw:?}: {}", story(&view));
        let told = view.steps.iter().find_map(|s| s.error.as_ref());
        assert!(told.is_none_or(|e| e.hint.is_some()), "{flaw:?}: no hint");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dialects_dropped_members_are_named() {
    let bank = Bank::start().await;
    bank.world.trouble().on(Trouble::Registration(RegistrationFlaw::Dialect));
    let view = run(&session(&bank), "wso2-ob", "register", &[]).await;
    let said: Vec<&str> =
        view.steps.iter().flat_map(|s| &s.checks).filter(|c| c.id == "WSO-RSP-03").map(|c| c.say.as_str()).collect();
    assert!(said[0].ends_with("changed or dropped: token_endpoint_auth_signing_alg"), "{said:?}");
    assert_eq!(view.status, RunStatus::Done, "the client is registered, and kept: {}", story(&view));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_statement_is_found_before_it_is_sent() {
    use StatementFlaw as Flaw;
    let bank = Bank::start().await;
    for (flaw, warned, ends, anyway) in [
        (Flaw::Expired, Some("WSO-SSA-03"), Some("invalid_software_statement"), true),
        (Flaw::Old, Some("WSO-SSA-03"), None, false),
        (Flaw::Withdrawn, Some("WSO-SSA-04"), Some("invalid_software_statement"), false),
        (Flaw::NoPayments, Some("WSO-SSA-04"), Some("invalid_client_metadata"), false),
        (Flaw::OtherIssuer, None, Some("unapproved_software_statement"), false),
        (Flaw::WrongKey, None, Some("token.not-verified"), false),
        (Flaw::Unsigned, None, Some("token.algorithm"), false),
    ] {
        let session = session(&bank);
        bank.world.trouble().on(Trouble::Statement(flaw));
        clean(&session, "wso2-ob", "ssa", &[]).await;
        bank.world.trouble().clear();
        let prepared = session.prepare(order("wso2-ob", "register", &[]), Pace::Step).await.expect("prepared");
        let view = drive(prepared, session.clock.clone(), anyway).await;
        assert_eq!(error(&view), ends, "{flaw:?}: {}", story(&view));
        assert!(warned.is_none_or(|id| checks(&view, Outcome::Warn).contains(&id)), "{flaw:?}: {}", story(&view));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_nobody_can_verify_is_read_and_warned_of() {
    let bank = Bank::start().await;
    let mut library = Library::embedded();
    let without = "[environments.sandbox]\nssa_jwks = \"\"\n";
    library.add(
        "bare.toml",
        format!("schema = 1\nid = \"bare\"\nextends = \"wso2-ob\"\nenvironment = \"sandbox\"\n{without}"),
    );
    let mut session = session(&bank);
    session.library = library;
    let view = run(&session, "bare", "register", &[]).await;
    assert_eq!(
        (view.status, checks(&view, Outcome::Warn)),
        (RunStatus::Done, vec!["WSO-SSA-02", "JOSE-09"]),
        "{}",
        story(&view)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_is_granted_and_the_accounts_are_read() {
    for profile in BANKS {
        let bank = Bank::start().await;
        let session = session(&bank);
        let first = clean(&session, profile, "accounts", &[]).await;
        assert_eq!(answer(&first, "accounts.call")["Data"]["Account"][0]["Nickname"], "Bills");
        for id in ["IDT-05C", "IDT-05S", "IDT-05A", "IDT-06", "UKA-01", "UKA-02", "RS-03"] {
            assert!(checks(&first, Outcome::Pass).contains(&id), "{profile}: {id}");
        }
        let again = clean(&session, profile, "accounts", &[]).await;
        assert_eq!(state(&again, "consent.user.callback"), StepState::Skipped, "the consent's token is at hand");

        let code_alone = [("response_types", "code"), ("response_type", "code")];
        clean(&session, profile, "register", &code_alone[..1]).await;
        let view = clean(&session, profile, "authorize", &code_alone[1..]).await;
        assert_eq!(state(&view, "user.front"), StepState::Skipped);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_signed_as_the_bank_wants_it_or_refused_with_its_reason() {
    let bank = Bank::start().await;
    let session = session(&bank);
    for form in ["encoded", "unencoded"] {
        let view = clean(&session, "uk-open-banking", "pay", &[("message_b64", form)]).await;
        assert_eq!(answer(&view, "payment.post")["Data"]["Status"], "AcceptedSettlementInProcess");
        for step in ["consent.answer", "payment.answer"] {
            assert_eq!(state(&view, step), StepState::Done, "{form}");
        }
        for id in
            ["SIG-01", "SIG-02", "SIG-03", "SIG-04", "RS-03", "RS-04", "RS-04K", "UKS-01", "UKS-02", "UKS-03", "UKS-05"]
        {
            assert!(checks(&view, Outcome::Pass).contains(&id), "{form}: {id}");
        }
    }
    // unsigned, and by somebody else
    for (set, why) in [
        (("sign_messages", "false"), "x-jws-signature is missing"),
        (("message_tan", "another"), "tan is not"),
        (("org_id", "another"), "iss is not the signer"),
    ] {
        let view = run(&session, "uk-open-banking", "pay", &[set]).await;
        assert_eq!((view.status, state(&view, "consent.post")), (RunStatus::Failed, StepState::Failed), "{set:?}");
        assert!(answer(&view, "consent.post").to_string().contains(why), "{}", answer(&view, "consent.post"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_does_not_get_in_the_way_of_the_accounts() {
    let bank = Bank::start().await;
    let session = session(&bank);
    clean(&session, "uk-open-banking", "pay", &[]).await;
    let first = clean(&session, "uk-open-banking", "accounts", &[]).await;
    assert_eq!(answer(&first, "accounts.call")["Data"]["Account"][0]["Nickname"], "Bills");
    clean(&session, "uk-open-banking", "pay", &[]).await;
    let again = clean(&session, "uk-open-banking", "accounts", &[]).await;
    assert_eq!(state(&again, "consent.user.callback"), StepState::Skipped, "the consent of before is still at hand");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_an_id_token_of_a_consent_is_found_before_the_code_is_redeemed() {
    use IdTokenFlaw as Flaw;
    let bank = Bank::start().await;
    // what is wrong; the check that finds it; how the run ends; None: it goes on, warned
    for (flaw, check, ends) in [
        (Flaw::WrongIssuer, "IDT-02i", Some("open.check")),
        (Flaw::WrongAudience, "IDT-02a", Some("open.check")),
        (Flaw::WrongNonce, "IDT-03", Some("open.check")),
        (Flaw::Expired, "JWT-02o", Some("open.check")),
        (Flaw::WrongHash, "IDT-05C", Some("open.check")),
        (Flaw::OtherConsent, "UKA-02", Some("open.check")),
        (Flaw::NoStateHash, "UKA-03", None),
    ] {
        let session = session(&bank);
        bank.world.trouble().on(Trouble::IdToken(flaw));
        let view = run(&session, "uk-open-banking", "authorize", &[]).await;
        bank.world.trouble().clear();
        let found = [checks(&view, Outcome::Fail), checks(&view, Outcome::Warn)].concat();
        assert!(found.contains(&check), "{flaw:?}: {}", story(&view));
        let redeemed = if ends.is_some() { StepState::Ready } else { StepState::Done };
        assert_eq!(state(&view, "user.token"), redeemed, "{flaw:?}: {}", story(&view));
    }
    for flaw in [Flaw::WrongKey, Flaw::UnknownKid, Flaw::Unsigned] {
        let session = session(&bank);
        bank.world.trouble().on(Trouble::IdToken(flaw));
        let view = run(&session, "uk-open-banking", "authorize", &[]).await;
        bank.world.trouble().clear();
        assert_eq!(state(&view, "user.front"), StepState::Failed, "{flaw:?}: {}", story(&view));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_sign_in_ends_with_the_bank_s_reason() {
    let bank = Bank::start().await;
    let session = session(&bank);
    for refusal in [Refusal::AccessDenied, Refusal::InvalidScope, Refusal::ServerError] {
        bank.world.trouble().on(Trouble::AtAuthorize(refusal));
        let view = run(&session, "wso2-ob", "authorize", &[]).await;
        bank.world.trouble().clear();
        assert_eq!(error(&view), Some(refusal.code()), "{}", story(&view));
    }
    // a permission that there is not
    let none = run(&session, "wso2-ob", "authorize", &[("permissions", "ReadMinds")]).await;
    assert_eq!(state(&none, "intent"), StepState::Failed, "{}", story(&none));
    let told = none.steps.iter().find_map(|s| s.error.as_ref()).expect("an error");
    assert!(told.text.contains("400"), "{told:?}");
}

/// The refresh token that the last exchange of a flow brought.
fn refreshed(view: &RunView, step: &str) -> String {
    answer(view, step)["refresh_token"].as_str().expect("a refresh token").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_is_exchanged_each_time_and_one_that_comes_twice_ends_the_line() {
    for profile in BANKS {
        let bank = Bank::start().await;
        let session = session(&bank);
        let first = refreshed(&clean(&session, profile, "authorize", &[]).await, "user.token");
        let second = clean(&session, profile, "refresh", &[]).await;
        assert_eq!(state(&second, "consent.user.token"), StepState::Skipped, "a refresh token is at hand");
        let second = refreshed(&second, "fresh.token");
        let third = refreshed(&clean(&session, profile, "refresh", &[]).await, "fresh.token");
        assert!(first != second && second != third, "{profile}");
        let rows = session.tokens.rows();
        let label = &rows.iter().find(|r| r.label.set == "user").expect("it is kept").label;
        assert_eq!(label.refresh.as_ref().map(|r| r.generation), Some(2), "{profile}");
        // a narrower scope is given, a wider one is stopped before it goes out
        let narrow = [("narrower", "payments")];
        let stopped = run(&session, profile, "refresh", &narrow).await;
        assert_eq!((stopped.status, checks(&stopped, Outcome::Fail)), (RunStatus::Blocked, vec!["REF-03"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registrations_are_written_down_and_a_change_at_the_bank_is_told() {
    for profile in BANKS {
        let bank = Bank::start().await;
        let session = session(&bank);
        clean(&session, profile, "ssa", &[]).await;
        let registered = clean(&session, profile, "register", &[]).await;
        let page = session.ledger.page(profile, "sandbox").expect("a page");
        let client = page.current().expect("a client").clone();
        assert_eq!(client.client_id, output(&registered, "client_id"));
        assert!(client.statement.as_ref().and_then(|s| s.jti.clone()).is_some(), "{client:?}");
        let roles: Vec<&str> = client.keys.iter().map(|k| k.role.as_str()).collect();
        assert_eq!(roles, ["signing", "transport"]);
        let what: Vec<String> = client.ends(60).into_iter().map(|e| e.what).collect();
        assert!(what.iter().any(|w| w.starts_with("transport certificate")), "{what:?}");
        assert!(what.iter().any(|w| w == "software statement"), "{what:?}");
        let told = format!("{client:?}");
        let secret = answer(&registered, "register")["registration_access_token"].clone();
        assert!(secret.as_str().is_none_or(|secret| !told.contains(secret)), "no secret in the open");

        clean(&session, profile, "read", &[]).await;
        let same = session.ledger.page(profile, "sandbox").expect("a page");
        assert_eq!(same.current().expect("a client").answers.len(), 1, "{profile}: nothing differs");
        clean(&session, profile, "update", &[("changes", r#"{"scope":"openid accounts"}"#)]).await;
        let page = session.ledger.page(profile, "sandbox").expect("a page");
        let answers = &page.current().expect("a client").answers;
        let changes = countersign::store::ledger::drift(&answers[0].record, &answers[answers.len() - 1].record);
        let members: Vec<&str> = changes.iter().map(|c| c.member.as_str()).collect();
        assert_eq!(members, ["scope"], "{profile}");

        clean(&session, profile, "delete", &[]).await;
        let page = session.ledger.page(profile, "sandbox").expect("a page");
        assert!(page.current().is_none() && page.clients[0].deleted.is_some(), "{profile}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_granted_is_held_against_what_was_asked_for() {
    let bank = Bank::start().await;
    let session = session(&bank);
    let granted = |view: &RunView| view.steps.iter().find_map(|s| s.granted.clone()).expect("held against it");
    let good = granted(&clean(&session, "uk-open-banking", "register", &[]).await);
    assert!(good.changed.is_empty() && good.same >= 10, "{good:?}");
    let added: Vec<&str> = good.added.iter().map(|f| f.name.as_str()).collect();
    assert!(added.contains(&"client_id") && added.contains(&"registration_access_token"), "{added:?}");
    bank.world.trouble().on(Trouble::Registration(RegistrationFlaw::Dialect));
    let less = granted(&run(&session, "uk-open-banking", "register", &[]).await);
    let gone: Vec<_> = less.changed.iter().map(|m| (m.asked.name.as_str(), m.granted.is_none())).collect();
    assert_eq!(gone, [("token_endpoint_auth_signing_alg", true)]);
}
