//! What a person changed of a step before it goes out: of the request, and of what is signed for it.

pub mod document;
mod place;
mod places;
mod put;
mod request;

use std::fmt;

use serde_json::{Map, Value as Json};

pub use place::{Part, Place};
pub use places::{Standing, places};
use put::put;

/// One change.
#[derive(Clone, PartialEq)]
pub struct Edit {
    pub place: Place,
    /// None takes it away.
    pub to: Option<Json>,
}

/// The value may be a secret.
impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edit({} {})", self.place, if self.to.is_some() { "set" } else { "taken away" })
    }
}

impl Edit {
    pub const fn set(place: Place, to: Json) -> Self {
        Self { place, to: Some(to) }
    }

    pub const fn remove(place: Place) -> Self {
        Self { place, to: None }
    }

    /// What was typed for a value that was `before`: a text stays one, anything else is read as JSON where it can be. `now±N`
    /// is a time, a leading `=` says that what follows is JSON.
    pub fn typed(place: Place, before: Option<&Json>, text: &str, now: i64) -> Result<Self, String> {
        let json = |text: &str| serde_json::from_str::<Json>(text).map_err(|e| format!("this is no JSON: {e}"));
        let to = if let Some(rest) = text.strip_prefix('=') {
            json(rest)?
        } else if let Some(time) = relative(text, now) {
            Json::from(time)
        } else if before.is_some_and(|b| !b.is_string()) {
            json(text).unwrap_or_else(|_| Json::from(text))
        } else {
            Json::from(text)
        };
        Ok(Self::set(place, to))
    }
}

/// `now`, `now+300`, `now - 60`: seconds since 1970.
fn relative(text: &str, now: i64) -> Option<i64> {
    let rest = text.trim().strip_prefix("now")?.trim();
    if rest.is_empty() {
        return Some(now);
    }
    let (sign, digits) = (rest.chars().next()?, rest.get(1..)?.trim());
    let seconds: i64 = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
    match sign {
        '+' => now.checked_add(seconds),
        '-' => now.checked_sub(seconds),
        _ => None,
    }
}

/// The edits of one step: what was done, in its order, and what of it was taken back and can be done again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edits {
    done: Vec<Edit>,
    /// The one that was taken back last is done again first.
    undone: Vec<Edit>,
}

impl Edits {
    pub(super) const NONE: &'static Self = &Self { done: Vec::new(), undone: Vec::new() };

    pub const fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// What holds: of several for one place the last.
    pub fn iter(&self) -> impl Iterator<Item = &Edit> {
        let later = |at: usize, edit: &Edit| self.done[at + 1..].iter().any(|e| e.place == edit.place);
        self.done.iter().enumerate().filter(move |(at, edit)| !later(*at, edit)).map(|(_, edit)| edit)
    }

    /// With one more; what was taken back before cannot be done again then.
    pub fn with(mut self, edit: Edit) -> Self {
        self.done.push(edit);
        self.undone.clear();
        self
    }

    /// Without the last one: what stood there before it holds again.
    pub fn undone(mut self) -> Self {
        self.undone.extend(self.done.pop());
        self
    }

    /// With the one that was taken back last.
    pub fn redone(mut self) -> Self {
        self.done.extend(self.undone.pop());
        self
    }

    /// The one that is taken back next.
    pub fn last(&self) -> Option<&Edit> {
        self.done.last()
    }

    /// The one that is done again next.
    pub fn next(&self) -> Option<&Edit> {
        self.undone.last()
    }

    pub fn touches(&self, place: &Place) -> bool {
        self.done.iter().any(|e| e.place == *place)
    }

    /// The places, in a few words: `aud, exp, scope`.
    pub fn to_words(&self) -> String {
        let names: Vec<String> = self.iter().map(|e| e.place.short()).collect();
        names.join(", ")
    }

    /// Header and claims of the token of that name, as they are to be signed.
    pub(super) fn on_token(&self, token: &str, header: &mut Map<String, Json>, claims: &mut Map<String, Json>) {
        for edit in self.iter() {
            let Place::Jwt { name, part, pointer } = &edit.place else { continue };
            if name == token {
                let members = if *part == Part::Header { &mut *header } else { &mut *claims };
                let mut whole = Json::Object(std::mem::take(members));
                put(&mut whole, pointer, edit.to.as_ref());
                if let Json::Object(changed) = whole {
                    *members = changed;
                }
            }
        }
    }

    /// The signature as it is to go out: what was made, unless a person wants another.
    pub(super) fn on_signature(&self, token: &str, jwt: String, header: &Map<String, Json>) -> String {
        let edit = self.iter().find(|e| e.place == Place::Signature(token.to_owned()));
        let unsigned = header.get("alg").and_then(Json::as_str) == Some("none");
        let Some((input, signature)) = jwt.rsplit_once('.').filter(|_| edit.is_some() || unsigned) else { return jwt };
        match edit.map(|e| e.to.as_ref().and_then(Json::as_str)) {
            Some(Some(FLIPPED)) => format!("{input}.{}", flipped(signature)),
            Some(Some(given)) => format!("{input}.{given}"),
            Some(None) | None => format!("{input}."),
        }
    }
}

impl From<Vec<Edit>> for Edits {
    fn from(all: Vec<Edit>) -> Self {
        all.into_iter().fold(Self::default(), Self::with)
    }
}

/// A signature that no key verifies: the one that was made, with its first byte changed.
pub const FLIPPED: &str = "flipped";

fn flipped(signature: &str) -> String {
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    std::iter::once(first).chain(signature.chars().skip(1)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(text: &str) -> Place {
        text.parse().expect(text)
    }

    #[test]
    fn what_is_typed_keeps_the_kind_of_what_stood_there() {
        let typed = |before: Json, text: &str| Edit::typed(place("form.a"), Some(&before), text, 1000).unwrap().to;
        assert_eq!(typed(json!("x"), "12"), Some(json!("12")));
        assert_eq!(typed(json!(12), "13"), Some(json!(13)));
        assert_eq!(typed(json!(12), "\"13\""), Some(json!("13")));
        assert_eq!(typed(json!(12), "soon"), Some(json!("soon")));
        assert_eq!(typed(json!("x"), "=[1]"), Some(json!([1])));
        assert_eq!(typed(json!(12), "now - 60"), Some(json!(940)));
        assert_eq!(typed(json!(12), "now+60"), Some(json!(1060)));
        assert_eq!(typed(json!("x"), "nowhere"), Some(json!("nowhere")));
        assert!(Edit::typed(place("form.a"), None, "={", 0).is_err());
    }

    #[test]
    fn a_token_is_changed_where_it_is_named() {
        let edits = Edits::from(vec![
            Edit::set(place("client_assertion.claims/aud"), json!("x")),
            Edit::remove(place("client_assertion.claims/exp")),
            Edit::set(place("client_assertion.header/kid"), json!("other")),
            Edit::set(place("request_object.claims/aud"), json!("not here")),
        ]);
        let mut header = json!({"alg": "ES256"}).as_object().cloned().unwrap();
        let mut claims = json!({"aud": "a", "exp": 1, "iat": 0}).as_object().cloned().unwrap();
        edits.on_token("client_assertion", &mut header, &mut claims);
        assert_eq!(
            (json!(header), json!(claims)),
            (json!({"alg": "ES256", "kid": "other"}), json!({"aud": "x", "iat": 0}))
        );
        assert_eq!(edits.to_words(), "aud, exp, kid, aud");
    }

    #[test]
    fn what_was_taken_back_is_done_again_until_something_else_is_changed() {
        let set = |text: &str, to: &str| Edit::set(place(text), json!(to));
        let values = |edits: &Edits| -> Vec<(String, Json)> {
            edits.iter().map(|e| (e.place.short(), e.to.clone().unwrap_or_default())).collect()
        };
        let edits = Edits::from(vec![set("form.a", "1"), set("form.b", "2"), set("form.a", "3")]);
        assert_eq!(values(&edits), [("b".to_owned(), json!("2")), ("a".to_owned(), json!("3"))]);
        let back = edits.clone().undone();
        assert_eq!(values(&back), [("a".to_owned(), json!("1")), ("b".to_owned(), json!("2"))]);
        assert_eq!(back.clone().redone(), edits);
        let back = back.undone().undone();
        assert!(back.is_empty() && back.next() == Some(&set("form.a", "1")));
        assert_eq!(back.clone().undone().redone().redone().redone().redone(), edits, "no further than both ends");
        let other = back.with(set("form.c", "4"));
        assert_eq!((values(&other.clone().redone()).len(), other.next()), (1, None));
    }

    #[test]
    fn a_signature_goes_out_flipped_given_or_not_at_all() {
        let header = Map::new();
        let with = |to: Option<Json>| {
            let edits = Edits::from(vec![Edit { place: place("proof.signature"), to }]);
            edits.on_signature("proof", "h.c.AbC".into(), &header)
        };
        assert_eq!(with(Some(json!(FLIPPED))), "h.c.BbC");
        assert_eq!(with(Some(json!("zzz"))), "h.c.zzz");
        assert_eq!(with(None), "h.c.");
        assert_eq!(Edits::default().on_signature("proof", "h.c.AbC".into(), &header), "h.c.AbC");
        let none = json!({"alg": "none"}).as_object().cloned().unwrap();
        assert_eq!(Edits::default().on_signature("proof", "h.c.AbC".into(), &none), "h.c.");
    }
}
