//! Values that a JSONPath query (RFC 9535) picks from a body or from a token: masked as they are anywhere else, with the
//! digits that came.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::body::{lay_out, member, spans};
use super::look::Look;
use crate::flow::exchange::Exchange;
use crate::redact::{MASK, Redactor};
use crate::secret::{Class, class_of_name};
use crate::text::{clean, shorten};

/// Bytes and values of what is taken apart: it is held in memory as a tree, several times as large.
const LARGEST: usize = 16 * 1024 * 1024;
const MOST_VALUES: usize = 200_000;
/// Characters of a query: it is read by recursion.
const LONGEST: usize = 300;
/// Values that are shown.
const MOST: usize = 1000;
/// Columns of one value.
const WIDE: usize = 2000;

/// A query and what it is put to, the first in which it finds something.
#[derive(Clone)]
pub struct Pick {
    path: JsonPath,
    text: String,
    from: Vec<From>,
    redactor: Redactor,
}

#[derive(Clone)]
pub enum From {
    /// The body of that exchange's response.
    Response(Arc<Exchange>),
    Tree(Value),
}

impl From {
    fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Response(exchange) => exchange.response.as_ref().map_or(&[][..], |r| &r.body).into(),
            Self::Tree(tree) => tree.to_string().into_bytes().into(),
        }
    }
}

/// What was picked, a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The query.
    pub path: String,
    pub count: usize,
    pub text: String,
}

impl std::fmt::Debug for Pick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pick({})", self.text)
    }
}

/// Whether what is searched for is a query: a root, and something below it.
pub fn is_query(text: &str) -> bool {
    text.starts_with("$.") || text.starts_with("$[")
}

impl Pick {
    /// # Errors
    /// Why it is no query, in words.
    pub fn new(text: &str, from: Vec<From>, redactor: Redactor) -> Result<Self, String> {
        if text.chars().count() > LONGEST {
            return Err(format!("a JSON path has at most {LONGEST} characters here"));
        }
        if text.matches("..").count() > 1 {
            return Err("one .. at most: each multiplies what is gone through".to_owned());
        }
        let path = JsonPath::parse(text).map_err(|e| format!("{} is no JSON path (RFC 9535): {e}", clean(text)))?;
        Ok(Self { path, text: text.to_owned(), from, redactor })
    }

    /// # Errors
    /// Why nothing can be picked, in words.
    pub fn run(&self) -> Result<Picked, String> {
        let mut why = "nothing here is JSON".to_owned();
        for from in &self.from {
            match self.of(&from.bytes()) {
                Ok(picked) if picked.count > 0 => return Ok(picked),
                Ok(_) => why = format!("nothing stands at {}", clean(&self.text)),
                Err(e) => why = e,
            }
        }
        Err(why)
    }

    fn of(&self, bytes: &[u8]) -> Result<Picked, String> {
        let values = memchr::memchr3_iter(b',', b'[', b'{', bytes).count();
        if bytes.len() > LARGEST || values > MOST_VALUES {
            return Err("that much is searched by words: / without a $".to_owned());
        }
        let tree: Value = serde_json::from_slice(bytes).map_err(|_| "the response is no JSON".to_owned())?;
        let nodes = self.path.query(&tree);
        let count = nodes.len();
        let mut places =
            Places { wanted: nodes.iter().take(MOST).map(|v| std::ptr::from_ref(*v)).collect(), found: Vec::new() };
        drop(nodes);
        places.look("$", Class::Public, &tree);
        let found = places.found;
        drop(tree);
        let paths: BTreeSet<String> = found.iter().map(|(path, _)| path.clone()).collect();
        let spans: HashMap<String, _> = spans(bytes, &paths).into_iter().collect();
        let mut text = String::new();
        for (path, class) in &found {
            let value = spans.get(path).and_then(|span| bytes.get(span.clone())).unwrap_or_default();
            _ = writeln!(text, "{}  {}", clean(path), self.shown(value, *class));
        }
        if count > found.len() {
            _ = writeln!(text, "and {} more", count - found.len());
        }
        Ok(Picked { path: self.text.clone(), count, text: self.redactor.mask_text(&text) })
    }

    /// On one line, as a body shows it.
    fn shown(&self, value: &[u8], class: Class) -> String {
        let value = String::from_utf8_lossy(value);
        if class > Class::Public {
            return match serde_json::from_str::<String>(&value) {
                Ok(text) => self.redactor.mask_value(&text, class),
                Err(_) => MASK.to_owned(),
            };
        }
        let lines = lay_out(&value, &self.redactor, Look::default());
        let words: Vec<String> = lines.into_iter().map(|l| l.words.line().to_string().trim().to_owned()).collect();
        shorten(&words.join(" "), WIDE).into_owned()
    }
}

/// Where the picked values stand, and how secret the names above them are.
struct Places {
    wanted: HashSet<*const Value>,
    found: Vec<(String, Class)>,
}

impl Places {
    fn look(&mut self, path: &str, class: Class, value: &Value) {
        if self.wanted.contains(&std::ptr::from_ref(value)) {
            self.found.push((path.to_owned(), class));
        }
        match value {
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.look(&format!("{path}[{i}]"), class, item);
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    self.look(&format!("{path}{}", member(name)), class.max(class_of_name(name)), value);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pick(path: &str, tree: Value) -> Result<Picked, String> {
        Pick::new(path, vec![From::Tree(tree)], Redactor::default())?.run()
    }

    #[test]
    fn values_stand_beside_their_places() {
        let tree = json!({"accounts": [{"currency": "NOK", "balance": 7}, {"currency": "DKK", "balance": 12}]});
        let picked = pick("$.accounts[?@.balance > 10].currency", tree.clone()).unwrap();
        assert_eq!((picked.count, picked.text.as_str()), (1, "$.accounts[1].currency  \"DKK\"\n"));
        assert_eq!(pick("$..currency", tree.clone()).unwrap().count, 2);
        assert_eq!(pick("$.nothing", tree).unwrap_err(), "nothing stands at $.nothing");
    }

    #[test]
    fn what_is_secret_or_personal_stays_masked() {
        let tree = json!({"access_token": "hunter2", "in": {"client_secret": ["hunter2"]}, "psu-id": "2000-01-31", "pin": 4711});
        for path in ["$.*", "$..*", "$.in.client_secret[0]", "$.access_token"] {
            let text = pick(path, tree.clone()).unwrap().text;
            assert!(!text.contains("hunter2") && !text.contains("2000-01") && !text.contains("4711"), "{path}: {text}");
        }
    }

    #[test]
    fn what_is_no_path_says_why() {
        for text in ["$.a[", "$.[0]", &format!("$[{}]", "(".repeat(400))] {
            assert!(is_query(text) && pick(text, json!({})).is_err(), "{text}");
        }
        for text in [String::from("$5"), format!("$[?{}@.a{}]", "(".repeat(140), ")".repeat(140))] {
            _ = pick(&text, json!([1]));
        }
    }

    #[test]
    fn the_digits_that_came_are_shown() {
        let body = br#"{"a":[10.10,100000000000000000.10],"b":{"c": 1.50}}"#;
        let pick = Pick::new("$..*", Vec::new(), Redactor::default()).unwrap().of(body).unwrap();
        for line in ["$.a[0]  10.10", "$.a[1]  100000000000000000.10", "$.b  { \"c\": 1.50 }", "$.b.c  1.50"] {
            assert!(pick.text.lines().any(|l| l == line), "{line} in\n{}", pick.text);
        }
    }

    #[test]
    fn what_would_not_fit_in_memory_is_not_taken_apart() {
        let body = format!("[{}0]", "0,".repeat(MOST_VALUES + 1));
        let pick = |path| Pick::new(path, Vec::new(), Redactor::default()).and_then(|p| p.of(body.as_bytes()));
        assert!(pick("$..*").unwrap_err().contains("searched by words"));
        assert!(pick("$..a..b").unwrap_err().contains("one .. at most"));
    }

    #[test]
    fn many_values_are_counted_and_not_all_shown() {
        let picked = pick("$[*]", Value::from(vec![1; MOST + 5])).unwrap();
        assert!(picked.count == MOST + 5 && picked.text.ends_with("and 5 more\n"));
    }
}
