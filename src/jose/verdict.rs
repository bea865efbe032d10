//! What may be said of a token's signature. Five words that are never confused.

/// The verdict of a signature or a decryption alone; an expired token with a good signature is [`Verdict::Verified`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// A key that the caller trusts made this signature.
    Verified,
    /// It was checked and is not right, or it is no signature at all (`alg` none, broken, missing).
    Wrong,
    /// No key at hand could have made it.
    NoKey,
    /// This program does not know or does not accept the algorithm or the form.
    Unsupported,
    /// There is no signature to check: what is shown was only decoded.
    Decoded,
}

impl Verdict {
    /// As it stands in JSON output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Wrong => "wrong",
            Self::NoKey => "no-key",
            Self::Unsupported => "unsupported",
            Self::Decoded => "decoded",
        }
    }
}
