//! What AWS may answer instead of what was asked, told apart by its error codes, and what each means to a person.

use std::error::Error as StdError;
use std::time::UNIX_EPOCH;

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::keys::KeyError;
use crate::keys::error::shown;
use crate::time::Timestamp;

/// One question to KMS, for the words of its failure.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// `kms:Sign`.
    pub action: &'static str,
    /// The key as it was named, or what else it is about.
    pub key: String,
    pub region: String,
    /// Where the credentials came from.
    pub source: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Denied,
    Disabled,
    /// The state does not allow it; KMS's own words.
    State(String),
    NotFound,
    Exists,
    Usage(String),
    Throttled,
    /// The session of temporary credentials has ended.
    Ended,
    /// No such access key.
    UnknownClient,
    /// The signature over the request: the secret is wrong, or the clock. Their clock minus ours, seconds.
    Refused(Option<i64>),
    Silent,
    Unreachable(String),
    /// Their trouble, not ours.
    Busy,
    /// The account's quota.
    Limit(String),
    Other(String, String),
}

/// From here on a clock is too far off: AWS takes five minutes.
const SKEW: i64 = 240;

impl Fault {
    pub fn of<E>(error: &SdkError<E, HttpResponse>, now: Timestamp) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        match error {
            SdkError::TimeoutError(_) => Self::Silent,
            SdkError::DispatchFailure(e) if e.is_timeout() => Self::Silent,
            SdkError::DispatchFailure(e) => Self::Unreachable(deepest(e.as_connector_error())),
            SdkError::ServiceError(e) => {
                let skew = e.raw().headers().get("date").and_then(|d| skew(d, now));
                let words = shown(e.err().message().unwrap_or_default());
                Self::named(e.err().code().unwrap_or_default(), words, skew)
            }
            _ => Self::Busy,
        }
    }

    fn named(code: &str, words: String, skew: Option<i64>) -> Self {
        match code {
            "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "OptInRequired" => Self::Denied,
            "DisabledException" => Self::Disabled,
            "KMSInvalidStateException" => Self::State(words),
            "NotFoundException" => Self::NotFound,
            "AlreadyExistsException" => Self::Exists,
            "InvalidKeyUsageException" => Self::Usage(words),
            "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => {
                Self::Throttled
            }
            "ExpiredTokenException" | "ExpiredToken" => Self::Ended,
            "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => Self::UnknownClient,
            "RequestTimeTooSkewed"
            | "RequestExpired"
            | "RequestInTheFuture"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException" => Self::Refused(skew),
            "LimitExceededException" => Self::Limit(words),
            "KMSInternalException"
            | "InternalFailure"
            | "DependencyTimeoutException"
            | "ServiceUnavailable"
            | "KeyUnavailableException"
            | "" => Self::Busy,
            other => Self::Other(shown(other), words),
        }
    }

    pub fn told(&self, at: &Site) -> KeyError {
        let Site { action, key, region, source } = at;
        let key = shown(key);
        let (id, text, hint) = match self {
            Self::Denied => (
                "key.permission",
                format!("AWS does not let the credentials of {source} do {action} on {key}"),
                format!("have {action} allowed, in the IAM policy of that identity or in the key's own policy"),
            ),
            Self::Disabled => (
                "key.disabled",
                format!("{key} is disabled in {region}"),
                "enable it again: countersign keys restore REF, or in the AWS console".to_owned(),
            ),
            Self::State(words) => (
                "key.not-ready",
                format!("the state of {key} does not allow {action}{}", aside(words)),
                "look at its state: countersign keys list; a key that is being made is ready within a minute"
                    .to_owned(),
            ),
            Self::NotFound => (
                "key.not-found",
                format!("there is no key {key} in {region} of this AWS account"),
                format!(
                    "keys are of one region and one account: only {region} was looked at, with the credentials of \
                     {source}; give region=… or profile=…, and look with countersign keys list"
                ),
            ),
            Self::Exists => (
                "key.exists",
                format!("{key} is taken in {region}"),
                "choose another alias, or use the key that has it".to_owned(),
            ),
            Self::Usage(words) => (
                "key.usage",
                format!("{key} is not for this: KMS refuses {action}{}", aside(words)),
                "take a key of the usage SIGN_VERIFY whose spec has that algorithm".to_owned(),
            ),
            Self::Throttled => (
                "key.throttled",
                format!("AWS KMS still throttles {action} in {region} after 3 tries"),
                "wait a minute; if it stays, other programs use up the account's request quota for KMS".to_owned(),
            ),
            Self::Ended => (
                "key.credentials",
                format!("the AWS session of {source} has ended"),
                "sign in again: aws sso login, or get new temporary credentials".to_owned(),
            ),
            Self::UnknownClient => (
                "key.credentials",
                format!("AWS does not know the access key of {source}"),
                "see whether it was deleted or deactivated: aws sts get-caller-identity".to_owned(),
            ),
            Self::Refused(Some(skew)) if skew.abs() > SKEW => (
                "key.clock",
                format!(
                    "this machine's clock is {} {} AWS's, and AWS refuses the request for it",
                    minutes(*skew),
                    if *skew > 0 { "behind" } else { "ahead of" }
                ),
                "set the clock (timedatectl set-ntp true) and try again".to_owned(),
            ),
            Self::Refused(skew) => (
                "key.credentials",
                format!("AWS refuses the signature made with the secret access key of {source}"),
                format!(
                    "copy the secret again; {}",
                    skew.map_or_else(
                        || "also compare this machine's clock".to_owned(),
                        |s| format!("the clock is right: it differs from AWS's by {} s", s.abs())
                    )
                ),
            ),
            Self::Silent => (
                "key.unreachable",
                format!("AWS KMS in {region} did not answer {action} in time"),
                "see whether this machine is online and the region is right, and try again".to_owned(),
            ),
            Self::Unreachable(why) => (
                "key.unreachable",
                format!("AWS KMS in {region} cannot be reached: {why}"),
                "see whether this machine is online, the region is right, and AWS_ENDPOINT_URL_KMS is not set by mistake"
                    .to_owned(),
            ),
            Self::Busy => (
                "key.store",
                format!("AWS KMS in {region} could not do {action} just now"),
                "try again; https://health.aws.amazon.com/health/status says whether it is down".to_owned(),
            ),
            Self::Limit(words) => (
                "key.store",
                format!("the AWS account has reached a limit of KMS in {region}{}", aside(words)),
                "delete what is not used, or ask AWS for a higher quota".to_owned(),
            ),
            Self::Other(code, words) => (
                "key.store",
                format!("AWS KMS refused {action} on {key}: {code}{}", aside(words)),
                "the code is explained in AWS's KMS API reference, under common errors".to_owned(),
            ),
        };
        KeyError::new(id, text, hint)
    }
}

/// AWS's own words, where it said some.
fn aside(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" ({words})") }
}

/// Their clock minus ours.
fn skew(date: &str, now: Timestamp) -> Option<i64> {
    let theirs = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(i64::try_from(theirs.as_secs()).ok()? - now.seconds())
}

fn minutes(seconds: i64) -> String {
    match seconds.abs() {
        s if s < 7200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

/// The innermost cause, which names the reason: `connection refused`.
fn deepest(error: Option<&(impl StdError + 'static)>) -> String {
    let mut at: Option<&(dyn StdError + 'static)> = error.map(|e| e as _);
    let mut last = String::new();
    while let Some(now) = at {
        last = match now.downcast_ref::<std::io::Error>() {
            Some(io) => io.kind().to_string(),
            None => now.to_string(),
        };
        at = now.source();
    }
    shown(&last)
}
