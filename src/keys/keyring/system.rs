//! The operating system's keyring: Secret Service on Linux and BSD, Keychain on macOS, Credential Manager on Windows.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};

use super::backend::Backend;
use super::fault::{Fault, State};
use crate::secret::SecretBytes;

/// The attribute that all items of this program have; nothing else is ever searched for.
const SERVICE: &str = "countersign";

pub(super) struct System {
    store: Arc<CredentialStore>,
    #[cfg(not(any(target_os = "macos", target_os = "windows")))]
    bus: zbus::blocking::Connection,
}

/// What an operation's error means; nothing of the error itself is kept.
fn fault(error: Error) -> Fault {
    match error {
        Error::NoEntry => Fault::Missing,
        Error::Ambiguous(items) => Fault::Ambiguous(items.len()),
        Error::NoStorageAccess(_) => Fault::Refused,
        Error::TooLong(..) => Fault::TooLarge,
        Error::NoDefaultStore | Error::NotSupportedByStore(_) => Fault::Absent,
        Error::PlatformFailure(_) => Fault::Gone,
        _ => Fault::Unreadable,
    }
}

impl System {
    /// The keyring crate connects once per process; a lost connection is made anew beside it.
    pub fn connect(before: usize) -> Result<Box<dyn Backend>, Fault> {
        #[cfg(not(any(target_os = "macos", target_os = "windows")))]
        let bus = zbus::blocking::Connection::session().map_err(|_| Fault::Absent)?;
        let store = if before == 0 && keyring::Entry::store_status().is_ok() {
            keyring_core::get_default_store().ok_or(Fault::Absent)?
        } else {
            Self::another()?
        };
        Ok(Box::new(Self {
            store,
            #[cfg(not(any(target_os = "macos", target_os = "windows")))]
            bus,
        }))
    }

    #[cfg(not(any(target_os = "macos", target_os = "windows")))]
    fn another() -> Result<Arc<CredentialStore>, Fault> {
        zbus_secret_service_keyring_store::Store::new().map(|s| s as Arc<CredentialStore>).map_err(|_| Fault::Absent)
    }

    #[cfg(any(target_os = "macos", target_os = "windows"))]
    fn another() -> Result<Arc<CredentialStore>, Fault> {
        keyring_core::get_default_store().ok_or(Fault::Absent)
    }

    fn entry(&self, name: &str) -> Result<Entry, Fault> {
        #[cfg(not(any(target_os = "macos", target_os = "windows")))]
        {
            let label = format!("countersign key {name}");
            let modifiers = HashMap::from([("label", label.as_str())]);
            self.store.build(SERVICE, name, Some(&modifiers)).map_err(fault)
        }
        #[cfg(any(target_os = "macos", target_os = "windows"))]
        self.store.build(SERVICE, name, None).map_err(fault)
    }
}

impl Backend for System {
    #[cfg(not(any(target_os = "macos", target_os = "windows")))]
    fn state(&mut self) -> Result<State, Fault> {
        use zbus::blocking::Proxy;
        use zbus::zvariant::OwnedObjectPath;
        const NAME: &str = "org.freedesktop.secrets";
        let service = Proxy::new(&self.bus, NAME, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service");
        let service = service.map_err(|_| Fault::Gone)?;
        let path: OwnedObjectPath = service.call("ReadAlias", &"default").map_err(|_| Fault::Gone)?;
        if path.as_str() == "/" {
            return Err(Fault::NoCollection);
        }
        let collection = Proxy::new(&self.bus, NAME, path, "org.freedesktop.Secret.Collection");
        let locked = collection.and_then(|c| c.get_property::<bool>("Locked")).map_err(|_| Fault::Gone)?;
        Ok(if locked { State::Locked } else { State::Open })
    }

    /// These systems open their own dialogs at once and say no when it is no.
    #[cfg(any(target_os = "macos", target_os = "windows"))]
    fn state(&mut self) -> Result<State, Fault> {
        Ok(State::Open)
    }

    fn names(&mut self) -> Result<Vec<String>, Fault> {
        #[cfg(not(target_os = "windows"))]
        let own = HashMap::from([("service", SERVICE)]);
        // Credential Manager searches target names, which are NAME.SERVICE
        #[cfg(target_os = "windows")]
        let own = HashMap::from([("pattern", r"\.countersign$")]);
        let found = self.store.search(&own).map_err(fault)?;
        let name = |e: &Entry| {
            let specified = e.get_specifiers().map(|(_, user)| user);
            specified.or_else(|| e.get_attributes().ok().and_then(|mut a| a.remove("username")))
        };
        let mut names: Vec<String> = found.iter().filter_map(name).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn get(&mut self, name: &str) -> Result<SecretBytes, Fault> {
        self.entry(name)?.get_secret().map(SecretBytes::new).map_err(fault)
    }

    fn set(&mut self, name: &str, value: &SecretBytes) -> Result<(), Fault> {
        self.entry(name)?.set_secret(value.expose()).map_err(fault)
    }

    fn delete(&mut self, name: &str) -> Result<(), Fault> {
        self.entry(name)?.delete_credential().map_err(fault)
    }
}
