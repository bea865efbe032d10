//! A PKCS#11 module as the one thread that talks to it sees it: a call of its own for each function that is needed.

use super::fault::Fault;
use super::mechanism::{Signing, Wrapping};
use crate::keys::KeySpec;
use crate::secret::{Secret, SecretBytes};

/// CK_TOKEN_INFO, as far as it matters. Texts are foreign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "flags of CK_TOKEN_INFO")]
pub(super) struct TokenFacts {
    pub label: String,
    pub manufacturer: String,
    pub model: String,
    pub serial: String,
    pub login_required: bool,
    pub pin_set: bool,
    /// It has a keypad of its own, and no PIN passes through here.
    pub keypad: bool,
    pub pin_count_low: bool,
    pub pin_final_try: bool,
    pub pin_locked: bool,
}

impl TokenFacts {
    /// Flags change; label and serial number are the token's own.
    pub fn names_the_same(&self, other: &Self) -> bool {
        (&self.label, &self.serial) == (&other.label, &other.serial)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SlotId(pub u64);

/// A session, by a number that the module's wrapper gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SessionId(pub u64);

/// An object, by its handle: good for as long as its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectId(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Private,
    Public,
    Certificate,
}

/// The attributes of an object that may be read by anybody; what it does not have is empty or None.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub label: String,
    pub id: Vec<u8>,
    pub kind: Option<Kind>,
    pub may_sign: Option<bool>,
    pub may_decrypt: Option<bool>,
    pub extractable: Option<bool>,
    pub sensitive: Option<bool>,
    /// The PIN is wanted again for each signature.
    pub always_authenticate: Option<bool>,
    /// DER of the curve's name.
    pub ec_params: Vec<u8>,
    pub ec_point: Vec<u8>,
    pub modulus: Vec<u8>,
    pub exponent: Vec<u8>,
    /// SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// DER of a certificate.
    pub certificate: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ec,
    Rsa,
    Other,
}

/// A certificate and the parts of it that stand in attributes, DER.
pub(super) struct NewCertificate {
    pub der: Vec<u8>,
    pub subject: Vec<u8>,
    pub issuer: Vec<u8>,
    pub serial: Vec<u8>,
    pub label: String,
    /// Empty: it is no key's.
    pub id: Vec<u8>,
}

pub(super) trait Module {
    fn slots(&mut self) -> Result<Vec<SlotId>, Fault>;
    fn token(&mut self, slot: SlotId) -> Result<TokenFacts, Fault>;
    /// Numbers of CKM_….
    fn mechanisms(&mut self, slot: SlotId) -> Result<Vec<u64>, Fault>;
    fn open(&mut self, slot: SlotId, writable: bool) -> Result<SessionId, Fault>;
    fn close(&mut self, session: SessionId);
    fn logged_in(&mut self, session: SessionId) -> Result<bool, Fault>;
    /// None: the token asks on its own keypad.
    fn login(&mut self, session: SessionId, pin: Option<&Secret>) -> Result<(), Fault>;
    /// Private keys are seen after login only.
    fn find(&mut self, session: SessionId, class: Class, id: Option<&[u8]>) -> Result<Vec<ObjectId>, Fault>;
    fn read(&mut self, session: SessionId, object: ObjectId, class: Class) -> Result<Facts, Fault>;
    fn sign(&mut self, session: SessionId, key: ObjectId, how: Signing, data: &[u8]) -> Result<Vec<u8>, Fault>;
    fn unwrap(&mut self, session: SessionId, key: ObjectId, how: Wrapping, data: &[u8]) -> Result<SecretBytes, Fault>;
    /// A pair that never leaves the token: sensitive, not extractable, for signatures only.
    fn generate(&mut self, session: SessionId, spec: KeySpec, label: &str, id: &[u8]) -> Result<(), Fault>;
    fn keep(&mut self, session: SessionId, certificate: &NewCertificate) -> Result<(), Fault>;
    fn destroy(&mut self, session: SessionId, object: ObjectId) -> Result<(), Fault>;
}
