//! The tokens behind one module, and the session with each. Lives on the module's thread.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::module::{Module, SessionId, SlotId, TokenFacts};
use super::reference::Reference;
use crate::keys::KeyError;
use crate::keys::error::shown;
use crate::secret::Secret;

pub(super) struct Tokens {
    module: Box<dyn Module>,
    open: BTreeMap<SlotId, Place>,
    /// For a person.
    path: String,
}

/// A token and the session with it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub slot: SlotId,
    pub token: TokenFacts,
    pub session: SessionId,
}

impl Place {
    /// `Login` where the user has to log in and has not.
    pub fn logged_in(&self, module: &mut dyn Module) -> Result<(), Fault> {
        if !self.token.login_required || module.logged_in(self.session)? {
            return Ok(());
        }
        Err(Fault::Login(Box::new(module.token(self.slot)?)))
    }

    /// Runs `act` in a session that may change the token.
    pub fn writing<T>(
        &self,
        module: &mut dyn Module,
        act: impl FnOnce(&mut dyn Module, SessionId) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let session = module.open(self.slot, true)?;
        let done = act(module, session);
        module.close(session);
        done
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice does no harm.
    Once,
    Never,
}

impl Tokens {
    pub fn new(module: Box<dyn Module>, path: String) -> Self {
        Self { module, open: BTreeMap::new(), path }
    }

    /// Every token that says what it is.
    pub fn present(&mut self) -> Result<Vec<(SlotId, TokenFacts)>, Fault> {
        let slots = self.module.slots()?;
        Ok(slots.into_iter().filter_map(|slot| Some((slot, self.module.token(slot).ok()?))).collect())
    }

    pub fn fitting(&mut self, reference: &Reference) -> Result<Vec<(SlotId, TokenFacts)>, Fault> {
        Ok(self.present()?.into_iter().filter(|(slot, token)| reference.fits(slot.0, token)).collect())
    }

    /// Runs `act` on the one token that fits. Where its session is gone it is opened once more.
    pub fn on<T>(
        &mut self,
        reference: &Reference,
        repeat: Repeat,
        mut act: impl FnMut(&mut dyn Module, &Place) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (mut place, fresh) = self.place(reference)?;
        let mut done = act(&mut *self.module, &place);
        if matches!(done, Err(Fault::Removed)) && !fresh && repeat == Repeat::Once {
            self.forget(place.slot);
            (place, _) = self.place(reference)?;
            done = act(&mut *self.module, &place);
        }
        done.map_err(|fault| self.told(fault, &place))
    }

    /// Logs the user in; `pin` None: on the token's own keypad.
    pub fn login(&mut self, reference: &Reference, pin: Option<&Secret>) -> Result<(), Fault> {
        let (place, _) = self.place(reference)?;
        match self.module.login(place.session, pin) {
            Ok(()) => Ok(()),
            // what it has cost stands in the token's flags
            Err(Fault::Pin) => Err(match self.module.token(place.slot) {
                Ok(now) => Fault::WrongPin(Box::new(now)),
                Err(_) => Fault::Pin,
            }),
            Err(fault) => Err(self.told(fault, &place)),
        }
    }

    fn told(&mut self, fault: Fault, place: &Place) -> Fault {
        match fault {
            Fault::Login(_) | Fault::GivenUp => fault,
            Fault::NotLoggedIn => Fault::Login(Box::new(place.token.clone())),
            other => {
                if other == Fault::Removed {
                    self.forget(place.slot);
                }
                Fault::Told(other.told(&self.path, Some(&place.token.label)))
            }
        }
    }

    fn forget(&mut self, slot: SlotId) {
        if let Some(place) = self.open.remove(&slot) {
            self.module.close(place.session);
        }
    }

    /// The session with the token that fits, and whether it is new.
    fn place(&mut self, reference: &Reference) -> Result<(Place, bool), Fault> {
        let known = self.open.values().find(|p| reference.names(p.slot.0, &p.token)).cloned();
        if let Some(place) = self.alive(known)? {
            return Ok((place, false));
        }
        let (slot, token) = self.choose(reference)?;
        // the last session of a token that closes logs its user out
        let same = self.open.get(&slot).filter(|p| p.token.names_the_same(&token)).cloned();
        if let Some(place) = self.alive(same)? {
            return Ok((place, false));
        }
        self.forget(slot);
        let session = self.module.open(slot, false);
        let session = session.map_err(|fault| Fault::Told(fault.told(&self.path, Some(&token.label))))?;
        let place = Place { slot, token, session };
        self.open.insert(slot, place.clone());
        Ok((place, true))
    }

    /// The place, if its session still is one.
    fn alive(&mut self, place: Option<Place>) -> Result<Option<Place>, Fault> {
        let Some(place) = place else { return Ok(None) };
        match self.module.logged_in(place.session) {
            Ok(_) => Ok(Some(place)),
            Err(Fault::Removed) => {
                self.forget(place.slot);
                Ok(None)
            }
            Err(fault) => Err(self.told(fault, &place)),
        }
    }

    fn choose(&mut self, reference: &Reference) -> Result<(SlotId, TokenFacts), Fault> {
        let mut fitting = self.fitting(reference)?;
        match (fitting.pop(), fitting.len()) {
            (Some(one), 0) => Ok(one),
            (Some(_), more) => Err(Fault::Told(several(more + 1, reference))),
            (None, _) => {
                let there: Vec<TokenFacts> = self.present()?.into_iter().map(|(_, t)| t).collect();
                Err(Fault::Told(none(reference, &there)))
            }
        }
    }

    /// Every token with its session, for a look at all; one that cannot be opened is left out.
    pub fn each<T>(
        &mut self,
        mut act: impl FnMut(&mut dyn Module, &Place) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        for (slot, token) in self.present()? {
            let reference = Reference::pinned(&token, Some(slot.0));
            match self.on(&reference, Repeat::Once, &mut act) {
                Ok(one) => all.push(one),
                Err(Fault::GivenUp) => return Err(Fault::GivenUp),
                Err(_) => {}
            }
        }
        Ok(all)
    }
}

pub(super) fn several(count: usize, reference: &Reference) -> KeyError {
    KeyError::new(
        "key.ambiguous",
        format!("{count} tokens fit: the reference names {}", reference.token_named()),
        "add serial=…, as pkcs11-tool --list-slots shows it",
    )
}

pub(super) fn none(reference: &Reference, there: &[TokenFacts]) -> KeyError {
    const MOST: usize = 8;
    let mut labels: Vec<String> = there.iter().map(|t| format!("“{}”", shown(&t.label))).collect();
    labels.sort();
    labels.dedup();
    if labels.len() > MOST {
        labels.truncate(MOST);
        labels.push("…".to_owned());
    }
    let hint = match labels.is_empty() {
        true => "insert the token, then try again; pkcs11-tool --list-slots shows what the module sees".to_owned(),
        false => format!("insert the token, or name one that is there: {}", labels.join(", ")),
    };
    KeyError::new("key.not-found", format!("{} is not there", reference.token_named()), hint)
}
