//! Our certificate in a handshake: a rustls signing key over any [`Key`], wherever its private part lives.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{Error as TlsError, SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::CertificateDer;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::time::Instant;

use super::dn;
use crate::jose::{Alg, der};
use crate::keys::{Key, KeyError, KeySpec, belongs};

/// A certificate chain, leaf first, and the key that belongs to the leaf.
#[derive(Clone)]
pub struct ClientIdentity {
    pub chain: Vec<Vec<u8>>,
    pub key: Arc<dyn Key>,
}

impl ClientIdentity {
    /// Whether it can be offered at all: a certificate is there and is the key's.
    pub(super) fn check(&self) -> Result<(), KeyError> {
        let info = self.key.info();
        if self.chain.is_empty() {
            let text = format!("the key “{}” has no certificate to offer", info.label);
            return Err(KeyError::new("key.certificate", text, "bind a key that comes with its certificate"));
        }
        belongs(&info.public, &self.chain)
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientIdentity({}, {} certificates)", self.key.info().uri, self.chain.len())
    }
}

/// What the server asked for in one handshake, and what became of it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub asked: bool,
    pub sent: bool,
    /// The server takes no signature that our key can make.
    pub no_scheme: bool,
    /// Names of authorities, RFC 4514.
    pub issuers: Vec<String>,
    /// Whether one of them issued a certificate of our chain; None: the server named none.
    pub listed: Option<bool>,
    /// The key did not sign, in its own words.
    pub refusal: Option<KeyError>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct SharedAsked(Arc<Mutex<Asked>>);

impl SharedAsked {
    pub fn lock(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until when a key may take to sign: a moment, or the end of whoever waits for the exchange.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    pub until: Instant,
    pub given_up: watch::Receiver<()>,
}

/// Made for one handshake: it writes down what it was asked.
#[derive(Debug)]
pub(super) struct Resolver {
    asked: SharedAsked,
    issuers_of_chain: Vec<Vec<u8>>,
    certified: Option<Arc<CertifiedKey>>,
}

impl Resolver {
    pub fn new(identity: Option<&ClientIdentity>, asked: SharedAsked, patience: Patience) -> Self {
        let certified = identity.map(|identity| {
            let chain = identity.chain.iter().cloned().map(CertificateDer::from).collect();
            let signing = Signing { key: identity.key.clone(), asked: asked.clone(), patience };
            Arc::new(CertifiedKey::new(chain, Arc::new(signing)))
        });
        let issuers_of_chain = identity
            .map(|i| i.chain.iter().filter_map(|der| dn::Facts::of(der)).map(|f| f.issuer_der).collect())
            .unwrap_or_default();
        Self { asked, issuers_of_chain, certified }
    }
}

impl ResolvesClientCert for Resolver {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        /// A list that is shown has an end.
        const MOST: usize = 200;
        let fits = self.certified.as_ref().map(|c| c.key.choose_scheme(schemes).is_some());
        let mut asked = self.asked.lock();
        asked.asked = true;
        asked.sent = fits == Some(true);
        asked.no_scheme = fits == Some(false);
        asked.issuers =
            issuers.iter().take(MOST).map(|d| dn::from_der(d).unwrap_or_else(|| "(unreadable)".into())).collect();
        asked.listed =
            (!issuers.is_empty()).then(|| self.issuers_of_chain.iter().any(|own| issuers.contains(&own.as_slice())));
        drop(asked);
        self.certified.clone()
    }

    /// Also without a certificate: that is how it is learnt that the server asks.
    fn has_certs(&self) -> bool {
        true
    }
}

struct Signing {
    key: Arc<dyn Key>,
    asked: SharedAsked,
    patience: Patience,
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signing({})", self.key.info().spec)
    }
}

/// What a key can do, the usual choice first. TLS 1.3 takes no PKCS#1 signature here (RFC 8446 §4.2.3).
fn schemes(spec: KeySpec) -> &'static [(SignatureScheme, Alg)] {
    use SignatureScheme as S;
    match spec {
        KeySpec::P256 => &[(S::ECDSA_NISTP256_SHA256, Alg::Es256)],
        KeySpec::P384 => &[(S::ECDSA_NISTP384_SHA384, Alg::Es384)],
        KeySpec::P521 => &[(S::ECDSA_NISTP521_SHA512, Alg::Es512)],
        KeySpec::Ed25519 => &[(S::ED25519, Alg::EdDsa)],
        KeySpec::X25519 => &[],
        KeySpec::Rsa(_) => &[
            (S::RSA_PSS_SHA256, Alg::Ps256),
            (S::RSA_PSS_SHA384, Alg::Ps384),
            (S::RSA_PSS_SHA512, Alg::Ps512),
            (S::RSA_PKCS1_SHA256, Alg::Rs256),
            (S::RSA_PKCS1_SHA384, Alg::Rs384),
            (S::RSA_PKCS1_SHA512, Alg::Rs512),
        ],
    }
}

impl SigningKey for Signing {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let (scheme, alg) = *schemes(self.key.info().spec).iter().find(|(scheme, _)| offered.contains(scheme))?;
        let (key, asked, patience) = (self.key.clone(), self.asked.clone(), self.patience.clone());
        Some(Box::new(OneSignature { key, asked, patience, scheme, alg }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.key.info().spec {
            KeySpec::P256 | KeySpec::P384 | KeySpec::P521 => SignatureAlgorithm::ECDSA,
            // which X25519 has no signatures of: `schemes` chooses none
            KeySpec::Ed25519 | KeySpec::X25519 => SignatureAlgorithm::ED25519,
            KeySpec::Rsa(_) => SignatureAlgorithm::RSA,
        }
    }
}

struct OneSignature {
    key: Arc<dyn Key>,
    asked: SharedAsked,
    patience: Patience,
    scheme: SignatureScheme,
    alg: Alg,
}

impl fmt::Debug for OneSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneSignature({:?})", self.scheme)
    }
}

impl OneSignature {
    async fn make(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut given_up = self.patience.given_up.clone();
        let signature = tokio::select! {
            made = self.key.sign(self.alg, message) => made?,
            // Nothing is ever sent: it ends when the one who waits is gone.
            _ = given_up.changed() => return Err(KeyError::new("key.refused", "the signature was given up", "")),
            () = tokio::time::sleep_until(self.patience.until) => {
                let text = "the key did not sign the TLS handshake in time";
                return Err(KeyError::new("key.store", text, "see whether its store answers, then try again"));
            }
        };
        if !matches!(self.alg, Alg::Es256 | Alg::Es384 | Alg::Es512) {
            return Ok(signature);
        }
        if signature.is_empty() || signature.len() % 2 != 0 {
            let text = "the key's answer is no ECDSA signature";
            return Err(KeyError::new("key.store", text, "the key store is at fault"));
        }
        // TLS carries ECDSA as DER (RFC 8446 §4.2.3); a Key answers in the JWS form.
        Ok(der::from_raw(&signature))
    }
}

impl Signer for OneSignature {
    /// rustls signs synchronously. On the program's runtime other work moves off this thread meanwhile; on a runtime with
    /// one thread a thread of its own signs, and that runtime stands still.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TlsError> {
        let failed = || TlsError::General("the client key did not sign".into());
        let made = match Handle::try_current() {
            Ok(handle) if handle.runtime_flavor() != RuntimeFlavor::CurrentThread => {
                tokio::task::block_in_place(|| handle.block_on(self.make(message)))
            }
            _ => std::thread::scope(|scope| {
                let apart = scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                    runtime.map(|r| r.block_on(self.make(message)))
                });
                apart.join().map_err(|_| failed())?.map_err(|_| failed())
            })?,
        };
        made.map_err(|refusal| {
            self.asked.lock().refusal = Some(refusal);
            failed()
        })
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
