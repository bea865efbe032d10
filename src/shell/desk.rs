//! What a person does with keys, in one way for the screen and the command line.

use super::card::public_text;
use super::seats::{Seat, Seated};
use super::session::{Problem, Session};
use super::{KeyRow, PublicForm, key_row};
use crate::config::at_home;
use crate::jose::{Alg, pem};
use crate::keys::file::Files;
use crate::keys::{self, Deleted, Key, KeyError, KeySpec, KeyUri};
use crate::store::{StoreError, save_new};
use crate::text::clean;
use crate::time::Timestamp;
use crate::x509::{Profile, Psd2, Request, Role};

use std::sync::Arc;

/// Something to be done with keys or their stores.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyOrder {
    /// Open a store that is locked.
    Unlock {
        scheme: String,
    },
    /// Open one key, and keep what is public of it for the list.
    Open {
        uri: String,
    },
    Make {
        store: String,
        name: String,
        alg: Alg,
    },
    Import {
        file: String,
        store: String,
        name: String,
    },
    Delete {
        uri: String,
    },
    Restore {
        uri: String,
    },
    Csr {
        uri: String,
        wish: CsrWish,
    },
    /// None: nothing is bound any more.
    Bind {
        seat: Seat,
        uri: Option<String>,
    },
    /// Write a text beside what else the program keeps.
    Save {
        name: String,
        text: String,
    },
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyDone {
    Unlocked { scheme: String },
    Opened,
    Kept(Box<Kept>),
    Deleted { uri: String, gone: Gone },
    Restored { uri: String },
    Csr { text: String },
    Bound { seat: Seat, uri: Option<String>, seated: Seated },
    Saved { path: String },
}

/// Where a deleted key is, with the days until it is gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    Binned { days: i64 },
    Scheduled { days: i64 },
    ForGood,
}

/// A key that a store keeps now.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub uri: String,
    pub certificates: usize,
    pub public_jwk: String,
    pub row: KeyRow,
}

/// What a certification request is to say, as a person types it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsrWish {
    /// `qwac` or `qseal`.
    pub profile: String,
    pub subject: String,
    pub roles: Vec<String>,
    pub authority: String,
    pub authority_id: String,
    pub hosts: Vec<String>,
    /// None: what is usual for the key.
    pub alg: Option<String>,
}

impl CsrWish {
    /// # Errors
    /// Usage, for what an issuer would send back.
    pub fn request(&self) -> Result<(Request, Option<Alg>), Problem> {
        let profile = Profile::parse(&self.profile).ok_or_else(|| {
            Problem::usage(format!("“{}” is no profile", clean(&self.profile)), "qwac for TLS, qseal for signatures")
        })?;
        let role = |name: &String| {
            let unknown =
                || Problem::usage(format!("“{}” is no role", clean(name)), "PSP_AS, PSP_PI, PSP_AI or PSP_IC");
            Role::parse(name).ok_or_else(unknown)
        };
        let roles: Vec<Role> = self.roles.iter().map(role).collect::<Result<_, _>>()?;
        let psd2 = (!roles.is_empty()).then(|| Psd2 {
            roles,
            other_roles: Vec::new(),
            authority: self.authority.clone(),
            authority_id: self.authority_id.clone(),
        });
        let alg = self.alg.as_deref().map(algorithm).transpose()?;
        let request = Request::new(&self.subject, profile, psd2, self.hosts.clone())
            .map_err(|e| Problem::usage(e.text.clone(), e.hint))?;
        Ok((request, alg))
    }
}

/// The algorithm of that name, where a key pair can be made for it.
///
/// # Errors
/// Usage.
pub fn algorithm(name: &str) -> Result<Alg, Problem> {
    let pair = |alg: &Alg| KeySpec::for_alg(*alg).is_some();
    Alg::parse(name).filter(pair).ok_or_else(|| {
        Problem::usage(
            format!("`{}` is no algorithm for a key pair", clean(name)),
            "one of ES256, ES384, ES512, EdDSA, RS256, PS256; X25519 is of a key that opens",
        )
    })
}

impl Session {
    /// # Errors
    /// The store's own.
    pub async fn make_key(&self, uri: &KeyUri, alg: Alg) -> Result<Arc<dyn Key>, KeyError> {
        let spec = KeySpec::for_alg(alg).ok_or_else(|| {
            let text = format!("{} has no key pair", alg.name());
            KeyError::new("key.algorithm", text, "one of ES256, ES384, ES512, EdDSA, RS256, PS256")
        })?;
        self.stores.generate(uri, &spec.into()).await
    }

    /// Gives a store the key of a file, with its certificates. The file stays where it is.
    ///
    /// # Errors
    /// The file's and the store's own.
    pub async fn import_key(
        &self,
        file: &str,
        chain: Option<Vec<Vec<u8>>>,
        to: &KeyUri,
    ) -> Result<(Arc<dyn Key>, usize), KeyError> {
        let (secret, own) = Files::new(self.unlock.clone()).take(file).await?;
        let chain = chain.unwrap_or(own);
        let certificates = chain.len();
        Ok((self.stores.import(to, secret, chain).await?, certificates))
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// The store's own; `key.store` where it deletes nothing.
    pub async fn delete_key(&self, uri: &KeyUri) -> Result<Gone, KeyError> {
        let days = |until: Timestamp| (until.seconds() - self.clock.now().seconds() + 86_399).div_euclid(86_400);
        Ok(match self.stores.deleting(uri)?.delete(uri).await? {
            Deleted::Until { until } => Gone::Binned { days: days(until) },
            Deleted::Scheduled { until } => Gone::Scheduled { days: days(until) },
            Deleted::ForGood => Gone::ForGood,
        })
    }

    /// # Errors
    /// `key.request` for what no request can be made of; the key's own.
    pub async fn csr(&self, uri: &KeyUri, request: &Request, alg: Option<Alg>) -> Result<String, KeyError> {
        let key = self.stores.open(uri).await?;
        let der = keys::csr(&*key, request, alg).await?;
        Ok(pem::text("CERTIFICATE REQUEST", &der))
    }

    /// Does one thing.
    ///
    /// # Errors
    /// Why not, and the next thing to try.
    pub async fn carry_out(&self, order: KeyOrder) -> Result<KeyDone, KeyError> {
        Ok(match order {
            KeyOrder::Unlock { scheme } => {
                self.stores.unlock(&scheme).await?;
                KeyDone::Unlocked { scheme }
            }
            KeyOrder::Open { uri } => {
                let key = self.stores.open(&uri.parse()?).await?;
                self.remember(key.info());
                KeyDone::Opened
            }
            KeyOrder::Make { store, name, alg } => {
                let key = self.make_key(&KeyUri::new(&store, &name), alg).await?;
                self.kept(&*key, 0)
            }
            KeyOrder::Import { file, store, name } => {
                let file = at_home(file.trim().strip_prefix("file:").unwrap_or(file.trim()));
                let name = if name.is_empty() { stem(&file) } else { name };
                let (key, certificates) = self.import_key(&file, None, &KeyUri::new(&store, &name)).await?;
                self.kept(&*key, certificates)
            }
            KeyOrder::Delete { uri } => {
                let gone = self.delete_key(&uri.parse()?).await?;
                KeyDone::Deleted { uri, gone }
            }
            KeyOrder::Restore { uri } => {
                let parsed: KeyUri = uri.parse()?;
                self.stores.deleting(&parsed)?.restore(&parsed).await?;
                KeyDone::Restored { uri }
            }
            KeyOrder::Csr { uri, wish } => {
                let (request, alg) = wish.request().map_err(|p| KeyError::new("key.request", p.text, p.hint))?;
                KeyDone::Csr { text: self.csr(&uri.parse()?, &request, alg).await? }
            }
            KeyOrder::Bind { seat, uri } => {
                let seated = self.bind(&seat, uri.as_deref())?;
                KeyDone::Bound { seat, uri, seated }
            }
            KeyOrder::Save { name, text } => {
                let saved = self.save_text("requests", &name, "csr", &text);
                KeyDone::Saved { path: saved.map_err(|e| KeyError::new("key.store", e.text, e.hint))? }
            }
        })
    }

    fn kept(&self, key: &dyn Key, certificates: usize) -> KeyDone {
        let info = key.info();
        KeyDone::Kept(Box::new(Kept {
            uri: info.uri.to_string(),
            certificates,
            public_jwk: public_text(&info.public, PublicForm::Jwk),
            row: key_row(info, &self.from_profiles(), self.clock.now()),
        }))
    }

    /// Writes a text into a folder beside what else is kept. Nothing is replaced: a name that is taken gets a number.
    pub(super) fn save_text(&self, folder: &str, name: &str, suffix: &str, text: &str) -> Result<String, StoreError> {
        const MOST: usize = 1000;
        let nowhere = || {
            StoreError::new("there is no place to keep a file: this session keeps nothing", "copy it with y instead")
        };
        let dir = self.places.data.as_ref().ok_or_else(nowhere)?.join(folder);
        let safe: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' })
            .take(60)
            .collect();
        let free = (1..MOST).map(|n| if n == 1 { format!("{safe}.{suffix}") } else { format!("{safe}-{n}.{suffix}") });
        let Some(path) = free.map(|n| dir.join(n)).find(|p| !p.exists()) else { return Err(nowhere()) };
        save_new(&path, text)?;
        Ok(path.display().to_string())
    }
}

fn stem(file: &str) -> String {
    let path = std::path::Path::new(file);
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}
