//! Making a key of KMS: the key, its alias, and where one is wanted its replica in a second region with the same alias.
//!
//! AWS has no way to do it all or nothing. So whatever breaks off says what was made, how it can be used, and how it is
//! undone; and nothing is asked twice that could make a second key.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::types::{KeyState, KeyUsageType, Tag};
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::credentials::Reach;
use super::fault::Fault;
use super::key::KmsKey;
use super::line::Line;
use super::reference::{KeyId, Reference, is_region};
use super::{Inner, Kms, Place, spec};
use crate::keys::error::shown;
use crate::keys::{Generate, Key, KeyError, KeyUri, Making, material};

/// A new key, and more so its replica, is seen everywhere only after a while.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// What there is so far.
struct Made {
    arn: String,
    alias: Option<String>,
    replica: Option<String>,
}

impl Made {
    fn half(&self, broke: &KeyError) -> KeyError {
        let Self { arn, alias, replica } = self;
        let alias = alias.as_ref().map(|a| format!(", its alias {a}")).unwrap_or_default();
        let copy = replica.as_ref().map(|r| format!(", its replica {r}")).unwrap_or_default();
        let undo: Vec<String> =
            replica.iter().chain([arn]).map(|a| format!("countersign keys delete awskms:key-id={a}")).collect();
        let text = format!("{broke}; made before that: the key {arn}{alias}{copy}");
        let hint = format!(
            "{}, then make what is missing in the AWS console, or use the key as it is: awskms:key-id={arn}; to undo: {}",
            broke.hint,
            undo.join(", then ")
        );
        KeyError::new("key.half-made", text, hint)
    }
}

impl Inner {
    async fn make(self: &Arc<Self>, uri: &KeyUri, making: &Making) -> Result<Arc<dyn Key>, KeyError> {
        let reference = Reference::parse(uri)?;
        let KeyId::Alias(alias) = &reference.key else {
            let text = format!("{} is no name for a new key: KMS gives ids itself", shown(reference.key.as_str()));
            return Err(KeyError::new(
                "key.reference",
                text,
                "name the alias: awskms:key-id=alias/NAME;region=eu-west-1",
            ));
        };
        if alias.starts_with("alias/aws/") {
            let text = "aliases that begin with alias/aws/ are AWS's own";
            return Err(KeyError::new("key.reference", text, "choose another name: alias/NAME"));
        }
        let Some(theirs) = spec::theirs(making.spec) else {
            let text = format!("KMS makes no {} keys that sign a digest", making.spec);
            return Err(KeyError::new(
                "key.algorithm",
                text,
                "choose ES256, ES384, ES512, or an RSA key of 2048, 3072, 4096",
            ));
        };
        let place = self.place(&reference).await?;
        let second = match &making.replica {
            None => None,
            Some(region) if !is_region(region) || *region == place.region => {
                let text = format!("“{}” is no second region", shown(region));
                return Err(KeyError::new(
                    "key.reference",
                    text,
                    "give another region than the key's, for example eu-central-1",
                ));
            }
            Some(region) => Some(Place { region: region.clone(), profile: place.profile.clone() }),
        };
        let tags = making.tags.iter().map(|(k, v)| Tag::builder().tag_key(k).tag_value(v).build());
        let tags: Vec<Tag> = tags.collect::<Result<_, _>>().map_err(|_| {
            KeyError::new("key.reference", "a tag needs a name and a value", "correct the tags of the profile")
        })?;

        let line = self.line(&place, Reach::Metadata).await?;
        let far = match &second {
            None => None,
            Some(place) => Some(self.line(place, Reach::Metadata).await?),
        };
        // before anything is made: whether both names are free
        for line in [Some(&line), far.as_ref()].into_iter().flatten() {
            free(line, alias).await?;
        }

        let unlock = &self.ground.unlock;
        unlock.hear(&format!("AWS KMS: making a key ({}) in {}", making.spec, line.region));
        let asked = || {
            line.client
                .create_key()
                .key_spec(theirs.clone())
                .key_usage(KeyUsageType::SignVerify)
                .multi_region(far.is_some())
                .set_description(making.description.clone())
                .set_tags(Some(tags.clone()).filter(|t| !t.is_empty()))
                .send()
        };
        let created = line.told("kms:CreateKey", alias, asked).await?;
        let Some(key) = created.key_metadata() else {
            let text = "KMS made a key and did not say which";
            return Err(KeyError::new(
                "key.half-made",
                text,
                "look for it in the AWS console, under customer managed keys",
            ));
        };
        let arn = shown(key.arn().unwrap_or_else(|| key.key_id()));
        let mut made = Made { arn, alias: None, replica: None };
        let done = self.name_and_copy(&line, far.as_deref(), alias, &tags, making, &mut made).await;
        let done = match done {
            Ok(()) => self.prove(uri, place, &made).await,
            Err(e) => Err(e),
        };
        done.map_err(|e| made.half(&e))
    }

    async fn name_and_copy(
        &self,
        line: &Line,
        far: Option<&Line>,
        alias: &str,
        tags: &[Tag],
        making: &Making,
        made: &mut Made,
    ) -> Result<(), KeyError> {
        let unlock = &self.ground.unlock;
        enabled(line, &made.arn).await?;
        name(line, &made.arn, alias).await?;
        made.alias = Some(alias.to_owned());
        let Some(far) = far else { return Ok(()) };
        unlock.hear(&format!("AWS KMS: copying the key to {}", far.region));
        let asked = || {
            line.client
                .replicate_key()
                .key_id(&made.arn)
                .replica_region(&far.region)
                .set_description(making.description.clone())
                .set_tags(Some(tags.to_vec()).filter(|t| !t.is_empty()))
                .send()
        };
        let copied = line.told("kms:ReplicateKey", &made.arn, asked).await?;
        let replica = copied.replica_key_metadata().and_then(|k| k.arn()).map(shown);
        let replica = replica.unwrap_or_else(|| made.arn.replacen(&line.region, &far.region, 1));
        made.replica = Some(replica.clone());
        enabled(far, &replica).await?;
        name(far, &replica, alias).await
    }

    /// Read back and tried: only then is it made. By its ARN, as an alias may be seen only later.
    async fn prove(self: &Arc<Self>, uri: &KeyUri, place: Place, made: &Made) -> Result<Arc<dyn Key>, KeyError> {
        let mut key = KmsKey::open(self.clone(), place, &made.arn, uri.clone()).await?;
        if let Some(alias) = &made.alias {
            key.info.label = shown(alias);
        }
        material::proven(&key).await?;
        let key = Arc::new(key);
        super::lock(&self.opened).insert(uri.clone(), key.clone());
        Ok(key)
    }
}

async fn free(line: &Line, alias: &str) -> Result<(), KeyError> {
    match line.ask("kms:DescribeKey", || line.client.describe_key().key_id(alias).send()).await {
        Err(Fault::NotFound) => Ok(()),
        Err(fault) => Err(fault.told(&line.site("kms:DescribeKey", alias))),
        Ok(found) => {
            let whose = found.key_metadata().map(|k| shown(k.arn().unwrap_or_else(|| k.key_id()))).unwrap_or_default();
            let use_it = Reference::uri(alias, &line.region, line.profile.as_deref());
            let text = format!("{} already names a key in {}: {whose}", shown(alias), line.region);
            Err(KeyError::new("key.exists", text, format!("use it: --bind 'ROLE={use_it}', or choose another alias")))
        }
    }
}

/// A key may be made in one part of AWS and not yet be known in another.
async fn enabled(line: &Line, arn: &str) -> Result<(), KeyError> {
    let until = Instant::now() + READY_WITHIN;
    for nth in 0.. {
        let asked = || line.client.describe_key().key_id(arn).send();
        let (state, fault) = match line.ask("kms:DescribeKey", asked).await {
            Ok(d) => (d.key_metadata().and_then(|k| k.key_state()).cloned(), None),
            Err(Fault::NotFound) => (None, Some(Fault::NotFound)),
            Err(fault) => return Err(fault.told(&line.site("kms:DescribeKey", arn))),
        };
        match state {
            Some(KeyState::Enabled) => return Ok(()),
            None | Some(KeyState::Creating | KeyState::Updating) if Instant::now() < until => {}
            _ => {
                let state = state.as_ref().map_or("not seen", KeyState::as_str).to_owned();
                let fault = fault.unwrap_or(Fault::State(state));
                return Err(fault.told(&line.site("kms:DescribeKey", arn)));
            }
        }
        let doing = format!("AWS KMS: the key in {} is not ready yet", line.region);
        line.ground.wait(nth.min(3), &doing).await;
    }
    Ok(())
}

async fn name(line: &Line, arn: &str, alias: &str) -> Result<(), KeyError> {
    let until = Instant::now() + READY_WITHIN;
    for nth in 0.. {
        let asked = || line.client.create_alias().alias_name(alias).target_key_id(arn).send();
        match line.ask("kms:CreateAlias", asked).await {
            Ok(_) => break,
            // a key that was seen a moment ago
            Err(Fault::NotFound) if Instant::now() < until => {}
            Err(Fault::NotFound) => return Err(Fault::NotFound.told(&line.site("kms:CreateAlias", arn))),
            Err(fault) => return Err(fault.told(&line.site("kms:CreateAlias", alias))),
        }
        line.ground.wait(nth.min(3), &format!("AWS KMS: the key in {} is not known everywhere yet", line.region)).await;
    }
    Ok(())
}

impl Generate for Kms {
    fn generate<'a>(&'a self, uri: &'a KeyUri, making: &'a Making) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(self.0.make(uri, making))
    }
}
