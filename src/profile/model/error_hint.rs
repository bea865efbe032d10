//! What a refusal is likely to mean, and what to do about it.

use crate::flow::template::Expr;

#[derive(Clone, Debug, PartialEq)]
pub struct ErrorHint {
    pub code: Option<String>,
    pub status: Option<u16>,
    pub text: Option<String>,
    pub place: Option<String>,
    pub when: Option<Expr>,
    pub likely: Option<String>,
    pub remedy: Option<String>,
    pub checks: Vec<String>,
    pub trace: Option<String>,
    /// The bearer token of the request is dead after this.
    pub revoked: bool,
}
