//! The two age files of a vault, as bytes: a passphrase seals an identity, the identity seals the content.

use std::io::{Read, Write};
use std::str::FromStr as _;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{Decryptor, Encryptor, Identity, Recipient, scrypt, x25519};
use zeroize::Zeroizing;

use crate::keys::KeyError;
use crate::secret::{Secret, SecretBytes};

/// scrypt's N is 2 to this: 256 MiB, and about a second. What the `age` tool itself takes.
pub(in crate::keys) const WORK: u8 = 18;
/// Files that ask for more are not tried: 2^20 is 1 GiB and some seconds.
const MOST_WORK: u8 = 20;

/// One text for a wrong passphrase, a flipped byte and a cut file: they cannot be told apart, and must not be.
pub(in crate::keys) fn shut() -> KeyError {
    KeyError::new(
        "key.passphrase",
        "the vault does not open: the passphrase is another one, or its files were changed or cut",
        "try again; if it stays, put vault.age and vault-key.age back from the same backup",
    )
}

fn broken<E>(_: E) -> KeyError {
    KeyError::new("key.store", "the vault could not be sealed", "try again")
}

pub(in crate::keys) fn new_identity() -> x25519::Identity {
    x25519::Identity::generate()
}

/// The content of `vault-key.age`. Has to be called off the runtime's threads: it takes as long as the work says.
pub(in crate::keys) fn seal_identity(
    identity: &x25519::Identity,
    passphrase: &Secret,
    work: u8,
) -> Result<Vec<u8>, KeyError> {
    let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.expose().to_owned()));
    recipient.set_work_factor(work);
    let line = identity.to_string();
    let text = Zeroizing::new(format!("# the key of vault.age\n{}\n", line.expose_secret()));
    seal(&recipient, text.as_bytes())
}

pub(in crate::keys) fn open_identity(sealed: &[u8], passphrase: &Secret) -> Result<x25519::Identity, KeyError> {
    let mut key = scrypt::Identity::new(SecretString::from(passphrase.expose().to_owned()));
    key.set_max_work_factor(MOST_WORK);
    let text = open(&key, sealed)?;
    let text = std::str::from_utf8(text.expose()).map_err(|_| shut())?;
    let line = text.lines().find(|l| l.starts_with("AGE-SECRET-KEY-1")).ok_or_else(shut)?;
    identity(line)
}

pub(in crate::keys) fn identity(line: &str) -> Result<x25519::Identity, KeyError> {
    x25519::Identity::from_str(line).map_err(|_| shut())
}

pub(in crate::keys) fn identity_text(identity: &x25519::Identity) -> Secret {
    Secret::new(identity.to_string().expose_secret())
}

pub(in crate::keys) fn seal_content(identity: &x25519::Identity, content: &[u8]) -> Result<Vec<u8>, KeyError> {
    seal(&identity.to_public(), content)
}

pub(in crate::keys) fn open_content(identity: &x25519::Identity, sealed: &[u8]) -> Result<SecretBytes, KeyError> {
    open(identity, sealed)
}

pub(in crate::keys) fn seal(recipient: &dyn Recipient, content: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut out = Vec::new();
    let sealing = Encryptor::with_recipients(std::iter::once(recipient)).map_err(broken)?;
    let mut writer = sealing.wrap_output(&mut out).map_err(broken)?;
    writer.write_all(content).map_err(broken)?;
    writer.finish().map_err(broken)?;
    Ok(out)
}

fn open(identity: &dyn Identity, sealed: &[u8]) -> Result<SecretBytes, KeyError> {
    let opening = Decryptor::new_buffered(sealed).map_err(|_| shut())?;
    let mut reader = opening.decrypt(std::iter::once(identity)).map_err(|_| shut())?;
    // the content is smaller than its file: no growing, so no copies left behind
    let mut out = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.read_to_end(&mut out).map_err(|_| shut())?;
    Ok(SecretBytes::new(std::mem::take(&mut *out)))
}
