//! One token for another (RFC 8693): that of the one on whose behalf it is asked, with that of the one who acts or without.

use super::client::Client;
use super::reach::Reach;
use super::tokens::Token;
use super::{OpenBanking, PEOPLE, target};
use crate::sandbox::form::Form;
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::Fingerprint;

/// The one type that is taken and given.
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Who asks, and the keys that come with the request.
pub(super) struct Asking<'a> {
    pub client: &'a Client,
    pub jkt: Option<&'a str>,
    pub certificate: Option<Fingerprint>,
}

/// What the new token takes over from the old ones.
pub(super) struct Exchanged {
    pub person: Option<usize>,
    pub reach: Reach,
    /// The one who acts now, and before them whoever did (§4.1).
    pub actors: Vec<String>,
    /// It does not outlive them.
    pub ends: i64,
}

/// The scope that is left, and the rest.
pub(super) fn exchange(
    bank: &OpenBanking,
    form: &Form,
    asking: &Asking<'_>,
    now: i64,
) -> Result<(String, Exchanged), OAuthError> {
    if form.get("requested_token_type").is_some_and(|kind| kind != ACCESS_TOKEN) {
        return Err(OAuthError::invalid_request("requested_token_type is none that is issued here."));
    }
    let subject = shown(bank, form, "subject_token", asking, now)?;
    let subject = subject.ok_or_else(|| OAuthError::invalid_request("The parameter subject_token is missing."))?;
    let actor = shown(bank, form, "actor_token", asking, now)?;
    let scope = form.get("scope").unwrap_or(&subject.scope);
    if !scope.split(' ').all(|s| subject.scope.split(' ').any(|has| has == s)) {
        return Err(OAuthError::invalid_scope("scope has what the subject token does not."));
    }
    // for other services than before, and for nothing that was not granted
    let before = Reach { audience: Vec::new(), details: subject.reach.details };
    let mut reach = before.narrowed(form)?;
    reach.audience.extend(target::by_name(form)?);
    if reach.audience.is_empty() {
        reach.audience = subject.reach.audience;
    }
    let ends = actor.as_ref().map_or(subject.ends, |actor| actor.ends.min(subject.ends));
    let actor = actor.map(|a| a.person.map_or(a.client_id, |person| PEOPLE[person].to_owned()));
    let actors = actor.into_iter().chain(subject.actors).collect();
    Ok((scope.clone(), Exchanged { person: subject.person, reach, actors, ends }))
}

/// The token of that parameter, which comes with its type: one of this client, and with the key that it is bound to.
fn shown(
    bank: &OpenBanking,
    form: &Form,
    name: &str,
    asking: &Asking<'_>,
    now: i64,
) -> Result<Option<Token>, OAuthError> {
    let no = |why: &str| Err(OAuthError::invalid_request(format!("{name}: {why}.")));
    let text = match (form.get(name), form.get(&format!("{name}_type"))) {
        (None, None) => return Ok(None),
        (Some(text), Some(kind)) if kind == ACCESS_TOKEN => text,
        (Some(_), Some(_)) => return no("only access tokens are taken"),
        _ => return no("the token and its type come together"),
    };
    let Some(token) = bank.tokens.find(text, now).filter(|t| t.client_id == asking.client.id) else {
        return no("it is not known, has ended, or is another client's");
    };
    if token.jkt.is_some() && token.jkt.as_deref() != asking.jkt
        || token.certificate.is_some() && token.certificate != asking.certificate
    {
        return no("it is bound to a key that does not come with the request");
    }
    Ok(Some(token))
}
