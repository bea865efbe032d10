//! A run played from a script, and an app that is driven by keys as text.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

use crate::flow::edit::Edits;
use crate::flow::exchange::{ClientCertificate, Completeness, Exchange, Phases, Response, TlsFacts};
use crate::flow::lint::{Of, RuleSet, Takes};
use crate::flow::view::*;
use crate::jose::Alg;
use crate::profile::model::KeyUse;
use crate::profile::{EnvironmentSummary, FlowSummary, RoleSummary, Summary};
use crate::redact::Redactor;
use crate::secret::Class;
use crate::shell::{StoreFacts, StoreRows};
use crate::time::Timestamp;
use crate::tui::chord::Chord;
use crate::tui::engine::Engine;
use crate::tui::{App, Command, Look, Message, Settings, view};
use crate::x509::{Kind, Roles, Use, Wish};

pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// A secret that must never be on a masked screen.
pub const CANARY: &str = "canary-s3cret-0123456789";

/// Shows the views of a script, one for every event it is told.
pub struct Script {
    pub views: Vec<RunView>,
    pub at: usize,
}

impl Engine for Script {
    fn handle(&mut self, event: crate::flow::Event, _: Timestamp) -> Vec<crate::flow::Effect> {
        if !matches!(event, crate::flow::Event::Start) {
            self.at = (self.at + 1).min(self.views.len() - 1);
        }
        Vec::new()
    }
    fn view(&self) -> &RunView {
        &self.views[self.at]
    }
}

pub fn summaries() -> Vec<Summary> {
    let environment = |name: &str, production: bool, sandbox: bool, disabled: Option<&str>| EnvironmentSummary {
        name: name.into(),
        label: name.into(),
        production,
        sandbox,
        disabled: disabled.map(str::to_owned),
    };
    vec![Summary {
        id: "nordbank".into(),
        name: "Nordbank".into(),
        country: Some("NO".into()),
        about: Some("A bank for tests.".into()),
        docs: None,
        evidence: Some("invented".into()),
        saved: false,
        own: false,
        extends: None,
        environments: vec![
            environment("sandbox", false, true, None),
            environment("production", true, false, None),
            environment("uat", false, false, Some("not open to us")),
        ],
        rules: [
            ("client", "client assertions", Of::Client, Takes::Signed),
            ("token.token", "Get an access token: Ask the token endpoint", Of::Step(0), Takes::Message),
        ]
        .map(|(name, title, of, takes)| RuleSet { name: name.into(), title: title.into(), flow: 0, of, takes })
        .to_vec()
        .into(),
        flows: vec![FlowSummary {
            id: "token".into(),
            title: "Get an access token".into(),
            about: Some("The client asks for itself.".into()),
            evidence: None,
            unverified: false,
            refreshes: vec!["user".into()],
            steps: vec![("token".into(), "Ask the token endpoint".into()), ("keep".into(), "Keep the token".into())],
        }]
        .into(),
        roles: vec![
            RoleSummary {
                name: "signing".into(),
                label: "Client key".into(),
                usage: KeyUse::Sign,
                algs: vec![Alg::Es256],
                min_bits: None,
                wish: None,
            },
            RoleSummary {
                name: "transport".into(),
                label: "Certificate for TLS".into(),
                usage: KeyUse::Tls,
                algs: Vec::new(),
                min_bits: None,
                wish: Some(Wish { use_: Use::MtlsClient, kind: Kind::Eseal, roles: Roles::Unasked }),
            },
        ]
        .into(),
    }]
}

pub fn step(id: &str, title: &str, verb: &'static str) -> StepView {
    StepView {
        id: id.into(),
        title: title.into(),
        note: None,
        reference: Some("RFC 6749 §4.4.2".into()),
        verb,
        class: Class::Public,
        state: StepState::Ready,
        attempt: 1,
        earlier: Vec::new(),
        edits: Edits::default(),
        trial: false,
        stale: false,
        request: None,
        exchange: None,
        artefacts: Vec::new(),
        checks: Vec::new(),
        outputs: Vec::new(),
        granted: None,
        ask: None,
        pin: None,
        authorize: None,
        listen: None,
        error: None,
        started_at: None,
        ended_at: None,
    }
}

pub fn ready() -> RunView {
    let mut redactor = Redactor::default();
    redactor.register(CANARY, Class::Secret);
    RunView {
        id: "run-1".into(),
        profile: "nordbank".into(),
        profile_name: "Nordbank".into(),
        flow: "token".into(),
        flow_title: "Get an access token".into(),
        unverified: false,
        environment: "sandbox".into(),
        production: false,
        sandbox: true,
        status: RunStatus::Ready,
        steps: vec![step("token", "Ask the token endpoint", "http"), step("keep", "Keep the token", "save")],
        current: 0,
        countdowns: Vec::new(),
        skew: None,
        keys: Vec::new(),
        unbound: None,
        preflight: Vec::new(),
        branch: 1,
        branches: Vec::new(),
        redactor,
    }
}

fn field(name: &str, value: &str, class: Class) -> Field {
    Field { name: name.into(), value: value.into(), class }
}

pub fn check(id: &str, outcome: Outcome, say: &str, found: &str) -> CheckView {
    CheckView {
        id: id.into(),
        on: "token".into(),
        level: Level::Must,
        outcome,
        say: say.into(),
        expected: say.into(),
        found: found.into(),
        reference: "RFC 7523 §3".into(),
    }
}

pub fn armed() -> RunView {
    let mut view = ready();
    view.status = RunStatus::Armed;
    let step = &mut view.steps[0];
    step.state = StepState::Armed;
    step.request = Some(RequestView {
        method: "POST".into(),
        url: "https://as.nordbank.example/token".into(),
        headers: vec![field("Accept", "application/json", Class::Public)],
        fields: vec![
            field("grant_type", "client_credentials", Class::Public),
            field("client_assertion", CANARY, Class::Secret),
        ],
        body: format!("grant_type=client_credentials&client_assertion={CANARY}").into_bytes(),
        content_type: Some("application/x-www-form-urlencoded".into()),
        mtls: Some("transport".into()),
        refreshed: false,
    });
    step.artefacts = vec![Artefact {
        step: "token".into(),
        name: "client_assertion".into(),
        kind: "jws",
        header: json!({"alg": "ES256", "kid": "k1"}),
        claims: json!({"iss": "acme", "aud": "https://as.nordbank.example", "exp": 1_800_000_240, "iat": 1_800_000_000}),
        token: CANARY.into(),
        class: Class::Secret,
        opened_by: None,
    }];
    step.checks = vec![
        check("CA-01", Outcome::Pass, "iss and sub are the client id", "acme"),
        check("CA-06", Outcome::Warn, "an assertion lives at most five minutes", "301 s"),
    ];
    view
}

pub fn blocked() -> RunView {
    let mut view = armed();
    view.status = RunStatus::Blocked;
    view.steps[0].state = StepState::Blocked;
    view.steps[0].checks.push(check(
        "CA-02",
        Outcome::Fail,
        "aud belongs to the server that is called",
        "https://other.example",
    ));
    view
}

pub fn sent() -> RunView {
    let mut view = armed();
    view.status = RunStatus::Busy;
    view.steps[0].state = StepState::Sent;
    view.steps[0].started_at = Some(Timestamp::from_seconds(1_799_999_997));
    view
}

pub fn exchange(status: u16, body: &str) -> Arc<Exchange> {
    let ms = Duration::from_millis;
    Arc::new(Exchange {
        request_head: b"POST /token HTTP/1.1\r\nHost: as.nordbank.example\r\n\r\n".to_vec(),
        request_body: format!("client_assertion={CANARY}").into_bytes(),
        response: Some(Response {
            status,
            reason: if status == 200 { "OK" } else { "Bad Request" }.into(),
            head: format!("HTTP/1.1 {status} X\r\n\r\n").into_bytes(),
            headers: vec![
                ("Content-Type".into(), "application/json".into()),
                ("X-Evil".into(), "a\u{1b}[2Jb\u{202e}c".into()),
            ],
            body: body.as_bytes().to_vec(),
            completeness: Completeness::Whole,
        }),
        phases: Phases { dns: Some(ms(1)), tcp: Some(ms(8)), tls: Some(ms(31)), wait: Some(ms(54)), body: Some(ms(2)) },
        tls: Some(TlsFacts {
            version: "TLS 1.3".into(),
            cipher: "TLS_AES_256_GCM_SHA384".into(),
            group: Some("X25519".into()),
            alpn: None,
            resumed: false,
            server_chain: Vec::new(),
            client_certificate: ClientCertificate::Sent { subject: "CN=acme".into(), x5t_s256: "abc".into() },
            acceptable_issuers: vec!["CN=QTSP".into()],
            our_issuers: vec!["CN=QTSP".into()],
        }),
        peer: Some("192.0.2.1:443".into()),
        started_at: NOW,
        ended_at: NOW,
    })
}

pub fn done() -> RunView {
    let mut view = armed();
    view.status = RunStatus::Ready;
    view.current = 1;
    view.countdowns = vec![Countdown {
        name: "access_token".into(),
        step: "token".into(),
        started_at: NOW,
        ends_at: NOW.plus_seconds(277),
    }];
    let step = &mut view.steps[0];
    step.state = StepState::Done;
    step.exchange = Some(exchange(
        200,
        &format!("{{\"access_token\":\"{CANARY}\",\"token_type\":\"Bearer\",\"amount\":0.10000000000000000001}}"),
    ));
    step.outputs = vec![field("access_token", CANARY, Class::Secret)];
    view
}

pub fn failed() -> RunView {
    let mut view = armed();
    view.status = RunStatus::Failed;
    let step = &mut view.steps[0];
    step.state = StepState::Failed;
    step.exchange =
        Some(exchange(400, "{\"error\":\"invalid_client\",\"error_description\":\"aud must be the issuer\"}"));
    step.error = Some(StepError {
        id: "invalid_client".into(),
        text: "the bank answered 400 invalid_client: aud must be the issuer".into(),
        likely: Some("another aud, kid or client id".into()),
        hint: Some("compare aud with the endpoint that was called".into()),
        checks: vec!["CA-02".into()],
        source: ErrorSource::Bank,
    });
    view
}

pub fn waiting() -> RunView {
    let mut view = ready();
    view.status = RunStatus::Waiting;
    let step = &mut view.steps[0];
    step.verb = "ask";
    step.title = "Hand it to the bank".into();
    step.state = StepState::Waiting;
    step.started_at = Some(NOW);
    step.ask = Some(AskView {
        text: "Send the JWT through the contact form.".into(),
        show: vec![field("jwt", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln", Class::Public)],
        ask: vec![AskField::public("client_id", "Client ID", "as the bank sent it")],
        proposal: false,
        deadline: Some(NOW.plus_seconds(3600)),
    });
    view
}

/// A registration is proposed, with one value that the bank does not offer.
pub fn composing() -> RunView {
    let mut view = waiting();
    let step = &mut view.steps[0];
    step.title = "Compose the registration".into();
    let words = |of: &[&str]| of.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let field = |name: &str, label: &str, default: &str, options: &[&str], many| AskField {
        default: Some(default.into()),
        options: words(options),
        many,
        ..AskField::public(name, label, "")
    };
    let grants = ["client_credentials", "authorization_code"];
    step.ask = Some(AskView {
        text: "What the client asks for.".into(),
        show: Vec::new(),
        ask: vec![
            field("grant_types", "Grants", r#"["client_credentials","password"]"#, &grants, true),
            field("method", "Method of client authentication", "private_key_jwt", &["private_key_jwt", "none"], false),
            field("scope", "Scopes", r#"["openid","accounts"]"#, &[], true),
        ],
        proposal: true,
        deadline: None,
    });
    view
}

/// A person is at the bank.
pub fn at_the_bank() -> RunView {
    let mut view = ready();
    view.status = RunStatus::Waiting;
    let step = &mut view.steps[0];
    step.verb = "authorize";
    step.title = "Sign in at the bank".into();
    step.reference = Some("RFC 6749 §4.1.1–2".into());
    step.state = StepState::Waiting;
    step.started_at = Some(Timestamp::from_seconds(1_799_999_959));
    let url = format!("https://as.nordbank.example/authorize?client_id=acme&response_type=code&state={CANARY}");
    step.request = Some(RequestView {
        method: "GET".into(),
        url: url.clone(),
        headers: Vec::new(),
        fields: Vec::new(),
        body: Vec::new(),
        content_type: None,
        mtls: None,
        refreshed: false,
    });
    let at = |seconds: i64| Timestamp::from_seconds(1_799_999_959 + seconds);
    step.authorize = Some(AuthorizeView {
        url: crate::secret::Secret::new(url),
        page: None,
        redirect_uri: "http://127.0.0.1:8613/cb".into(),
        deadline: Some(at(600)),
        seen: vec![
            (at(0), "listening on 127.0.0.1:8613".into()),
            (at(1), "browser opened with xdg-open".into()),
            (at(9), "an answer without this run's state came, and was refused".into()),
        ],
    });
    view
}

pub fn store(scheme: &'static str, generates: bool) -> StoreFacts {
    let keeps = generates && scheme != "memory";
    StoreFacts {
        scheme,
        generates,
        imports: keeps,
        deletes: keeps,
        has_bin: scheme == "vault",
        unlocks: scheme == "vault",
    }
}

/// Keys of a bank wait to be approved.
pub fn pinning() -> RunView {
    let mut view = waiting();
    let step = &mut view.steps[0];
    step.verb = "open";
    step.title = "Trust the bank's keys".into();
    let key =
        PinnedKey { thumbprint: "T".repeat(43), kid: Some("bank-1".into()), kind: "RSA 2048".into(), known: false };
    let pin = PinView { name: "bank".into(), keys: vec![key], sha256: "0a".repeat(32), before: None };
    let show = vec![field("thumbprint (RSA 2048)", &pin.keys[0].thumbprint, Class::Public)];
    step.ask = Some(AskView {
        text: "First sight of these keys.".into(),
        show,
        ask: Vec::new(),
        proposal: false,
        deadline: None,
    });
    step.pin = Some(pin);
    view
}

/// The app with a script behind it.
pub struct Stage {
    pub app: App,
    views: Vec<RunView>,
    pub commands: Vec<Command>,
}

impl Stage {
    pub fn new(width: u16, height: u16, look: Look, views: Vec<RunView>) -> Self {
        let settings =
            Settings { look, size: ratatui::layout::Size::new(width, height), demo: true, ..Settings::default() };
        let mut app = App::new(settings);
        let mut commands = app.open(NOW);
        commands.extend(app.update(Message::Profiles(summaries()), NOW));
        commands.extend(app.update(Message::Stores(vec![store("memory", true)]), NOW));
        commands
            .extend(app.update(Message::Keys(StoreRows { scheme: "memory", rows: Vec::new(), answered: true }), NOW));
        Self { app, views, commands }
    }

    /// Keys as text: `"<tab>jj<enter>"`. A flow that is asked for is played from the script.
    pub fn keys(&mut self, text: &str) -> &mut Self {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let (one, tail) = match rest.strip_prefix('<').and_then(|r| r.find('>')) {
                Some(end) => rest.split_at(end + 2),
                None => rest.split_at(c.len_utf8()),
            };
            rest = tail;
            let chord = Chord::parse(one).unwrap_or_else(|| panic!("{one} is no key"));
            let commands = self.app.update(Message::Input(Event::Key(chord.event())), NOW);
            self.answer(commands);
        }
        self
    }

    pub fn tell(&mut self, message: Message) {
        let commands = self.app.update(message, NOW);
        self.answer(commands);
    }

    /// What the next flow shows.
    pub fn play(&mut self, views: Vec<RunView>) {
        self.views = views;
    }

    fn answer(&mut self, commands: Vec<Command>) {
        for command in commands {
            if let Command::Prepare { number, .. } = &command {
                let engine = Box::new(Script { views: self.views.clone(), at: 0 });
                let more = self.app.update(Message::Prepared { number: *number, result: Ok(engine) }, NOW);
                self.answer(more);
            }
            self.commands.push(command);
        }
    }

    pub fn picture(&self) -> String {
        let size = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).expect("a test terminal");
        terminal.draw(|frame| view(&self.app, frame, NOW)).expect("drawn");
        terminal.backend().to_string()
    }
}
