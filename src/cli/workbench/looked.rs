//! A text that pane 4 asks about: its keys, the rules that fall on it, what it is.

use std::sync::Arc;

use crate::inspect::{Inspection, Kind, Whole, inspect, take_apart};
use crate::jose::PublicJwk;
use crate::keys::Key;
use crate::secret::Secret;
use crate::shell::{Problem, RuleOrder, Session, add_keys, ring};

/// What is asked.
pub struct Question {
    /// The run's own keys, by role.
    pub keys: Vec<(String, Arc<dyn Key>)>,
    /// Keys of others, each with whose it is.
    pub known: Vec<(PublicJwk, String)>,
    pub rules: Option<RuleOrder>,
    pub text: Secret,
    /// The paste that it is a part of, and which.
    pub of: Option<(Secret, usize)>,
}

/// What came of it.
pub struct Looked {
    pub found: Inspection,
    /// What the rules say of the message around it.
    pub message: Option<Inspection>,
    /// Why there are no rules.
    pub problem: Option<Problem>,
}

pub async fn look(session: Arc<Session>, question: Question) -> Option<Looked> {
    let Question { keys, known, rules, text, of } = question;
    let mut ring = ring(keys, text.expose()).await;
    for (key, whose) in known {
        ring.add(key, &whose);
    }
    let whole = of.and_then(|(paste, at)| Some((take_apart(paste.expose())?, at)));
    let (message, rules, mut problem) = match rules {
        Some(order) => falling(&session, order, whole).await,
        None => (None, None, None),
    };
    let mut ruled = None;
    if let Some(order) = rules {
        match session.rules(order).await {
            Ok(found) => ruled = Some(found),
            Err(why) => problem = Some(why),
        }
    }
    if let Some(ruled) = &mut ruled {
        add_keys(&mut ring, std::mem::take(&mut ruled.keys), text.expose()).await;
    }
    let now = session.clock.now();
    let looked = tokio::task::spawn_blocking(move || match inspect(text.expose(), &ring, now) {
        found if found.kind == Kind::Certificate => found.for_banks(&session.from_profiles().profiles, now),
        found => match &mut ruled {
            Some(ruled) => found.held_to(&ruled.name, &mut ruled.lint, text.expose(), &ring, now),
            None => found,
        },
    });
    Some(Looked { found: looked.await.ok()?, message, problem })
}

type Falling = (Option<Inspection>, Option<RuleOrder>, Option<Problem>);

/// The rules as they fall on the message, and on the part that is shown.
async fn falling(session: &Session, order: RuleOrder, whole: Option<(Whole, usize)>) -> Falling {
    let Some((whole, at)) = whole else { return (None, Some(order), None) };
    match session.fall_on(order, &whole).await {
        Ok(mut apart) if at < apart.parts.len() => (apart.message, apart.parts.swap_remove(at), None),
        Ok(apart) => (apart.message, None, None),
        Err(why) => (None, None, Some(why)),
    }
}
