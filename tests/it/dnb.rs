//! DNB on the embedded bank: every flow ends well, and each wrong input ends in the right error — here before it is
//! sent, and at the bank when it is sent anyway.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use countersign::cli::Exit;
use countersign::clock::{Clock, ShiftedClock, SystemClock};
use countersign::flow::Pace;
use countersign::flow::view::{Outcome, RunStatus, RunView};
use countersign::profile::Library;
use countersign::sandbox::Trouble;
use countersign::secret::Secret;
use countersign::shell::Order;

use crate::support::{Bank, drive, session_at};

/// What is wrong, and how it has to end.
struct Wrong {
    name: &'static str,
    flow: &'static str,
    /// `--set`.
    set: &'static [(&'static str, &'static str)],
    /// `--bind`: role, and which test key.
    bind: &'static [(&'static str, Key)],
    /// What a profile of one's own changes, TOML laid over the bank's.
    profile: &'static str,
    /// Seconds our clock is off.
    clock: i64,
    /// The check that stops it before sending; None: nothing here can know.
    stops: Option<&'static str>,
    /// Headless: the exit status.
    exit: Exit,
    /// Sent anyway (or at all): the error's id.
    error: &'static str,
    /// Of the hint or what is likely.
    hint: &'static str,
}

#[derive(Clone, Copy)]
enum Key {
    /// A fresh P-256 key that nobody registered.
    OtherP256,
    P384,
    Rsa,
    /// A key without a certificate.
    /// A certificate of an authority the bank does not know.
    ForeignCertificate,
    Missing,
}

const NONE: Wrong = Wrong {
    name: "",
    flow: "token",
    set: &[],
    bind: &[],
    profile: "",
    clock: 0,
    stops: None,
    exit: Exit::Refused,
    error: "invalid_client",
    hint: "",
};

const WRONG: &[Wrong] = &[
    Wrong { name: "an assertion that has ended", set: &[("assertion_ttl", "-120")], stops: Some("JWT-02"), ..NONE },
    Wrong { name: "exp equal to iat", set: &[("assertion_ttl", "0")], stops: Some("JWT-02"), ..NONE },
    Wrong {
        name: "a life of more than 20 minutes",
        set: &[("assertion_ttl", "1201")],
        stops: Some("DNB-TOK-04M"),
        ..NONE
    },
    Wrong {
        name: "the audience of another host",
        set: &[("assertion_aud", "https://mtls.auth.dnb.no/as/token.oauth2")],
        stops: Some("CA-02"),
        ..NONE
    },
    Wrong {
        name: "the registration audience in an assertion",
        set: &[("assertion_aud", "https://api.ciam.dnb.no/clients/v1")],
        hint: "aud",
        ..NONE
    },
    Wrong { name: "an audience that is no address", set: &[("assertion_aud", "dnb")], hint: "aud", ..NONE },
    Wrong {
        name: "a kid that is not registered",
        set: &[("assertion_kid", "VT8VpJCLznY5Hn304q4OHCQq0FVCaX")],
        hint: "kid",
        ..NONE
    },
    Wrong {
        name: "a client id nobody knows",
        set: &[("client_id", "00000000-0000-4000-8000-000000000000")],
        hint: "client id",
        ..NONE
    },
    Wrong { name: "a key nobody registered", bind: &[("signing", Key::OtherP256)], hint: "kid", ..NONE },
    Wrong {
        name: "a key of another curve",
        bind: &[("signing", Key::P384)],
        exit: Exit::Key,
        error: "key.algorithm",
        hint: "es256",
        ..NONE
    },
    Wrong {
        name: "an RSA key",
        bind: &[("signing", Key::Rsa)],
        exit: Exit::Key,
        error: "key.algorithm",
        hint: "es256",
        ..NONE
    },
    Wrong {
        name: "a key file that is not there",
        bind: &[("signing", Key::Missing)],
        exit: Exit::Key,
        error: "key.not-bound",
        hint: "bind",
        ..NONE
    },
    Wrong {
        name: "no client certificate",
        profile: "[client]\nmtls = \"{{ omit }}\"\n",
        stops: Some("DNB-TLS-01"),
        error: "tls.client-certificate.required",
        hint: "certificate",
        ..NONE
    },
    Wrong {
        name: "the certificate of a strange authority",
        bind: &[("transport", Key::ForeignCertificate)],
        exit: Exit::Network,
        error: "tls.client-certificate.unknown-ca",
        hint: "",
        ..NONE
    },
    Wrong {
        name: "a scope nobody granted",
        set: &[("scope", "openbanking.accounts")],
        error: "invalid_scope",
        hint: "scope",
        ..NONE
    },
    Wrong {
        name: "two spaces between scopes",
        set: &[(
            "scope",
            "openbanking.prevalidation.norway:validate  openbanking.prevalidation.international:validate",
        )],
        stops: Some("TOK-06"),
        error: "invalid_scope",
        ..NONE
    },
    Wrong {
        name: "a quotation mark in a scope",
        set: &[("scope", "openbanking\"")],
        stops: Some("DNB-TOK-06"),
        error: "invalid_scope",
        ..NONE
    },
    Wrong { name: "no scope", set: &[("scope", "")], stops: Some("DNB-TOK-06"), error: "invalid_scope", ..NONE },
    Wrong { name: "our clock ten minutes fast", clock: 600, hint: "clock", ..NONE },
    Wrong { name: "our clock ten minutes slow", clock: -600, hint: "clock", ..NONE },
    Wrong {
        name: "the registration JWT's claims in an assertion",
        profile: "[client.assertion.claims]\ncnf = { jwk = \"{{ keys.signing.jwk }}\" }\n",
        stops: Some("DNB-TOK-01"),
        ..NONE
    },
    Wrong {
        name: "sub is not iss",
        profile: "[client.assertion.claims]\nsub = \"somebody\"\n",
        stops: Some("CA-01"),
        ..NONE
    },
    Wrong {
        name: "exp as a text",
        profile: "[client.assertion.claims]\nexp = \"{{ (now + 240) | string }}\"\n",
        stops: Some("JWT-01"),
        ..NONE
    },
    Wrong {
        name: "exp in milliseconds",
        profile: "[client.assertion.claims]\nexp = \"{{ [now, '000'] | map('string') | join | int + 240000 }}\"\n",
        stops: Some("JWT-01"),
        ..NONE
    },
    Wrong { name: "a short jti", profile: "[client.assertion.claims]\njti = \"1\"\n", stops: Some("JWT-04"), ..NONE },
    Wrong {
        name: "no jti",
        profile: "[client.assertion.claims]\njti = \"{{ none }}\"\n",
        stops: Some("JWT-04"),
        ..NONE
    },
    Wrong {
        name: "iat in an hour",
        profile: "[client.assertion.claims]\niat = \"{{ now + 3600 }}\"\nexp = \"{{ now + 3840 }}\"\n",
        stops: Some("JWT-02"),
        ..NONE
    },
    Wrong {
        name: "parameters in the URL",
        profile: "[[flow]]\nid = \"token\"\nuse = \"client-credentials\"\nwith = { scope = \"{{ inputs.scope }}\" }\n[[flow.step]]\nid = \"token\"\n[flow.step.http]\nurl = \"{{ env.token_endpoint }}\"\nauth = \"client\"\nquery = { scope = \"{{ inputs.scope }}\" }\nform = { grant_type = \"client_credentials\" }\n[flow.step.http.take]\naccess_token = { json = \"/access_token\" }\n",
        stops: Some("DNB-TOK-05"),
        error: "invalid_request",
        ..NONE
    },
    Wrong {
        name: "a form sent as JSON",
        profile: "[[flow]]\nid = \"token\"\nuse = \"client-credentials\"\nwith = { scope = \"{{ inputs.scope }}\" }\n[[flow.step]]\nid = \"token\"\n[flow.step.http]\nurl = \"{{ env.token_endpoint }}\"\nauth = \"client\"\nform = { grant_type = \"client_credentials\", scope = \"{{ inputs.scope }}\" }\ncontent_type = \"application/json\"\n[flow.step.http.take]\naccess_token = { json = \"/access_token\" }\n",
        stops: Some("TOK-02"),
        error: "invalid_request",
        ..NONE
    },
    Wrong {
        name: "a grant the bank does not give",
        profile: "[[flow]]\nid = \"token\"\nuse = \"client-credentials\"\nwith = { scope = \"{{ inputs.scope }}\", extra = { grant_type = \"password\" } }\n",
        error: "unsupported_grant_type",
        hint: "grant",
        ..NONE
    },
    Wrong {
        name: "two methods of authentication",
        profile: "[[flow]]\nid = \"token\"\nuse = \"client-credentials\"\nwith = { scope = \"{{ inputs.scope }}\", extra = { client_secret = \"not-a-secret\" } }\n",
        stops: Some("CA-04"),
        error: "invalid_request",
        ..NONE
    },
    Wrong {
        name: "a repeated parameter",
        profile: "[[flow]]\nid = \"token\"\nuse = \"client-credentials\"\nwith = { scope = \"{{ inputs.scope }}\", extra = { acr_values = [\"a\", \"b\"] } }\n",
        stops: Some("TOK-04"),
        error: "invalid_request",
        ..NONE
    },
    Wrong {
        name: "a host that the profile does not name",
        profile: "[environments.sandbox]\ntoken_endpoint = \"https://evil.example/token\"\n",
        stops: None,
        exit: Exit::Network,
        error: "net.host-not-allowed",
        hint: "hosts",
        ..NONE
    },
    Wrong {
        name: "a registration that lives 31 days",
        flow: "register",
        set: &[("creation_ttl", "2678400")],
        stops: Some("DNB-CRE-03"),
        error: "ask.refused",
        ..NONE
    },
    Wrong {
        name: "a registration for another audience",
        flow: "register",
        profile: "[environments.sandbox]\nregistration_audience = \"https://api.ciam.dnb.no/clients/v2\"\n",
        error: "ask.refused",
        ..NONE
    },
    Wrong {
        name: "a registration from the future",
        flow: "register",
        profile: "[[flow]]\nid = \"register\"\n[[flow.step]]\nid = \"registration_jwt\"\n[flow.step.jwt]\nkey = \"signing\"\n[flow.step.jwt.claims]\naud = \"{{ env.registration_audience }}\"\ncnf = { jwk = \"{{ keys.signing.jwk }}\" }\niat = \"{{ now + 3600 }}\"\nexp = \"{{ now + days(3) }}\"\n[[flow.step]]\nid = \"submit\"\n[flow.step.ask]\ntext = \"hand it over\"\nshow = { jwt = \"{{ registration_jwt.jwt }}\" }\n[flow.step.ask.ask.client_id]\n",
        stops: Some("DNB-CRE-02"),
        error: "ask.refused",
        ..NONE
    },
    Wrong {
        name: "a registration with somebody else's key inside",
        flow: "register",
        profile: "[[flow]]\nid = \"register\"\n[[flow.step]]\nid = \"registration_jwt\"\n[flow.step.jwt]\nkey = \"signing\"\n[flow.step.jwt.claims]\naud = \"{{ env.registration_audience }}\"\ncnf = { jwk = { kty = \"EC\", crv = \"P-256\", kid = \"iYGjuhAub-X6ascoj-aq0qKdJZZeODjLJMsLSdpuXac\", x = \"MQY7xyhwQ3SbmL4yuNgAK8DE1UmK9s98j2vSowfRZbs\", y = \"YKugE33mn-pDdSkmxofdFn9xpEKXhTZQhelBuQnYiTY\" } }\niat = \"{{ now }}\"\nexp = \"{{ now + days(3) }}\"\n[[flow.step]]\nid = \"submit\"\n[flow.step.ask]\ntext = \"hand it over\"\nshow = { jwt = \"{{ registration_jwt.jwt }}\" }\n[flow.step.ask.ask.client_id]\n",
        stops: Some("DNB-CRE-04"),
        error: "ask.refused",
        ..NONE
    },
    Wrong {
        name: "a token that the API does not know",
        flow: "call",
        profile: "[[flow]]\nid = \"call\"\n[[flow.step]]\nid = \"api\"\nuse = \"call\"\nwith = { mtls = \"transport\", token = \"nobody-knows-this-token\" }\n",
        error: "invalid_token",
        hint: "token",
        ..NONE
    },
    Wrong {
        name: "a path that is not there",
        flow: "call",
        set: &[("path", "v9/nothing")],
        error: "not_found",
        hint: "path",
        ..NONE
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_wrong_input_ends_in_its_own_error() {
    let mut problems = Vec::new();
    for wrong in WRONG {
        problems.extend(try_wrong(wrong).await);
    }
    assert!(problems.is_empty(), "{} of {} wrong inputs:\n{}", problems.len(), WRONG.len(), problems.join("\n"));
}

async fn try_wrong(wrong: &Wrong) -> Vec<String> {
    let mut problems = Vec::new();
    // headless: stops before sending where a check can know
    let bank = Bank::start().await;
    let view = run(&bank, wrong, false).await;
    let exit = bank.exit(&view);
    if exit != wrong.exit {
        problems.push(format!("{}: headless ends {exit:?}, not {:?}: {}", wrong.name, wrong.exit, story(&view)));
    }
    if let Some(id) = wrong.stops {
        let failed: Vec<&str> = checks(&view, Outcome::Fail);
        if view.status != RunStatus::Blocked || !failed.contains(&id) {
            problems.push(format!("{}: {id} did not stop it ({:?}, failed {failed:?})", wrong.name, view.status));
        }
        if view.steps.iter().any(|s| s.exchange.is_some()) {
            problems.push(format!("{}: something was sent", wrong.name));
        }
    }
    // sent anyway, the bank agrees
    let bank = Bank::start().await;
    let view = run(&bank, wrong, true).await;
    let error = view.steps.iter().find_map(|s| s.error.clone());
    match error {
        None => problems.push(format!("{}: the bank took it ({:?})", wrong.name, view.status)),
        Some(e) => {
            if e.id != wrong.error {
                problems.push(format!("{}: ends in {} ({}), not {}", wrong.name, e.id, e.text, wrong.error));
            }
            let advice =
                format!("{} {} {}", e.text, e.likely.clone().unwrap_or_default(), e.hint.clone().unwrap_or_default());
            if !advice.to_lowercase().contains(wrong.hint) || e.hint.is_none() {
                problems.push(format!("{}: says nothing of “{}”: {advice}", wrong.name, wrong.hint));
            }
        }
    }
    problems
}

async fn run(bank: &Bank, wrong: &Wrong, anyway: bool) -> RunView {
    let clock: Arc<dyn Clock> = Arc::new(ShiftedClock::new(Arc::new(SystemClock), wrong.clock));
    let mut library = Library::embedded();
    library.add(
        "wrong.toml",
        format!(
            "schema = 1\nid = \"wrong\"\nname = \"wrong\"\nextends = \"dnb\"\nenvironment = \"sandbox\"\n{}",
            wrong.profile
        ),
    );
    let session = session_at(library, clock, bank);
    let mut order = Order { profile: "wrong".into(), flow: wrong.flow.into(), ..Order::default() };
    order.inputs = wrong.set.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect();
    for (role, key) in wrong.bind {
        order.bindings.insert(
            (*role).to_owned(),
            format!("file:{}", key_file(bank, *key).display()).parse().expect("a reference"),
        );
        if matches!(key, Key::OtherP256) {
            // the bank would register a key that is brought; the client that it knows has another one
            let known = bank.world.client("dnb", &[]).expect("made").expect("a bank").inputs;
            order.inputs.extend(known.into_iter().map(|(n, v)| (n, Secret::new(v))));
        }
    }
    let prepared = session.prepare(order, Pace::Step).await.unwrap_or_else(|p| panic!("{}: {p}", wrong.name));
    drive(prepared, session.clock.clone(), anyway).await
}

fn key_file(bank: &Bank, key: Key) -> PathBuf {
    match key {
        Key::OtherP256 => bank.key_file("other", "EC", "P-256", false),
        Key::P384 => bank.key_file("p384", "EC", "P-384", false),
        Key::Rsa => bank.key_file("rsa", "RSA", "2048", false),
        Key::ForeignCertificate => bank.key_file("foreign", "EC", "P-256", true),
        Key::Missing => bank.folder().join("missing.pem"),
    }
}

fn checks(view: &RunView, outcome: Outcome) -> Vec<&str> {
    view.steps.iter().flat_map(|s| &s.checks).filter(|c| c.outcome == outcome).map(|c| c.id.as_str()).collect()
}

fn story(view: &RunView) -> String {
    let errors: Vec<String> =
        view.steps.iter().filter_map(|s| s.error.as_ref()).map(|e| format!("{}: {}", e.id, e.text)).collect();
    format!("{:?} {errors:?} failed {:?}", view.status, checks(view, Outcome::Fail))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_ends_done_alone_and_no_must_fails() {
    for flow in ["register", "discover", "token", "call"] {
        let bank = Bank::start().await;
        let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
        let order =
            Order { profile: "dnb".into(), flow: flow.into(), environment: Some("sandbox".into()), ..Order::default() };
        let prepared = session.prepare(order, Pace::Step).await.expect("prepared");
        let view = drive(prepared, session.clock.clone(), false).await;
        assert_eq!(view.status, RunStatus::Done, "{flow}: {}", story(&view));
        assert!(
            checks(&view, Outcome::Fail).is_empty() && checks(&view, Outcome::Warn).is_empty(),
            "{flow}: {}",
            story(&view)
        );
        if flow != "register" {
            let passed = checks(&view, Outcome::Pass);
            for id in ["DNB-TLS-02", "TLS-04", "TLS-05"] {
                assert!(passed.contains(&id), "{flow}: {id} is not checked: {}", story(&view));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_registered_in_this_session_gets_its_token() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let mut ids = Vec::new();
    for flow in ["register", "token", "call"] {
        let order =
            Order { profile: "dnb".into(), flow: flow.into(), environment: Some("sandbox".into()), ..Order::default() };
        let view =
            drive(session.prepare(order, Pace::Straight).await.expect("prepared"), session.clock.clone(), false).await;
        assert_eq!(view.status, RunStatus::Done, "{flow}: {}", story(&view));
        ids.extend(view.steps.iter().flat_map(|s| &s.artefacts).filter_map(|a| a.claims.get("iss").cloned()));
        ids.extend(
            view.steps
                .iter()
                .flat_map(|s| &s.outputs)
                .filter(|o| o.name == "client_id")
                .map(|o| o.value.clone().into()),
        );
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "the token is asked for by the client that was registered: {ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_jti_is_stopped_here_and_refused_there() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let token = || Order { profile: "same-jti".into(), flow: "token".into(), ..Order::default() };
    let mut with_fixed = session.clone();
    with_fixed.library.add("same.toml", "schema = 1\nid = \"same-jti\"\nname = \"x\"\nextends = \"dnb\"\nenvironment = \"sandbox\"\n[client.assertion.claims]\njti = \"0123456789abcdefghijklmnop\"\n");
    let first =
        drive(with_fixed.prepare(token(), Pace::Step).await.expect("prepared"), session.clock.clone(), false).await;
    assert_eq!(first.status, RunStatus::Done, "{}", story(&first));
    let second =
        drive(with_fixed.prepare(token(), Pace::Step).await.expect("prepared"), session.clock.clone(), false).await;
    assert_eq!(checks(&second, Outcome::Fail), ["JWT-04"]);
    let sent =
        drive(with_fixed.prepare(token(), Pace::Step).await.expect("prepared"), session.clock.clone(), true).await;
    assert_eq!(sent.steps[0].error.as_ref().map(|e| e.id.as_str()), Some("invalid_client"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_at_the_bank_is_told_apart() {
    let cases: &[(Trouble, &str, &str, Exit)] = &[
        (Trouble::Status503, "discover", "temporarily_unavailable", Exit::Refused),
        (Trouble::Reset, "discover", "net.reset", Exit::Network),
        (Trouble::WrongIssuer, "discover", "check.failed", Exit::Refused),
        (Trouble::ExpiredCertificate, "discover", "tls.server-certificate.expired", Exit::Network),
        (Trouble::ClockSkew(600), "token", "invalid_client", Exit::Refused),
    ];
    for (trouble, flow, error, exit) in cases {
        let bank = Bank::start().await;
        bank.world.trouble().on(*trouble);
        let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
        let order = Order {
            profile: "dnb".into(),
            flow: (*flow).into(),
            environment: Some("sandbox".into()),
            ..Order::default()
        };
        let view =
            drive(session.prepare(order, Pace::Straight).await.expect("prepared"), session.clock.clone(), false).await;
        let found =
            view.steps.iter().find_map(|s| s.error.as_ref()).unwrap_or_else(|| panic!("{trouble:?}: {}", story(&view)));
        assert_eq!((found.id.as_str(), bank.exit(&view)), (*error, *exit), "{trouble:?}: {}", found.text);
        assert!(found.hint.is_some(), "{trouble:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_warning_warns_and_stops_nothing() {
    for (set, id) in [(("assertion_ttl", "301"), "CA-06"), (("assertion_kid", "omit"), "JOSE-07")] {
        let bank = Bank::start().await;
        let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
        let mut order = Order {
            profile: "dnb".into(),
            flow: "token".into(),
            environment: Some("sandbox".into()),
            ..Order::default()
        };
        order.inputs = BTreeMap::from([(set.0.to_owned(), Secret::new(set.1))]);
        let view =
            drive(session.prepare(order, Pace::Straight).await.expect("prepared"), session.clock.clone(), false).await;
        assert_eq!(view.status, RunStatus::Done, "{}", story(&view));
        assert!(checks(&view, Outcome::Warn).contains(&id), "{id}: {}", story(&view));
    }
}
