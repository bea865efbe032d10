//! `awskms:key-id=ID|ARN|alias/NAME;region=REGION;profile=NAME`, read strictly.

use std::fmt;

use crate::keys::error::shown;
use crate::keys::{KeyError, KeyUri};

pub(super) const SCHEME: &str = "awskms";

/// A key of AWS KMS, as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub key: KeyId,
    /// What the reference or the ARN says. None: AWS's own configuration does.
    pub region: Option<String>,
    /// A profile of AWS's own configuration.
    pub profile: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyId {
    /// A key id, `mrk-` or a UUID.
    Id(String),
    /// With its `alias/`.
    Alias(String),
    Arn(String),
}

impl KeyId {
    /// As the API takes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(text) | Self::Alias(text) | Self::Arn(text) => text,
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const SHAPE: &str = "awskms:key-id=ID, ARN or alias/NAME;region=eu-west-1, for example \
    awskms:key-id=alias/ciam-acme;region=eu-west-1";

impl Reference {
    pub fn parse(uri: &KeyUri) -> Result<Self, KeyError> {
        let wrong = |what: String| {
            KeyError::new("key.reference", format!("“{}”: {what}", shown(&uri.to_string())), format!("write {SHAPE}"))
        };
        let (mut key, mut region, mut profile) = (None, None, None);
        for part in uri.rest().split(';') {
            let Some((name, value)) = part.split_once('=') else {
                return Err(wrong(format!("“{}” is not NAME=VALUE", shown(part))));
            };
            let slot = match name {
                "key-id" => &mut key,
                "region" => &mut region,
                "profile" => &mut profile,
                "endpoint" | "endpoint-url" | "endpoint_url" => {
                    let text = format!("“{}” names an endpoint", shown(&uri.to_string()));
                    let hint = "a reference never says where AWS is; for an emulator set AWS_ENDPOINT_URL_KMS, or \
                        endpoint_url in ~/.aws/config";
                    return Err(KeyError::new("key.reference", text, hint));
                }
                _ => return Err(wrong(format!("there is no “{}”: it has key-id, region, profile", shown(name)))),
            };
            if slot.replace(value).is_some() {
                return Err(wrong(format!("{name} stands twice")));
            }
        }
        let Some(key) = key else { return Err(wrong("key-id is missing".to_owned())) };
        let (key, arns) = key_id(key).ok_or_else(|| wrong(format!("“{}” names no key of KMS", shown(key))))?;
        if let Some(bad) = region.filter(|r| !is_region(r)) {
            return Err(wrong(format!("“{}” is no region", shown(bad))));
        }
        if let (Some(arns), Some(said)) = (&arns, region)
            && arns != said
        {
            return Err(wrong(format!("the ARN is of {arns} and the region says {said}")));
        }
        if let Some(bad) = profile.filter(|p| !is_profile(p)) {
            return Err(wrong(format!("“{}” is no name of an AWS profile", shown(bad))));
        }
        Ok(Self { key, region: arns.or(region.map(str::to_owned)), profile: profile.map(str::to_owned) })
    }

    /// A reference to the same key by another id.
    pub fn uri(key: &str, region: &str, profile: Option<&str>) -> KeyUri {
        let region = if key.starts_with("arn:") { String::new() } else { format!(";region={region}") };
        let profile = profile.map(|p| format!(";profile={p}")).unwrap_or_default();
        KeyUri::new(SCHEME, format!("key-id={key}{region}{profile}"))
    }
}

/// The id, and an ARN's region.
fn key_id(text: &str) -> Option<(KeyId, Option<String>)> {
    if let Some(rest) = text.strip_prefix("arn:") {
        let [partition, "kms", region, account, resource] = rest.splitn(5, ':').collect::<Vec<_>>()[..] else {
            return None;
        };
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let known = partition == "aws" || partition.strip_prefix("aws-").is_some_and(is_word);
        let named = resource.strip_prefix("key/").map_or_else(|| is_alias(resource), is_id);
        return (digits && known && named && is_region(region))
            .then(|| (KeyId::Arn(text.to_owned()), Some(region.to_owned())));
    }
    if is_alias(text) {
        return Some((KeyId::Alias(text.to_owned()), None));
    }
    is_id(text).then(|| (KeyId::Id(text.to_owned()), None))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`.
pub(super) fn is_region(text: &str) -> bool {
    text.len() <= 32 && is_word(text) && text.split('-').count() >= 3 && text.split('-').all(|w| !w.is_empty())
}

pub(super) fn is_alias(text: &str) -> bool {
    let named = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-".contains(&b));
    text.len() <= 256 && text.strip_prefix("alias/").is_some_and(named)
}

fn is_id(text: &str) -> bool {
    let hex = |t: &str| t.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    match text.strip_prefix("mrk-") {
        Some(id) => id.len() == 32 && hex(id),
        None => {
            let lengths: Vec<usize> = text.split('-').map(str::len).collect();
            lengths == [8, 4, 4, 4, 12] && text.split('-').all(hex)
        }
    }
}

fn is_profile(text: &str) -> bool {
    !text.is_empty() && text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.@+/ ".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rest: &str) -> Result<Reference, KeyError> {
        Reference::parse(&KeyUri::new(SCHEME, rest))
    }

    #[test]
    fn ids_arns_and_aliases_are_references() {
        let uuid = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{uuid}");
        let alias = "arn:aws-us-gov:kms:us-gov-east-1:111122223333:alias/x";
        for (rest, key, region) in [
            (format!("key-id={uuid};region=eu-west-1"), KeyId::Id(uuid.to_owned()), Some("eu-west-1")),
            (format!("region=eu-west-1;key-id={arn}"), KeyId::Arn(arn.clone()), Some("eu-west-1")),
            (format!("key-id={arn}"), KeyId::Arn(arn.clone()), Some("eu-west-1")),
            (format!("key-id={alias}"), KeyId::Arn(alias.to_owned()), Some("us-gov-east-1")),
            ("key-id=alias/ciam-acme".to_owned(), KeyId::Alias("alias/ciam-acme".to_owned()), None),
            (
                "key-id=mrk-1234abcd12ab34cd56ef1234567890ab;profile=work".to_owned(),
                KeyId::Id("mrk-1234abcd12ab34cd56ef1234567890ab".to_owned()),
                None,
            ),
        ] {
            let read = parse(&rest).unwrap();
            assert_eq!((read.key, read.region.as_deref()), (key, region), "{rest}");
        }
        assert_eq!(parse("key-id=alias/a;profile=work").unwrap().profile.as_deref(), Some("work"));
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        let uuid = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let text: String = [
            "alias/a".to_owned(),
            "region=eu-west-1".to_owned(),
            "key-id=".to_owned(),
            "key-id=alias/".to_owned(),
            "key-id=alias/a b".to_owned(),
            "key-id=1234".to_owned(),
            format!("key-id={}", uuid.to_uppercase()),
            "key-id=alias/a;key-id=alias/b".to_owned(),
            "key-id=alias/a;region=Ireland".to_owned(),
            "key-id=alias/a;region=".to_owned(),
            "key-id=alias/a;tag=x".to_owned(),
            "key-id=alias/a;".to_owned(),
            "key-id=alias/a;profile=\u{202e}x".to_owned(),
            "key-id=alias/a;endpoint-url=http://localhost:5000".to_owned(),
            format!("key-id=arn:aws:s3:eu-west-1:111122223333:key/{uuid}"),
            format!("key-id=arn:aws:kms:eu-west-1:1111:key/{uuid}"),
            format!("key-id=arn:aws:kms:eu-west-1:111122223333:key/{uuid};region=eu-north-1"),
        ]
        .into_iter()
        .map(|rest| {
            let error = parse(&rest).unwrap_err();
            assert_eq!(error.id, "key.reference");
            format!("{}\n", error.text)
        })
        .collect();
        insta::assert_snapshot!(text);
    }
}
