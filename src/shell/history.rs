//! What a person does with kept runs: look, delete, take along, run again.

use serde_json::Value as Json;

use super::session::{Order, Problem, Session};
use crate::config::at_home;
use crate::history::{Account, bundle, compared_in_words, har, markdown, masked_values, words};
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::history::KeptRun;

/// Runs that one on the screen is compared with, the last.
const LAST: usize = 12;

/// Something to be done with kept runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryOrder {
    Show {
        id: String,
    },
    /// For a bank's support.
    Report {
        id: String,
    },
    Again {
        id: String,
    },
    Delete {
        id: String,
    },
    /// Say which runs that one may be compared with. One without an id is on the screen: then those of its flow.
    Comparable {
        with: KeptRun,
    },
    Compare {
        left: String,
        right: Beside,
    },
    /// Keep a run that somebody else wrote into a file.
    Import {
        file: String,
    },
    /// Write it in that form, beside what else the program keeps.
    Write {
        name: String,
        run: Beside,
        form: ReportForm,
    },
}

/// A run that is looked at, or that a kept one is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Another, by its id.
    Kept(String),
    /// What was told of one until now.
    Told(Vec<Json>),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryDone {
    /// All of it in words.
    Shown {
        id: String,
        text: String,
    },
    Reported {
        id: String,
        text: String,
    },
    Again(Box<Again>),
    Deleted {
        id: String,
    },
    Comparable {
        with: Box<KeptRun>,
        runs: Vec<KeptRun>,
    },
    Compared {
        text: String,
    },
    Imported {
        id: String,
        /// How much of it, and what was left out.
        text: String,
    },
    Written {
        path: String,
    },
}

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
}

impl Again {
    /// # Errors
    /// Where the run does not say what it was.
    pub fn of(account: &Account) -> Result<Self, StoreError> {
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
        })
    }

    /// What somebody else's file says it is to be begun with: `token of acme-nordbank / uat with scope = accounts`
    pub fn in_words(&self) -> String {
        let inputs: Vec<String> = self.inputs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let with = if inputs.is_empty() { "no inputs".to_owned() } else { inputs.join(", ") };
        let all = format!("{} of {} / {} with {with}", self.flow, self.profile, self.environment);
        crate::text::clean(&all).into_owned()
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

/// The forms in which a run is taken along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportForm {
    Har,
    Markdown,
    Json,
}

impl ReportForm {
    /// Of a file that holds it.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Har => "har",
            Self::Markdown => "md",
            Self::Json => "json",
        }
    }

    /// The text of it, and how many values in it are masked.
    pub fn of(self, events: &[Json], lost: usize) -> (String, usize) {
        let account = Account::new(events, lost);
        let pretty = |value: &Json| {
            let text = serde_json::to_string_pretty(value).unwrap_or_default();
            crate::text::clean_json(&text).into_owned() + "\n"
        };
        let text = match self {
            Self::Har => pretty(&har(&account)),
            Self::Markdown => markdown(&account),
            Self::Json => pretty(&bundle(&account, events)),
        };
        let masked = masked_values(&text);
        (text, masked)
    }
}

impl Session {
    /// Does one thing.
    ///
    /// # Errors
    /// Why not, and the next thing to try.
    pub fn with_history(&self, order: HistoryOrder) -> Result<HistoryDone, StoreError> {
        Ok(match order {
            HistoryOrder::Show { id } => {
                let (events, lost) = self.history.events(&id)?;
                HistoryDone::Shown { id, text: words(&Account::new(&events, lost)) }
            }
            HistoryOrder::Report { id } => {
                let (events, lost) = self.history.events(&id)?;
                HistoryDone::Reported { id, text: markdown(&Account::new(&events, lost)) }
            }
            HistoryOrder::Again { id } => {
                let (events, lost) = self.history.events(&id)?;
                HistoryDone::Again(Box::new(Again::of(&Account::new(&events, lost))?))
            }
            HistoryOrder::Delete { id } => {
                self.history.delete(&id)?;
                HistoryDone::Deleted { id }
            }
            HistoryOrder::Comparable { with } => {
                let mut runs = self.history.comparable(&with)?;
                if with.id.is_empty() {
                    runs.retain(|run| (&run.profile, &run.flow) == (&with.profile, &with.flow));
                    runs.truncate(LAST);
                }
                HistoryDone::Comparable { with: Box::new(with), runs }
            }
            HistoryOrder::Compare { left, right } => {
                let (left, lost) = self.history.events(&left)?;
                let left = Account::new(&left, lost);
                let right = match right {
                    Beside::Kept(id) => {
                        let (events, lost) = self.history.events(&id)?;
                        Account::new(&events, lost)
                    }
                    Beside::Told(events) => Account::new(&events, 0),
                };
                HistoryDone::Compared { text: compared_in_words(&left, &right) }
            }
            HistoryOrder::Import { file } => {
                let imported = self.import_run(std::path::Path::new(&at_home(file.trim())))?;
                let text = imported.to_words();
                HistoryDone::Imported { id: imported.id, text }
            }
            HistoryOrder::Write { name, run, form } => {
                let (events, lost) = match run {
                    Beside::Kept(id) => self.history.events(&id)?,
                    Beside::Told(events) => (events, 0),
                };
                let (text, _) = form.of(&events, lost);
                HistoryDone::Written { path: self.save_text("reports", &name, form.ending(), &text)? }
            }
        })
    }
}
