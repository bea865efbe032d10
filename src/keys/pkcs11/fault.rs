//! What a module may answer, and what that means to a person.

use crate::keys::KeyError;
use crate::keys::error::shown;
use crate::keys::worker::Fails;

use super::module::TokenFacts;

/// Never carries a module's own text but the name of its return value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Told in full already.
    Told(KeyError),
    /// The user of the token has to log in first.
    Login(Box<TokenFacts>),
    NotLoggedIn,
    /// The PIN is wrong.
    Pin,
    /// Likewise, with what the token says of itself after it.
    WrongPin(Box<TokenFacts>),
    PinLocked,
    PinExpired,
    /// The token has no user PIN yet.
    NoPin,
    /// The security officer is logged in.
    AnotherUser,
    Sessions,
    /// No token in the slot, or its sessions are gone.
    Removed,
    /// The mechanism, or its parameters, are unknown to the token.
    Mechanism,
    NotPermitted,
    /// C_Initialize was called by somebody else in this process.
    Taken,
    ReadOnly,
    Full,
    /// The token makes no such object.
    Unsupported,
    Refused,
    /// What was to be unwrapped is not for this key, or was changed.
    Data,
    /// A return value without a meaning of its own, by name.
    Other(String),
    /// No answer within so many seconds.
    Silent(u64),
    /// It was silent before, or it crashed.
    Dead,
    /// Nobody waits for the answer any more.
    GivenUp,
}

impl From<KeyError> for Fault {
    fn from(error: KeyError) -> Self {
        Self::Told(error)
    }
}

impl Fails for Fault {
    fn gone() -> Self {
        Self::Dead
    }
    fn stuck() -> Self {
        Self::Dead
    }
    fn breaks(&self) -> bool {
        false
    }
}

/// What a PIN that is wrong would cost, as far as the token says.
pub(super) fn pin_warning(token: &TokenFacts) -> Option<String> {
    match (token.pin_final_try, token.pin_count_low) {
        (true, _) => Some("ONE TRY IS LEFT: a wrong PIN locks the token".to_owned()),
        (_, true) => Some("a wrong PIN was given before, and few tries are left".to_owned()),
        _ => None,
    }
}

pub(super) fn pin_locked(token: &str) -> KeyError {
    KeyError::new(
        "key.pin-locked",
        format!("the PIN of the token “{}” is locked: a wrong one was given too often", shown(token)),
        "unlock it with the PUK or as security officer, with the vendor's program or pkcs11-tool --init-pin",
    )
}

pub(super) fn pin_wrong(token: &TokenFacts) -> KeyError {
    if token.pin_locked {
        return pin_locked(&token.label);
    }
    let left = match (token.pin_final_try, token.pin_count_low) {
        (true, _) => "; ONE TRY IS LEFT before it locks",
        (_, true) => "; few tries are left before it locks",
        _ => "",
    };
    KeyError::new(
        "key.pin",
        format!("the PIN of the token “{}” is wrong{left}", shown(&token.label)),
        "it is not tried again by itself: look it up first, then run this again",
    )
}

impl Fault {
    /// `module`: its path; `token`: its label, where one was chosen.
    pub fn told(self, module: &str, token: Option<&str>) -> KeyError {
        let module = shown(module);
        let token = token.map_or_else(|| "the token".to_owned(), |t| format!("the token “{}”", shown(t)));
        let (id, text, hint) = match self {
            Self::Told(error) => return error,
            Self::WrongPin(token) => return pin_wrong(&token),
            Self::Login(_) | Self::NotLoggedIn => (
                "key.pin-wanted",
                format!("{token} wants its PIN"),
                "run it in a terminal, or give --unlock-from FILE|-",
            ),
            Self::Pin => ("key.pin", format!("the PIN of {token} is wrong"), "look it up first, then run this again"),
            Self::PinLocked => (
                "key.pin-locked",
                format!("the PIN of {token} is locked: a wrong one was given too often"),
                "unlock it with the PUK or as security officer, with the vendor's program or pkcs11-tool --init-pin",
            ),
            Self::PinExpired => (
                "key.pin",
                format!("the PIN of {token} has to be changed before it is good"),
                "change it with the vendor's program, or pkcs11-tool --login --change-pin",
            ),
            Self::NoPin => (
                "key.pin",
                format!("{token} has no user PIN yet"),
                "set one with the vendor's program, or pkcs11-tool --login --login-type so --init-pin",
            ),
            Self::AnotherUser => (
                "key.refused",
                format!("another user of {token} is logged in through this process"),
                "end what logged in as security officer, then try again",
            ),
            Self::Sessions => (
                "key.store",
                format!("{token} has no session left: other programs hold them all"),
                "end one of the programs that use the token, then try again",
            ),
            Self::Removed => (
                "key.gone",
                format!("{token} is not there any more"),
                "insert the token, then try again: the next call opens it anew and asks for its PIN",
            ),
            Self::Mechanism => (
                "key.algorithm",
                format!("{token} does not have the mechanism or its parameters"),
                "choose another algorithm; pkcs11-tool --list-mechanisms shows what it has",
            ),
            Self::NotPermitted => (
                "key.algorithm",
                format!("the key on {token} may not be used for that"),
                "take a key that was made for it: its attributes say what it may do (CKA_SIGN, CKA_DECRYPT)",
            ),
            Self::Taken => (
                "key.module",
                format!("the module {module} was initialised by something else in this process"),
                "name it once only, and not also p11-kit-proxy, which brings it along",
            ),
            Self::ReadOnly => (
                "key.permission",
                format!("{token} cannot be written"),
                "it is write-protected, or wants the security officer: look with pkcs11-tool --list-slots",
            ),
            Self::Full => ("key.too-large", format!("{token} is full"), "delete an object that nobody needs"),
            Self::Unsupported => (
                "key.algorithm",
                format!("{token} makes no key of that kind"),
                "choose another kind, ES256 is the most common; pkcs11-tool --list-mechanisms shows what it has",
            ),
            Self::Refused => ("key.refused", format!("{token} or a person at it said no"), "try again"),
            Self::Data => (
                "key.refused",
                format!("what was to be opened is not for this key on {token}, or was changed"),
                "see whether the sender used the current public key",
            ),
            Self::Other(value) => (
                "key.store",
                format!("the module {module} failed on {token}: {}", shown(&value)),
                "see whether the token works with pkcs11-tool --test --login, and look at the module's log",
            ),
            Self::Silent(s) => (
                "key.gone",
                format!("the module {module} did not answer within {s} s; it is left alone from now on"),
                "see whether the token or its service hangs, then start this program again",
            ),
            Self::Dead => (
                "key.gone",
                format!("the module {module} did not answer an earlier call, or crashed, and is left alone"),
                "see whether the token or its service hangs, then start this program again",
            ),
            Self::GivenUp => ("key.store", "the call was given up".to_owned(), "try again"),
        };
        KeyError::new(id, text, hint)
    }
}
