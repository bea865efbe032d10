//! `awskms:key-id=…;region=…`: keys in AWS KMS, which never leave it.
//!
//! Nothing is read or connected before the first use. Only a digest is ever sent to be signed, and a signature is handed
//! on once the public half has verified it. Where AWS is, and whose credentials are used, is AWS's own configuration
//! (environment, `~/.aws`, container, instance metadata), never a reference's; a list asks no metadata service.

mod bin;
mod credentials;
mod fault;
mod key;
mod line;
mod list;
mod make;
mod reference;
mod spec;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::Region;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use futures_util::future::BoxFuture;

use credentials::{Lent, Reach, lend, nowhere};
use key::KmsKey;
use line::{Ground, Line};
use reference::{Reference, SCHEME};

use super::{Delete, Generate, Key, KeyError, KeyInfo, KeyStore, KeyUri, LeftOut, Unlock};
use crate::clock::Clock;
use crate::config::AwsTraces;

/// Credentials with less time than this are got anew.
const SPARE_SECONDS: i64 = 60;
/// The first pause where KMS throttles; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(400);

/// AWS KMS, in every region.
pub struct Kms(Arc<Inner>);

struct Inner {
    http: SharedHttpClient,
    traces: AwsTraces,
    ground: Arc<Ground>,
    lines: Mutex<BTreeMap<Place, Arc<Line>>>,
    opened: Mutex<BTreeMap<KeyUri, Arc<KmsKey>>>,
    left_out: Mutex<Vec<LeftOut>>,
}

/// A region, and the AWS profile whose credentials reach it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    region: String,
    profile: Option<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kms {
    /// `http` carries every request; `traces` says what of AWS's configuration may be there.
    pub fn new(http: SharedHttpClient, traces: AwsTraces, unlock: Arc<dyn Unlock>, clock: Arc<dyn Clock>) -> Self {
        Self::pausing(http, traces, unlock, clock, PAUSE)
    }

    fn pausing(
        http: SharedHttpClient,
        traces: AwsTraces,
        unlock: Arc<dyn Unlock>,
        clock: Arc<dyn Clock>,
        pause: Duration,
    ) -> Self {
        let ground = Arc::new(Ground { unlock, clock, pause });
        let (lines, opened, left_out) = Default::default();
        Self(Arc::new(Inner { http, traces, ground, lines, opened, left_out }))
    }
}

impl Inner {
    async fn place(&self, reference: &Reference) -> Result<Place, KeyError> {
        let profile = reference.profile.clone();
        let region = match &reference.region {
            Some(region) => region.clone(),
            None => configured_region(profile.as_deref()).await?,
        };
        Ok(Place { region, profile })
    }

    async fn line(&self, place: &Place, reach: Reach) -> Result<Arc<Line>, KeyError> {
        let now = self.ground.clock.now();
        let fresh = |line: &&Arc<Line>| line.ends_at.is_none_or(|end| end > now.plus_seconds(SPARE_SECONDS));
        if let Some(line) = lock(&self.lines).get(place).filter(fresh) {
            return Ok(line.clone());
        }
        if reach == Reach::Configured && !self.traces.any() {
            return Err(nowhere(&self.traces));
        }
        let region = Region::new(place.region.clone());
        let config = ProviderConfig::without_region()
            .with_http_client(self.http.clone())
            .with_region(Some(region.clone()))
            .with_behavior_version(Some(BehaviorVersion::latest()));
        let lent = lend(&config, place.profile.as_deref(), reach, &self.traces, now).await?;
        let line = Arc::new(self.connect(place, region, lent).await);
        lock(&self.lines).insert(place.clone(), line.clone());
        Ok(line)
    }

    /// Reads where the endpoint is; opens nothing.
    async fn connect(&self, place: &Place, region: Region, lent: Lent) -> Line {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .region(region)
            .retry_config(RetryConfig::disabled())
            .no_credentials();
        if let Some(profile) = &place.profile {
            loader = loader.profile_name(profile);
        }
        let shared = loader.load().await;
        let ends_at = lent.ends_at();
        let config = aws_sdk_kms::config::Builder::from(&shared).credentials_provider(lent.credentials).build();
        Line {
            client: Client::from_conf(config),
            region: place.region.clone(),
            profile: place.profile.clone(),
            source: lent.source,
            ends_at,
            ground: self.ground.clone(),
        }
    }

    fn forget(&self, place: &Place) {
        lock(&self.lines).remove(place);
    }

    async fn open(self: &Arc<Self>, uri: &KeyUri) -> Result<Arc<KmsKey>, KeyError> {
        if let Some(key) = lock(&self.opened).get(uri) {
            return Ok(key.clone());
        }
        let reference = Reference::parse(uri)?;
        let place = self.place(&reference).await?;
        let key = Arc::new(KmsKey::open(self.clone(), place, reference.key.as_str(), uri.clone()).await?);
        lock(&self.opened).insert(uri.clone(), key.clone());
        Ok(key)
    }
}

/// The region of AWS's own configuration. A metadata service is not asked: a key has its region, the machine another.
async fn configured_region(profile: Option<&str>) -> Result<String, KeyError> {
    let mut files = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        files = files.profile_name(profile);
    }
    let chain = match profile {
        Some(_) => RegionProviderChain::first_try(files.build()),
        None => RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(files.build()),
    };
    let region = chain.region().await.map(|r| r.to_string());
    region.filter(|r| reference::is_region(r)).ok_or_else(|| {
        KeyError::new(
            "key.reference",
            "no AWS region is said: not by the reference, the environment or ~/.aws/config",
            "add ;region=eu-west-1 to the reference, or set AWS_REGION",
        )
    })
}

impl KeyStore for Kms {
    fn scheme(&self) -> &'static str {
        SCHEME
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>> {
        Box::pin(self.0.list())
    }

    fn left_out(&self) -> Vec<LeftOut> {
        lock(&self.0.left_out).clone()
    }

    fn open<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move { Ok(self.0.open(uri).await? as Arc<dyn Key>) })
    }

    fn as_generate(&self) -> Option<&dyn Generate> {
        Some(self)
    }

    fn as_delete(&self) -> Option<&dyn Delete> {
        Some(self)
    }
}
