//! What a key role wants of the key's certificate: `use`, `certificate` and `psd2`.

use super::Compiler;
use crate::profile::model::KeyUse;
use crate::profile::place::At;
use crate::profile::raw::{RawKey, RawRoles};
use crate::x509::{Kind, Role, Roles, Use, Wish};

impl Compiler<'_> {
    /// None: the role wants no certificate.
    pub(super) fn wish(&mut self, usage: KeyUse, raw: &RawKey) -> Option<Wish> {
        let roles = raw.psd2.as_ref().map_or(Roles::Unasked, |r| self.roles(r));
        let kind = raw.certificate.as_ref().map(|word| {
            Kind::parse(&word.value).unwrap_or_else(|| {
                self.complain(word.place, "a role's `certificate` is eseal, qwac or any");
                Kind::Any
            })
        });
        let use_ = match usage {
            KeyUse::Tls => Use::MtlsClient,
            KeyUse::Sign => Use::Seal,
            KeyUse::Encrypt => {
                if let Some(word) = &raw.certificate {
                    self.complain(word.place, "a role that decrypts wants no certificate");
                }
                return None;
            }
        };
        if let (None, Some(asked), Use::Seal) = (kind, &raw.psd2, use_) {
            self.complain(asked.place, "roles stand in a certificate: say which `certificate` the role wants");
        }
        match (kind, use_) {
            (None, Use::Seal) => None,
            (kind, use_) => Some(Wish { use_, kind: kind.unwrap_or(Kind::Usual), roles }),
        }
    }

    fn roles(&mut self, raw: &At<RawRoles>) -> Roles {
        let (named, make): (_, fn(Vec<Role>) -> Roles) = match (&raw.value.any, &raw.value.all) {
            (Some(any), None) if !any.is_empty() => (any, Roles::AnyOf),
            (None, Some(all)) if !all.is_empty() => (all, Roles::AllOf),
            _ => {
                self.complain(raw.place, "`psd2` is { any = [\"PSP_AI\", …] } or { all = [\"PSP_AI\", …] }");
                return Roles::Unasked;
            }
        };
        let mut roles = Vec::new();
        for name in named {
            match Role::parse(&name.value) {
                Some(role) => roles.push(role),
                None => self.complain(name.place, "a role under PSD2 is PSP_AS, PSP_PI, PSP_AI or PSP_IC"),
            }
        }
        make(roles)
    }
}
