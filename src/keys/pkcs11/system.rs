//! A module through the cryptoki crate.

use std::collections::BTreeMap;
use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use super::fault::Fault;
use super::library;
use super::mechanism::{Hash, Signing, Wrapping};
use super::module::{Class, Facts, Kind, Module, NewCertificate, ObjectId, SessionId, SlotId, TokenFacts};
use crate::keys::error::shown;
use crate::keys::{KeyError, KeySpec};
use crate::secret::{Secret, SecretBytes};

/// Objects of one class on one token; more are not looked at.
const MOST: usize = 1000;
/// Larger values are no attributes of keys or certificates.
const LARGEST: usize = 64 << 10;

const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];

/// The curve that CKA_EC_PARAMS names.
pub(super) fn curve(params: &[u8]) -> Option<KeySpec> {
    match params {
        P256 => Some(KeySpec::P256),
        P384 => Some(KeySpec::P384),
        P521 => Some(KeySpec::P521),
        _ => None,
    }
}

pub(super) struct System {
    library: Pkcs11,
    slots: BTreeMap<SlotId, Slot>,
    sessions: BTreeMap<SessionId, Session>,
    objects: BTreeMap<ObjectId, ObjectHandle>,
    opened: u64,
}

impl System {
    /// Looks at the file, loads it, initialises it.
    pub fn load(path: &Path) -> Result<Box<dyn Module>, Fault> {
        let file = library::examine(path)?;
        let refuse = |why: &str, hint: &str| {
            let name = shown(&path.to_string_lossy());
            let text = format!("the PKCS#11 module {name} is not used: {why} (SHA-256 {})", file.sha256);
            Fault::Told(KeyError::new("key.module", text, hint))
        };
        let library = Pkcs11::new(path).map_err(|e| match e {
            Error::MissingSymbol(_) => {
                refuse("it is a library, but no PKCS#11 module", "name the module that the token's software installed")
            }
            Error::LibraryLoading(_) => refuse(
                "the system's loader does not take it",
                "a library it needs is missing, most often: ldd shows which",
            ),
            _ => refuse("it does not say what functions it has", "ask its vendor: PKCS#11 2.40 §5.4"),
        })?;
        library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(|e| match fault(e) {
            Fault::Other(value) => refuse(
                &format!("it could not be initialised ({})", shown(&value)),
                "look at the module's own configuration and log; SoftHSM reads SOFTHSM2_CONF",
            ),
            other => other,
        })?;
        Ok(Box::new(Self {
            library,
            slots: BTreeMap::new(),
            sessions: BTreeMap::new(),
            objects: BTreeMap::new(),
            opened: 0,
        }))
    }

    fn slot(&self, slot: SlotId) -> Result<Slot, Fault> {
        self.slots.get(&slot).copied().ok_or(Fault::Removed)
    }

    fn session(&self, session: SessionId) -> Result<&Session, Fault> {
        self.sessions.get(&session).ok_or(Fault::Removed)
    }

    fn object(&self, object: ObjectId) -> Result<ObjectHandle, Fault> {
        self.objects.get(&object).copied().ok_or(Fault::Removed)
    }
}

/// CK_ULONG has 32 bits on some systems.
pub(super) fn wide(number: impl Into<u64>) -> u64 {
    number.into()
}

/// What a return value means; its long description is left out.
fn fault(error: Error) -> Fault {
    let Error::Pkcs11(value, _) = error else {
        return Fault::Other("an answer that is not as PKCS#11 has it".to_owned());
    };
    match value {
        RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => Fault::Pin,
        RvError::PinLocked => Fault::PinLocked,
        RvError::PinExpired => Fault::PinExpired,
        RvError::UserPinNotInitialized => Fault::NoPin,
        RvError::UserAnotherAlreadyLoggedIn | RvError::UserTooManyTypes | RvError::SessionReadWriteSoExists => {
            Fault::AnotherUser
        }
        RvError::UserNotLoggedIn => Fault::NotLoggedIn,
        RvError::SessionCount => Fault::Sessions,
        RvError::SessionHandleInvalid
        | RvError::SessionClosed
        | RvError::DeviceRemoved
        | RvError::TokenNotPresent
        | RvError::TokenNotRecognized
        | RvError::SlotIdInvalid
        | RvError::ObjectHandleInvalid
        | RvError::KeyHandleInvalid => Fault::Removed,
        RvError::MechanismInvalid | RvError::MechanismParamInvalid => Fault::Mechanism,
        RvError::KeyFunctionNotPermitted | RvError::KeyTypeInconsistent => Fault::NotPermitted,
        RvError::CryptokiAlreadyInitialized => Fault::Taken,
        RvError::TokenWriteProtected | RvError::SessionReadOnly | RvError::ActionProhibited => Fault::ReadOnly,
        RvError::DeviceMemory => Fault::Full,
        RvError::CurveNotSupported | RvError::DomainParamsInvalid | RvError::KeySizeRange => Fault::Unsupported,
        RvError::FunctionRejected | RvError::FunctionCanceled => Fault::Refused,
        RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange => Fault::Data,
        other => Fault::Other(format!("{other:?}")),
    }
}

const fn class_of(class: Class) -> ObjectClass {
    match class {
        Class::Private => ObjectClass::PRIVATE_KEY,
        Class::Public => ObjectClass::PUBLIC_KEY,
        Class::Certificate => ObjectClass::CERTIFICATE,
    }
}

/// What is asked of an object of that class. Never a private value.
const fn asked(class: Class) -> &'static [AttributeType] {
    use AttributeType as A;
    match class {
        Class::Private => &[
            A::Label,
            A::Id,
            A::KeyType,
            A::Sign,
            A::Decrypt,
            A::Extractable,
            A::Sensitive,
            A::AlwaysAuthenticate,
            A::EcParams,
            A::Modulus,
            A::PublicExponent,
            A::PublicKeyInfo,
        ],
        Class::Public => &[A::Label, A::Id, A::KeyType, A::EcParams, A::EcPoint, A::Modulus, A::PublicExponent],
        Class::Certificate => &[A::Label, A::Id, A::CertificateType, A::Value],
    }
}

const fn digests(hash: Hash) -> (MechanismType, PkcsMgfType) {
    match hash {
        Hash::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        Hash::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        Hash::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
    }
}

impl Module for System {
    fn slots(&mut self) -> Result<Vec<SlotId>, Fault> {
        let slots = self.library.get_slots_with_token().map_err(fault)?;
        self.slots = slots.into_iter().take(MOST).map(|s| (SlotId(s.id()), s)).collect();
        Ok(self.slots.keys().copied().collect())
    }

    fn token(&mut self, slot: SlotId) -> Result<TokenFacts, Fault> {
        let info = self.library.get_token_info(self.slot(slot)?).map_err(fault)?;
        if !info.token_initialized() {
            return Err(Fault::Removed);
        }
        let text = |t: &str| t.trim_end_matches([' ', '\0']).to_owned();
        Ok(TokenFacts {
            label: text(info.label()),
            manufacturer: text(info.manufacturer_id()),
            model: text(info.model()),
            serial: text(info.serial_number()),
            login_required: info.login_required(),
            pin_set: info.user_pin_initialized(),
            keypad: info.protected_authentication_path(),
            pin_count_low: info.user_pin_count_low(),
            pin_final_try: info.user_pin_final_try(),
            pin_locked: info.user_pin_locked(),
        })
    }

    fn mechanisms(&mut self, slot: SlotId) -> Result<Vec<u64>, Fault> {
        let all = self.library.get_mechanism_list(self.slot(slot)?).map_err(fault)?;
        Ok(all.into_iter().map(|m| wide(*m)).collect())
    }

    fn open(&mut self, slot: SlotId, writable: bool) -> Result<SessionId, Fault> {
        let slot = self.slot(slot)?;
        let session = if writable { self.library.open_rw_session(slot) } else { self.library.open_ro_session(slot) };
        let session = session.map_err(fault)?;
        self.opened += 1;
        self.sessions.insert(SessionId(self.opened), session);
        Ok(SessionId(self.opened))
    }

    fn close(&mut self, session: SessionId) {
        self.sessions.remove(&session);
    }

    fn logged_in(&mut self, session: SessionId) -> Result<bool, Fault> {
        let state = self.session(session)?.get_session_info().map_err(fault)?.session_state();
        Ok(matches!(state, SessionState::RoUser | SessionState::RwUser))
    }

    fn login(&mut self, session: SessionId, pin: Option<&Secret>) -> Result<(), Fault> {
        let pin = pin.map(|p| AuthPin::from(p.expose()));
        match self.session(session)?.login(UserType::User, pin.as_ref()) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(e) => Err(fault(e)),
        }
    }

    fn find(&mut self, session: SessionId, class: Class, id: Option<&[u8]>) -> Result<Vec<ObjectId>, Fault> {
        let mut wanted = vec![Attribute::Class(class_of(class)), Attribute::Token(true)];
        wanted.extend(id.map(|id| Attribute::Id(id.to_vec())));
        let found: Vec<ObjectHandle> = self
            .session(session)?
            .iter_objects(&wanted)
            .map_err(fault)?
            .take(MOST)
            .collect::<Result<_, _>>()
            .map_err(fault)?;
        let numbered: Vec<_> = found.into_iter().map(|o| (ObjectId(wide(o.handle())), o)).collect();
        self.objects.extend(numbered.iter().copied());
        Ok(numbered.into_iter().map(|(id, _)| id).collect())
    }

    fn read(&mut self, session: SessionId, object: ObjectId, class: Class) -> Result<Facts, Fault> {
        let read = self.session(session)?.get_attributes(self.object(object)?, asked(class)).map_err(fault)?;
        let mut facts = Facts::default();
        let sized = |bytes: Vec<u8>| if bytes.len() > LARGEST { Vec::new() } else { bytes };
        for attribute in read {
            match attribute {
                Attribute::Label(v) => facts.label = String::from_utf8_lossy(&sized(v)).into_owned(),
                Attribute::Id(v) => facts.id = sized(v),
                Attribute::KeyType(KeyType::EC) => facts.kind = Some(Kind::Ec),
                Attribute::KeyType(KeyType::RSA) => facts.kind = Some(Kind::Rsa),
                Attribute::KeyType(_) => facts.kind = Some(Kind::Other),
                Attribute::Sign(v) => facts.may_sign = Some(v),
                Attribute::Decrypt(v) => facts.may_decrypt = Some(v),
                Attribute::Extractable(v) => facts.extractable = Some(v),
                Attribute::Sensitive(v) => facts.sensitive = Some(v),
                Attribute::AlwaysAuthenticate(v) => facts.always_authenticate = Some(v),
                Attribute::EcParams(v) => facts.ec_params = sized(v),
                Attribute::EcPoint(v) => facts.ec_point = sized(v),
                Attribute::Modulus(v) => facts.modulus = sized(v),
                Attribute::PublicExponent(v) => facts.exponent = sized(v),
                Attribute::PublicKeyInfo(v) => facts.spki = sized(v),
                Attribute::Value(v) if class == Class::Certificate => facts.certificate = sized(v),
                _ => {}
            }
        }
        Ok(facts)
    }

    fn sign(&mut self, session: SessionId, key: ObjectId, how: Signing, data: &[u8]) -> Result<Vec<u8>, Fault> {
        let mechanism = match how {
            Signing::Ecdsa(_) => Mechanism::Ecdsa,
            Signing::RsaPkcs(_) => Mechanism::RsaPkcs,
            Signing::RsaPss(hash) => {
                let (hash_alg, mgf) = digests(hash);
                let s_len = hash.size().try_into().map_err(fault)?;
                Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len })
            }
        };
        self.session(session)?.sign(&mechanism, self.object(key)?, data).map_err(fault)
    }

    fn unwrap(&mut self, session: SessionId, key: ObjectId, how: Wrapping, data: &[u8]) -> Result<SecretBytes, Fault> {
        let (hash, mgf) = match how {
            Wrapping::OaepSha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
            Wrapping::OaepSha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        };
        let mechanism = Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mgf, PkcsOaepSource::empty()));
        match self.session(session)?.decrypt(&mechanism, self.object(key)?, data) {
            Ok(plain) => Ok(SecretBytes::new(plain)),
            // OAEP with other parameters than those it knows, in SoftHSM's words
            Err(Error::Pkcs11(RvError::ArgumentsBad, _)) => Err(Fault::Mechanism),
            // one answer for whatever is wrong with it
            Err(Error::Pkcs11(RvError::GeneralError | RvError::FunctionFailed | RvError::DataInvalid, _)) => {
                Err(Fault::Data)
            }
            Err(e) => Err(fault(e)),
        }
    }

    fn generate(&mut self, session: SessionId, spec: KeySpec, label: &str, id: &[u8]) -> Result<(), Fault> {
        let common = [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(id.to_vec())];
        let mut public =
            vec![Attribute::Verify(true), Attribute::Encrypt(false), Attribute::Wrap(false), Attribute::Private(false)];
        let mut private = vec![
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
        ];
        let params = match spec {
            KeySpec::P256 => Some(P256),
            KeySpec::P384 => Some(P384),
            KeySpec::P521 => Some(P521),
            KeySpec::Rsa(_) => None,
            KeySpec::Ed25519 | KeySpec::X25519 => return Err(Fault::Unsupported),
        };
        let mechanism = match (params, spec) {
            (Some(params), _) => {
                public.push(Attribute::EcParams(params.to_vec()));
                Mechanism::EccKeyPairGen
            }
            (None, KeySpec::Rsa(bits)) => {
                public.push(Attribute::ModulusBits((bits as usize).try_into().map_err(fault)?));
                public.push(Attribute::PublicExponent(vec![1, 0, 1]));
                Mechanism::RsaPkcsKeyPairGen
            }
            _ => return Err(Fault::Unsupported),
        };
        public.extend_from_slice(&common);
        private.extend_from_slice(&common);
        let made = self.session(session)?.generate_key_pair(&mechanism, &public, &private);
        made.map(|_| ()).map_err(fault)
    }

    fn keep(&mut self, session: SessionId, certificate: &NewCertificate) -> Result<(), Fault> {
        let mut template = vec![
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Label(certificate.label.as_bytes().to_vec()),
            Attribute::Subject(certificate.subject.clone()),
            Attribute::Issuer(certificate.issuer.clone()),
            Attribute::SerialNumber(certificate.serial.clone()),
            Attribute::Value(certificate.der.clone()),
        ];
        if !certificate.id.is_empty() {
            template.push(Attribute::Id(certificate.id.clone()));
        }
        self.session(session)?.create_object(&template).map(|_| ()).map_err(fault)
    }

    fn destroy(&mut self, session: SessionId, object: ObjectId) -> Result<(), Fault> {
        self.session(session)?.destroy_object(self.object(object)?).map_err(fault)
    }
}
