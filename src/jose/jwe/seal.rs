//! Making a compact JWE. The random numbers are the caller's, but for those openssl adds to RSA.

use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::wrap::{self, GCM_IV, Parties};
use super::{Enc, Family, JweError, KeyAlg, agree, content, inflate};
use crate::jose::{OctKey, PublicJwk, b64};
use crate::secret::SecretBytes;

/// What goes with PBES2.
const ROUNDS: u32 = 10_000;
const SALT: usize = 16;

#[derive(Clone, Copy)]
pub enum Recipient<'a> {
    Public(&'a PublicJwk),
    Shared(&'a OctKey),
}

/// What is to be encrypted, and how.
pub struct Sealing<'a> {
    pub alg: KeyAlg,
    pub enc: Enc,
    /// Members beside those of the algorithms: `kid`, `cty`, `typ`, …
    pub header: &'a Map<String, Value>,
    pub compress: bool,
    pub content: &'a [u8],
}

/// How the content key gets to its reader.
struct Carried {
    key: SecretBytes,
    encrypted: Vec<u8>,
}

impl Sealing<'_> {
    /// # Errors
    /// [`JweError`] where the recipient's key is not for this algorithm.
    pub fn seal(&self, to: Recipient<'_>, fill: &mut dyn FnMut(&mut [u8])) -> Result<String, JweError> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), self.alg.name().into());
        header.insert("enc".to_owned(), self.enc.name().into());
        if self.compress {
            header.insert("zip".to_owned(), "DEF".into());
        }
        header.extend(self.header.clone());
        let carried = match to {
            Recipient::Public(key) => self.carry_public(key, &mut header, fill)?,
            Recipient::Shared(key) => self.carry_shared(key, &mut header, fill)?,
        };
        let mut iv = vec![0; self.enc.iv_bytes()];
        fill(&mut iv);
        let packed;
        let content = if self.compress {
            packed = Zeroizing::new(inflate::deflate(self.content)?);
            packed.as_slice()
        } else {
            self.content
        };
        let aad = b64::encode(Value::Object(header).to_string().as_bytes());
        let (ciphertext, tag) =
            content::seal(self.enc, carried.key.expose(), &iv, aad.as_bytes(), content).map_err(backend)?;
        let parts = [carried.encrypted, iv, ciphertext, tag].map(|part| b64::encode(&part));
        Ok(format!("{aad}.{}", parts.join(".")))
    }

    fn content_key(&self, fill: &mut dyn FnMut(&mut [u8])) -> SecretBytes {
        let mut key = vec![0; self.enc.key_bytes()];
        fill(&mut key);
        SecretBytes::new(key)
    }

    fn carry_public(
        &self,
        to: &PublicJwk,
        header: &mut Map<String, Value>,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Carried, JweError> {
        to.may_open(self.alg)?;
        if self.alg.family() == Family::Rsa {
            let key = self.content_key(fill);
            let encrypted = encrypt(to, self.alg, key.expose()).map_err(backend)?;
            return Ok(Carried { key, encrypted });
        }
        let (own, epk) = agree::one_time(to, fill)?;
        let shared = agree::shared(&own, to).ok_or(JweError::Backend)?;
        header.insert("epk".to_owned(), epk.as_value().clone());
        let agreed = wrap::agreed(shared.expose(), self.alg, self.enc, &Parties::default());
        if self.alg == KeyAlg::EcdhEs {
            return Ok(Carried { key: agreed, encrypted: Vec::new() });
        }
        let key = self.content_key(fill);
        let encrypted = wrap::aes_wrap(agreed.expose(), key.expose()).ok_or(JweError::Backend)?;
        Ok(Carried { key, encrypted })
    }

    fn carry_shared(
        &self,
        to: &OctKey,
        header: &mut Map<String, Value>,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Carried, JweError> {
        to.may_open(self.alg, self.enc)?;
        let secret = to.secret.expose();
        if self.alg == KeyAlg::Dir {
            return Ok(Carried { key: to.secret.clone(), encrypted: Vec::new() });
        }
        let key = self.content_key(fill);
        let encrypted = match self.alg {
            KeyAlg::GcmKw(aes) => {
                let mut iv = vec![0; GCM_IV];
                fill(&mut iv);
                let made = wrap::gcm_wrap(aes, secret, &iv, key.expose());
                made.map(|(encrypted, tag)| {
                    header.insert("iv".to_owned(), b64::encode(&iv).into());
                    header.insert("tag".to_owned(), b64::encode(&tag).into());
                    encrypted
                })
            }
            KeyAlg::Pbes2(aes) => {
                let mut salt = vec![0; SALT];
                fill(&mut salt);
                header.insert("p2s".to_owned(), b64::encode(&salt).into());
                header.insert("p2c".to_owned(), ROUNDS.into());
                let kek = wrap::pbes2(aes, self.alg, secret, &salt, ROUNDS);
                kek.and_then(|kek| wrap::aes_wrap(kek.expose(), key.expose()))
            }
            _ => wrap::aes_wrap(secret, key.expose()),
        };
        Ok(Carried { key, encrypted: encrypted.ok_or(JweError::Backend)? })
    }
}

fn backend(_: ErrorStack) -> JweError {
    JweError::Backend
}

fn encrypt(to: &PublicJwk, alg: KeyAlg, key: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let public = PKey::public_key_from_der(to.spki())?;
    let mut encrypter = Encrypter::new(&public)?;
    match alg {
        KeyAlg::Rsa15 => encrypter.set_rsa_padding(Padding::PKCS1)?,
        KeyAlg::RsaOaep256 => {
            encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
            encrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
            encrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
        }
        _ => encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?,
    }
    let mut out = vec![0; encrypter.encrypt_len(key)?];
    let written = encrypter.encrypt(key, &mut out)?;
    out.truncate(written);
    Ok(out)
}
