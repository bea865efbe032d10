//! What a face shows of a profile before anything runs.

use std::sync::Arc;

use super::model::KeyUse;
use crate::flow::lint::RuleSet;
use crate::jose::Alg;
use crate::x509::Wish;

/// One row of the profiles pane and of `profiles list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub id: String,
    pub name: String,
    pub country: Option<String>,
    pub about: Option<String>,
    pub docs: Option<String>,
    /// How sure the facts are, in the profile's own words.
    pub evidence: Option<String>,
    /// A person's saved profile, not a bank as shipped.
    pub saved: bool,
    /// A file of the person's own: a saved profile, or a bank that they wrote themselves.
    pub own: bool,
    /// The profile that it builds on.
    pub extends: Option<String>,
    pub environments: Vec<EnvironmentSummary>,
    // shared by all that only choose from one bank
    pub flows: Arc<[FlowSummary]>,
    pub roles: Arc<[RoleSummary]>,
    /// What a token can be held against.
    pub rules: Arc<[RuleSet]>,
}

/// A key role, and what it wants of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSummary {
    pub name: String,
    pub label: String,
    pub usage: KeyUse,
    /// None: any that the key can do.
    pub algs: Vec<Alg>,
    pub min_bits: Option<u32>,
    /// What it wants of the key's certificate. None: no certificate.
    pub wish: Option<Wish>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentSummary {
    pub name: String,
    pub label: String,
    pub production: bool,
    /// The embedded bank answers.
    pub sandbox: bool,
    /// Why it cannot be chosen.
    pub disabled: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowSummary {
    pub id: String,
    pub title: String,
    pub about: Option<String>,
    pub evidence: Option<String>,
    /// No documentation of the bank confirms it.
    pub unverified: bool,
    /// The token sets whose refresh token it uses up.
    pub refreshes: Vec<String>,
    /// Steps in order: id and title.
    pub steps: Vec<(String, String)>,
}
