//! A module in memory with one token, whose every function can be told what to answer.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, mpsc};

use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::pkey::Private;

use super::super::fault::Fault;
use super::super::mechanism::{Mechanism, Signing, Wrapping};
use super::super::module::*;
use crate::keys::KeySpec;
use crate::secret::{Secret, SecretBytes};

pub struct Say {
    pub at: &'static str,
    pub fault: Fault,
}

pub struct Pair {
    label: String,
    id: Vec<u8>,
    key: EcKey<Private>,
}

#[expect(clippy::struct_excessive_bools, reason = "states that a test sets")]
pub struct Played {
    pub keys: Vec<Pair>,
    pub sessions: BTreeSet<SessionId>,
    opened: u64,
    pub logged_in: bool,
    pub logins: usize,
    pub tries: u32,
    pub pin_set: bool,
    pub keypad: bool,
    /// No token in the slot.
    pub absent: bool,
    /// Another slot has a token of the same label.
    pub twin: bool,
    /// It signs with another key.
    pub lies: bool,
    /// Keys are made extractable.
    pub leaks: bool,
    pub says: Vec<Say>,
    /// The next signature waits for this.
    pub hangs: Option<mpsc::Receiver<()>>,
}

impl Default for Played {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            sessions: BTreeSet::new(),
            opened: 0,
            logged_in: false,
            logins: 0,
            tries: 3,
            pin_set: true,
            keypad: false,
            absent: false,
            twin: false,
            lies: false,
            leaks: false,
            says: Vec::new(),
            hangs: None,
        }
    }
}

#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<Played>>);

fn new_key() -> EcKey<Private> {
    EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap()
}

impl Fake {
    pub fn now<T>(&self, act: impl FnOnce(&mut Played) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    pub fn make(&self, label: &str, id: &[u8]) {
        self.now(|p| p.keys.push(Pair { label: label.to_owned(), id: id.to_vec(), key: new_key() }));
    }

    /// What the test wants this function to answer, and whether the session is one.
    fn at(&self, at: &str, session: Option<SessionId>) -> Result<(), Fault> {
        self.now(|p| {
            if let Some(n) = p.says.iter().position(|s| s.at == at) {
                return Err(p.says.remove(n).fault);
            }
            match session {
                Some(session) if p.absent || !p.sessions.contains(&session) => Err(Fault::Removed),
                _ => Ok(()),
            }
        })
    }
}

/// A handle: which pair, which half.
const fn handle(n: usize, class: Class) -> ObjectId {
    ObjectId(n as u64 * 2 + matches!(class, Class::Public) as u64)
}

impl Module for Fake {
    fn slots(&mut self) -> Result<Vec<SlotId>, Fault> {
        Ok(self.now(|p| match (p.absent, p.twin) {
            (true, _) => vec![],
            (_, true) => vec![SlotId(0), SlotId(1)],
            _ => vec![SlotId(0)],
        }))
    }

    fn token(&mut self, slot: SlotId) -> Result<TokenFacts, Fault> {
        Ok(self.now(|p| TokenFacts {
            label: "QSeal".to_owned(),
            serial: format!("000{}", slot.0 + 1),
            login_required: true,
            pin_set: p.pin_set,
            keypad: p.keypad,
            pin_count_low: p.tries < 3,
            pin_final_try: p.tries == 1,
            pin_locked: p.tries == 0,
            ..TokenFacts::default()
        }))
    }

    fn mechanisms(&mut self, _: SlotId) -> Result<Vec<u64>, Fault> {
        Ok(vec![Mechanism::ECDSA.number, Mechanism::MAKE_EC.number])
    }

    fn open(&mut self, _: SlotId, _: bool) -> Result<SessionId, Fault> {
        self.at("open", None)?;
        Ok(self.now(|p| {
            p.opened += 1;
            p.sessions.insert(SessionId(p.opened));
            SessionId(p.opened)
        }))
    }

    fn close(&mut self, session: SessionId) {
        self.now(|p| {
            p.sessions.remove(&session);
            p.logged_in &= !p.sessions.is_empty();
        });
    }

    fn logged_in(&mut self, session: SessionId) -> Result<bool, Fault> {
        self.at("logged_in", Some(session))?;
        Ok(self.now(|p| p.logged_in))
    }

    fn login(&mut self, session: SessionId, pin: Option<&Secret>) -> Result<(), Fault> {
        self.at("login", Some(session))?;
        self.now(|p| {
            p.logins += 1;
            p.logged_in = pin.map_or(p.keypad, |pin| pin.expose() == "1234");
            p.tries = if p.logged_in { 3 } else { p.tries - 1 };
            if p.logged_in { Ok(()) } else { Err(Fault::Pin) }
        })
    }

    fn find(&mut self, session: SessionId, class: Class, id: Option<&[u8]>) -> Result<Vec<ObjectId>, Fault> {
        self.at("find", Some(session))?;
        Ok(self.now(|p| {
            let seen = class == Class::Public || class == Class::Private && p.logged_in;
            let fits = |pair: &Pair| seen && id.is_none_or(|id| id == pair.id);
            p.keys.iter().enumerate().filter(|(_, pair)| fits(pair)).map(|(n, _)| handle(n, class)).collect()
        }))
    }

    fn read(&mut self, session: SessionId, object: ObjectId, class: Class) -> Result<Facts, Fault> {
        self.at("read", Some(session))?;
        self.now(|p| {
            let pair = &p.keys[object.0 as usize / 2];
            let mut facts = Facts { label: pair.label.clone(), id: pair.id.clone(), ..Facts::default() };
            facts.kind = Some(Kind::Ec);
            facts.ec_params = vec![0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
            if class == Class::Public {
                let mut context = BigNumContext::new().unwrap();
                let point =
                    pair.key.public_key().to_bytes(pair.key.group(), PointConversionForm::UNCOMPRESSED, &mut context);
                // as some modules do, without the OCTET STRING around it
                facts.ec_point = point.unwrap();
            } else {
                (facts.extractable, facts.sensitive) = (Some(p.leaks), Some(true));
            }
            Ok(facts)
        })
    }

    fn sign(&mut self, session: SessionId, key: ObjectId, _: Signing, data: &[u8]) -> Result<Vec<u8>, Fault> {
        self.at("sign", Some(session))?;
        if let Some(wait) = self.now(|p| p.hangs.take()) {
            wait.recv().map_err(|_| Fault::Refused)?;
        }
        self.now(|p| {
            let other = new_key();
            let key = if p.lies { &other } else { &p.keys[key.0 as usize / 2].key };
            let made = EcdsaSig::sign(data, key).unwrap();
            Ok([made.r().to_vec_padded(32).unwrap(), made.s().to_vec_padded(32).unwrap()].concat())
        })
    }

    fn unwrap(&mut self, _: SessionId, _: ObjectId, _: Wrapping, _: &[u8]) -> Result<SecretBytes, Fault> {
        Err(Fault::Mechanism)
    }

    fn generate(&mut self, session: SessionId, _: KeySpec, label: &str, id: &[u8]) -> Result<(), Fault> {
        self.at("generate", Some(session))?;
        self.make(label, id);
        Ok(())
    }

    fn keep(&mut self, _: SessionId, _: &NewCertificate) -> Result<(), Fault> {
        Err(Fault::ReadOnly)
    }

    fn destroy(&mut self, session: SessionId, object: ObjectId) -> Result<(), Fault> {
        self.at("destroy", Some(session))?;
        // the pair goes with its public half, which comes last
        if object.0 % 2 == 1 {
            self.now(|p| p.keys.remove(object.0 as usize / 2));
        }
        Ok(())
    }
}
