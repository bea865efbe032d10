//! Deleting a key of KMS: AWS waits for 30 days, in which it can be brought back.

use aws_sdk_kms::types::{KeyMetadata, KeyState, MultiRegionKeyType};
use futures_util::future::BoxFuture;

use super::credentials::Reach;
use super::fault::Fault;
use super::line::Line;
use super::reference::Reference;
use super::{Inner, Kms, Place, lock};
use crate::keys::error::shown;
use crate::keys::{Delete, Deleted, KeyError, KeyUri};
use crate::time::Timestamp;

/// The longest that AWS offers.
const DAYS: i32 = 30;

impl Inner {
    async fn found(&self, uri: &KeyUri) -> Result<(std::sync::Arc<Line>, KeyMetadata), KeyError> {
        let reference = Reference::parse(uri)?;
        let line = self.line(&self.place(&reference).await?, Reach::Metadata).await?;
        let named = reference.key.as_str();
        let described = line.told("kms:DescribeKey", named, || line.client.describe_key().key_id(named).send()).await?;
        let key = described
            .key_metadata
            .ok_or_else(|| KeyError::new("key.store", format!("KMS says nothing of {}", shown(named)), "try again"))?;
        Ok((line, key))
    }

    async fn delete(&self, uri: &KeyUri) -> Result<Deleted, KeyError> {
        let (line, key) = self.found(uri).await?;
        let arn = key.arn().unwrap_or_else(|| key.key_id());
        if let Some(live) = self.live_replica(&line, &key).await? {
            let text = format!("{} has a replica in another region", shown(arn));
            let hint = format!("delete that one first: countersign keys delete awskms:key-id={}", shown(&live));
            return Err(KeyError::new("key.refused", text, hint));
        }
        lock(&self.opened).retain(|_, k| k.arn != arn);
        let asked = || line.client.schedule_key_deletion().key_id(arn).pending_window_in_days(DAYS).send();
        let answer = line.told("kms:ScheduleKeyDeletion", arn, asked).await?;
        let now = line.ground.clock.now();
        let until = answer
            .deletion_date()
            .map_or_else(|| now.plus_seconds(i64::from(DAYS) * 86_400), |d| Timestamp::from_seconds(d.secs()));
        Ok(Deleted::Scheduled { until })
    }

    /// A copy of this primary key that is not on its way out. AWS would keep the primary for as long as there is one.
    async fn live_replica(&self, line: &Line, key: &KeyMetadata) -> Result<Option<String>, KeyError> {
        let Some(all) = key.multi_region_configuration() else { return Ok(None) };
        if all.multi_region_key_type() != Some(&MultiRegionKeyType::Primary) {
            return Ok(None);
        }
        for (arn, region) in all.replica_keys().iter().filter_map(|r| Some((r.arn()?, r.region()?))) {
            let place = Place { region: region.to_owned(), profile: line.profile.clone() };
            let far = self.line(&place, Reach::Metadata).await?;
            match far.ask("kms:DescribeKey", || far.client.describe_key().key_id(arn).send()).await {
                Err(Fault::NotFound) => {}
                Ok(d) if d.key_metadata().and_then(|k| k.key_state()) == Some(&KeyState::PendingDeletion) => {}
                _ => return Ok(Some(arn.to_owned())),
            }
        }
        Ok(None)
    }

    async fn restore(&self, uri: &KeyUri) -> Result<(), KeyError> {
        let (line, key) = self.found(uri).await?;
        let arn = key.arn().unwrap_or_else(|| key.key_id());
        match key.key_state() {
            Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => {
                let asked = || line.client.cancel_key_deletion().key_id(arn).send();
                line.told("kms:CancelKeyDeletion", arn, asked).await?;
            }
            Some(KeyState::Disabled) => {}
            _ => {
                let text = format!("{} was neither deleted nor disabled", shown(arn));
                return Err(KeyError::new("key.not-found", text, "there is nothing to bring back; use it as it is"));
            }
        }
        // a key whose deletion was cancelled is disabled
        line.told("kms:EnableKey", arn, || line.client.enable_key().key_id(arn).send()).await?;
        Ok(())
    }
}

impl Delete for Kms {
    fn delete<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Deleted, KeyError>> {
        Box::pin(self.0.delete(uri))
    }

    fn restore<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<(), KeyError>> {
        Box::pin(self.0.restore(uri))
    }
}
