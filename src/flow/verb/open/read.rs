//! From the text to what can be judged: which kind of token it is, what its headers may say, what is inside.

use serde_json::{Map, Value as Json};

use super::trouble::{bank, sealed as refused, shown, told};
use super::{Inner, Opening, Sealed, Trouble};
use crate::flow::run::Run;
use crate::flow::template::{EvalError, Scope, Tree};
use crate::flow::view::{ErrorSource, KeyOf, OpenedBy};
use crate::jose::jwe::{Admitted, Enc, Jwe, JweError, KeyAlg, Policy, Task};
use crate::jose::{Alg, Compact, CompactError, compact};
use crate::profile::model::{Expect, KeyRole, KeysFrom, Open};
use crate::secret::SecretBytes;

pub(super) enum Token {
    Signed(Opening),
    Sealed { sealed: Box<Sealed>, role: String, task: Task },
}

impl Run {
    pub(super) fn read_token(&self, open: &Open, scope: &Scope) -> Result<Token, Trouble> {
        let text = open.token.eval_text(scope)?.ok_or_else(|| EvalError::Missing("token".to_owned()))?;
        let encrypted = is_encrypted(&text);
        kind(open, encrypted)?;
        match encrypted {
            false => {
                let token = match self.state.text(open.payload.as_ref(), scope)? {
                    Some(payload) => {
                        let crit = names(open.crit.as_ref(), "crit", scope)?.unwrap_or_default();
                        Compact::detached(&text, payload.as_bytes(), &crit)
                            .map_err(|e| unreadable("the signature", &e))?
                    }
                    None => signed(&text, "the token")?,
                };
                Ok(Token::Signed(Opening { inner: Inner::Signed(Box::new(token), text.clone()), text, jwe: None }))
            }
            true => self.seal(open, text, scope),
        }
    }

    /// The role whose key opens it, and the token, where the step goes along with how it is encrypted.
    pub(super) fn admit(&self, open: &Open, text: &str, scope: &Scope) -> Result<(String, Admitted), Trouble> {
        let Some(role) = open.decrypt.clone() else {
            return Err(bank(
                "token.kind",
                "an encrypted token came, and this step has no key to open it",
                "the profile has to name the role that decrypts: decrypt = \"encryption\"",
            ));
        };
        let policy = policy(open, self.state.profile.role(&role), scope)?;
        let token = Jwe::parse(text).and_then(|jwe| jwe.admit(&policy)).map_err(|e| refused(&e))?;
        Ok((role, token))
    }

    fn seal(&self, open: &Open, text: String, scope: &Scope) -> Result<Token, Trouble> {
        let (role, token) = self.admit(open, &text, scope)?;
        let Some(facts) = self.state.keys.get(&role) else {
            let hint = format!("bind one: --bind {role}=file:key.pem");
            return Err(told("key.not-bound", format!("no key is bound to the role {role}"), hint, ErrorSource::Key));
        };
        let task = token.task(&facts.jwk).map_err(|e| refused(&e))?;
        Ok(Token::Sealed { sealed: Box::new(Sealed { text, role: role.clone(), token }), role, task })
    }

    pub(super) fn read_inside(
        &self,
        open: &Open,
        sealed: Sealed,
        answer: Option<&SecretBytes>,
    ) -> Result<Opening, Trouble> {
        let content = sealed.token.open(answer).map_err(|e| match (e, sealed.token.jwe().kid()) {
            (JweError::NotOpened, Some(kid)) => bank(
                "token.not-opened",
                JweError::NotOpened.to_string(),
                format!("{}; it names the kid “{}”", JweError::NotOpened.hint(), shown(kid)),
            ),
            (e, _) => refused(&e),
        })?;
        self.inside(open, sealed.text, sealed.role, sealed.token.jwe().header(), content)
    }

    /// What was encrypted, in plain sight.
    pub(super) fn inside(
        &self,
        open: &Open,
        text: String,
        role: String,
        header: &Map<String, Json>,
        content: SecretBytes,
    ) -> Result<Opening, Trouble> {
        let inside = std::str::from_utf8(content.expose()).ok().filter(|t| compact::looks_signed(t));
        let inside = match (open.expect, inside) {
            (Expect::Nested, Some(text)) => Some((signed(text, "the token inside")?, text)),
            (Expect::Nested, None) => {
                return Err(bank(
                    "token.not-signed",
                    "what was encrypted is not signed",
                    "anybody who knows our public key could have written it: ask the bank to sign, then encrypt",
                ));
            }
            (Expect::Any, Some(text)) => Compact::parse(text).ok().map(|token| (token, text)),
            _ => None,
        };
        let inner = match inside {
            Some((token, text)) => Inner::Signed(Box::new(token), text.to_owned()),
            None => Inner::Content(content),
        };
        let key = self.state.keys.get(&role).map(|facts| facts.jwk.clone());
        let opened_by = OpenedBy { whose: KeyOf::Own(role), key };
        Ok(Opening { text, jwe: Some((header.clone(), opened_by)), inner })
    }

    /// The signature algorithms that the step goes along with; None: it has none to check with.
    pub(super) fn allowed(&self, open: &Open, scope: &Scope) -> Result<Option<Vec<Alg>>, Trouble> {
        if let Some(names) = names(open.algs.as_ref(), "algs", scope)? {
            return list(&names, Alg::parse, "signature").map(Some);
        }
        Ok(match &open.keys {
            KeysFrom::Own(role) => self.state.profile.role(role).map(|r| r.algs.clone()),
            _ => None,
        })
    }
}

pub(super) fn is_encrypted(text: &str) -> bool {
    text.split('.').count() == 5
}

/// Whether a token that is encrypted, or is not, is what the step wants.
pub(super) fn kind(open: &Open, encrypted: bool) -> Result<(), Trouble> {
    match (open.expect, encrypted) {
        (Expect::Jws, true) => Err(bank(
            "token.kind",
            "an encrypted token came where a signed one is due",
            "encrypted is not authenticated: anybody may have encrypted it; ask the bank for a signed one",
        )),
        (Expect::Jwe | Expect::Nested, false) => Err(bank(
            "token.kind",
            "a token that is not encrypted came where an encrypted one is due",
            "the client may be registered without an encryption key or algorithm: compare with the registration",
        )),
        _ => Ok(()),
    }
}

pub(super) fn signed(text: &str, what: &str) -> Result<Compact, Trouble> {
    Compact::parse(text).map_err(|e| unreadable(what, &e))
}

fn unreadable(what: &str, error: &CompactError) -> Trouble {
    bank("token.unreadable", format!("{what} is no compact JWS: {error}"), error.hint())
}

fn policy(open: &Open, role: Option<&KeyRole>, scope: &Scope) -> Result<Policy, Trouble> {
    let key_algs = match names(open.key_algs.as_ref(), "key_algs", scope)? {
        Some(names) => Some(list(&names, KeyAlg::parse, "key management")?),
        None => role.map(|r| r.key_algs.clone()).filter(|algs| !algs.is_empty()),
    };
    let encs = match names(open.enc_algs.as_ref(), "enc_algs", scope)? {
        Some(names) => Some(list(&names, Enc::parse, "content encryption")?),
        None => None,
    };
    let sound = || KeyAlg::ALL.into_iter().filter(|a| !a.is_risky()).collect();
    Ok(Policy::only(key_algs.unwrap_or_else(sound), encs.unwrap_or_else(|| Enc::ALL.to_vec())))
}

/// The texts of a list; a lone text is a list of one.
pub(super) fn names(tree: Option<&Tree>, field: &str, scope: &Scope) -> Result<Option<Vec<String>>, Trouble> {
    let wrong = || Trouble::Value(EvalError::Wrong(format!("`{field}` is no list of texts")));
    match tree.map(|t| t.eval(scope)).transpose()?.flatten() {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(one)) => Ok(Some(vec![one])),
        Some(Json::Array(items)) => items
            .into_iter()
            .map(|i| i.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(wrong()),
    }
}

fn list<T>(names: &[String], parse: fn(&str) -> Option<T>, what: &str) -> Result<Vec<T>, Trouble> {
    let known = |name: &String| {
        parse(name).ok_or_else(|| {
            Trouble::Value(EvalError::Wrong(format!("`{}` is no {what} algorithm known here", shown(name))))
        })
    };
    names.iter().map(known).collect()
}
