//! The server in its fault mode: one answer of a sign-in is wrong or unusual, and rightly signed where that is not the
//! fault. What is wrong is refused for its own reason; what is merely unusual is taken, with a warning where a rule asks
//! for the usual.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::client::Client;
use super::person::Ending;
use super::program::{Run, kept};

/// What becomes of a run in which the server makes a fault.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// Done; these checks warn.
    Taken(&'static [&'static str]),
    /// Stopped by this check, the first that fails.
    Check(&'static str),
    /// Stopped with this error.
    Error(&'static str),
}
use Then::{Check, Error, Taken};

/// By the names that the server gives them.
const FAULTS: [(&str, Then); 58] = [
    // what the ID token says
    ("invalid-iss", Check("IDT-02i")),
    ("missing-iss", Check("IDT-02i")),
    ("invalid-aud", Check("IDT-02a")),
    ("missing-aud", Check("IDT-02a")),
    ("invalid-secondary-aud", Check("IDT-02z")),
    ("valid-aud-as-array", Taken(&[])),
    ("missing-sub", Check("IDT-02t")),
    ("invalid-expired-exp", Check("JWT-02o")),
    ("missing-exp", Check("IDT-02t")),
    ("exp-as-string", Check("JWT-01o")),
    ("missing-iat", Check("IDT-02t")),
    ("iat-is-week-in-past", Check("IDT-02n")),
    ("iat-in-future", Check("JWT-02o")),
    ("nbf-in-future", Check("JWT-02o")),
    ("invalid-nonce", Check("IDT-03")),
    ("missing-nonce", Check("IDT-03")),
    ("invalid-athash", Check("IDT-05A")),
    ("invalid-openbanking-intent-id", Check("IDT-04")),
    ("wrong-acr", Check("IDT-04")),
    // how it is signed and encrypted
    ("invalid-signature", Error("token.not-verified")),
    ("null-alg", Error("token.algorithm")),
    ("alternate-alg", Error("token.algorithm")),
    ("hs256-with-public-key", Error("token.algorithm")),
    ("kid-absent", Taken(&[])),
    ("kid-unknown", Error("token.not-verified")),
    ("crit-unknown", Error("token.unreadable")),
    ("duplicate-claim", Error("token.payload")),
    ("unencrypted", Check("IDT-01E")),
    ("wrong-enc-key", Error("token.not-opened")),
    // what comes with it
    ("token-type-case", Taken(&[])),
    ("no-token-type", Check("TOK-08")),
    ("wrong-token-type", Check("TOK-16")),
    ("no-expires-in", Taken(&["TOK-09"])),
    ("expires-in-string", Taken(&["TOK-09"])),
    ("expires-in-negative", Check("TOK-09N")),
    ("no-scope", Taken(&[])),
    ("no-id-token", Check("IDT-00")),
    ("extra-members", Taken(&[])),
    // what comes in place of it
    ("http-200-html", Check("TOK-08")),
    ("http-500-html", Error("http.500")),
    ("http-503-retry-after", Error("http.503")),
    ("http-429", Error("slow_down")),
    ("http-403-empty", Error("http.403")),
    ("bad-json", Check("TOK-08")),
    ("redirect", Error("http.302")),
    ("huge", Error("net.too-large")),
    ("disconnect", Error("net.closed")),
    ("bom-and-latin1", Taken(&["TOK-19"])),
    ("slow", Taken(&[])),
    // how the browser comes back
    ("auth-iss-invalid", Error("callback.iss")),
    ("auth-iss-missing", Error("callback.iss")),
    ("auth-state-invalid", Error("person.needed")),
    ("auth-state-missing", Error("person.needed")),
    // documents
    ("discovery-issuer-mismatch", Check("MD-01")),
    ("discovery-http-endpoints", Check("MD-02")),
    ("jwks-empty", Error("token.not-verified")),
    ("jwks-rotated", Error("token.not-verified")),
    ("userinfo-invalid-sub", Check("UI-01")),
];

const ASKED: &str = r#"claims={"id_token":{"acr":{"essential":true,"value":"urn:openbanking:psd2:sca"},"openbanking_intent_id":{"essential":true,"value":"urn:bank:intent:1"}}}"#;
const ENCRYPTED: &str = r#"{"id_token_encrypted_response_alg":"RSA-OAEP","id_token_encrypted_response_enc":"A128GCM"}"#;

struct Clients {
    signed: Client,
    encrypted: Client,
}

impl Clients {
    fn registered() -> Self {
        let of =
            |metadata| Client::registered(&kept("faults.toml"), "private_key_jwt", &["authorization_code"], metadata);
        Self { signed: of("{}"), encrypted: of(ENCRYPTED) }
    }

    fn meet(&self, fault: &str) -> Run {
        let set = format!("fault={fault}");
        let client = if matches!(fault, "unencrypted" | "wrong-enc-key") { &self.encrypted } else { &self.signed };
        let with = client.with(&["--set", &set, "--set", ASKED]);
        match fault.split('-').next() {
            Some("discovery") => client.home.run("discover", &["--set", &set]),
            Some("userinfo") => {
                // as whom the kept ID token names
                client.signs_in("none").clean();
                client.home.run("userinfo", &client.with(&[])).clean();
                client.home.run("userinfo", &client.with(&["--set", &set]))
            }
            _ => client.home.signs_in("login", &with, once),
        }
    }
}

impl Client {
    fn signs_in(&self, fault: &str) -> Run {
        self.home.signs_in("login", &self.with(&["--set", &format!("fault={fault}"), "--set", ASKED]), once)
    }
}

/// What a person pastes who then says no more: an answer that is not taken is not waited past.
fn once(ending: &Ending) -> String {
    format!("{}\n\u{4}", ending.pasted())
}

impl Then {
    /// Why the run did not become that.
    fn differs(self, run: &Run) -> Option<String> {
        let (failed, warned) = (run.checks(&["fail"]), run.checks(&["warn"]));
        let as_expected = match self {
            Taken(warns) => run.status == 0 && failed.is_empty() && warned == warns,
            Check(id) => run.status == 1 && run.error() == "check.failed" && failed.first() == Some(&id),
            Error(id) => run.status != 0 && run.error() == id,
        };
        (!as_expected).then(|| format!("{}, “{}”, failed {failed:?}, warned {warned:?}", run.status, run.error()))
    }
}

/// Nothing that a terminal would act on, and no token, in what was printed.
fn printed_raw(run: &Run) -> Option<String> {
    if let Some(c) = acts(&run.told) {
        return Some(format!("{c:?} was printed"));
    }
    let answers = run.events.iter().filter(|e| e["event"] == "response");
    let told = answers.filter_map(|e| e["body"]["access_token"].as_str()).find(|t| !t.starts_with("********"));
    told.map(|t| format!("an access token was printed: {t}"))
}

/// What a terminal would act on, or what turns the direction of reading.
fn acts(told: &str) -> Option<char> {
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    told.chars().find(|c| (c.is_control() && !matches!(c, '\r' | '\n')) || turns(*c))
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn what_is_wrong_is_refused_for_its_own_reason_and_what_is_unusual_is_taken() {
    let next = AtomicUsize::new(0);
    let work = || {
        let clients = Clients::registered();
        let mut differing = Vec::new();
        while let Some((name, then)) = FAULTS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let run = clients.meet(name);
            if let Some(why) = then.differs(&run).or_else(|| printed_raw(&run)) {
                differing.push(format!("{name}: {then:?} was due, {why}"));
                println!("{name}:\n{}", run.told);
            }
        }
        let known = std::fs::read_to_string(clients.signed.home.op.folder.join("faults")).expect("their names");
        let ours: BTreeSet<&str> = FAULTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(ours, known.lines().collect(), "every fault that the server can make is met, once");
        differing
    };
    let differing: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().expect("every fault was met")).collect()
    });
    let taken = FAULTS.iter().filter(|(_, then)| matches!(then, Taken(_))).count();
    println!("{} of {}: {} refused, {taken} taken", FAULTS.len() - differing.len(), FAULTS.len(), FAULTS.len() - taken);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn what_a_terminal_would_act_on_is_not_told_in_words_either() {
    let client = Client::registered(&kept("faults.toml"), "private_key_jwt", &["authorization_code"], "{}");
    for fault in ["extra-members", "http-200-html", "http-500-html"] {
        let told = client.home.signs_in_in_words("login", &client.with(&["--set", &format!("fault={fault}")]));
        assert!(told.contains("token") && acts(&told).is_none(), "{fault}: {told:?}");
    }
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_weaker_sign_in_than_was_asked_for_is_told() {
    let client = Client::registered(&kept("faults.toml"), "private_key_jwt", &["authorization_code"], "{}");
    let asked = |fault| {
        let set = client.with(&["--set", fault, "--set", "acr_values=urn:openbanking:psd2:sca"]);
        client.home.signs_in("login", &set, once)
    };
    assert!(asked("fault=none").clean().checks(&["pass"]).contains(&"IDT-04A"));
    let run = asked("fault=wrong-acr");
    assert_eq!((run.status, run.checks(&["warn"])), (0, vec!["IDT-04A"]), "{}", run.told);
}
