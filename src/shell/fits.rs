//! Whether a key can do what a role of a profile wants, and why not.

use super::rows::{KeyRow, RowState};
use crate::jose::Alg;
use crate::keys::KeySpec;
use crate::profile::RoleSummary;
use crate::profile::model::KeyUse;
use crate::time::Timestamp;

/// # Errors
/// The reason, for a person.
pub fn fits(key: &KeyRow, role: &RoleSummary, sandbox: bool) -> Result<(), String> {
    let card = match (&key.card, key.state) {
        (Some(card), RowState::Usable) => card,
        (_, RowState::Locked) => return Err("it is locked: open it first".to_owned()),
        _ => return Err("it cannot be used".to_owned()),
    };
    match (role.usage, card.spec) {
        (KeyUse::Encrypt, KeySpec::Ed25519) => return Err("an Ed25519 key cannot open what was encrypted".to_owned()),
        (KeyUse::Sign | KeyUse::Tls, KeySpec::X25519) => return Err("an X25519 key signs nothing".to_owned()),
        _ => {}
    }
    role.takes(&card.public)?;
    // a sandbox certifies what has no certificate
    if role.usage == KeyUse::Tls && card.chain.is_empty() && !sandbox {
        return Err("it has no certificate, and TLS shows one".to_owned());
    }
    Ok(())
}

/// What the role would refuse about the key's certificate, though the key can be bound. None: nothing, or no certificate.
pub fn misfit(key: &KeyRow, role: &RoleSummary, now: Timestamp) -> Option<String> {
    let suit = role.suit(key.card.as_ref()?.leaf()?, now)?;
    (!suit.is_ok()).then(|| suit.words())
}

/// What a new key for the role is made for: the first algorithm that a key can be made for.
pub fn alg_for(role: &RoleSummary) -> Alg {
    role.algs.iter().copied().find(|a| KeySpec::for_alg(*a).is_some()).unwrap_or(Alg::Es256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::SecretJwk;
    use crate::keys::memory::Memory;
    use crate::shell::rows::{FromProfiles, row};
    use crate::x509::testing::{NOW, Plan, make};
    use crate::x509::{Kind, Roles, Use, Wish};

    fn role(usage: KeyUse, algs: &[Alg], min_bits: Option<u32>) -> RoleSummary {
        RoleSummary { name: "r".into(), label: "r".into(), usage, algs: algs.to_vec(), min_bits, wish: None }
    }

    #[test]
    fn a_key_fits_a_role_or_there_is_a_reason() {
        let store = Memory::new();
        let made = |name: &str, spec, chain| {
            row(
                store.insert(name, SecretJwk::generate(spec).unwrap(), chain).unwrap().info(),
                &FromProfiles::default(),
                NOW,
            )
        };
        let (ec, rsa) = (made("ec", KeySpec::P256, vec![]), made("rsa", KeySpec::Rsa(2048), vec![]));
        let (ed, x) = (made("ed", KeySpec::Ed25519, vec![]), made("x", KeySpec::X25519, vec![]));
        let root = make(&Plan::authority("Root"), None);
        let leaf = make(&Plan::seal(), Some(&root));
        let secret = SecretJwk::from_pem(&leaf.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let seal = row(store.insert("seal", secret, vec![leaf.der()]).unwrap().info(), &FromProfiles::default(), NOW);
        let locked = KeyRow { state: RowState::Locked, ..KeyRow::default() };
        for (key, role, why) in [
            (&ec, role(KeyUse::Sign, &[Alg::Es256], None), None),
            (&rsa, role(KeyUse::Sign, &[Alg::Es256], None), Some("the role wants ES256, and this is RSA 2048")),
            (&rsa, role(KeyUse::Sign, &[Alg::Ps256], Some(3072)), Some("the role wants 3072 bits")),
            (&rsa, role(KeyUse::Sign, &[], None), None),
            (&ec, role(KeyUse::Tls, &[], None), Some("it has no certificate, and TLS shows one")),
            (&seal, role(KeyUse::Tls, &[], None), None),
            (&x, role(KeyUse::Encrypt, &[], None), None),
            (&x, role(KeyUse::Sign, &[], None), Some("an X25519 key signs nothing")),
            (&x, role(KeyUse::Tls, &[], None), Some("an X25519 key signs nothing")),
            (&ed, role(KeyUse::Encrypt, &[], None), Some("an Ed25519 key cannot open what was encrypted")),
            (&locked, role(KeyUse::Sign, &[], None), Some("it is locked: open it first")),
        ] {
            assert_eq!(fits(key, &role, false).err().as_deref(), why);
        }
        assert_eq!(fits(&ec, &role(KeyUse::Tls, &[], None), true), Ok(()), "a sandbox certifies it");
        let tls = |kind| {
            let wish = Wish { use_: Use::MtlsClient, kind, roles: Roles::Unasked };
            RoleSummary { wish: Some(wish), ..role(KeyUse::Tls, &[], None) }
        };
        assert_eq!(misfit(&seal, &tls(Kind::Eseal), NOW), None);
        assert_eq!(misfit(&seal, &tls(Kind::Qwac), NOW).as_deref(), Some("not a QWAC (eseal)"));
        assert_eq!(fits(&seal, &tls(Kind::Qwac), false), Ok(()), "it can be bound all the same");
        assert_eq!(misfit(&ec, &tls(Kind::Qwac), NOW), None, "there is no certificate");
        assert_eq!(alg_for(&role(KeyUse::Sign, &[Alg::Hs256, Alg::Ps256], None)), Alg::Ps256);
    }
}
