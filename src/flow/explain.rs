//! What a check or an error means, for a person: from the core and from every profile that says something about it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::core::{Artefact, Core, core};
use super::template::nearest;
use super::view::Level;
use crate::profile::Loaded;
use crate::profile::model::{Check, ErrorHint};

/// Checks that need more than an expression, so that no file holds them: id, level, rule in words, where it is written.
const BUILT_IN: &[(&str, Level, &str, &str)] = &[
    (
        "JOSE-04",
        Level::Must,
        "every part of a token is base64url, without padding or white space",
        "RFC 7515 §2, App. C",
    ),
    ("JOSE-06", Level::Must, "the header demands no extension that is not known here (crit)", "RFC 7515 §4.1.11"),
    ("JOSE-09", Level::Must, "the key that is named, or that fits alone, verifies the signature", "RFC 7515 §5.2"),
    ("JWT-05", Level::Must, "the payload is one JSON object without a name twice", "RFC 7519 §4"),
];

/// One line of the catalogue: a word that can be explained, and what it says in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub is_check: bool,
    pub short: String,
}

/// What is known of a word, each with where it is said.
#[derive(Default)]
struct Topic {
    checks: Vec<Meaning>,
    errors: Vec<Meaning>,
    /// Profiles that give a check another level, or switch it off.
    levels: Vec<(String, Option<Level>)>,
}

struct Meaning {
    /// `core`, or a file with its line.
    defined: String,
    short: String,
    text: String,
}

/// Every check and every error that can be explained.
#[derive(Default)]
pub struct Catalogue {
    topics: BTreeMap<String, Topic>,
}

impl Catalogue {
    /// Of the core and these profiles.
    pub fn new<'a>(profiles: impl IntoIterator<Item = &'a Loaded>) -> Self {
        let mut out = Self::default();
        out.add_core(core());
        for loaded in profiles {
            out.add_profile(loaded);
        }
        out
    }

    /// In the order of their ids, checks and errors apart.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let of = |is_check: bool| {
            self.topics.iter().filter_map(move |(id, topic)| {
                let meaning = if is_check { topic.checks.first() } else { topic.errors.first() }?;
                Some(Entry { id: id.clone(), is_check, short: meaning.short.clone() })
            })
        };
        of(true).chain(of(false))
    }

    /// What the word means, in lines; else the known word that is nearest to it.
    pub fn explain(&self, word: &str) -> Result<String, Option<String>> {
        let (id, topic) = self.find(word).ok_or_else(|| self.near(word))?;
        let mut out = String::new();
        for meaning in topic.checks.iter().chain(&topic.errors) {
            if !out.is_empty() {
                out.push('\n');
            }
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{id}  {}", meaning.short);
            out.push_str(&meaning.text);
            line(&mut out, "defined in", &meaning.defined);
        }
        for (profile, level) in &topic.levels {
            let word = level.map_or("off", Level::word);
            line(&mut out, "but", &format!("{word} for {profile}"));
        }
        Ok(out)
    }

    fn find(&self, word: &str) -> Option<(&String, &Topic)> {
        let exact = self.topics.get_key_value(word);
        exact.or_else(|| self.topics.iter().find(|(id, _)| id.eq_ignore_ascii_case(word)))
    }

    fn near(&self, word: &str) -> Option<String> {
        let ids = || self.topics.keys().map(String::as_str);
        let upper = word.to_uppercase();
        nearest(word, ids()).or_else(|| nearest(upper.as_str(), ids())).map(str::to_owned)
    }

    fn topic(&mut self, id: &str) -> &mut Topic {
        self.topics.entry(id.to_owned()).or_default()
    }

    fn add_core(&mut self, core: &Core) {
        for (id, level, say, reference) in BUILT_IN {
            let text = facts(*level, None, None, reference, "a token that is opened or looked at");
            self.topic(id).checks.push(Meaning { defined: "core".into(), short: (*say).to_owned(), text });
        }
        for (artefact, check) in core.rows() {
            self.topic(&check.id).checks.push(of_check(check, about(*artefact), "core".to_owned()));
        }
        for error in &core.errors {
            if let Some(id) = id_of(error) {
                self.topic(&id).errors.push(of_error(error, "core".to_owned()));
            }
        }
    }

    fn add_profile(&mut self, loaded: &Loaded) {
        let Loaded { profile, sources, .. } = loaded;
        for check in &profile.checks {
            let (line, _) = sources.line_and_column(check.place);
            let defined = format!("{}:{line}", sources.name(check.place));
            let topic = self.topic(&check.id);
            if topic.checks.iter().all(|m| m.defined != defined) {
                let on = if check.at.is_empty() { "the profile's own values".to_owned() } else { check.at.join(", ") };
                topic.checks.push(of_check(check, &on, defined));
            }
        }
        for error in &profile.errors {
            let Some(id) = id_of(error) else { continue };
            let meaning = of_error(error, profile.id.clone());
            let topic = self.topic(&id);
            if topic.errors.iter().all(|m| (&m.short, &m.text) != (&meaning.short, &meaning.text)) {
                topic.errors.push(meaning);
            }
        }
        for (id, level) in &profile.levels {
            self.topic(id).levels.push((profile.id.clone(), *level));
        }
    }
}

fn of_check(check: &Check, on: &str, defined: String) -> Meaning {
    let when = check.when.as_ref().map(super::template::Expr::source);
    let text = facts(check.level, Some(check.rule.source()), when, &check.reference, on);
    Meaning { defined, short: check.say.source().to_owned(), text }
}

fn facts(level: Level, rule: Option<&str>, when: Option<&str>, reference: &str, on: &str) -> String {
    let mut out = String::new();
    let level = match level {
        Level::Must => "must: where it fails, nothing is sent, and what came is not taken",
        Level::Should => "should: where it fails, it warns",
        Level::Info => "info: it only tells",
    };
    line(&mut out, "level", level);
    line(&mut out, "looks at", on);
    if let Some(rule) = rule {
        line(&mut out, "rule", rule);
    }
    if let Some(when) = when {
        line(&mut out, "only where", when);
    }
    line(&mut out, "written in", reference);
    out
}

fn of_error(error: &ErrorHint, defined: String) -> Meaning {
    let mut out = String::new();
    if let Some(place) = &error.place {
        line(&mut out, "at", place);
    }
    if let Some(when) = &error.when {
        line(&mut out, "only where", when.source());
    }
    if let Some(text) = error.text.as_ref().filter(|_| error.code.is_some() || error.status.is_some()) {
        line(&mut out, "answer", &format!("holds “{text}”"));
    }
    for (name, value) in [("likely", &error.likely), ("do", &error.remedy)] {
        if let Some(value) = value {
            line(&mut out, name, value);
        }
    }
    if !error.checks.is_empty() {
        line(&mut out, "checks", &error.checks.join(", "));
    }
    let short = match (&error.code, error.status) {
        (Some(code), _) if code.contains('.') => "what this program says",
        (Some(_), _) => "an error that a bank answers",
        (None, Some(_)) => "a status that a bank answers",
        (None, None) => "an answer of the bank",
    };
    Meaning { defined, short: short.to_owned(), text: out }
}

/// An error code, a status, or words of the answer.
fn id_of(error: &ErrorHint) -> Option<String> {
    error.code.clone().or_else(|| error.status.map(|s| s.to_string())).or_else(|| error.text.clone())
}

const fn about(artefact: Artefact) -> &'static str {
    match artefact {
        Artefact::Jwt => "every JWT that is made here",
        Artefact::Assertion => "client assertions",
        Artefact::Signature => "detached signatures over a body",
        Artefact::Proof => "DPoP proofs",
        Artefact::Http => "every HTTP exchange",
        Artefact::Token => "requests to a token endpoint",
        Artefact::Opened => "tokens that are opened",
        Artefact::Authorize => "what sends a person to the bank, and what comes back",
        Artefact::Key => "keys in use",
        Artefact::KeyPreflight => "keys, before the first step",
        Artefact::Preflight => "a run, before its first step",
    }
}

fn line(out: &mut String, name: &str, value: &str) {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = writeln!(out, "  {name:<11} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Library;

    const BANK: &str = r#"
schema = 1
id = "strict"
name = "Strict"
extends = "generic-oidc"
[levels]
CA-06 = "off"
[[check]]
id = "ST-01"
at = ["token.token"]
level = "should"
rule = "request.form.scope | default('') is startingwith('accounts')"
say = "the scope begins with accounts"
ref = "the bank's guide, page 7"
[[error]]
code = "invalid_scope"
likely = "the product is not enabled"
do = "ask the bank"
"#;

    fn catalogue() -> Catalogue {
        let library = Library::embedded();
        let strict = library.check("strict.toml", BANK).unwrap_or_else(|r| panic!("{r}"));
        Catalogue::new([&library.load("generic-oidc").unwrap(), &strict])
    }

    #[test]
    fn a_check_says_level_rule_clause_and_who_defines_or_changes_it() {
        let all = catalogue();
        let text = all.explain("ca-06").unwrap();
        for part in [
            "CA-06  ",
            "level",
            "should",
            "client assertions",
            "rule",
            "RFC 7523",
            "defined in  core",
            "off for strict",
        ] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        let text = all.explain("ST-01").unwrap();
        for part in ["the scope begins with accounts", "token.token", "page 7", "strict.toml:9"] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
    }

    #[test]
    fn an_error_says_what_is_likely_and_what_to_do_for_each_who_knows_it() {
        let text = catalogue().explain("invalid_scope").unwrap();
        for part in ["a scope is unknown", "the product is not enabled", "ask the bank", "TOK-06", "core", "strict"] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(catalogue().explain("key.not-bound").unwrap().contains("this program"));
        assert!(catalogue().explain("JOSE-04").unwrap().contains("base64url"));
    }

    #[test]
    fn a_word_that_is_not_known_is_met_with_the_nearest() {
        let all = catalogue();
        assert!(all.explain("ca-0").unwrap_err().is_some_and(|near| near.starts_with("CA-0")));
        assert_eq!(all.explain("invalid_scop").unwrap_err().as_deref(), Some("invalid_scope"));
        assert_eq!(all.explain("zzzzzzzzzz").unwrap_err(), None);
    }
}
