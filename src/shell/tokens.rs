//! What a person does with kept tokens, in one way for the screen and the command line.

use std::fmt;

use super::order::references;
use super::session::Session;
use crate::inspect::moment;
use crate::keys::KeyError;
use crate::secret::Secret;
use crate::store::Whose;
use crate::store::tokens::{Label, RefreshLabel, Standing, TokenSet};

/// Something to be done with a kept set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOrder {
    /// An access token that is good now.
    Use {
        label: Label,
    },
    Copy {
        label: Label,
    },
    /// For a run of that flow of its profile.
    Run {
        label: Label,
        flow: &'static str,
    },
    /// A call with it, as a command.
    Call {
        label: Label,
        method: String,
        url: String,
    },
    /// The bank is not told.
    Forget {
        label: Label,
    },
}

/// What became of it.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenDone {
    ToUse { label: Label, text: Secret },
    ToCopy { label: Label, text: Secret },
    ToRun { label: Label, flow: &'static str, text: Secret },
    Call { label: Label, text: String },
    Forgotten { label: Label },
}

impl fmt::Debug for TokenDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::ToUse { label, .. }
        | Self::ToCopy { label, .. }
        | Self::ToRun { label, .. }
        | Self::Call { label, .. }
        | Self::Forgotten { label }) = self;
        f.debug_tuple("TokenDone").field(label).finish()
    }
}

impl Session {
    /// Whose a kept set is: the saved profile's, with the keys that it has now. In memory a set is told apart by its keys.
    fn owner(&self, label: &Label) -> Whose {
        let in_memory = self.tokens.whose_in_memory(label);
        in_memory.unwrap_or_else(|| {
            let keys = self.library.load(&label.profile).map(|loaded| references(&loaded.profile)).unwrap_or_default();
            Whose::new(&label.profile, &label.environment, &keys)
        })
    }

    /// One set, opened. May ask for the passphrase of the vault.
    ///
    /// # Errors
    /// What does not open.
    pub async fn token_set(&self, label: &Label) -> Result<Option<TokenSet>, KeyError> {
        self.tokens.get(&self.owner(label), &label.set).await
    }

    /// Forgets a set. The bank is not told.
    ///
    /// # Errors
    /// Where its file cannot be removed.
    pub async fn forget_token_set(&self, label: &Label) -> Result<(), KeyError> {
        self.tokens.forget(&self.owner(label), &format!("tokens.{}", label.set)).await
    }

    /// Does one thing.
    ///
    /// # Errors
    /// Why not, and the next thing to try.
    pub async fn with_tokens(&self, order: TokenOrder) -> Result<TokenDone, KeyError> {
        Ok(match order {
            TokenOrder::Use { label } => {
                let text = self.good_access_token(&label).await?;
                TokenDone::ToUse { label, text }
            }
            TokenOrder::Copy { label } => {
                let text = self.good_access_token(&label).await?;
                TokenDone::ToCopy { label, text }
            }
            TokenOrder::Run { label, flow } => {
                let text = self.good_access_token(&label).await?;
                TokenDone::ToRun { label, flow, text }
            }
            TokenOrder::Call { label, method, url } => {
                let text = self.call_as_curl(&label, &method, &url).await?;
                TokenDone::Call { label, text }
            }
            TokenOrder::Forget { label } => {
                self.forget_token_set(&label).await?;
                TokenDone::Forgotten { label }
            }
        })
    }

    pub(super) async fn good_access_token(&self, label: &Label) -> Result<Secret, KeyError> {
        let set = self.token_set(label).await?;
        set.and_then(|set| set.access_token(self.clock.now())).ok_or_else(|| {
            let hint = if label.refresh.is_some() { "r refreshes it" } else { "run the flow that got it again" };
            KeyError::new("key.not-found", "its access token has ended", hint)
        })
    }
}

/// How a refresh token stands, for a person.
pub fn standing_in_words(standing: &Standing, busy: bool) -> String {
    match standing {
        Standing::InForce => "in force".to_owned(),
        Standing::Sent { .. } if busy => "it is being exchanged now".to_owned(),
        Standing::Sent { at } => format!(
            "in doubt: it went to the bank {} and no answer was kept, so it may be spent; one that comes twice ends every token of the consent (RFC 9700 §4.14.2)",
            moment(*at)
        ),
        Standing::Refused { at, error } => format!(
            "refused by the bank {} ({}): it ended, was revoked, or was used before; a person has to sign in again",
            moment(*at),
            crate::text::clean(error)
        ),
    }
}

/// `accounts; asked for payments, too`, cleaned. None: neither is known.
pub fn scope_in_words(label: &Label) -> Option<String> {
    let (granted, asked) = (label.scope.as_deref(), label.asked_scope.as_deref());
    let words = |text: Option<&str>| -> Vec<String> {
        text.unwrap_or_default().split_whitespace().map(|w| crate::text::clean(w).into_owned()).collect()
    };
    let (have, wanted) = (words(granted), words(asked));
    let only = |of: &[String], others: &[String]| -> Vec<String> {
        of.iter().filter(|w| !others.contains(w)).cloned().collect()
    };
    let mut parts = vec![if have.is_empty() { "none named".to_owned() } else { have.join(" ") }];
    if !wanted.is_empty() {
        let (lacks, more) = (only(&wanted, &have), only(&have, &wanted));
        parts.extend((!lacks.is_empty()).then(|| format!("asked for, not granted: {}", lacks.join(" "))));
        parts.extend((!more.is_empty()).then(|| format!("not asked for: {}", more.join(" "))));
        parts.extend((lacks.is_empty() && more.is_empty()).then(|| "as asked".to_owned()));
    }
    (granted.is_some() || asked.is_some()).then(|| parts.join("; "))
}

/// Where a refresh token comes from, for a person.
pub fn lineage_in_words(refresh: &RefreshLabel) -> String {
    let since = moment(refresh.since);
    let line = match refresh.generation {
        0 => format!("as it came {since}"),
        1 => format!("exchanged once since {since}"),
        n => format!("exchanged {n} times since {since}"),
    };
    if refresh.backup { format!("{line}; its predecessor is kept as a back-up") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Whose;
    use crate::time::Timestamp;

    #[test]
    fn what_was_granted_stands_beside_what_was_asked_for() {
        let words = |granted: &str, asked: &str| {
            let members = serde_json::json!({ "access_token": "t", "scope": granted, "asked_scope": asked });
            let members = members.as_object().cloned().unwrap_or_default();
            let whose = Whose::new("bank", "test", &std::collections::BTreeMap::default());
            scope_in_words(&TokenSet::new(whose, "app", members, Timestamp::default()).label())
        };
        assert_eq!(words("a b", "b a").as_deref(), Some("a b; as asked"));
        assert_eq!(words("a", "a b").as_deref(), Some("a; asked for, not granted: b"));
        assert_eq!(words("a c", "a").as_deref(), Some("a c; not asked for: c"));
    }
}
