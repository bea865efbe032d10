//! The embedded bank and a driver, for tests that run whole flows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign::cli::{Banks, Exit};
use countersign::clock::{Clock, SystemClock};
use countersign::flow::exchange::ClientCertificate;
use countersign::flow::view::{RunStatus, RunView, StepError};
use countersign::flow::{Event, OpError, Pace};
use countersign::keys::KeyUri;
use countersign::profile::Library;
use countersign::sandbox::World;
use countersign::shell::{Order, Prepared, Session};
use tokio::sync::mpsc::unbounded_channel;

/// A fresh world, and a folder for key files.
pub struct Bank {
    pub world: Arc<World>,
    banks: Arc<Banks>,
    folder: tempfile::TempDir,
}

impl Bank {
    pub async fn start() -> Self {
        let banks = Arc::new(Banks::new(Arc::new(SystemClock)));
        let world = banks.world().await.expect("the world starts");
        Self { world, banks, folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A key made by the openssl library, with a self-signed certificate or without.
    pub fn key_file(&self, name: &str, kind: &str, size: &str, certificate: bool) -> PathBuf {
        use openssl::asn1::Asn1Time;
        use openssl::ec::{EcGroup, EcKey};
        use openssl::hash::MessageDigest;
        use openssl::nid::Nid;
        use openssl::pkey::PKey;
        let key = match (kind, size) {
            ("RSA", bits) => {
                PKey::from_rsa(openssl::rsa::Rsa::generate(bits.parse().expect("bits")).expect("a key")).expect("a key")
            }
            (_, curve) => {
                let nid = if curve == "P-384" { Nid::SECP384R1 } else { Nid::X9_62_PRIME256V1 };
                let group = EcGroup::from_curve_name(nid).expect("a curve");
                PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
            }
        };
        let mut pem = key.private_key_to_pem_pkcs8().expect("pem");
        if certificate {
            let mut b = openssl::x509::X509::builder().expect("a builder");
            let mut subject = openssl::x509::X509Name::builder().expect("a name");
            subject.append_entry_by_text("CN", "stranger").expect("a name");
            let subject = subject.build();
            b.set_version(2).expect("set");
            b.set_subject_name(&subject).expect("set");
            b.set_issuer_name(&subject).expect("set");
            b.set_pubkey(&key).expect("set");
            b.set_not_before(&Asn1Time::days_from_now(0).expect("a time")).expect("set");
            b.set_not_after(&Asn1Time::days_from_now(90).expect("a time")).expect("set");
            b.sign(&key, MessageDigest::sha256()).expect("signed");
            pem.extend(b.build().to_pem().expect("pem"));
        }
        let path = self.folder().join(format!("{name}.pem"));
        std::fs::write(&path, pem).expect("written");
        path
    }

    /// The exit status that the command line gives such an end.
    pub fn exit(&self, view: &RunView) -> Exit {
        match view.status {
            RunStatus::Done => Exit::Done,
            RunStatus::Blocked => Exit::Refused,
            RunStatus::Waiting => Exit::Person,
            _ => view
                .steps
                .iter()
                .filter_map(|s| s.error.as_ref())
                .next_back()
                .map_or(Exit::Refused, |e| e.source.into()),
        }
    }
}

pub fn session_at(library: Library, clock: Arc<dyn Clock>, bank: &Bank) -> Session {
    countersign::net::install_provider();
    let mut session = Session::bare(library, clock);
    session.embedded = Some(bank.banks.clone());
    session
}

/// DNB at the embedded bank, with keys bound to its roles.
pub fn dnb_order(flow: &str, bound: &[(&str, &KeyUri)]) -> Order {
    let bindings = bound.iter().map(|(role, uri)| ((*role).to_owned(), (*uri).clone())).collect();
    Order {
        profile: "dnb".into(),
        flow: flow.into(),
        environment: Some("sandbox".into()),
        bindings,
        ..Order::default()
    }
}

/// That flow ends done, without a failed `must`, and over TLS with our certificate wherever something was sent.
pub async fn dnb_ends_done(session: &Session, flow: &str, bound: &[(&str, &KeyUri)]) {
    let prepared = session.prepare(dnb_order(flow, bound), Pace::Step).await.expect("prepared");
    let view = drive(prepared, session.clock.clone(), false).await;
    let errors: Vec<_> = view.steps.iter().filter_map(|s| s.error.as_ref()).map(|e| (&e.id, &e.text)).collect();
    assert_eq!(view.status, RunStatus::Done, "{flow} with {bound:?}: {errors:?}");
    let exchanges = view.steps.iter().filter_map(|s| s.exchange.as_ref());
    for tls in exchanges.filter_map(|e| e.tls.as_ref()) {
        assert!(matches!(tls.client_certificate, ClientCertificate::Sent { .. }), "{flow} with {bound:?}");
    }
}

/// The error with which that flow ends.
#[allow(dead_code, reason = "for the tests of stores that can refuse")]
pub async fn dnb_fails(session: &Session, flow: &str, bound: &[(&str, &KeyUri)]) -> StepError {
    let prepared = session.prepare(dnb_order(flow, bound), Pace::Step).await.expect("prepared");
    let view = drive(prepared, session.clock.clone(), false).await;
    view.steps.iter().find_map(|s| s.error.clone()).expect("an error")
}

/// Takes every step and approves every request; `anyway` also sends what a failed `must` blocks.
pub async fn drive(prepared: Prepared, clock: Arc<dyn Clock>, anyway: bool) -> RunView {
    drive_watched(prepared, clock, anyway, |_| ()).await
}

/// The same; `watch` sees the run before each step that it takes.
pub async fn drive_watched(
    prepared: Prepared,
    clock: Arc<dyn Clock>,
    anyway: bool,
    watch: impl Fn(&RunView),
) -> RunView {
    let Prepared { mut run, performer } = prepared;
    let (events, mut incoming) = unbounded_channel();
    let mut effects = run.handle(Event::Start, clock.now());
    loop {
        for effect in effects.drain(..) {
            performer.perform(effect, &events);
        }
        let event = match run.view().status {
            RunStatus::Done | RunStatus::Failed | RunStatus::Cancelled => break,
            RunStatus::Ready => {
                watch(run.view());
                Event::Step
            }
            RunStatus::Armed => Event::Approve,
            RunStatus::Waiting if run.view().proposes() => Event::Approve,
            RunStatus::Blocked if anyway => Event::SendAnyway,
            RunStatus::Blocked => break,
            RunStatus::Busy | RunStatus::Waiting => incoming.recv().await.expect("an event"),
        };
        if matches!(event, Event::Failed { error: OpError::Person(_), .. }) {
            break;
        }
        effects = run.handle(event, clock.now());
    }
    run.view().clone()
}
