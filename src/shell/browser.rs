//! Who opens an address for a person to look at.

use futures_util::future::BoxFuture;

/// A browser, if there is one.
pub trait Browser: Send + Sync {
    /// Opens the address. What became of it, in a few words; `Err`: it has to be opened by hand.
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>>;
}

/// Nothing is opened by itself.
pub struct NoBrowser;

impl Browser for NoBrowser {
    fn open<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async { Err("no browser is opened from here: open the address by hand".to_owned()) })
    }
}
