//! Making a JWT: the input is built here, a key signs it elsewhere, its public half verifies it before it goes on.

use serde_json::{Map, Value as Json};

use super::algorithm::{algorithm, fits};
use super::core::Artefact as On;
use super::effect::{Effect, Saving};
use super::request::Draft;
use super::run::{Outputs, Pending, Run};
use super::template::{EvalError, Scope, Text, Tree, from_json};
use super::verb::{Papers, proof_header};
use super::view::{Artefact, Countdown, ErrorSource, StepError};
use crate::jose::compact::detached;
use crate::jose::{self, Alg};
use crate::secret::{Class, Secret};
use crate::time::Timestamp;

/// A JWT whose signature is awaited.
pub(super) struct Signing {
    pub name: String,
    pub role: String,
    pub alg: Alg,
    pub header: Map<String, Json>,
    pub claims: Json,
    pub input: Vec<u8>,
    pub then: Then,
}

/// What the finished JWT is for.
pub(super) enum Then {
    /// The step's own result.
    Keep,
    /// The client assertion of this request; `refresh`: a person already approved, so it goes out.
    Assert { draft: Box<Draft>, refresh: bool },
    /// The detached signature of this request's body, carried by the header of that name.
    Vouch { draft: Box<Draft>, name: String, papers: Box<Papers>, refresh: bool },
    /// The DPoP proof of this request.
    Prove { draft: Box<Draft>, papers: Box<Papers>, refresh: bool },
}

/// A finished, self-verified JWT.
#[derive(Clone)]
pub(super) struct Signed {
    /// None: the client's secret signed it.
    pub role: Option<String>,
    pub jwt: String,
    pub header: Json,
    pub claims: Json,
}

impl Signed {
    pub fn outputs(&self) -> Outputs {
        let mut out = Outputs::new();
        out.insert("jwt".to_owned(), self.jwt.as_str().into());
        out.insert("header".to_owned(), from_json(&self.header));
        out.insert("claims".to_owned(), from_json(&self.claims));
        out
    }
}

type Members = Map<String, Json>;

/// What a DPoP proof is called among the tokens of a step.
pub(super) const PROOF: &str = "dpop_proof";

/// How a body is to be signed.
pub(super) struct Wish<'a> {
    pub alg: Option<&'a str>,
    /// But for `alg`.
    pub header: Members,
    /// The body, as a face shows it.
    pub shown: Json,
}

/// What a JWT is made of, before evaluation.
pub(super) struct Recipe<'a> {
    pub name: &'a str,
    pub role: &'a str,
    pub alg: Option<&'a Text>,
    pub header: &'a Tree,
    pub claims: &'a Tree,
    /// Claims that are there unless written otherwise.
    pub defaults: Map<String, Json>,
}

impl Recipe<'_> {
    /// Header and claims, evaluated.
    fn made(self, alg: Alg, scope: &Scope) -> Result<(Members, Members), EvalError> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), Json::from(alg.name()));
        header.extend(self.header.eval_map(scope)?);
        let mut claims = self.defaults;
        claims.extend(self.claims.eval_map(scope)?);
        Ok((header, claims))
    }
}

impl Signing {
    fn new(name: &str, role: &str, alg: Alg, header: Map<String, Json>, claims: Map<String, Json>, then: Then) -> Self {
        let claims = Json::Object(claims);
        let input = jose::compact::signing_input(&header, claims.to_string().as_bytes()).into_bytes();
        Self { name: name.to_owned(), role: role.to_owned(), alg, header, claims, input, then }
    }

    /// The finished text; a detached one says nothing of what it is over.
    fn assemble(&self, signature: &[u8]) -> String {
        match (&self.then, std::str::from_utf8(&self.input)) {
            (Then::Keep | Then::Assert { .. } | Then::Prove { .. }, Ok(input)) => {
                jose::compact::assemble(input, signature)
            }
            _ => detached::assemble(&self.header, signature),
        }
    }
}

impl Run {
    pub(super) fn begin_signing(
        &mut self,
        recipe: Recipe<'_>,
        then: Then,
        scope: &Scope,
        now: Timestamp,
    ) -> Vec<Effect> {
        let prepared = self.prepare(recipe, then, scope);
        self.sign(prepared, now)
    }

    /// A DPoP proof with these claims.
    pub(super) fn begin_proof_of(
        &mut self,
        role: &str,
        claims: Map<String, Json>,
        then: Then,
        now: Timestamp,
    ) -> Vec<Effect> {
        let prepared = self.algorithm_of(role, None).and_then(|alg| {
            // the role has a key, or it would have no algorithm
            let key = self.state.keys.get(role).ok_or_else(|| EvalError::Missing(format!("keys.{role}")))?;
            let mut header = Map::new();
            header.insert("alg".to_owned(), Json::from(alg.name()));
            header.extend(proof_header(key.jwk.as_value()));
            let mut claims = claims;
            self.edits().on_token(PROOF, &mut header, &mut claims);
            Ok(Signing::new(PROOF, role, alg, header, claims, then))
        });
        self.sign(prepared, now)
    }

    /// A signature over a body that travels beside it (RFC 7515 App. F).
    pub(super) fn begin_detached(
        &mut self,
        role: &str,
        wish: Wish<'_>,
        body: &[u8],
        then: Then,
        now: Timestamp,
    ) -> Vec<Effect> {
        let prepared = self.algorithm_of(role, wish.alg).map(|alg| {
            let mut header = Map::new();
            header.insert("alg".to_owned(), Json::from(alg.name()));
            header.extend(wish.header);
            self.edits().on_token("signature", &mut header, &mut Map::new());
            let input = detached::signing_input(&header, body);
            let (name, role) = ("signature".to_owned(), role.to_owned());
            Signing { name, role, alg, header, claims: wish.shown, input, then }
        });
        self.sign(prepared, now)
    }

    fn sign(&mut self, prepared: Result<Signing, Refusal>, now: Timestamp) -> Vec<Effect> {
        match prepared {
            Ok(signing) => {
                let (role, alg, input) = (signing.role.clone(), signing.alg, signing.input.clone());
                self.busy(Pending::Sign(Box::new(signing)), |op| Effect::Sign { op, role, alg, input })
            }
            Err(Refusal::Eval(e)) => self.fail_eval(&e, now),
            Err(Refusal::Key(e)) => self.fail(*e, now),
        }
    }

    /// HS256 with the client's secret (RFC 7518 §3.2): no key has to be asked.
    pub(super) fn sign_with_secret(
        &mut self,
        recipe: Recipe<'_>,
        secret: Option<&Secret>,
        scope: &Scope,
    ) -> Result<Signed, EvalError> {
        let secret = secret.ok_or_else(|| EvalError::Missing("client.secret".to_owned()))?;
        let name = recipe.name.to_owned();
        let (mut header, mut claims) = recipe.made(Alg::Hs256, scope)?;
        self.edits().on_token(&name, &mut header, &mut claims);
        let payload = Json::Object(claims.clone()).to_string();
        let input = jose::compact::signing_input(&header, payload.as_bytes());
        let mac = jose::sign_hmac(Alg::Hs256, secret.expose().as_bytes(), input.as_bytes())
            .map_err(|e| EvalError::Wrong(format!("the client secret cannot sign: {e}")))?;
        let jwt = self.edits().on_signature(&name, jose::compact::assemble(&input, &mac), &header);
        let signed = Signed { role: None, jwt, header: Json::Object(header), claims: Json::Object(claims) };
        self.show_signed(&name, &signed, Class::Secret);
        Ok(signed)
    }

    fn prepare(&self, recipe: Recipe<'_>, then: Then, scope: &Scope) -> Result<Signing, Refusal> {
        let named = recipe.alg.map(|t| t.eval_text(scope)).transpose()?.flatten();
        let alg = self.algorithm_of(recipe.role, named.as_deref())?;
        let (name, role) = (recipe.name, recipe.role);
        let (mut header, mut claims) = recipe.made(alg, scope)?;
        self.edits().on_token(name, &mut header, &mut claims);
        Ok(Signing::new(name, role, alg, header, claims, then))
    }

    /// What the key of that role signs with: `named`, or the first that the role allows.
    fn algorithm_of(&self, name: &str, named: Option<&str>) -> Result<Alg, Refusal> {
        let role = self.state.profile.role(name).ok_or_else(|| EvalError::Missing(format!("keys.{name}")))?;
        let facts = self.state.keys.get(name).ok_or_else(|| Refusal::Key(Box::new(not_bound(name))))?;
        let alg = match named {
            Some(word) => {
                Alg::parse(word).ok_or_else(|| EvalError::Wrong(format!("`{word}` is no signature algorithm")))?
            }
            None => algorithm(role, facts).ok_or_else(|| wrong_key(name, &facts.kind, &role.algs))?,
        };
        if fits(alg, &facts.kind) { Ok(alg) } else { Err(wrong_key(name, &facts.kind, &[alg])) }
    }

    pub(super) fn signed(&mut self, signing: Signing, signature: &[u8], now: Timestamp) -> Vec<Effect> {
        let key = self.state.keys.get(&signing.role).map(|k| k.jwk.clone());
        let good = key.is_some_and(|k| jose::verify(signing.alg, &k, &signing.input, signature).is_ok());
        if !good {
            let text = format!(
                "the key of role {} gave a signature that its own public half does not verify; nothing was sent",
                signing.role
            );
            let hint = "the public key may have been changed in its store, or the store is broken: look at the key, bind another";
            return self.fail(key_error("key.bad-signature", text, hint), now);
        }
        let jwt = self.edits().on_signature(&signing.name, signing.assemble(signature), &signing.header);
        let signed = Signed {
            role: Some(signing.role.clone()),
            jwt,
            header: Json::Object(signing.header),
            claims: signing.claims,
        };
        let class = if matches!(signing.then, Then::Keep) { self.current().class } else { Class::Secret };
        self.show_signed(&signing.name, &signed, class);
        match signing.then {
            Then::Keep => self.keep_signed(signing.name, signed, now),
            Then::Assert { draft, refresh } => self.asserted(*draft, signed, refresh, now),
            Then::Vouch { draft, name, papers, refresh } => self.vouched(*draft, name, *papers, signed, refresh, now),
            Then::Prove { draft, papers, refresh } => self.proved(*draft, *papers, signed, refresh, now),
        }
    }

    fn show_signed(&mut self, name: &str, signed: &Signed, class: Class) {
        self.state.redactor.register(&signed.jwt, class);
        let step = self.step();
        step.artefacts.retain(|a| a.name != name);
        step.artefacts.push(Artefact {
            step: step.id.clone(),
            name: name.to_owned(),
            kind: "jws",
            header: signed.header.clone(),
            claims: signed.claims.clone(),
            token: signed.jwt.clone(),
            class,
            opened_by: None,
        });
    }

    fn keep_signed(&mut self, name: String, signed: Signed, now: Timestamp) -> Vec<Effect> {
        let step = self.step().id.clone();
        if let Some(exp) = signed.claims.get("exp").and_then(Json::as_i64) {
            self.view.countdowns.retain(|c| c.step != step);
            let ends_at = Timestamp::from_seconds(exp);
            self.view.countdowns.push(Countdown { name, step, started_at: now, ends_at });
        }
        self.kept(signed, now)
    }

    /// Takes a JWT that was signed elsewhere, by the key of this very role.
    pub(super) fn take_given(&mut self, role: &str, given: &str, now: Timestamp) -> Vec<Effect> {
        let (step, given) = (self.current(), given.trim());
        match self.read_given(role, given) {
            Ok((header, claims)) => {
                let signed = Signed { role: Some(role.to_owned()), jwt: given.to_owned(), header, claims };
                self.show_signed(&step.id, &signed, step.class);
                self.keep_signed(step.id, signed, now)
            }
            Err(Refusal::Eval(e)) => self.fail_eval(&e, now),
            Err(Refusal::Key(e)) => self.fail(*e, now),
        }
    }

    fn read_given(&self, role: &str, given: &str) -> Result<(Json, Json), Refusal> {
        let wrong = |why: String| EvalError::Wrong(format!("the JWT that was given cannot be used: {why}"));
        let read = jose::Compact::parse(given).map_err(|e| wrong(e.to_string()))?;
        let claims = read.claims().map_err(|e| wrong(e.to_string()))?;
        let alg = read.alg().ok_or_else(|| wrong("its algorithm is not known".to_owned()))?;
        let key = self.state.keys.get(role).map(|k| &k.jwk);
        if key.is_none_or(|k| jose::verify(alg, k, read.signing_input(), read.signature()).is_err()) {
            return Err(Refusal::key(
                "key.another-signed",
                format!("the JWT that was given was not signed by the key of role {role}; nothing was sent"),
                format!("bind the key that signed it: --bind {role}=REF, or leave the JWT out and a new one is signed"),
            ));
        }
        let header = jose::json::parse(read.header_bytes()).map_err(|e| wrong(e.to_string()))?;
        Ok((header, claims))
    }

    /// From now on the `jti` of this JWT counts as used. Nobody waits for the effect: the ledger is written beside what goes on.
    pub(super) fn spend_jti(&mut self, claims: &Json) -> Option<Effect> {
        let (jti, exp) = (claims.get("jti")?.as_str()?.to_owned(), claims.get("exp")?.as_i64()?);
        self.state.use_up(&jti);
        let op = self.op();
        Some(Effect::Save { op, what: Saving { jti: vec![(jti, exp)], ..Saving::default() } })
    }

    /// Checks a JWT: the core's, and those given; `claims header jwt` are in scope.
    pub(super) fn check_jwt(
        &mut self,
        signed: &Signed,
        artefact: On,
        more: &[crate::profile::model::Check],
        on: &str,
        scope: &Scope,
    ) {
        let mut scope = scope.clone();
        scope.set_json("header", &signed.header);
        scope.set_json("claims", &signed.claims);
        scope.set("jwt", signed.jwt.as_str().into());
        let of_role = |role: &String| scope.get("keys").and_then(|k| k.get_attr(role).ok());
        let secret = || minijinja::Value::from_pairs([("kind", "oct")]);
        if let Some(key) = signed.role.as_ref().map_or_else(|| Some(secret()), of_role) {
            scope.set("key", key);
        }
        let core = self.core;
        self.run_checks(core.on(On::Jwt), on, &scope);
        if artefact != On::Jwt {
            self.run_checks(core.on(artefact), on, &scope);
        }
        self.run_checks(more, on, &scope);
    }
}

enum Refusal {
    Eval(EvalError),
    Key(Box<StepError>),
}

impl Refusal {
    fn key(id: &str, text: String, hint: String) -> Self {
        Self::Key(Box::new(key_error(id, text, hint)))
    }
}

impl From<EvalError> for Refusal {
    fn from(e: EvalError) -> Self {
        Self::Eval(e)
    }
}

fn wrong_key(role: &str, kind: &str, algs: &[Alg]) -> Refusal {
    let names: Vec<&str> = algs.iter().map(|a| a.name()).collect();
    Refusal::key(
        "key.algorithm",
        format!("the key of role {role} is {kind} and cannot sign with {}", names.join(" or ")),
        format!("bind a key that can to the role {role}"),
    )
}

pub(super) fn not_bound(role: &str) -> StepError {
    let text = format!("no key is bound to the role {role}");
    key_error("key.not-bound", text, format!("bind one: --bind {role}=file:key.pem"))
}

pub(super) fn key_error(id: &str, text: impl Into<String>, hint: impl Into<String>) -> StepError {
    StepError {
        id: id.to_owned(),
        text: text.into(),
        likely: None,
        hint: Some(hint.into()),
        checks: Vec::new(),
        source: ErrorSource::Key,
    }
}
