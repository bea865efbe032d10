//! Any value with texts inside: claims, a form, a JSON body.

use serde_json::{Map, Value as Json};

use super::convert::{is_omit, to_json};
use super::expr::{EvalError, Expr};
use super::scope::Scope;
use super::text::Text;

/// A member of this name spreads an object into its table; later members win.
const SPREAD: &str = "...";

#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Text(Text),
    /// A number or a boolean.
    Plain(Json),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// The value, `omit` leaving out the member or element it stands for; None: the whole is omitted.
    pub fn eval(&self, scope: &Scope) -> Result<Option<Json>, EvalError> {
        match self {
            Self::Plain(json) => Ok(Some(json.clone())),
            Self::Text(text) => {
                let value = text.eval(scope)?;
                if is_omit(&value) {
                    return Ok(None);
                }
                to_json(&value)
                    .map(Some)
                    .ok_or_else(|| EvalError::Wrong(format!("`{}` has no JSON value", text.source())))
            }
            Self::List(items) => {
                let mut out = Vec::with_capacity(items.len());
                for item in items {
                    out.extend(item.eval(scope)?);
                }
                Ok(Some(Json::Array(out)))
            }
            Self::Map(members) => {
                let mut out = Map::new();
                for (name, tree) in members {
                    let Some(value) = tree.eval(scope)? else { continue };
                    if name != SPREAD {
                        out.insert(name.clone(), value);
                        continue;
                    }
                    match value {
                        Json::Object(spread) => out.extend(spread),
                        Json::Null => {}
                        _ => return Err(EvalError::Wrong("`...` spreads an object, nothing else".to_owned())),
                    }
                }
                Ok(Some(Json::Object(out)))
            }
        }
    }

    /// As [`Self::eval`], where an object is wanted.
    pub fn eval_map(&self, scope: &Scope) -> Result<Map<String, Json>, EvalError> {
        match self.eval(scope)? {
            None | Some(Json::Null) => Ok(Map::new()),
            Some(Json::Object(members)) => Ok(members),
            Some(_) => Err(EvalError::Wrong("an object is wanted here".to_owned())),
        }
    }

    /// Every expression inside.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Plain(_) => Vec::new(),
            Self::Text(text) => text.exprs().collect(),
            Self::List(items) => items.iter().flat_map(Self::exprs).collect(),
            Self::Map(members) => members.iter().flat_map(|(_, t)| t.exprs()).collect(),
        }
    }
}
