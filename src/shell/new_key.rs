//! A new key for a role of a profile: what it is to be, and where, from the profile's own table.

use std::collections::BTreeMap;

use super::order::known_inputs;
use super::session::{Problem, Session};
use crate::flow::new_key::{self as wish, Extras};
use crate::flow::template::EvalError;
use crate::jose::Alg;
use crate::keys::{KeySpec, KeyUri, Making};
use crate::profile::model::{KeyRole, Profile};
use crate::secret::Secret;

/// The store that the table is for.
const SCHEME: &str = "awskms";

/// What a person says of it.
#[derive(Clone, Debug, Default)]
pub struct NewKeyOrder {
    pub profile: String,
    pub role: String,
    pub inputs: BTreeMap<String, Secret>,
    /// None: the profile's table names it.
    pub uri: Option<KeyUri>,
    /// None: the first of the role's.
    pub alg: Option<Alg>,
}

/// A key that can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPlan {
    pub uri: KeyUri,
    pub making: Making,
}

impl Session {
    /// The region that a profile gives new keys of a role, where it does so without being told anything.
    pub fn new_key_region(&self, profile: &str, role: &str) -> Option<String> {
        let profile = self.library.load(profile).ok()?.profile;
        wish::region(&profile, profile.role(role)?.new.as_ref()?, &BTreeMap::new()).ok()
    }

    /// # Errors
    /// [`Problem`] where the profile, the role, the algorithm or an input is wrong, or nothing names the key.
    pub fn plan_key(&self, order: &NewKeyOrder) -> Result<KeyPlan, Problem> {
        let loaded = self
            .library
            .load(&order.profile)
            .map_err(|r| Problem::usage(r.to_string(), "countersign profiles list shows them"))?;
        let profile = loaded.profile;
        let role = profile.role(&order.role).ok_or_else(|| {
            let roles: Vec<&str> = profile.keys.iter().map(|k| k.name.as_str()).collect();
            let text = format!("{} has no key role `{}`", profile.id, crate::text::clean(&order.role));
            Problem::usage(text, format!("roles: {}", roles.join(", ")))
        })?;
        known_inputs(&profile, &[], &order.inputs)?;
        let spec = spec(role, order.alg)?;
        let Some(new) = &role.new else {
            let uri = order.uri.clone().ok_or_else(|| {
                let text = format!("{} says nothing of new keys for the role {}", profile.id, role.name);
                Problem::usage(
                    text,
                    "name the key yourself: vault:NAME, keyring:NAME, awskms:key-id=alias/NAME;region=…",
                )
            })?;
            return Ok(KeyPlan { uri, making: spec.into() });
        };
        let unsaid = |e: EvalError| unsaid(&profile, role, &e);
        let uri = match &order.uri {
            Some(uri) if uri.scheme() != SCHEME => return Ok(KeyPlan { uri: uri.clone(), making: spec.into() }),
            Some(uri) => uri.clone(),
            None => {
                let (alias, region) = wish::name(&profile, new, &order.inputs).map_err(unsaid)?;
                KeyUri::new(SCHEME, format!("key-id={alias};region={region}"))
            }
        };
        let Extras { description, replica, tags } = wish::extras(&profile, new, &order.inputs).map_err(unsaid)?;
        Ok(KeyPlan { uri, making: Making { spec, description, tags, replica } })
    }
}

fn spec(role: &KeyRole, alg: Option<Alg>) -> Result<KeySpec, Problem> {
    let names = || role.algs.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ");
    if let Some(alg) = alg
        && !role.algs.is_empty()
        && !role.algs.contains(&alg)
    {
        let text = format!("the role {} does not sign with {}", role.name, alg.name());
        return Err(Problem::usage(text, format!("it signs with: {}", names())));
    }
    let chosen = alg.or_else(|| role.algs.first().copied());
    chosen.and_then(KeySpec::for_alg).ok_or_else(|| {
        let text = format!("the role {} does not say which kind of key it wants", role.name);
        Problem::usage(text, "say it with --alg, for example --alg ES256")
    })
}

fn unsaid(profile: &Profile, role: &KeyRole, error: &EvalError) -> Problem {
    let text = format!("the new key of {} {} cannot be named: {error}", profile.id, role.name);
    let hint = match error {
        EvalError::Missing(path) => {
            let name = path.strip_prefix("inputs.").unwrap_or("NAME");
            format!("give it with --set {name}=…, or name the key yourself: awskms:key-id=alias/NAME;region=…")
        }
        _ => "correct the value, or [keys.ROLE.new] of the profile".to_owned(),
    };
    Problem::usage(text, hint)
}
