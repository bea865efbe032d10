//! Which key sits in a role: what a person chose in this session goes before what a profile says.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::session::Session;
use crate::keys::{KeyError, KeyUri};
use crate::store::save_reference;

/// A key role of a profile in one of its environments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    pub profile: String,
    pub environment: String,
    pub role: String,
}

/// What was chosen in this session.
#[derive(Debug, Default)]
pub struct Seats(Mutex<BTreeMap<Seat, KeyUri>>);

impl Seats {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Seat, KeyUri>> {
        // one insertion or removal at a time: complete whatever another thread did
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, seat: &Seat) -> Option<KeyUri> {
        self.lock().get(seat).cloned()
    }

    pub fn all(&self) -> Vec<(Seat, KeyUri)> {
        self.lock().iter().map(|(s, u)| (s.clone(), u.clone())).collect()
    }
}

/// What a binding did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    /// What sat there before.
    pub before: Option<String>,
    /// It was written into the saved profile; else it holds for this session.
    pub kept: bool,
}

impl Session {
    /// Binds a key to a role, or takes away what is bound. A saved profile is written; a bank's holds for this session.
    ///
    /// # Errors
    /// `key.reference` for what is no reference or no role, `key.store` where the profile cannot be written.
    pub fn bind(&self, seat: &Seat, uri: Option<&str>) -> Result<Seated, KeyError> {
        let uri = uri.map(str::parse::<KeyUri>).transpose()?;
        let profile = &seat.profile;
        let unknown = |_| KeyError::reference(profile, "countersign profiles list shows the profiles there are");
        let loaded = self.library.load(profile).map_err(unknown)?;
        let role = loaded.profile.role(&seat.role);
        let role = role.ok_or_else(|| KeyError::reference(&seat.role, "it is no key role of that profile"))?;
        let before = self.seats.get(seat).map(|u| u.to_string()).or_else(|| role.reference.clone());
        let kept = loaded.own && loaded.profile.environment.is_some();
        if kept {
            let text = uri.as_ref().map(ToString::to_string);
            save_reference(&self.places, profile, &seat.role, text.as_deref())
                .map_err(|e| KeyError::new("key.store", e.text, e.hint))?;
        }
        let mut seats = self.seats.lock();
        match uri {
            Some(uri) => seats.insert(seat.clone(), uri),
            None => seats.remove(seat),
        };
        Ok(Seated { before, kept })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;
    use crate::config::Places;
    use crate::profile::Library;
    use crate::store::{path_of, read_capped, save_new};

    const OWN: &str =
        "schema = 1\nid = \"acme\"\nname = \"Acme\"\nextends = \"dnb\"\nenvironment = \"production\" # ours\n";

    fn seat(profile: &str, environment: &str) -> Seat {
        Seat { profile: profile.into(), environment: environment.into(), role: "signing".into() }
    }

    #[test]
    fn a_saved_profile_is_written_and_a_banks_binding_ends_with_the_session() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { config: Some(dir.path().into()), data: Some(dir.path().into()) };
        let path = path_of(&places, "acme").unwrap();
        save_new(&path, OWN).unwrap();
        let mut library = Library::embedded();
        library.add("acme.toml", OWN);
        let mut session = Session::bare(library, Arc::new(SystemClock));
        session.places = places;
        let text = || String::from_utf8(read_capped(&path, 10_000).unwrap()).unwrap();

        let own = seat("acme", "production");
        let seated = session.bind(&own, Some("vault:sig")).unwrap();
        assert_eq!(seated, Seated { before: None, kept: true });
        assert!(text().contains("[keys.signing]\nref = \"vault:sig\"") && text().contains("# ours"), "{}", text());
        assert_eq!(session.uses()["vault:sig"], ["acme signing"]);
        let seated = session.bind(&own, None).unwrap();
        assert_eq!(seated.before.as_deref(), Some("vault:sig"));
        assert_eq!(text(), OWN);
        assert!(!session.uses().contains_key("vault:sig"));

        let bank = seat("dnb", "sandbox");
        assert!(!session.bind(&bank, Some("vault:sig")).unwrap().kept);
        assert_eq!(session.uses()["vault:sig"], ["dnb/sandbox signing (this session)"]);
        assert_eq!(session.seats.get(&seat("dnb", "production")), None);
        for wrong in [seat("nobody", "x"), Seat { role: "x".into(), ..bank.clone() }] {
            assert_eq!(session.bind(&wrong, Some("vault:sig")).unwrap_err().id, "key.reference");
        }
        assert_eq!(session.bind(&bank, Some("nonsense")).unwrap_err().id, "key.reference");
    }
}
