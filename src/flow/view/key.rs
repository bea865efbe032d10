//! What a run says of the keys that it has.

/// A key of a role, as the bank may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInUse {
    pub role: String,
    /// `EC P-256`, `RSA 2048`.
    pub kind: String,
    /// RFC 7638.
    pub thumbprint: String,
    /// Of its certificate (RFC 8705 §3.1), where it has one.
    pub x5t_s256: Option<String>,
}
