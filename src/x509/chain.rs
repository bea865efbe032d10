//! Whether certificates hold together (RFC 5280 §6.1). openssl decides: it knows the brainpool curves and RSASSA-PSS keys
//! that eIDAS authorities use.

use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext};

use super::{CertificateError, Passport};
use crate::time::Timestamp;

/// More certificates than any true chain has.
const LONGEST: usize = 10;
/// openssl's level of 112 bits: RSA of 2048 bits and more, no SHA-1.
const LEVEL: i32 = 2;

/// What the leaf is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A client in TLS.
    TlsClient,
    TlsServer,
    /// Signatures over messages.
    Seal,
}

/// Why a chain is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("there is no certificate")]
    Empty,
    #[error("a chain of {0} certificates is too long")]
    TooLong(usize),
    #[error("certificate {at} of the chain cannot be read: {why}")]
    Unreadable { at: usize, why: CertificateError },
    #[error("certificate {at} of the chain was not issued by the one after it")]
    Broken { at: usize },
    #[error("certificate {at} of the chain is no authority")]
    NoAuthority { at: usize },
    /// What openssl says; `at` counts from 1.
    #[error("certificate {at} of the chain: {why}")]
    Refused { at: usize, why: String },
    #[error("the chain could not be checked")]
    Backend,
}

impl ChainError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "give the certificate that was issued for the key, and those of its issuers after it",
            Self::Broken { .. } => {
                "put the leaf first, then each issuer (RFC 7517 §4.7); a missing one breaks the chain"
            }
            Self::NoAuthority { .. } => "only a certificate with basicConstraints CA may issue (RFC 5280 §4.2.1.9)",
            _ => "compare the chain with what the issuer publishes",
        }
    }
}

fn read(chain: &[Vec<u8>]) -> Result<Vec<Passport>, ChainError> {
    match chain.len() {
        0 => Err(ChainError::Empty),
        n if n > LONGEST => Err(ChainError::TooLong(n)),
        _ => chain
            .iter()
            .enumerate()
            .map(|(i, der)| Passport::read(der).map_err(|why| ChainError::Unreadable { at: i + 1, why }))
            .collect(),
    }
}

/// Whether each certificate after the first certifies the one before it (RFC 7517 §4.7). Nothing is trusted by that.
///
/// # Errors
/// [`ChainError`], with the place.
pub fn linked(chain: &[Vec<u8>]) -> Result<(), ChainError> {
    let passports = read(chain)?;
    for (i, pair) in passports.windows(2).enumerate() {
        let [below, above] = pair else { continue };
        let (x, issuer) = (x509(&below.der)?, x509(&above.der)?);
        let key = issuer.public_key().map_err(|_| ChainError::Broken { at: i + 1 })?;
        if below.issuer != above.subject || !x.verify(&key).unwrap_or(false) {
            return Err(ChainError::Broken { at: i + 1 });
        }
        if !above.basic_constraints.is_some_and(|b| b.ca) {
            return Err(ChainError::NoAuthority { at: i + 2 });
        }
    }
    Ok(())
}

/// Whether a chain, leaf first, leads to one of the anchors, at that time and for that purpose. An authority that is not
/// a root may be an anchor.
///
/// # Errors
/// [`ChainError`], with the place and what openssl says.
pub fn verify_chain(chain: &[Vec<u8>], anchors: &[Vec<u8>], at: Timestamp, purpose: Purpose) -> Result<(), ChainError> {
    read(chain)?;
    let leaf = x509(&chain[0])?;
    let context = || -> Result<_, openssl::error::ErrorStack> {
        let mut params = X509VerifyParam::new()?;
        params.set_time(at.seconds());
        params.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        params.set_auth_level(LEVEL);
        params.set_depth(i32::try_from(LONGEST).unwrap_or(0));
        params.set_purpose(match purpose {
            Purpose::TlsClient => X509PurposeId::SSL_CLIENT,
            Purpose::TlsServer => X509PurposeId::SSL_SERVER,
            Purpose::Seal => X509PurposeId::ANY,
        })?;
        let mut store = X509StoreBuilder::new()?;
        store.set_param(&params)?;
        for anchor in anchors {
            store.add_cert(X509::from_der(anchor)?)?;
        }
        let mut between = Stack::new()?;
        for der in &chain[1..] {
            between.push(X509::from_der(der)?)?;
        }
        let store = store.build();
        let mut context = X509StoreContext::new()?;
        context.init(&store, &leaf, &between, |c| {
            let good = c.verify_cert()?;
            Ok((good, c.error_depth() as usize + 1, c.error().error_string()))
        })
    };
    match context().map_err(|_| ChainError::Backend)? {
        (true, ..) => Ok(()),
        (false, at, why) => Err(ChainError::Refused { at, why: why.to_owned() }),
    }
}

fn x509(der: &[u8]) -> Result<X509, ChainError> {
    X509::from_der(der).map_err(|_| ChainError::Backend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::testing::{DAY, NOW, Plan, make};
    use openssl::nid::Nid;

    #[test]
    fn a_chain_holds_to_its_own_root_while_it_lasts() {
        let root = make(&Plan { curve: Nid::BRAINPOOL_P256R1, ..Plan::authority("Root") }, None);
        let issuing = make(&Plan { curve: Nid::BRAINPOOL_P384R1, ..Plan::authority("Issuing") }, Some(&root));
        let leaf = make(&Plan { client_auth: Some(true), ..Plan::seal() }, Some(&issuing));
        let server = make(&Plan { client_auth: Some(false), ..Plan::seal() }, Some(&issuing));
        let chain = [leaf.der(), issuing.der()];
        let anchors = [root.der()];
        let verify = |chain: &[Vec<u8>], anchors: &[Vec<u8>], at, purpose| verify_chain(chain, anchors, at, purpose);
        assert_eq!(linked(&chain), Ok(()));
        assert_eq!(linked(&[leaf.der(), issuing.der(), root.der()]), Ok(()));
        assert_eq!(verify(&chain, &anchors, NOW, Purpose::TlsClient), Ok(()));
        assert_eq!(verify(&chain, &[issuing.der()], NOW, Purpose::Seal), Ok(()), "an authority below the root");
        let late = verify(&chain, &anchors, NOW.plus_seconds(366 * DAY), Purpose::Seal);
        assert!(matches!(&late, Err(ChainError::Refused { at: 1, why }) if why.contains("expired")), "{late:?}");
        let other = make(&Plan::authority("Root"), None);
        assert!(matches!(verify(&chain, &[other.der()], NOW, Purpose::Seal), Err(ChainError::Refused { .. })));
        assert!(matches!(verify(&chain, &[], NOW, Purpose::Seal), Err(ChainError::Refused { .. })));
        assert!(matches!(verify(&chain[..1], &anchors, NOW, Purpose::Seal), Err(ChainError::Refused { .. })));
        let wrong_use = verify(&[server.der(), issuing.der()], &anchors, NOW, Purpose::TlsClient);
        assert!(matches!(wrong_use, Err(ChainError::Refused { at: 1, .. })), "{wrong_use:?}");
        assert_eq!(verify(&[server.der(), issuing.der()], &anchors, NOW, Purpose::TlsServer), Ok(()));
    }

    #[test]
    fn what_does_not_hang_together_is_placed() {
        let root = make(&Plan::authority("Root"), None);
        let leaf = make(&Plan::seal(), Some(&root));
        let below = make(&Plan::seal(), Some(&leaf));
        let stranger = make(&Plan::authority("Root"), None);
        assert_eq!(linked(&[]), Err(ChainError::Empty));
        assert_eq!(linked(&vec![root.der(); 11]), Err(ChainError::TooLong(11)));
        assert_eq!(linked(&[root.der(), leaf.der()]), Err(ChainError::Broken { at: 1 }));
        assert_eq!(
            linked(&[leaf.der(), stranger.der()]),
            Err(ChainError::Broken { at: 1 }),
            "the same name, another key"
        );
        assert_eq!(linked(&[below.der(), leaf.der(), root.der()]), Err(ChainError::NoAuthority { at: 2 }));
        let bad = linked(&[leaf.der(), vec![1]]);
        assert_eq!(bad, Err(ChainError::Unreadable { at: 2, why: CertificateError::NotX509 }));
    }
}
