//! The clients a bank knows, and the assertions it has seen.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::jwk::PublicKey;
use super::peer::Fingerprint;

/// A registered client.
#[derive(Clone)]
pub(super) struct Client {
    pub id: String,
    pub key: PublicKey,
    /// As registered with the key.
    pub kid: String,
    pub scopes: &'static [&'static str],
    /// The certificate it authenticates with; None until it has for the first time.
    pub certificate: Option<Fingerprint>,
}

#[derive(Default)]
pub(super) struct Clients(Mutex<Book>);

#[derive(Default)]
struct Book {
    clients: HashMap<String, Client>,
    /// Client and `jti`, and when it may be forgotten.
    spent: HashMap<(String, String), i64>,
}

/// Why an assertion that is right in itself does not admit its client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotAdmitted {
    Replayed,
    OtherCertificate,
}

impl Clients {
    pub fn add(&self, client: Client) {
        self.lock().clients.insert(client.id.clone(), client);
    }

    pub fn find(&self, id: &str) -> Option<Client> {
        self.lock().clients.get(id).cloned()
    }

    /// Admits a client: by the certificate it is bound to, or binding it to this one, and by a `jti` never seen
    /// before (RFC 7523 §3 (7)), which is remembered until `forget`.
    pub fn admit(
        &self,
        client: &Client,
        certificate: Option<Fingerprint>,
        (jti, forget): (&str, i64),
        now: i64,
    ) -> Result<(), NotAdmitted> {
        let mut book = self.lock();
        let Book { clients, spent } = &mut *book;
        let bound = clients.get_mut(&client.id).map(|c| &mut c.certificate);
        if bound.as_deref().is_some_and(|bound| bound.is_some() && *bound != certificate) {
            return Err(NotAdmitted::OtherCertificate);
        }
        spent.retain(|_, forget| *forget > now);
        if spent.insert((client.id.clone(), jti.to_owned()), forget).is_some() {
            return Err(NotAdmitted::Replayed);
        }
        if let Some(bound) = bound {
            *bound = certificate;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // Every change is one insertion.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::jwk::PrivateKey;
    use super::*;

    #[test]
    fn a_client_is_bound_at_first_use_and_a_jti_is_spent_once_per_client() {
        let clients = Clients::default();
        let client = |id: &str| {
            let key = PrivateKey::generate().unwrap().public().clone();
            Client { id: id.into(), kid: key.thumbprint(), key, scopes: &[], certificate: None }
        };
        let (a, b) = (client("a"), client("b"));
        clients.add(a.clone());
        clients.add(b.clone());
        let [mine, other] = [&b"mine"[..], b"other"].map(|der| Some(Fingerprint::of(der)));
        assert_eq!(clients.admit(&a, mine, ("1", 100), 0), Ok(()));
        assert_eq!(clients.find("a").unwrap().certificate, mine);
        assert_eq!(clients.admit(&a, mine, ("1", 100), 0), Err(NotAdmitted::Replayed));
        assert_eq!(clients.admit(&a, other, ("2", 100), 0), Err(NotAdmitted::OtherCertificate));
        assert_eq!(clients.admit(&a, None, ("2", 100), 0), Err(NotAdmitted::OtherCertificate));
        assert_eq!(clients.admit(&a, mine, ("2", 100), 0), Ok(()));
        assert_eq!(clients.admit(&b, other, ("1", 100), 0), Ok(()));
        assert_eq!(clients.admit(&a, mine, ("1", 200), 100), Ok(()));
        assert!(clients.find("c").is_none());
    }
}
