//! A person's consent, the code that comes of it (RFC 6749 §4.1, RFC 7636), and the refresh tokens after that.
//!
//! ```text
//!   authorize ──► code ──redeem──► refresh token ──rotate──► refresh token …
//!                                       └── one that comes again ends the whole line (RFC 9700 §4.14.2)
//! ```

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use openssl::sha::sha256;
use url::Url;

use super::Wso2;
use super::book::Registration;
use crate::sandbox::form::Form;
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::{b64, random, scope};

/// How long a code is good, seconds.
const CODE_LIVES: i64 = 60;

/// What a person agreed to.
#[derive(Clone)]
pub(super) struct Consent {
    client_id: String,
    pub scope: String,
}

struct Code {
    consent: Consent,
    redirect_uri: String,
    challenge: String,
    ends: i64,
}

struct Refresh {
    consent: Consent,
    /// All that came of one code.
    line: String,
    spent: bool,
}

#[derive(Default)]
pub(super) struct Consents(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    codes: HashMap<String, Code>,
    refresh: HashMap<String, Refresh>,
}

/// What a grant leads to: whose token it is, and the refresh token that comes with it.
pub(super) struct Agreed {
    pub consent: Consent,
    pub refresh_token: String,
}

impl Consents {
    fn lock(&self) -> MutexGuard<'_, Pages> {
        // each change is complete in itself
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `authorization_code`: each code once, by its client, from the same address, with the verifier of its challenge.
    pub fn redeem(&self, client: &Registration, form: &Form, now: i64) -> Result<Agreed, OAuthError> {
        let text = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let code = self.lock().codes.remove(text("code"));
        let code = code.filter(|c| c.ends > now && c.consent.client_id == client.client_id);
        let code = code.ok_or_else(|| invalid_grant("The code is not known, has ended or was used before."))?;
        if text("redirect_uri") != code.redirect_uri {
            return Err(invalid_grant("redirect_uri is not that of the request."));
        }
        if b64::encode(&sha256(text("code_verifier").as_bytes())) != code.challenge {
            return Err(invalid_grant("code_verifier is not that of the challenge."));
        }
        let line = random::hex().map_err(|_| failure())?;
        self.successor(code.consent, line)
    }

    /// `refresh_token`: each once. One that comes again ends its whole line.
    pub fn rotate(&self, client: &Registration, form: &Form) -> Result<Agreed, OAuthError> {
        let token = form.get("refresh_token").map(String::as_str).unwrap_or_default();
        let (mut consent, line) = {
            let mut pages = self.lock();
            let known = pages.refresh.get_mut(token).filter(|r| r.consent.client_id == client.client_id);
            let known = known.ok_or_else(|| invalid_grant("The refresh token is not known, or was revoked."))?;
            let line = known.line.clone();
            if std::mem::replace(&mut known.spent, true) {
                pages.refresh.retain(|_, r| r.line != line);
                return Err(invalid_grant("The refresh token was used before: every token of the consent has ended."));
            }
            (known.consent.clone(), line)
        };
        if let Some(asked) = form.get("scope") {
            let within =
                scope::parse(asked).is_some_and(|all| all.iter().all(|s| consent.scope.split(' ').any(|c| c == *s)));
            if !within {
                return Err(OAuthError::invalid_scope("The person did not agree to every scope that is asked for."));
            }
            consent.scope.clone_from(asked);
        }
        self.successor(consent, line)
    }

    fn successor(&self, consent: Consent, line: String) -> Result<Agreed, OAuthError> {
        let refresh_token = random::letters::<40>().map_err(|_| failure())?;
        let kept = Refresh { consent: consent.clone(), line, spent: false };
        self.lock().refresh.insert(refresh_token.clone(), kept);
        Ok(Agreed { consent, refresh_token })
    }
}

fn invalid_grant(description: &str) -> OAuthError {
    OAuthError::invalid_grant(description)
}

fn failure() -> OAuthError {
    OAuthError::invalid_request("The server could not make a token.")
}

/// Plays the person who is sent there and agrees: the address that their browser ends on, or the reason why not.
pub(super) fn play(bank: &Wso2, url: &str, redirect_uri: &str) -> Result<String, String> {
    let url = Url::parse(url).map_err(|_| "the address cannot be read".to_owned())?;
    let mut plain = url.clone();
    plain.set_query(None);
    if plain.as_str() != bank.flavour.authorization_endpoint {
        return Err("this is not the page where the bank asks".to_owned());
    }
    let query: Form = url.query_pairs().into_owned().collect();
    let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let client = bank.book.find(text("client_id")).ok_or("the bank does not know the client")?;
    let registered = client.metadata.get("redirect_uris").and_then(|v| v.as_array());
    if text("redirect_uri") != redirect_uri || !registered.is_some_and(|all| all.iter().any(|u| u == redirect_uri)) {
        return Err("redirect_uri is not registered".to_owned());
    }
    let back = |pairs: &[(&str, &str)]| {
        let mut back = Url::parse(redirect_uri).map_err(|_| "redirect_uri cannot be read".to_owned())?;
        back.query_pairs_mut().extend_pairs(pairs).extend_pairs(query.get("state").map(|s| ("state", s)));
        Ok(back.to_string())
    };
    if text("response_type") != "code" {
        return back(&[("error", "unsupported_response_type")]);
    }
    if text("code_challenge_method") != "S256" || text("code_challenge").len() != 43 {
        return back(&[("error", "invalid_request"), ("error_description", "PKCE with S256 is wanted")]);
    }
    let known = client.text("scope").unwrap_or_default();
    let asked = scope::parse(text("scope")).unwrap_or_default();
    if asked.is_empty() || !asked.iter().all(|s| known.split(' ').any(|k| k == *s)) {
        return back(&[("error", "invalid_scope")]);
    }
    let code = random::hex().map_err(|_: io::Error| "the bank could not make a code".to_owned())?;
    let consent = Consent { client_id: client.client_id.clone(), scope: text("scope").to_owned() };
    let (redirect_uri, challenge) = (redirect_uri.to_owned(), text("code_challenge").to_owned());
    let kept = Code { consent, redirect_uri, challenge, ends: bank.clock.now().saturating_add(CODE_LIVES) };
    bank.consents.lock().codes.insert(code.clone(), kept);
    back(&[("code", &code)])
}
