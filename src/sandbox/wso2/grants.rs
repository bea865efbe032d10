//! What people granted.

/// A person's consent, as a code or a refresh token stands for it.
#[derive(Clone)]
pub(super) struct Granted {
    pub scope: String,
    pub intent: String,
    pub nonce: String,
    pub challenge: Option<String>,
    pub redirect_uri: String,
    /// An index into the people of the bank.
    pub person: usize,
    pub auth_time: i64,
}
