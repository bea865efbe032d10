//! Lists to choose from in the key store: where a key is made, which role it is for, which key a role gets.

use super::App;
use crate::jose::Alg;
use crate::profile::RoleSummary;
use crate::shell::{KeyOrder, RowState, Seat, alg_for, fits, misfit};
use crate::time::Timestamp;
use crate::tui::focus::PaneId;
use crate::tui::message::NoticeTone;
use crate::tui::overlay::choice::{Does, Entry};
use crate::tui::overlay::form::KeyForm;
use crate::tui::overlay::{Choice, Form, Overlay};

/// What choosing an entry about keys leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChoice {
    MakeIn {
        store: &'static str,
    },
    Make {
        store: &'static str,
        alg: Alg,
        then: Option<Seat>,
    },
    ImportTo {
        store: &'static str,
        then: Option<Seat>,
    },
    Request {
        uri: String,
        profile: &'static str,
    },
    Bind {
        seat: Seat,
        uri: String,
    },
    /// A registration is to have that key's certificate.
    Renew {
        seat: Seat,
        uri: String,
    },
    /// A locked store is opened first, and the choice asked again.
    Unlock {
        store: String,
        then: Seat,
    },
}

/// What keys are made for, with what a person may want to know.
const ALGS: [(Alg, &str); 7] = [
    (Alg::Es256, "EC P-256: what most banks take"),
    (Alg::Ps256, "RSA 2048 with PSS: FAPI, Open Banking UK"),
    (Alg::Rs256, "RSA 2048 with PKCS #1 v1.5: older banks, and TLS"),
    (Alg::Es384, "EC P-384"),
    (Alg::Es512, "EC P-521"),
    (Alg::EdDsa, "Ed25519"),
    (Alg::Ps512, "RSA 2048 with PSS and SHA-512"),
];

/// What a store is, for who does not know it.
fn about(store: &str) -> &'static str {
    match store {
        "keyring" => "the operating system's keyring",
        "vault" => "two files under one passphrase",
        "memory" => "ends with the program",
        "awskms" => "AWS KMS: never leaves it",
        "pkcs11" => "a token or HSM: never leaves it",
        _ => "",
    }
}

pub(super) fn entry(choice: KeyChoice, id: String, words: String, reason: Option<String>) -> Entry {
    Entry { does: Does::Key(choice), keys: String::new(), id, words, reason }
}

impl App {
    pub(super) fn choose(&mut self, title: impl Into<String>, entries: Vec<Entry>) {
        self.overlays.push(Overlay::Choice(Choice::new(title, PaneId::Keys, entries)));
    }

    pub(super) fn choose_maker(&mut self) {
        let makers = self.keys.makers();
        let mut entries: Vec<Entry> = makers
            .iter()
            .map(|store| {
                entry(KeyChoice::MakeIn { store }, (*store).to_owned(), format!("{store:<9}{}", about(store)), None)
            })
            .collect();
        for (facts, answered) in self.keys.stores().filter(|(f, _)| !makers.contains(&f.scheme)) {
            let store = facts.scheme;
            let why = if facts.generates && !answered {
                "it cannot be used now: pane 2 says why"
            } else {
                "it makes no keys"
            };
            let words = format!("{store:<9}{}", about(store));
            entries.push(entry(KeyChoice::MakeIn { store }, store.to_owned(), words, Some(why.to_owned())));
        }
        self.choose("new key: where is it to live?", entries);
    }

    pub(super) fn choose_taker(&mut self) {
        let mut entries = Vec::new();
        for (facts, answered) in self.keys.stores() {
            let store = facts.scheme;
            let reason = match (facts.imports, answered) {
                (false, _) => Some("it takes no keys over".to_owned()),
                (true, false) => Some("it cannot be used now: pane 2 says why".to_owned()),
                (true, true) => None,
            };
            let words = format!("{store:<9}{}", about(store));
            entries.push(entry(KeyChoice::ImportTo { store, then: None }, store.to_owned(), words, reason));
        }
        entries.sort_by_key(|e| e.reason.is_some());
        self.choose("import a key: into which store?", entries);
    }

    pub(super) fn choose_request(&mut self) {
        let Some(row) = self.keys.selected() else { return };
        let uri = row.uri.clone();
        let one = |profile: &'static str, words: &str| {
            entry(KeyChoice::Request { uri: uri.clone(), profile }, profile.to_owned(), words.to_owned(), None)
        };
        let entries = vec![one("qseal", "QSeal: for signatures of the organisation"), one("qwac", "QWAC: for TLS")];
        self.choose("certificate request: which kind?", entries);
    }

    /// Every role that a key can be bound to.
    pub(super) fn seats(&self) -> impl Iterator<Item = (Seat, &RoleSummary)> {
        self.profiles.all.iter().flat_map(|p| {
            p.environments.iter().filter(|e| e.disabled.is_none()).flat_map(move |e| {
                p.roles.iter().map(move |r| {
                    (Seat { profile: p.id.clone(), environment: e.name.clone(), role: r.name.clone() }, r)
                })
            })
        })
    }

    pub(super) fn is_sandbox(&self, seat: &Seat) -> bool {
        let profile = self.profiles.all.iter().find(|p| p.id == seat.profile);
        profile.is_some_and(|p| p.environments.iter().any(|e| e.name == seat.environment && e.sandbox))
    }

    pub(super) fn choose_seat(&mut self, now: Timestamp) {
        let Some(row) = self.keys.selected() else { return };
        let (uri, label) = (row.uri.clone(), row.label.clone());
        let mut entries: Vec<Entry> = self
            .seats()
            .map(|(seat, role)| {
                let but = misfit(row, role, now).map_or_else(String::new, |why| format!("  ({why})"));
                let words = format!("{} / {}  {}  {}{but}", seat.profile, seat.environment, seat.role, role.label);
                let id = format!("{}-{}-{}", seat.profile, seat.environment, seat.role);
                let reason = fits(row, role, self.is_sandbox(&seat)).err();
                entry(KeyChoice::Bind { seat, uri: uri.clone() }, id, words, reason)
            })
            .collect();
        entries.sort_by_key(|e| e.reason.is_some());
        self.choose(format!("{label}: for which role?"), entries);
    }

    /// The keys that a role could have, and where a new one could be made. False: there is no such role.
    pub(super) fn choose_key(&mut self, seat: &Seat, now: Timestamp) -> bool {
        let Some(role) = self.seats().find(|(s, _)| s == seat).map(|(_, r)| r.clone()) else { return false };
        let mut entries = Vec::new();
        for row in self.keys.all() {
            let words = format!("{}  {}  {}", row.label, row.store, row.kind);
            if row.is_store() {
                if row.state == RowState::Locked {
                    let does = KeyChoice::Unlock { store: row.store.clone(), then: seat.clone() };
                    entries.push(entry(
                        does,
                        row.store.clone(),
                        format!("open {} and see what it has", row.store),
                        None,
                    ));
                }
                continue;
            }
            let does = KeyChoice::Bind { seat: seat.clone(), uri: row.uri.clone() };
            let but = misfit(row, &role, now).map_or_else(String::new, |why| format!("  ({why})"));
            let words = format!("{words}{but}");
            entries.push(entry(does, row.uri.clone(), words, fits(row, &role, self.is_sandbox(seat)).err()));
        }
        entries.sort_by_key(|e| e.reason.is_some());
        let fitting = entries.iter().take_while(|e| e.reason.is_none()).count();
        let alg = alg_for(&role);
        let wants_certificate = role.usage == crate::profile::model::KeyUse::Tls;
        let sandbox = self.is_sandbox(seat);
        let mut new = Vec::new();
        for store in self.keys.makers() {
            let words = format!("make a new {} key in {store}: {}", alg.name(), about(store));
            let reason = match (wants_certificate, store) {
                (true, _) if !sandbox => Some("TLS shows a certificate, and a new key has none".to_owned()),
                (_, "memory") if !sandbox => Some("it ends with the program, and this bank does not".to_owned()),
                _ => None,
            };
            let does = KeyChoice::Make { store, alg, then: Some(seat.clone()) };
            new.push(entry(does, format!("new-{store}"), words, reason));
        }
        for (facts, answered) in self.keys.stores() {
            if facts.imports && answered {
                let store = facts.scheme;
                let does = KeyChoice::ImportTo { store, then: Some(seat.clone()) };
                new.push(entry(does, format!("import-{store}"), format!("take one from a file into {store}"), None));
            }
        }
        entries.splice(fitting..fitting, new);
        entries.sort_by_key(|e| e.reason.is_some());
        self.choose(format!("{} / {}: a key for {}", seat.profile, seat.environment, seat.role), entries);
        true
    }

    pub(super) fn key_chosen(&mut self, choice: KeyChoice, now: Timestamp) {
        match choice {
            KeyChoice::MakeIn { store } => {
                let entries = ALGS
                    .into_iter()
                    .map(|(alg, words)| {
                        let does = KeyChoice::Make { store, alg, then: None };
                        entry(does, alg.name().to_lowercase(), format!("{:<7}{words}", alg.name()), None)
                    })
                    .collect();
                self.choose(format!("new key in {store}: for which algorithm?"), entries);
            }
            KeyChoice::Make { store, alg, then } => {
                let name = then.as_ref().map_or_else(String::new, |s| format!("{}-{}", s.profile, s.role));
                let title = format!("new {} key in {store}", alg.name());
                let fields = [("name", "name", &*name, "how you will find it again")];
                let purpose = KeyForm::Make { store: store.to_owned(), alg, then };
                self.overlays.push(Overlay::Form(Form::of_key(purpose, &title, String::new(), &fields)));
            }
            KeyChoice::ImportTo { store, then } => {
                let title = format!("import a key into {store}");
                let fields = [
                    (
                        "file",
                        "file",
                        "",
                        "PEM, JWK, PKCS#8 or PKCS#12; its passphrase is asked for; it stays where it is",
                    ),
                    ("name", "name", "", "empty: the file's name"),
                ];
                let purpose = KeyForm::Import { store: store.to_owned(), then };
                self.overlays.push(Overlay::Form(Form::of_key(purpose, &title, String::new(), &fields)));
            }
            KeyChoice::Request { uri, profile } => self.open_request(uri, profile),
            KeyChoice::Bind { seat, uri } => {
                let what = format!("binding {uri} to {}", seat.role);
                self.order(KeyOrder::Bind { seat, uri: Some(uri) }, what, None, None, now);
            }
            KeyChoice::Renew { seat, uri } => self.ask_to_renew(seat, uri, now),
            KeyChoice::Unlock { store, then } => {
                self.order(
                    KeyOrder::Unlock { scheme: store.clone() },
                    format!("opening {store}"),
                    Some(then),
                    None,
                    now,
                );
            }
        }
    }

    /// What the certificate at hand says is proposed for the new one.
    fn open_request(&mut self, uri: String, profile: &'static str) {
        let leaf = self.keys.selected().and_then(|r| r.card.as_ref()).and_then(|c| c.leaf());
        let psd2 = leaf.and_then(|p| p.qc.as_ref()).and_then(|qc| qc.psd2.as_ref());
        let subject = leaf.map_or_else(String::new, |p| {
            p.subject.text(crate::x509::DnForm::Rfc4514, crate::x509::OrganizationForm::Name)
        });
        let roles = psd2.map_or_else(String::new, |p| p.roles.iter().map(|r| r.name()).collect::<Vec<_>>().join(" "));
        let hosts = leaf.map_or_else(String::new, |p| {
            p.alt_names.iter().filter_map(|n| n.strip_prefix("dns:")).collect::<Vec<_>>().join(" ")
        });
        let fields = [
            ("subject", "subject", &*subject, "CN=…,organizationIdentifier=PSDNO-FSA-987654321,O=…,C=NO, or /C=NO/O=…"),
            ("roles", "roles under PSD2", &*roles, "of PSP_AS PSP_PI PSP_AI PSP_IC; empty: none"),
            (
                "authority",
                "authority",
                psd2.map_or("", |p| &*p.authority),
                "who gave the authorisation; empty without roles",
            ),
            ("authority_id", "its id", psd2.map_or("", |p| &*p.authority_id), "as NO-FSA"),
            ("hosts", "hosts", &*hosts, "names in TLS; a QWAC has one at least"),
        ];
        let title = format!("{} request", if profile == "qwac" { "QWAC" } else { "QSeal" });
        let form = Form::of_key(KeyForm::Csr { uri, profile: profile.to_owned() }, &title, String::new(), &fields);
        self.overlays.push(Overlay::Form(form));
    }

    /// A step failed for want of a key: the keys that fit are offered at once, unless something else has the keys.
    pub(super) fn offer_key(&mut self, now: Timestamp) {
        if self.overlays.is_empty() && self.typing.is_none() && self.keys.work.is_none() {
            self.choose_missing_key(now);
        }
    }

    pub(super) fn choose_missing_key(&mut self, now: Timestamp) {
        let Some(seat) = self.missing_seat() else { return };
        if !self.choose_key(&seat, now) {
            self.say(NoticeTone::Warn, format!("no profile at hand has the role {}", seat.role), now);
        }
    }

    /// The role without which the current step failed.
    pub(super) fn missing_seat(&self) -> Option<Seat> {
        let run = self.run.as_ref()?;
        let role = run.engine.view().unbound.clone()?;
        Some(Seat { profile: run.choice.profile.clone(), environment: run.choice.environment.clone(), role })
    }
}
