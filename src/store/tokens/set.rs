//! One token set and the lineage of its refresh token. Pure: what changes is written by whoever asked.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::flow::custody::{Policy, Spending};
use crate::jose::Bound;
use crate::keys::KeyError;
use crate::secret::{Secret, SecretBytes};
use crate::store::Whose;
use crate::time::Timestamp;

const VERSION: u32 = 1;
/// An access token counts as ended so many seconds early: a request takes its time.
const EARLY: i64 = 30;

/// A text that is wiped.
#[derive(Clone, PartialEq, Eq)]
struct Hidden(Secret);

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|s| Self(Secret::new(s)))
    }
}

/// How a refresh token stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    InForce,
    /// It went to the bank then, and no answer was kept: it may be spent. While its spender is alive, it is in flight.
    Sent {
        at: i64,
    },
    /// The bank refused it then, with that code.
    Refused {
        at: i64,
        error: String,
    },
}

#[derive(Clone, Serialize, Deserialize)]
struct Predecessor {
    token: Hidden,
    /// When it was exchanged, seconds.
    spent: i64,
}

/// A refresh token, and where it comes from.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Lineage {
    token: Hidden,
    /// When the first of the line came, seconds.
    since: i64,
    /// How many were exchanged before this one.
    generation: u32,
    pub standing: Standing,
    predecessor: Option<Predecessor>,
}

/// What one answer of a token endpoint brought, and what became of its refresh token since.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenSet {
    version: u32,
    pub whose: Whose,
    pub name: String,
    /// Everything but the refresh token, under the names of RFC 6749 §5.1.
    members: Map<String, Json>,
    /// When the members came, seconds.
    came: i64,
    lineage: Option<Lineage>,
}

/// What may be known of a set without opening it: stands before the sealed part, and decides nothing but what is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub profile: String,
    pub environment: String,
    pub set: String,
    /// Seconds.
    pub came: i64,
    /// When the access token ends, seconds. None: the bank did not say, or there is none.
    pub ends: Option<i64>,
    pub access: bool,
    pub refresh: Option<RefreshLabel>,
    /// As granted.
    pub scope: Option<String>,
    #[serde(default)]
    pub asked_scope: Option<String>,
    /// As the bank said it: `Bearer`, `DPoP`.
    #[serde(default)]
    pub token_type: Option<String>,
    /// What the access token shows that it is bound to.
    #[serde(default)]
    pub bound: Vec<Bound>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshLabel {
    pub since: i64,
    pub generation: u32,
    pub standing: Standing,
    /// A predecessor is kept as a back-up.
    pub backup: bool,
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet").field("whose", &self.whose).field("name", &self.name).finish_non_exhaustive()
    }
}

impl TokenSet {
    /// A set as it came. A refresh token in it begins a line of its own.
    pub fn new(whose: Whose, name: &str, mut members: Map<String, Json>, now: Timestamp) -> Self {
        let came = now.seconds();
        let lineage = refresh_token(&mut members).map(|token| Lineage {
            token,
            since: came,
            generation: 0,
            standing: Standing::InForce,
            predecessor: None,
        });
        Self { version: VERSION, whose, name: name.to_owned(), members, came, lineage }
    }

    /// The line of a set that this one replaces goes on where this one brought no refresh token, or the same.
    #[must_use]
    pub fn after(mut self, old: Self) -> Self {
        if let Some(old) = old.lineage
            && self.lineage.as_ref().is_none_or(|new| new.token == old.token)
        {
            self.lineage = Some(old);
        }
        self
    }

    pub(super) fn lineage(&self) -> Option<&Lineage> {
        self.lineage.as_ref()
    }

    pub fn is_refreshable(&self) -> bool {
        self.lineage.is_some()
    }

    fn ends(&self) -> Option<i64> {
        let lives = self.members.get("expires_in")?;
        let lives = lives.as_i64().or_else(|| lives.as_str()?.parse().ok())?;
        Some(self.came.saturating_add(lives))
    }

    fn has_ended(&self, now: Timestamp) -> bool {
        self.ends().is_some_and(|ends| ends.saturating_sub(EARLY) <= now.seconds())
    }

    /// The access token, while it is good.
    pub fn access_token(&self, now: Timestamp) -> Option<Secret> {
        self.members.get("access_token").and_then(Json::as_str).filter(|_| !self.has_ended(now)).map(Secret::new)
    }

    pub fn member(&self, name: &str) -> Option<Secret> {
        match name {
            "refresh_token" => self.lineage.as_ref().map(|l| l.token.0.clone()),
            _ => self.members.get(name).map(|v| Secret::new(v.as_str().map_or_else(|| v.to_string(), str::to_owned))),
        }
    }

    /// What a run sees of it; none where nothing of it is good any more. `busy`: its refresh token is in flight just now.
    pub fn shown(&self, whose: &Whose, busy: bool, now: Timestamp) -> Option<Json> {
        let mut members = self.members.clone();
        // a token may be bound to the certificate that it was got with (RFC 8705 §3); a refresh token is bound through the
        // client (§7.1), and so is what a registration gave, which has no token_type
        let bound = members.contains_key("token_type") && self.whose.keys != whose.keys;
        if self.has_ended(now) || bound {
            members.remove("access_token");
            self.lineage.as_ref()?;
        }
        if let Some(ends) = self.ends().filter(|_| members.contains_key("access_token")) {
            members.insert("expires_at".into(), ends.into());
        }
        if let Some(line) = &self.lineage {
            members.insert("refresh_token".into(), line.token.0.expose().into());
            members.insert("generation".into(), line.generation.into());
            match &line.standing {
                Standing::InForce => {}
                Standing::Sent { .. } if busy => {}
                Standing::Sent { at } => {
                    members.insert("doubt_since".into(), (*at).into());
                }
                Standing::Refused { at, .. } => {
                    members.insert("refused_since".into(), (*at).into());
                }
            }
            if let Some(before) = &line.predecessor {
                members.insert("predecessor".into(), before.token.0.expose().into());
            }
        }
        Some(Json::Object(members))
    }

    /// Whether that token is the one in force, or its predecessor that is kept as a back-up.
    pub(super) fn holds(&self, spending: &Spending) -> bool {
        let Some(line) = &self.lineage else { return false };
        let backup = line.predecessor.as_ref().is_some_and(|p| p.token.0 == spending.token);
        line.token.0 == spending.token || (backup && spending.policy == Policy::RotateWithBackup)
    }

    /// It goes out now.
    pub(super) fn sent(&mut self, now: Timestamp) {
        if let Some(line) = &mut self.lineage {
            line.standing = Standing::Sent { at: now.seconds() };
        }
    }

    pub(super) fn stands(&mut self, standing: Standing) {
        if let Some(line) = &mut self.lineage {
            line.standing = standing;
        }
    }

    /// The answer's members over the old ones: what it leaves out stays (RFC 6749 §5.1 of the scope, §6 of the refresh token).
    pub(super) fn succeed(&mut self, mut answer: Map<String, Json>, spent: &Secret, whose: &Whose, now: Timestamp) {
        let successor = refresh_token(&mut answer).filter(|new| new.0 != *spent);
        if let Some(line) = &mut self.lineage {
            line.standing = Standing::InForce;
            if let Some(new) = successor {
                line.predecessor = Some(Predecessor { token: Hidden(spent.clone()), spent: now.seconds() });
                line.token = new;
                line.generation = line.generation.saturating_add(1);
            } else {
                line.token = Hidden(spent.clone());
                line.predecessor = None;
            }
        }
        if !answer.contains_key("expires_in") {
            self.members.remove("expires_in");
        }
        self.members.extend(answer);
        self.whose.clone_from(whose);
        self.came = now.seconds();
    }

    /// Whether a predecessor was let go.
    pub(super) fn settle(&mut self, policy: Policy) -> bool {
        let line = self.lineage.as_mut().filter(|_| policy != Policy::RotateWithBackup);
        line.is_some_and(|line| line.predecessor.take().is_some())
    }

    /// Whether that token is one of it.
    pub(super) fn has(&self, value: &str) -> bool {
        let refresh = self.lineage.as_ref().is_some_and(|l| l.token.0.expose() == value);
        refresh || self.members.values().any(|v| v.as_str() == Some(value))
    }

    /// Forgets a token by its value. Whether nothing is left.
    pub(super) fn without(&mut self, value: &str) -> bool {
        self.members.retain(|_, v| v.as_str() != Some(value));
        self.lineage = self.lineage.take().filter(|l| l.token.0.expose() != value);
        self.lineage.is_none() && !self.members.contains_key("access_token")
    }

    pub fn label(&self) -> Label {
        let text = |name: &str| self.members.get(name).and_then(Json::as_str);
        Label {
            profile: self.whose.profile.clone(),
            environment: self.whose.environment.clone(),
            set: self.name.clone(),
            came: self.came,
            ends: self.ends(),
            access: self.members.contains_key("access_token"),
            refresh: self.lineage.as_ref().map(|l| RefreshLabel {
                since: l.since,
                generation: l.generation,
                standing: l.standing.clone(),
                backup: l.predecessor.is_some(),
            }),
            scope: text("scope").map(str::to_owned),
            asked_scope: text("asked_scope").map(str::to_owned),
            token_type: text("token_type").map(str::to_owned),
            bound: text("access_token").map(Bound::of_token).unwrap_or_default(),
        }
    }

    /// The text of serde's error may hold a token: it is dropped.
    pub(super) fn read(bytes: &SecretBytes) -> Result<Self, KeyError> {
        let other = || {
            let text = "a kept token set was written by another version of this program";
            KeyError::new("key.unreadable", text, "use the newest version; the file is left as it is")
        };
        let set: Self = serde_json::from_slice(bytes.expose()).map_err(|_| other())?;
        if set.version == VERSION { Ok(set) } else { Err(other()) }
    }

    pub(super) fn write(&self) -> Result<SecretBytes, KeyError> {
        serde_json::to_vec(self)
            .map(SecretBytes::new)
            .map_err(|_| KeyError::new("key.store", "a token set could not be written", "try again"))
    }
}

fn refresh_token(members: &mut Map<String, Json>) -> Option<Hidden> {
    let token = members.remove("refresh_token")?;
    token.as_str().filter(|t| !t.is_empty()).map(|t| Hidden(Secret::new(t)))
}
