//! What waits: logins for their person, codes for their client.

use super::request_object::Asked;
use crate::sandbox::shelf::{Codes, Shelf};

/// Seconds that a login page can be answered.
pub(super) const LOGIN: i64 = 600;

/// A person who signed in and agreed.
#[derive(Clone)]
pub(super) struct Consent {
    pub asked: Asked,
    /// An index into the people of the bank.
    pub person: usize,
    pub auth_time: i64,
}

#[derive(Default)]
pub(super) struct Pending {
    pub logins: Shelf<Asked>,
    pub codes: Codes<Consent>,
}
