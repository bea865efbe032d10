//! With what a kept run is begun once more, and what a person reads before one that somebody else wrote down is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::profile_edit::plain;
use super::session::{Order, Problem, Session};
use crate::history::Account;
use crate::secret::Secret;
use crate::store::StoreError;
use crate::text::{clean, shorten};

/// Columns of a value; of a longer one the beginning is shown, and how long it is.
const VALUE: usize = 160;
/// Columns of a name.
const NAME: usize = 60;

/// What a run is begun with once more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Again {
    pub profile: String,
    pub environment: String,
    pub flow: String,
    pub inputs: Vec<(String, String)>,
    /// Role and reference.
    pub bindings: Vec<(String, String)>,
    /// Role and file.
    pub chains: Vec<(String, String)>,
    /// What was set then, and was not kept: secrets, persons, long texts.
    pub withheld: Vec<String>,
    /// Somebody else says so: nobody here has seen these inputs yet.
    pub imported: bool,
    /// What the profile itself gives inputs, where that is the same in every run.
    pub own: BTreeMap<String, String>,
}

impl Again {
    /// # Errors
    /// Where the run does not say what it was.
    fn of(account: &Account) -> Result<Self, StoreError> {
        let run = &account.run;
        let text = |name: &str| run[name].as_str().map(str::to_owned);
        let pairs = |name: &str| -> Vec<(String, String)> {
            let members = run[name].as_object().into_iter().flatten();
            members.filter_map(|(n, v)| Some((n.clone(), v.as_str()?.to_owned()))).collect()
        };
        let (Some(profile), Some(environment), Some(flow)) = (text("profile"), text("env"), text("flow")) else {
            let hint = "run the flow itself: countersign run PROFILE FLOW";
            return Err(StoreError::new("the run does not say its profile, environment and flow", hint));
        };
        let withheld = run["withheld"].as_array().into_iter().flatten();
        Ok(Self {
            profile,
            environment,
            flow,
            inputs: pairs("inputs"),
            bindings: pairs("bindings"),
            chains: pairs("chains"),
            withheld: withheld.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
            imported: run["imported"].is_string(),
            own: BTreeMap::new(),
        })
    }

    /// What somebody else's file says it is to be begun with, one value per line: first where it may go, then whatever is
    /// other than the profile has it.
    pub fn to_words(&self) -> String {
        let [flow, profile, environment] = [&self.flow, &self.profile, &self.environment].map(|text| named(text));
        let mut out = format!("{flow} of {profile} / {environment}\n");
        let (own, others): (Vec<_>, Vec<_>) = self.inputs.iter().partition(|(n, v)| self.own.get(n) == Some(v));
        let (addresses, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, value)| is_address(value));
        out.push_str(match addresses.is_empty() && rest.is_empty() {
            true => "It runs with your keys and your profile; no value of it is somebody else's.\n",
            false => "It runs with your keys and your profile, and with these values, which somebody else wrote.\n",
        });
        for (title, inputs) in [
            ("addresses: requests may go there", addresses),
            ("other values", rest),
            ("values that are the profile's own", own),
        ] {
            if !inputs.is_empty() {
                let _ = writeln!(out, "\n{title}");
            }
            for (name, value) in inputs {
                let _ = writeln!(out, "  {} = {}", named(name), shown(value));
                if let Some(own) = self.own.get(name).filter(|own| *own != value) {
                    let _ = writeln!(out, "    the profile's own: {}", shown(own));
                }
            }
        }
        if !self.withheld.is_empty() {
            let names: Vec<String> = self.withheld.iter().map(|name| named(name)).collect();
            let _ = writeln!(out, "\nasked for, as it was not kept: {}", names.join(", "));
        }
        out
    }

    /// # Errors
    /// A binding that is no key reference.
    pub fn order(&self) -> Result<Order, Problem> {
        let bindings = self.bindings.iter().map(|(role, text)| {
            let uri = text.parse().map_err(|e: crate::keys::KeyError| Problem::usage(e.text, e.hint))?;
            Ok((role.clone(), uri))
        });
        Ok(Order {
            profile: self.profile.clone(),
            flow: self.flow.clone(),
            environment: Some(self.environment.clone()),
            inputs: self.inputs.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect(),
            bindings: bindings.collect::<Result<_, Problem>>()?,
            chains: self.chains.iter().cloned().collect(),
            production: false,
        })
    }
}

impl Session {
    /// With what that kept run was begun.
    ///
    /// # Errors
    /// A run that is not there, or does not say what it was.
    pub fn again(&self, id: &str) -> Result<Again, StoreError> {
        let (events, lost) = self.history.events(id)?;
        let mut again = Again::of(&Account::new(&events, lost))?;
        if let Ok(loaded) = self.library.load(&again.profile) {
            let of_flow = loaded.profile.flow(&again.flow).into_iter().flat_map(|f| &f.frames).flat_map(|f| &f.inputs);
            let inputs = of_flow.chain(&loaded.profile.inputs);
            again.own = inputs.filter_map(|i| Some((i.name.clone(), plain(i.default.as_ref()?)?))).collect();
        }
        Ok(again)
    }
}

fn named(name: &str) -> String {
    shorten(&clean(name), NAME).into_owned()
}

/// The value, or its beginning and how long it is; of an address also the host that its form may hide.
fn shown(value: &str) -> String {
    let whole = clean(value);
    let mut out = shorten(&whole, VALUE).into_owned();
    let is_cut = out != *whole;
    if is_cut {
        let _ = write!(out, "  ({} characters)", value.chars().count());
    }
    let url = url::Url::parse(value.trim()).ok();
    if let Some(host) = url.as_ref().and_then(url::Url::host_str).filter(|_| is_cut || value.contains('@')) {
        let _ = write!(out, "  host {}", shorten(&clean(host), VALUE));
    }
    out
}

/// A URL, or something like the name of a host.
fn is_address(value: &str) -> bool {
    let value = value.trim();
    value.contains("://") || (value.contains(['.', ':']) && !value.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_may_go_is_read_first_and_nothing_long_hides_it() {
        let pairs = [
            ("audience", "the bank"),
            ("scope", &"x".repeat(1500)),
            ("grant", "own"),
            ("issuer", "https://evil.example"),
            ("odd\nname", "a\n  y  run it"),
            ("jwks", &format!("https://{}@evil2.example/", "good.example".repeat(40))),
        ];
        let again = Again {
            profile: "p".into(),
            environment: "e".into(),
            flow: "f".into(),
            inputs: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            own: [("issuer", "https://as.example"), ("grant", "own")].map(|(n, v)| (n.into(), v.into())).into(),
            withheld: vec!["client_secret".into()],
            ..Again::default()
        };
        let words = again.to_words();
        let at = |text: &str| words.lines().position(|line| line.contains(text)).expect(text);
        assert!(
            at("issuer = https://evil.example") < at("scope = xxx") && at("scope = xxx") < at("grant = own"),
            "{words}"
        );
        assert_eq!(at("the profile's own: https://as.example"), at("issuer = ") + 1);
        assert!(words.contains("…  (1500 characters)") && words.contains("  host evil2.example"), "{words}");
        assert!(at("odd␊name = a␊  y  run it") > 0 && at("not kept: client_secret") > at("grant = own"), "{words}");
        assert!(words.lines().all(|line| line.chars().count() < 300), "{words}");
    }
}
