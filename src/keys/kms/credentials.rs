//! Whose credentials are used: AWS's own sources, asked in AWS's order, each within a time, so that it can be told which
//! of them said what.

use std::error::Error as StdError;
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use crate::config::AwsTraces;
use crate::keys::KeyError;
use crate::keys::error::shown;
use crate::time::Timestamp;

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only what somebody configured on this machine.
    Configured,
    /// Also the metadata service of a cloud machine, which elsewhere never answers.
    Metadata,
}

/// Credentials and where they came from.
pub(super) struct Lent {
    pub credentials: Credentials,
    pub source: &'static str,
}

impl Lent {
    pub fn ends_at(&self) -> Option<Timestamp> {
        let ends = self.credentials.expiry()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Timestamp::from_seconds(i64::try_from(ends.as_secs()).ok()?))
    }
}

/// The metadata service answers within milliseconds, or is not there.
const METADATA: Duration = Duration::from_millis(1500);
const LOCAL: Duration = Duration::from_secs(2);
/// Single sign-on, roles and credential programs call other services.
const REMOTE: Duration = Duration::from_secs(10);

const ENVIRONMENT: &str = "the environment";

struct Source {
    name: &'static str,
    within: Duration,
    provider: SharedCredentialsProvider,
}

fn shared(provider: impl ProvideCredentials + 'static) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(provider)
}

fn sources(config: &ProviderConfig, profile: Option<&str>, reach: Reach) -> Vec<Source> {
    let files = ProfileFileCredentialsProvider::builder().configure(config);
    let source = |name, within, provider| Source { name, within, provider };
    if let Some(profile) = profile {
        return vec![source("the profile in ~/.aws", REMOTE, shared(files.profile_name(profile).build()))];
    }
    let web = WebIdentityTokenCredentialsProvider::builder().configure(config).build();
    let mut out = vec![
        source(ENVIRONMENT, LOCAL, shared(EnvironmentVariableCredentialsProvider::new())),
        source("the profile in ~/.aws", REMOTE, shared(files.build())),
        source("the web identity token", REMOTE, shared(web)),
        source("the container", LOCAL, shared(EcsCredentialsProvider::builder().configure(config).build())),
    ];
    if reach == Reach::Metadata {
        let client = imds::Client::builder()
            .configure(config)
            .max_attempts(1)
            .connect_timeout(METADATA)
            .read_timeout(METADATA)
            .build();
        let provider = imds::credentials::ImdsCredentialsProvider::builder().configure(config).imds_client(client);
        out.push(source("the instance metadata service", METADATA, shared(provider.build())));
    }
    out
}

/// The first credentials there are.
///
/// # Errors
/// `key.credentials`, with every source that was asked and what it said.
pub(super) async fn lend(
    config: &ProviderConfig,
    profile: Option<&str>,
    reach: Reach,
    traces: &AwsTraces,
    now: Timestamp,
) -> Result<Lent, KeyError> {
    let mut tried = Vec::new();
    for Source { name, within, provider } in sources(config, profile, reach) {
        match tokio::time::timeout(within, provider.provide_credentials()).await {
            Ok(Ok(credentials)) => {
                let lent = Lent { credentials, source: name };
                if lent.ends_at().is_some_and(|end| end <= now) {
                    return Err(ended(name));
                }
                return Ok(lent);
            }
            Ok(Err(CredentialsError::CredentialsNotLoaded(_))) => {
                let half = name == ENVIRONMENT && traces.variables.contains(&"AWS_ACCESS_KEY_ID");
                let what = if half { "AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY" } else { "none" };
                let named = profile.map_or_else(String::new, |p| format!(" “{}”", shown(p)));
                tried.push(format!("{name}{named}: {what}"));
            }
            Ok(Err(error)) if says(&error, &["SSO", "sso"]) => return Err(lapsed(profile)),
            Ok(Err(error)) if name != "the instance metadata service" => return Err(unusable(name, &error)),
            Ok(Err(_)) => tried.push(format!("{name}: no answer")),
            Err(_) => tried.push(format!("{name}: no answer within {} s", within.as_secs_f32())),
        }
    }
    if reach == Reach::Metadata && profile.is_none() && traces.no_instance_metadata {
        tried.pop();
        tried.push("the instance metadata service: switched off by AWS_EC2_METADATA_DISABLED".to_owned());
    }
    let text = format!("no AWS credentials ({})", tried.join("; "));
    Err(KeyError::new("key.credentials", text, SIGN_IN))
}

const SIGN_IN: &str = "sign in: aws configure sso, then aws sso login; or name one with profile=NAME in the reference";

/// Nothing was configured, so nothing was asked.
pub(super) fn nowhere(traces: &AwsTraces) -> KeyError {
    let home = |f: &std::path::PathBuf| {
        let text = f.display().to_string();
        let usual = ["config", "credentials"].map(|n| format!("/.aws/{n}"));
        usual.iter().find(|u| text.ends_with(*u)).map_or_else(|| shown(&text), |u| format!("~{u}"))
    };
    let mut looked: Vec<String> = vec!["the environment".to_owned()];
    looked.extend(traces.files.iter().map(home));
    KeyError::new("key.credentials", format!("no AWS credentials: looked in {}", looked.join(", ")), SIGN_IN)
}

fn ended(source: &str) -> KeyError {
    let text = format!("the AWS session of {source} has ended");
    KeyError::new("key.credentials", text, "sign in again: aws sso login, or get new temporary credentials")
}

fn lapsed(profile: Option<&str>) -> KeyError {
    let (of, with) = profile.map_or_else(Default::default, |p| (format!(" of “{p}”"), format!(" --profile {p}")));
    let text = format!("the AWS single sign-on session{of} has lapsed, or was never begun");
    KeyError::new("key.credentials", text, format!("aws sso login{with}, then try again"))
}

fn unusable(source: &str, error: &CredentialsError) -> KeyError {
    // what is inside may hold a token: only the kind is told
    let why = match error {
        CredentialsError::InvalidConfiguration(_) => "its configuration is not right",
        CredentialsError::ProviderTimedOut(_) => "it did not answer",
        _ => "it failed",
    };
    let text = format!("AWS credentials of {source}: {why}");
    KeyError::new("key.credentials", text, "aws sts get-caller-identity shows the same fault with its details")
}

fn says(error: &(dyn StdError + 'static), words: &[&str]) -> bool {
    let mut at = Some(error);
    while let Some(now) = at {
        let text = now.to_string();
        if words.iter().any(|w| text.contains(w)) {
            return true;
        }
        at = now.source();
    }
    false
}
