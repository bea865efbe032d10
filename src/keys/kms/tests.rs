//! The store against answers as AWS documents them, given without a socket. What a peer does is in `tests/kms.rs`.

mod failures;
mod fake;
mod whole;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_kms::config::Region;
use futures_util::future::BoxFuture;

use super::credentials::Lent;
use super::{Kms, Place, lock};
use crate::clock::FixedClock;
use crate::config::AwsTraces;
use crate::keys::{KeyError, Unlock, Wanted};
use crate::secret::Secret;
use crate::time::Timestamp;
use fake::Fake;

const NOW: i64 = 1_795_000_000;

/// Remembers what it hears.
#[derive(Default)]
struct Ear(Mutex<Vec<String>>);

impl Unlock for Ear {
    fn ask(&self, _: Wanted) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(async { None })
    }
    fn hear(&self, progress: &str) {
        self.0.lock().unwrap().push(progress.to_owned());
    }
}

/// A store on the fake, with credentials for two regions.
async fn kms(fake: &Fake) -> (Kms, Arc<Ear>) {
    let ear = Arc::new(Ear::default());
    let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(NOW)));
    let traces = AwsTraces { variables: vec!["AWS_ACCESS_KEY_ID"], ..AwsTraces::default() };
    let kms = Kms::pausing(fake.http(), traces, ear.clone(), clock, Duration::ZERO);
    for region in ["eu-west-1", "eu-central-1"] {
        let place = Place { region: region.to_owned(), profile: None };
        let credentials = Credentials::new("AKIDEXAMPLE", "s3cret", None, None, "test");
        let lent = Lent { credentials, source: "the environment" };
        let line = Arc::new(kms.0.connect(&place, Region::new(region), lent).await);
        lock(&kms.0.lines).insert(place, line);
    }
    (kms, ear)
}

fn words(error: &KeyError) -> String {
    assert!(!error.hint.is_empty() && !format!("{error:?}").contains("s3cret"), "{error:?}");
    format!("{}\n  {}\n  try: {}\n", error.id, error.text, error.hint)
}
