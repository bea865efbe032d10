//! One key of KMS, opened: its public half is known here, so that a signature is one call.

use std::sync::Arc;

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MessageType;
use futures_util::future::BoxFuture;

use super::credentials::Reach;
use super::fault::Fault;
use super::line::Line;
use super::spec::Recipe;
use super::state::usable;
use super::{Inner, Place};
use crate::jose::{Alg, PublicJwk, der, verify};
use crate::keys::error::shown;
use crate::keys::{Key, KeyError, KeyInfo, KeyUri};

pub(super) struct KmsKey {
    pub info: KeyInfo,
    /// What signs, wherever an alias points meanwhile.
    pub arn: String,
    place: Place,
    kms: Arc<Inner>,
}

impl KmsKey {
    /// `named`: as the API takes it.
    pub async fn open(kms: Arc<Inner>, place: Place, named: &str, uri: KeyUri) -> Result<Self, KeyError> {
        let line = kms.line(&place, Reach::Metadata).await?;
        let asked = || line.client.describe_key().key_id(named).send();
        let described = line.told("kms:DescribeKey", named, asked).await?;
        let key = described.key_metadata().ok_or_else(|| broken(named))?;
        let spec = usable(key, named)?;
        let arn = key.arn().unwrap_or_else(|| key.key_id()).to_owned();
        let public = public(&line, &arn, named).await?;
        let info = KeyInfo {
            uri,
            label: shown(named),
            spec,
            public,
            exportable: false,
            costly: true,
            chain: Vec::new(),
            warning: None,
        };
        Ok(Self { info, arn, place, kms })
    }

    /// A signature came back that is not this key's: whose is it?
    async fn alarm(&self, line: &Line) -> KeyError {
        let name = &self.info.label;
        match public(line, &self.arn, name).await {
            Ok(now) if now.thumbprint() != self.info.public.thumbprint() => {
                let text = format!(
                    "ALARM: another key stands behind {name} now: its thumbprint was {}, and is {}",
                    self.info.public.thumbprint(),
                    now.thumbprint()
                );
                let hint = "nothing was sent; find out who changed it (CloudTrail), then open the key anew";
                KeyError::new("key.changed", text, hint)
            }
            _ => {
                let text = format!("ALARM: KMS gave a signature for {name} that its public key does not verify");
                let hint = "nothing was sent; see whether AWS_ENDPOINT_URL_KMS leads to the true AWS, and tell AWS";
                KeyError::new("key.signature", text, hint)
            }
        }
    }

    /// KMS says that the state is wrong: which, and until when.
    async fn why(&self, line: &Line, fault: Fault) -> KeyError {
        let name = &self.info.label;
        if fault == Fault::Ended {
            // the next signature looks for new credentials
            self.kms.forget(&self.place);
        }
        if let Fault::State(_) = fault {
            let asked = || line.client.describe_key().key_id(&self.arn).send();
            if let Ok(described) = line.ask("kms:DescribeKey", asked).await
                && let Some(Err(error)) = described.key_metadata().map(|k| usable(k, name))
            {
                return error;
            }
        }
        fault.told(&line.site("kms:Sign", name))
    }
}

impl Key for KmsKey {
    fn info(&self) -> &KeyInfo {
        &self.info
    }

    fn sign<'a>(&'a self, alg: Alg, input: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        Box::pin(async move {
            let cannot = || KeyError::algorithm(self.info.spec, alg);
            let recipe = Recipe::of(alg).filter(|_| self.info.spec.signs(alg)).ok_or_else(cannot)?;
            let digest = recipe.digest(input).ok_or_else(cannot)?;
            let line = self.kms.line(&self.place, Reach::Metadata).await?;
            let asked = || {
                let call = line.client.sign().key_id(&self.arn).message_type(MessageType::Digest);
                call.message(Blob::new(digest.clone())).signing_algorithm(recipe.theirs.clone()).send()
            };
            let answer = match line.ask("kms:Sign", asked).await {
                Ok(answer) => answer,
                Err(fault) => return Err(self.why(&line, fault).await),
            };
            let theirs = answer.signature().map(Blob::as_ref).unwrap_or_default();
            let signature = match recipe.integer {
                Some(size) => der::to_raw(theirs, size).ok(),
                None => Some(theirs.to_vec()),
            };
            let good = |s: &Vec<u8>| verify(alg, &self.info.public, input, s).is_ok();
            match signature.filter(good) {
                Some(signature) => Ok(signature),
                None => Err(self.alarm(&line).await),
            }
        })
    }
}

pub(super) async fn public(line: &Line, id: &str, name: &str) -> Result<PublicJwk, KeyError> {
    let asked = || line.client.get_public_key().key_id(id).send();
    let got = line.told("kms:GetPublicKey", name, asked).await?;
    let spki = got.public_key().map(Blob::as_ref).unwrap_or_default();
    PublicJwk::from_spki_der(spki).map_err(|_| broken(name))
}

fn broken(name: &str) -> KeyError {
    let text = format!("what KMS says of {} cannot be read", shown(name));
    KeyError::new("key.store", text, "see whether AWS_ENDPOINT_URL_KMS leads to the true AWS, and try again")
}
