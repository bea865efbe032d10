//! What a face shows of a profile before anything runs.

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
    pub environments: Vec<EnvironmentSummary>,
    pub flows: Vec<FlowSummary>,
    /// Key roles: name, label, what it is used for (`sig`, `enc`, `tls`).
    pub roles: Vec<(String, String, String)>,
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
    /// Steps in order: id and title.
    pub steps: Vec<(String, String)>,
}
