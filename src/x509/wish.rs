//! What is wanted of a certificate: the use, the kind of certificate, and the roles under PSD2.

use super::{QcType, Role};

/// What a certificate is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Use {
    /// Shown in TLS by the one who calls (RFC 8705).
    MtlsClient,
    /// Signatures of an organisation (QSeal).
    Seal,
}

impl Use {
    pub const ALL: [Self; 2] = [Self::MtlsClient, Self::Seal];

    pub const fn word(self) -> &'static str {
        match self {
            Self::MtlsClient => "mTLS client",
            Self::Seal => "seal",
        }
    }
}

/// Which kind of certificate has to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What the use is meant for; in TLS another one is a doubt, since some banks take it.
    Usual,
    Eseal,
    Qwac,
    /// Qualified or not.
    Any,
}

impl Kind {
    /// `eseal`, `qwac` or `any`, as a profile spells it.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "eseal" => Some(Self::Eseal),
            "qwac" => Some(Self::Qwac),
            "any" => Some(Self::Any),
            _ => None,
        }
    }

    /// The type, and whether another one is refused.
    pub(super) const fn qualified(self, use_: Use) -> Option<(QcType, bool)> {
        match (self, use_) {
            (Self::Any, _) => None,
            (Self::Eseal, _) | (Self::Usual, Use::Seal) => Some((QcType::Eseal, true)),
            (Self::Qwac, _) => Some((QcType::Web, true)),
            (Self::Usual, Use::MtlsClient) => Some((QcType::Web, false)),
        }
    }
}

/// The roles that the PSD2 statement has to have (ETSI TS 119 495 §5.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Roles {
    /// Nothing is said of them.
    Unasked,
    /// Any will do, where the certificate is qualified.
    Whichever,
    AnyOf(Vec<Role>),
    AllOf(Vec<Role>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wish {
    pub use_: Use,
    pub kind: Kind,
    pub roles: Roles,
}

impl Wish {
    /// What the use itself asks for, at whatever bank.
    pub const fn of(use_: Use) -> Self {
        Self { use_, kind: Kind::Usual, roles: Roles::Whichever }
    }
}
