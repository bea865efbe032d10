//! Which signature algorithm a key can do (RFC 7518 §3.1, RFC 8037 §3.1).

use super::event::KeyFacts;
use crate::jose::Alg;
use crate::profile::model::KeyRole;

/// The first algorithm of the role that this key can do.
pub fn algorithm(role: &KeyRole, facts: &KeyFacts) -> Option<Alg> {
    role.algs.iter().copied().find(|alg| fits(*alg, &facts.kind))
}

/// Whether a key of that kind can sign with `alg`.
pub fn fits(alg: Alg, kind: &str) -> bool {
    match alg {
        Alg::Es256 => kind == "EC P-256",
        Alg::Es384 => kind == "EC P-384",
        Alg::Es512 => kind == "EC P-521",
        Alg::EdDsa => kind == "Ed25519",
        Alg::Rs256 | Alg::Rs384 | Alg::Rs512 | Alg::Ps256 | Alg::Ps384 | Alg::Ps512 => kind.starts_with("RSA"),
        Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => false,
    }
}
