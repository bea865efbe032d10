//! A module of this process: its thread, its deadlines, and who asks for PINs. There is one of each, whoever wants it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use super::fault::{Fault, pin_locked, pin_warning};
use super::module::{Module, TokenFacts};
use super::reference::Reference;
use super::system::System;
use super::tokens::Tokens;
use crate::keys::error::shown;
use crate::keys::worker::{GivenUp, Loss, Worker};
use crate::keys::{KeyError, Unlock, Wanted};
use crate::secret::Secret;

/// Longer than any PIN.
const LONGEST_PIN: usize = 256;

/// How long a module may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Looking, signing, logging in; the first call also loads the module.
    pub quick: Duration,
    /// Making a key: a card needs half a minute for RSA.
    pub make: Duration,
    /// A person at a token's own keypad.
    pub keypad: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { quick: Duration::from_secs(15), make: Duration::from_mins(2), keypad: Duration::from_mins(1) }
    }
}

pub(super) struct Host {
    /// For a person.
    path: String,
    pub times: Times,
    worker: Worker<Tokens, Fault>,
    /// One person is asked for one PIN at a time.
    asking: tokio::sync::Mutex<()>,
    /// PINs that were wrong, by token: the same is not sent twice, for each costs a try.
    refused: Mutex<BTreeMap<(String, String), Vec<Secret>>>,
}

/// C_Initialize may be called once per process and module.
static HOSTS: LazyLock<Mutex<BTreeMap<PathBuf, Arc<Host>>>> = LazyLock::new(Mutex::default);

impl Host {
    /// The module at that path, loaded with its first use.
    pub fn of(path: &Path) -> Arc<Self> {
        let one = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut hosts = HOSTS.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let load = path.to_owned();
            Arc::new(Self::on(path, move || System::load(&load), Times::default()))
        };
        hosts.entry(one).or_insert_with(make).clone()
    }

    pub fn on(
        path: &Path,
        load: impl Fn() -> Result<Box<dyn Module>, Fault> + Send + Sync + 'static,
        times: Times,
    ) -> Self {
        let path = path.to_string_lossy().into_owned();
        let named = path.clone();
        let connect = Arc::new(move |_| load().map(|module| Box::new(Tokens::new(module, named.clone()))));
        Self {
            path,
            times,
            worker: Worker::new("pkcs11", connect, Loss::Final),
            asking: tokio::sync::Mutex::default(),
            refused: Mutex::default(),
        }
    }

    async fn raw<T: Send + 'static>(
        &self,
        within: Duration,
        act: impl FnOnce(&mut Tokens, &GivenUp) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let act = |tokens: &mut Tokens, given_up: &GivenUp| match given_up.now() {
            true => Err(Fault::GivenUp),
            false => act(tokens, given_up),
        };
        self.worker.call(within, Fault::Silent(within.as_secs()), act).await
    }

    fn told(&self, fault: Fault) -> KeyError {
        fault.told(&self.path, None)
    }

    /// Never asks for a PIN.
    pub async fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tokens, &GivenUp) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, KeyError> {
        self.raw(self.times.quick, act).await.map_err(|f| self.told(f))
    }

    /// Runs `act`, and where it wants the user logged in, asks for the PIN and runs it again.
    pub async fn unlocked<T: Send + 'static>(
        &self,
        unlock: &dyn Unlock,
        within: Duration,
        act: impl Fn(&mut Tokens, &GivenUp) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<T, KeyError> {
        let done = match self.raw(within, act.clone()).await {
            Err(Fault::Login(_)) => {
                let _one = self.asking.lock().await;
                // another call may have logged in while this one waited
                match self.raw(within, act.clone()).await {
                    Err(Fault::Login(token)) => {
                        self.login(unlock, &token).await?;
                        match self.raw(within, act).await {
                            // logged in, and out again before it was used: nobody is asked a second time
                            Err(Fault::Login(token)) => return Err(Fault::Removed.told(&self.path, Some(&token.label))),
                            other => other,
                        }
                    }
                    other => other,
                }
            }
            other => other,
        };
        done.map_err(|f| self.told(f))
    }

    async fn login(&self, unlock: &dyn Unlock, token: &TokenFacts) -> Result<(), KeyError> {
        let label = shown(&token.label);
        if token.pin_locked {
            return Err(pin_locked(&token.label));
        }
        if !token.pin_set {
            return Err(Fault::NoPin.told(&self.path, Some(&token.label)));
        }
        let reference = Reference::pinned(token, None);
        if token.keypad {
            unlock.hear(&format!("enter the PIN on the keypad of the token “{label}”"));
            let entered = self.raw(self.times.keypad, move |t, _| t.login(&reference, None)).await;
            return entered.map_err(|f| self.told(f));
        }
        let wanted = Wanted { what: format!("PIN of the token “{label}”"), warning: pin_warning(token) };
        let pin = unlock.ask(wanted).await.filter(|pin| !pin.is_empty());
        let pin = pin.ok_or_else(|| Fault::NotLoggedIn.told(&self.path, Some(&token.label)))?;
        if pin.expose().len() > LONGEST_PIN {
            let text = format!("what was given as PIN of the token “{label}” is too long for one, and was not sent");
            return Err(KeyError::new("key.pin", text, "the file holds the PIN alone, in one line"));
        }
        let name = (token.label.clone(), token.serial.clone());
        if self.refused(|all| all.get(&name).is_some_and(|pins| pins.contains(&pin))) {
            let text = format!("the token “{label}” has refused this PIN before; it was not sent again");
            return Err(KeyError::new("key.pin", text, "look the PIN up: each wrong one costs a try"));
        }
        let sent = pin.clone();
        match self.raw(self.times.quick, move |t, _| t.login(&reference, Some(&sent))).await {
            Ok(()) => {
                self.refused(|all| all.remove(&name));
                Ok(())
            }
            Err(fault) => {
                if matches!(fault, Fault::WrongPin(_) | Fault::Pin) {
                    self.refused(|all| all.entry(name).or_default().push(pin));
                }
                Err(self.told(fault))
            }
        }
    }

    fn refused<T>(&self, act: impl FnOnce(&mut BTreeMap<(String, String), Vec<Secret>>) -> T) -> T {
        act(&mut self.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
