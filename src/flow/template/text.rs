//! A text that may hold `{{ expression }}` pieces.

use std::fmt;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::convert::is_omit;
use super::expr::{EvalError, Expr, ExprError, Exprs};
use super::functions::kind_word;
use super::scope::Scope;

/// Compiled once at load. A lone expression keeps the type of its value.
#[derive(Clone, PartialEq)]
pub struct Text {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq)]
enum Piece {
    Literal(String),
    Expr(Expr),
}

impl Text {
    pub fn compile(source: &str) -> Result<Self, ExprError> {
        Self::compile_with(source, &Exprs::default())
    }

    /// The same, with the expressions that are compiled already.
    pub fn compile_with(source: &str, exprs: &Exprs) -> Result<Self, ExprError> {
        let mut pieces = Vec::new();
        let mut rest = 0;
        while let Some(found) = source[rest..].find("{{") {
            let open = rest + found;
            plain(source, rest, open, &mut pieces)?;
            let close = end_of_expression(source, open + 2)?;
            let expr =
                exprs.compile(&source[open + 2..close]).map_err(|e| ExprError { why: e.why, at: open + 2 + e.at })?;
            pieces.push(Piece::Expr(expr));
            rest = close + 2;
        }
        plain(source, rest, source.len(), &mut pieces)?;
        Ok(Self { source: source.to_owned(), pieces })
    }

    /// A text without expressions: nothing in it is compiled.
    pub fn literal(text: impl Into<String>) -> Self {
        let source = text.into();
        Self { pieces: vec![Piece::Literal(source.clone())], source }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text itself where it holds no expression.
    pub fn as_literal(&self) -> Option<&str> {
        self.pieces.iter().all(|p| matches!(p, Piece::Literal(_))).then_some(self.source.as_str())
    }

    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Expr(e) => Some(e),
            Piece::Literal(_) => None,
        })
    }

    /// The value: typed for a lone expression, else a text.
    pub fn eval(&self, scope: &Scope) -> Result<Value, EvalError> {
        if let [Piece::Expr(lone)] = self.pieces.as_slice() {
            return lone.eval(scope);
        }
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Expr(expr) => {
                    let value = expr.eval(scope)?;
                    match value.kind() {
                        ValueKind::String | ValueKind::Number => out.push_str(&value.to_string()),
                        _ => {
                            let word = kind_word(&value);
                            return Err(EvalError::Wrong(format!(
                                "`{}` is {word}: only a text or a number may stand inside a text",
                                expr.source()
                            )));
                        }
                    }
                }
            }
        }
        Ok(Value::from(out))
    }

    /// The value as a text; None for `omit` and none.
    pub fn eval_text(&self, scope: &Scope) -> Result<Option<String>, EvalError> {
        let value = self.eval(scope)?;
        if is_omit(&value) || value.is_none() {
            return Ok(None);
        }
        match value.kind() {
            ValueKind::String | ValueKind::Number => Ok(Some(value.to_string())),
            _ => Err(EvalError::Wrong(format!("`{}` is {}: a text is wanted", self.source, kind_word(&value)))),
        }
    }
}

fn plain(source: &str, from: usize, to: usize, pieces: &mut Vec<Piece>) -> Result<(), ExprError> {
    let text = &source[from..to];
    for (mark, what) in [("{%", "statements"), ("{#", "comments"), ("}}", "a `}}` without `{{`")] {
        if let Some(at) = text.find(mark) {
            let why = if mark == "}}" {
                what.to_owned()
            } else {
                format!("{what} are not allowed, only {{{{ expressions }}}}")
            };
            return Err(ExprError { why, at: from + at });
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Literal(text.to_owned()));
    }
    Ok(())
}

/// The `}}` that ends the expression starting at `from`: strings and brackets balanced.
fn end_of_expression(source: &str, from: usize) -> Result<usize, ExprError> {
    let bytes = source.as_bytes();
    let (mut at, mut depth) = (from, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' | b'[' | b'(' => depth += 1,
            b'}' if depth == 0 && bytes.get(at + 1) == Some(&b'}') => return Ok(at),
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Err(ExprError { why: "a `{{` without `}}`".to_owned(), at: from.saturating_sub(2) })
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.source)
    }
}
