//! Whether a key that is there can sign, and if not, why.

use aws_sdk_kms::primitives::DateTime;
use aws_sdk_kms::types::{KeyMetadata, KeyState, KeyUsageType};

use super::spec;
use crate::keys::error::shown;
use crate::keys::{KeyError, KeySpec};

pub(super) fn usable(key: &KeyMetadata, name: &str) -> Result<KeySpec, KeyError> {
    let name = shown(name);
    if key.key_usage() != Some(&KeyUsageType::SignVerify) {
        let usage = shown(key.key_usage().map_or("unknown", KeyUsageType::as_str));
        let text = format!("{name} is not for signing: its usage is {usage}");
        return Err(KeyError::new(
            "key.usage",
            text,
            "take a key of the usage SIGN_VERIFY: it cannot be changed later",
        ));
    }
    let found = key.key_spec().and_then(spec::ours).ok_or_else(|| {
        let spec = shown(key.key_spec().map_or("unknown", |s| s.as_str()));
        let text = format!("{name} is of the spec {spec}, which signs nothing this program makes with KMS");
        KeyError::new("key.algorithm", text, "take ECC_NIST_P256, P384, P521, or RSA_2048, 3072, 4096")
    })?;
    match key.key_state() {
        Some(KeyState::Enabled) => Ok(found),
        Some(KeyState::Disabled) => Err(KeyError::new(
            "key.disabled",
            format!("{name} is disabled"),
            "enable it again: countersign keys restore REF, or in the AWS console",
        )),
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => Err(pending(key, &name)),
        other => {
            let state = shown(other.map_or("unknown", KeyState::as_str));
            let hint = "wait a minute and try again; a key that waits for key material needs it imported";
            Err(KeyError::new("key.not-ready", format!("{name} cannot be used: its state is {state}"), hint))
        }
    }
}

fn pending(key: &KeyMetadata, name: &str) -> KeyError {
    let when =
        key.deletion_date().map_or_else(|| "once its replicas are gone".to_owned(), |d| format!("on {}", day(d)));
    let text = format!("{name} is pending deletion: AWS deletes it {when}");
    KeyError::new("key.pending-deletion", text, "to keep it: countersign keys restore REF")
}

/// `2026-12-24`.
pub(super) fn day(date: &DateTime) -> String {
    jiff::Timestamp::from_second(date.secs())
        .map_or_else(|_| "an unknown day".to_owned(), |t| t.strftime("%F").to_string())
}
