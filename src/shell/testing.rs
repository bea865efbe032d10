//! Rows of keys that are the same in every run of the tests.

use std::collections::BTreeMap;

use super::rows::{FromProfiles, KeyRow, row};
use crate::jose::{PublicJwk, pem};
use crate::keys::{KeyInfo, KeySpec};
use crate::profile::Summary;
use crate::time::Timestamp;

/// A key with a QSeal certificate and its issuer's.
pub(crate) fn seal(profiles: Vec<Summary>, now: Timestamp) -> KeyRow {
    of("seal", include_bytes!("testing/seal.pem"), profiles, now)
}

/// A key with a QSeal certificate that no client of TLS may use.
pub(crate) fn server(profiles: Vec<Summary>, now: Timestamp) -> KeyRow {
    of("server", include_bytes!("testing/server.pem"), profiles, now)
}

fn of(name: &str, certificates: &[u8], profiles: Vec<Summary>, now: Timestamp) -> KeyRow {
    let blocks = pem::blocks(certificates).unwrap();
    let chain: Vec<Vec<u8>> = blocks.iter().map(|b| b.der.expose().to_vec()).collect();
    let info = KeyInfo {
        uri: format!("vault:{name}").parse().unwrap(),
        label: name.into(),
        spec: KeySpec::P256,
        public: PublicJwk::from_certificate_der(&chain[0]).unwrap(),
        exportable: true,
        costly: false,
        chain,
        warning: None,
    };
    let uses = BTreeMap::from([("vault:seal".to_owned(), vec!["nordbank transport".to_owned()])]);
    row(&info, &FromProfiles { uses, profiles }, now)
}
