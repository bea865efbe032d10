//! A line to KMS in one region with one set of credentials: one question at a time, asked again only where KMS says that it
//! was asked too often.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::fault::{Fault, Site};
use crate::clock::Clock;
use crate::keys::{KeyError, Unlock};
use crate::time::Timestamp;

const TRIES: u32 = 3;

pub(super) struct Line {
    pub client: Client,
    pub region: String,
    pub profile: Option<String>,
    /// Where the credentials came from.
    pub source: &'static str,
    /// When the credentials end.
    pub ends_at: Option<Timestamp>,
    pub ground: Arc<Ground>,
}

/// What all lines of the store share.
pub(super) struct Ground {
    pub unlock: Arc<dyn Unlock>,
    pub clock: Arc<dyn Clock>,
    /// The first pause of those that double; tests have none.
    pub pause: Duration,
}

impl Ground {
    /// Half of it to all of it: many who were refused at once do not come back at once.
    #[expect(clippy::disallowed_methods, reason = "no secret comes of it, and no run is replayed through a pause")]
    fn jittered(&self, pause: Duration) -> Duration {
        let mut byte = [128];
        // without chance it is the middle
        let _ = getrandom::fill(&mut byte);
        pause.mul_f64(0.5 + f64::from(byte[0]) / 510.0)
    }

    pub async fn wait(&self, nth: u32, doing: &str) {
        let pause = self.jittered(self.pause * 2_u32.saturating_pow(nth));
        self.unlock.hear(&format!("{doing}: again in {:.1} s", pause.as_secs_f64()));
        tokio::time::sleep(pause).await;
    }
}

impl Line {
    pub fn site(&self, action: &'static str, key: &str) -> Site {
        Site { action, key: key.to_owned(), region: self.region.clone(), source: self.source }
    }

    /// Asks, and again after a pause where KMS throttles: then nothing has been done yet.
    pub async fn ask<T, E, F>(&self, action: &str, question: impl Fn() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut tried = 0;
        loop {
            let fault = match question().await {
                Ok(answer) => return Ok(answer),
                Err(error) => Fault::of(&error, self.ground.clock.now()),
            };
            tried += 1;
            if fault != Fault::Throttled || tried == TRIES {
                return Err(fault);
            }
            self.ground.wait(tried - 1, &format!("AWS KMS is throttling {action}")).await;
        }
    }

    /// As [`Self::ask`], with the failure in words.
    pub async fn told<T, E, F>(&self, action: &'static str, key: &str, question: impl Fn() -> F) -> Result<T, KeyError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        self.ask(action, question).await.map_err(|fault| fault.told(&self.site(action, key)))
    }
}
