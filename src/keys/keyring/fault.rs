//! What a keyring may answer, and what that means to a person.

use crate::keys::KeyError;

/// Whether a collection can be read without a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Locked,
}

/// Never carries a library's own text: it may hold the bytes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No session bus, or nobody on it keeps secrets.
    Absent,
    /// The service is there and has no default keyring.
    NoCollection,
    Locked,
    Refused,
    Gone,
    Ambiguous(usize),
    Missing,
    Exists,
    TooLarge,
    /// An item that is no key of ours.
    Unreadable,
    /// The unlock dialog was not answered within so many seconds.
    Unanswered(u64),
    /// No answer within so many seconds, and no dialog to wait for.
    Silent(u64),
    /// Too many threads wait in vain.
    Stuck,
}

const OTHER: &str = "or keep the key in the vault: vault:NAME";

impl Fault {
    pub fn told(self, name: &str) -> KeyError {
        let name = crate::keys::error::shown(name);
        let (id, text, hint) = match self {
            Self::Absent => (
                "key.absent",
                "this machine has no keyring: no secret service answers in this session".to_owned(),
                format!("start one (gnome-keyring, KWallet, KeePassXC), {OTHER}"),
            ),
            Self::NoCollection => (
                "key.absent",
                "the secret service has no default keyring yet".to_owned(),
                format!("make one in the desktop's password program, {OTHER}"),
            ),
            Self::Locked => (
                "key.locked",
                "the keyring is locked".to_owned(),
                format!("unlock it in the desktop's password program and try again, {OTHER}"),
            ),
            Self::Refused => (
                "key.refused",
                "the keyring stayed locked: its dialog was dismissed, or could not be shown".to_owned(),
                format!("try again in a desktop session, {OTHER}"),
            ),
            Self::Gone => (
                "key.gone",
                "the keyring's service went away while it was asked".to_owned(),
                "try again: the next call connects anew".to_owned(),
            ),
            Self::Ambiguous(items) => (
                "key.ambiguous",
                format!("{items} items of the keyring are called “{name}”"),
                "delete all but one in the desktop's password program".to_owned(),
            ),
            Self::Missing => (
                "key.not-found",
                format!("there is no key “{name}” in the keyring"),
                "countersign keys list shows what is there; names are exact".to_owned(),
            ),
            Self::Exists => (
                "key.exists",
                format!("there is already a key “{name}” in the keyring"),
                "choose another name, or delete that key first".to_owned(),
            ),
            Self::TooLarge => (
                "key.too-large",
                "the keyring has no room for a key of that size".to_owned(),
                "choose an EC key, or keep it in the vault: vault:NAME".to_owned(),
            ),
            Self::Unreadable => (
                "key.unreadable",
                format!("what the keyring has as “{name}” is no key of this program"),
                "look at it in the desktop's password program; it was left as it is".to_owned(),
            ),
            Self::Unanswered(s) => (
                "key.unanswered",
                format!("nobody answered the keyring's unlock dialog within {s} s"),
                format!("answer it and try again, {OTHER}"),
            ),
            Self::Silent(s) => (
                "key.store",
                format!("the keyring did not answer within {s} s"),
                format!("see whether its service hangs, {OTHER}"),
            ),
            Self::Stuck => (
                "key.store",
                "the keyring left too many calls without an answer".to_owned(),
                format!("start this program again, {OTHER}"),
            ),
        };
        KeyError::new(id, text, hint)
    }
}
