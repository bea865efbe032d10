//! AWS KMS as moto has it, put right and made to fail by `.ci/peers/moto_kms.py`; `.ci/peers/moto.sh test` brings it about.
//! What needs no KMS at all, whose credentials are looked for and where, is tested always.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests speak plainly"
)]

#[path = "it/support.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
mod support;

#[path = "kms/commands.rs"]
mod commands;
#[path = "kms/credentials.rs"]
mod credentials;
#[path = "kms/failures.rs"]
mod failures;
#[path = "kms/program.rs"]
mod program;
#[path = "kms/whole.rs"]
mod whole;

use std::sync::{Arc, Mutex};

use countersign::clock::SystemClock;
use countersign::config::AwsTraces;
use countersign::keys::kms::Kms;
use countersign::keys::{KeyError, KeyUri, Unlock, Wanted};
use countersign::net::aws_http;
use countersign::secret::Secret;
use futures_util::future::BoxFuture;

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

fn store() -> (Kms, Arc<Ear>) {
    let (clock, ear) = (Arc::new(SystemClock), Arc::new(Ear::default()));
    (Kms::new(aws_http(clock.clone()), AwsTraces::read(), ear.clone(), clock), ear)
}

/// A snapshot, but for what a day and a run change.
fn read(name: &str, said: &[String]) {
    let filters = vec![
        (r"\d{4}-\d\d-\d\d", "DAY"),
        (r"key/(mrk-)?[0-9a-f-]{32,36}", "key/${1}KEY"),
        (r"[A-Za-z0-9_-]{43}", "THUMBPRINT"),
        (r"differs from AWS's by -?\d s", "differs from AWS's by a few s"),
    ];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(name, said.join("\n"));
    });
}

fn told(error: &KeyError) -> String {
    format!("{}: {error}: {}", error.id, error.hint)
}

fn alias(name: &str) -> KeyUri {
    KeyUri::new("awskms", format!("key-id=alias/{name};region=eu-west-1"))
}
