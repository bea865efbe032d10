//! What somebody else sends to us by itself (an event of the bank), and what they are told: taken, or why not (RFC 8935).

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::time::Timestamp;

/// Longer ones are not read.
pub const LONGEST: usize = 64 << 10;
const LONGEST_ID: usize = 100;

/// Where something is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Where the sender posts.
    pub url: String,
    /// Where this machine listens for it; None: at `url` itself.
    pub at: Option<String>,
    pub wait: Duration,
}

/// One request, or what a person pasted in its place.
#[derive(Clone, PartialEq)]
pub struct Delivery {
    /// Names in lower case; none where it was pasted.
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub received_at: Timestamp,
}

/// The body speaks of a person.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivery({} headers, {} bytes)", self.headers.len(), self.body.len())
    }
}

impl Delivery {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// As rules read it: `came`.
    pub(super) fn value(&self) -> Json {
        let headers: Map<String, Json> = self.headers.iter().map(|(n, v)| (n.clone(), v.as_str().into())).collect();
        let json = crate::jose::json::parse(self.body.as_bytes()).unwrap_or(Json::Null);
        json!({ "headers": headers, "text": self.body.trim(), "json": json, "received_at": self.received_at.seconds() })
    }

    /// Goes back as it came, if it is fit to stand in a header.
    pub(super) fn interaction(&self) -> Option<String> {
        let id = self.header("x-fapi-interaction-id")?;
        (id.len() <= LONGEST_ID && id.bytes().all(|b| b.is_ascii_graphic())).then(|| id.to_owned())
    }
}

/// What the sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub status: u16,
    pub interaction: Option<String>,
    /// RFC 8935 §2.3, §2.4: a code, and why.
    pub error: Option<(&'static str, String)>,
    /// Nothing more is waited for.
    pub last: bool,
}

/// A wait as a face shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenView {
    /// Where the sender posts.
    pub url: String,
    /// When it ends.
    pub deadline: Timestamp,
    /// What happened since, oldest first.
    pub seen: Vec<(Timestamp, String)>,
}
