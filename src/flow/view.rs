//! What a face may show of a run. Values carry their class; a face masks by it, and reveals on request.

mod ask;
mod branch;
mod key;
mod pin;
mod preflight;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use self::ask::{AskField, AskView};
pub use self::branch::BranchView;
pub use self::key::KeyInUse;
pub use self::pin::{PinView, PinnedKey};
pub use self::preflight::PreflightView;
pub use super::delivery::ListenView;
use super::edit::Edits;
use super::exchange::Exchange;
pub use super::granted::{GrantedMember, GrantedView};
use crate::jose::PublicJwk;
use crate::redact::Redactor;
use crate::secret::{Class, Secret};
use crate::time::Timestamp;

/// One run as it stands.
#[derive(Clone, Debug)]
pub struct RunView {
    /// Unguessable, for correlation only.
    pub id: String,
    pub profile: String,
    pub profile_name: String,
    pub flow: String,
    pub flow_title: String,
    /// No documentation of the bank confirms this flow.
    pub unverified: bool,
    pub environment: String,
    pub production: bool,
    /// The embedded bank that answers, where the environment names one.
    pub sandbox: bool,
    pub status: RunStatus,
    pub steps: Vec<StepView>,
    /// Index of the step the run stands at.
    pub current: usize,
    /// What has a remaining life: tokens, the registration JWT, …
    pub countdowns: Vec<Countdown>,
    /// The bank's clock minus ours, seconds, from the latest `Date` header.
    pub skew: Option<i64>,
    /// The keys that the run has, by role.
    pub keys: Vec<KeyInUse>,
    /// The key role without which the current step failed: a face can ask for a key and go on.
    pub unbound: Option<String>,
    /// What was looked at before the first step.
    pub preflight: Vec<PreflightView>,
    /// Number of the line that is gone on with.
    pub branch: u32,
    /// Every line of the run, in the order they began.
    pub branches: Vec<BranchView>,
    /// Masks this run's secrets in any text (raw bytes of an exchange, an error).
    pub redactor: Redactor,
}

impl RunView {
    /// Whether it waits for an answer that going on takes as proposed.
    pub fn proposes(&self) -> bool {
        let step = self.steps.get(self.current).filter(|s| s.state == StepState::Waiting);
        step.and_then(|s| s.ask.as_ref()).is_some_and(|ask| ask.proposal)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Not started, or standing at a step that waits for `Step`.
    Ready,
    /// An operation is under way.
    Busy,
    /// A request stands built and signed; nothing was sent yet.
    Armed,
    /// A person has to do something.
    Waiting,
    /// A failed `must` check before sending: send anyway, or stop.
    Blocked,
    Done,
    Failed,
    Cancelled,
}

impl RunStatus {
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

#[derive(Clone, Debug)]
pub struct StepView {
    /// Dotted for steps of a used flow: `app.token`.
    pub id: String,
    pub title: String,
    pub note: Option<String>,
    /// Where the step is described.
    pub reference: Option<String>,
    pub verb: &'static str,
    /// Of what it is answered.
    pub class: Class,
    pub state: StepState,
    /// 1 for the first try.
    pub attempt: u32,
    /// The attempts before, the oldest first.
    pub earlier: Vec<Arc<StepView>>,
    /// What a person changed for this attempt.
    pub edits: Edits,
    /// They break a rule on purpose: for this attempt alone.
    pub trial: bool,
    /// It was done on the line that was left; what it was made from has changed since.
    pub stale: bool,
    /// What is or was to be sent.
    pub request: Option<RequestView>,
    pub exchange: Option<Arc<Exchange>>,
    /// JWTs this step made or opened.
    pub artefacts: Vec<Artefact>,
    pub checks: Vec<CheckView>,
    pub outputs: Vec<Field>,
    /// What was asked for against what was granted; None: the step asks for nothing that can be compared.
    pub granted: Option<GrantedView>,
    pub ask: Option<AskView>,
    /// Keys that wait for a person's approval.
    pub pin: Option<PinView>,
    pub authorize: Option<AuthorizeView>,
    pub listen: Option<ListenView>,
    pub error: Option<StepError>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Ready,
    /// Building: keys sign, nothing was sent.
    Drafting,
    Armed,
    Blocked,
    Sent,
    Waiting,
    Done,
    /// `when` was false.
    Skipped,
    Failed,
    Cancelled,
}

/// A name and a value with its class.
#[derive(Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub value: String,
    pub class: Class,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Class::Public => write!(f, "{}={:?}", self.name, self.value),
            _ => write!(f, "{}=********", self.name),
        }
    }
}

#[derive(Clone, Debug)]
pub struct RequestView {
    pub method: String,
    /// Path and query as sent; the query may hold secrets: mask before showing.
    pub url: String,
    pub headers: Vec<Field>,
    /// The body by members, where it has them (form, JSON object at the top level).
    pub fields: Vec<Field>,
    /// The body as it will go out.
    pub body: Vec<u8>,
    pub content_type: Option<String>,
    /// Key role of the client certificate.
    pub mtls: Option<String>,
    /// Set when a time-bound part was made again just before sending.
    pub refreshed: bool,
}

/// A JWT that a step made or opened.
#[derive(Clone)]
pub struct Artefact {
    pub step: String,
    /// `client_assertion`, the step's id, …
    pub name: String,
    /// `jws`, `jwe`, `nested-jwt`.
    pub kind: &'static str,
    pub header: Value,
    pub claims: Value,
    pub token: String,
    pub class: Class,
    /// None: nothing did; for what was made here, the key that signed is ours.
    pub opened_by: Option<OpenedBy>,
}

/// The key that verified a signature or opened an encryption.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedBy {
    pub whose: KeyOf,
    /// None: a shared secret.
    pub key: Option<PublicJwk>,
}

/// KeyOf keys a token was verified or opened with, and so why they are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyOf {
    /// No keys were given.
    #[default]
    Nobody,
    /// Of a key set that the step was given or fetched.
    Set,
    /// A person approved them under that name, or is asked to.
    Pin(String),
    /// Our own key, by role.
    Own(String),
    ClientSecret,
}

impl KeyOf {
    pub fn to_words(&self) -> String {
        match self {
            Self::Nobody => "no key".to_owned(),
            Self::Set => "key of the JWKS".to_owned(),
            Self::Pin(name) => format!("{name} key"),
            Self::Own(role) => format!("our {role} key"),
            Self::ClientSecret => "client secret".to_owned(),
        }
    }

    /// Why it is trusted; nothing where that is plain.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Pin(_) => "approved by hand",
            Self::Set => "from the set that the step names",
            Self::Nobody | Self::Own(_) | Self::ClientSecret => "",
        }
    }
}

/// As expressions see it: `key.from`.
impl fmt::Display for KeyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => Ok(()),
            Self::Set => f.write_str("jwks"),
            Self::Pin(name) => write!(f, "pin:{name}"),
            Self::Own(role) => write!(f, "own:{role}"),
            Self::ClientSecret => f.write_str("client secret"),
        }
    }
}

impl fmt::Debug for Artefact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Artefact({} {} of {})", self.kind, self.name, self.step)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    Must,
    Should,
    Info,
}

impl Level {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Info => "info",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Pass,
    Fail,
    Warn,
    NotChecked,
}

impl Outcome {
    /// As it stands in JSON output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::NotChecked => "not_checked",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct CheckView {
    pub id: String,
    /// The step, or what of it: `token`, `token/client_assertion`, `configuration`.
    pub on: String,
    pub level: Level,
    pub outcome: Outcome,
    /// The rule in words.
    pub say: String,
    pub expected: String,
    /// The values the rule read, masked by class; or why it was not checked.
    pub found: String,
    /// Clause or document.
    pub reference: String,
}

/// A person on the way to the bank and back.
#[derive(Clone, PartialEq)]
pub struct AuthorizeView {
    /// The whole address: it holds `state`.
    pub url: Secret,
    /// Where a browser on this machine finds it, if not there: the bank is an embedded one.
    pub page: Option<Secret>,
    pub redirect_uri: String,
    /// When it stops waiting; None: it does not wait yet.
    pub deadline: Option<Timestamp>,
    /// What happened since, oldest first.
    pub seen: Vec<(Timestamp, String)>,
}

impl AuthorizeView {
    /// The address to be opened, copied or shown as a QR code.
    pub fn for_browser(&self) -> &str {
        self.page.as_ref().unwrap_or(&self.url).expose()
    }
}

impl fmt::Debug for AuthorizeView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizeView({} notes)", self.seen.len())
    }
}

/// Why a step failed, what is likely, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepError {
    /// The bank's code (`invalid_client`) or ours (`net.refused`, `check.failed`).
    pub id: String,
    pub text: String,
    pub likely: Option<String>,
    pub hint: Option<String>,
    /// Checks to look at first.
    pub checks: Vec<String>,
    pub source: ErrorSource,
}

/// KeyOf failure it is; the command line's exit status follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorSource {
    /// The bank refused, a verdict is wrong, or a `must` check failed.
    Bank,
    /// The profile, the flow or a value given.
    Profile,
    Key,
    Network,
    /// A person is needed and nobody is there.
    Person,
    Cancelled,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Countdown {
    /// `access_token`, `registration JWT`.
    pub name: String,
    pub step: String,
    pub started_at: Timestamp,
    pub ends_at: Timestamp,
}
