//! The verb that reads a token.

use crate::flow::template::{Text, Tree};

#[derive(Clone, Debug)]
pub struct Open {
    pub token: Text,
    pub expect: Expect,
    /// What a detached signature is over.
    pub payload: Option<Text>,
    /// What its `crit` may demand.
    pub crit: Option<Tree>,
    /// The role that opens an encrypted token.
    pub decrypt: Option<String>,
    pub keys: KeysFrom,
    pub key_algs: Option<Tree>,
    pub enc_algs: Option<Tree>,
    pub algs: Option<Tree>,
    pub typ: Option<Tree>,
    pub iss: Option<Text>,
    pub aud: Option<Text>,
    pub nonce: Option<Text>,
    pub lenient_dates: Option<Tree>,
    /// A step, or a used flow, before this one in its frame.
    pub refetch: Option<String>,
    pub unverified: Unverified,
}

impl Open {
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let jwks = if let KeysFrom::Jwks(text) = &self.keys { Some(text) } else { None };
        [Some(&self.token), self.payload.as_ref(), jwks, self.iss.as_ref(), self.aud.as_ref(), self.nonce.as_ref()]
            .into_iter()
            .flatten()
    }
    pub fn trees(&self) -> impl Iterator<Item = &Tree> {
        [&self.crit, &self.key_algs, &self.enc_algs, &self.algs, &self.typ, &self.lenient_dates].into_iter().flatten()
    }
    /// The roles whose keys it uses.
    pub fn roles(&self) -> impl Iterator<Item = &String> {
        let own = if let KeysFrom::Own(role) = &self.keys { Some(role) } else { None };
        [self.decrypt.as_ref(), own].into_iter().flatten()
    }
}

/// What a token has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    Jws,
    /// Encrypted; what is inside need not be signed.
    Jwe,
    /// Encrypted, and signed inside.
    Nested,
    Any,
}

/// Where the keys come from that verify a token.
#[derive(Clone, Debug)]
pub enum KeysFrom {
    Nowhere,
    /// An address, or the set itself.
    Jwks(Text),
    /// A role of our own.
    Own(String),
    /// Keys that a person approved.
    Pin {
        name: String,
        /// JSON pointer to the set in the token itself; None: an earlier step brought the keys.
        inside: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    Fail,
    Warn,
    Info,
}
