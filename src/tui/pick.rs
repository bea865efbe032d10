//! Values that a JSONPath query (RFC 9535) picks from a body or from a token, masked as they are anywhere else.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;
use serde_json_path::JsonPath;
use serde_json_path::PathElement;

use crate::flow::exchange::Exchange;
use crate::flow::masked_tree;
use crate::redact::Redactor;
use crate::secret::{Class, class_of_name};
use crate::text::{clean, shorten};

/// Bytes of a body that is taken apart for it: it is held in memory as a tree, several times as large.
const LARGEST: usize = 16 * 1024 * 1024;
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
        let path = JsonPath::parse(text).map_err(|e| format!("{} is no JSON path (RFC 9535): {e}", clean(text)))?;
        Ok(Self { path, text: text.to_owned(), from, redactor })
    }

    /// # Errors
    /// Why nothing can be picked, in words.
    pub fn run(&self) -> Result<Picked, String> {
        let mut why = "nothing here is JSON".to_owned();
        for from in &self.from {
            let tree = match from {
                From::Tree(tree) => tree.clone(),
                From::Response(exchange) => match body(exchange) {
                    Ok(tree) => tree,
                    Err(e) => {
                        why = e;
                        continue;
                    }
                },
            };
            let picked = self.of(&tree);
            if picked.count > 0 {
                return Ok(picked);
            }
            why = format!("nothing stands at {}", clean(&self.text));
        }
        Err(why)
    }

    fn of(&self, tree: &Value) -> Picked {
        let nodes = self.path.query_located(tree);
        let (count, mut text) = (nodes.len(), String::new());
        for node in nodes.iter().take(MOST) {
            // what stands below a secret or personal name is so too
            let mut names = node.location().iter().filter_map(|step| match step {
                PathElement::Name(name) => Some(*name),
                PathElement::Index(_) => None,
            });
            let class = names.clone().map(class_of_name).max().unwrap_or(Class::Public);
            let value = masked_tree(node.node(), names.next_back().unwrap_or_default(), class, &self.redactor);
            let value = value.to_string();
            _ = writeln!(text, "{}  {}", clean(&node.location().to_string()), shorten(&clean(&value), WIDE));
        }
        if count > MOST {
            _ = writeln!(text, "and {} more", count - MOST);
        }
        Picked { path: self.text.clone(), count, text: self.redactor.mask_text(&text) }
    }
}

fn body(exchange: &Exchange) -> Result<Value, String> {
    let body = exchange.response.as_ref().map_or(&[][..], |r| &r.body);
    if body.len() > LARGEST {
        return Err("a body of more than 16 MB is searched by words: / without a $".to_owned());
    }
    serde_json::from_slice(body).map_err(|_| "the response is no JSON".to_owned())
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
        assert_eq!((picked.count, picked.text.as_str()), (1, "$['accounts'][1]['currency']  \"DKK\"\n"));
        assert_eq!(pick("$..currency", tree.clone()).unwrap().count, 2);
        assert_eq!(pick("$.nothing", tree).unwrap_err(), "nothing stands at $.nothing");
    }

    #[test]
    fn what_is_secret_or_personal_stays_masked() {
        let tree = json!({"access_token": "hunter2", "in": {"client_secret": ["hunter2"]}, "psu-id": "2000-01-31"});
        for path in ["$.*", "$..*", "$.in.client_secret[0]", "$.access_token"] {
            let text = pick(path, tree.clone()).unwrap().text;
            assert!(!text.contains("hunter2") && !text.contains("2000-01"), "{path}: {text}");
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
    fn many_values_are_counted_and_not_all_shown() {
        let picked = pick("$[*]", Value::from(vec![1; MOST + 5])).unwrap();
        assert!(picked.count == MOST + 5 && picked.text.ends_with("and 5 more\n"));
    }
}
