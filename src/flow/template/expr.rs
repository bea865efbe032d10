//! One compiled expression.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use minijinja::{Error, ErrorKind, Expression, Value};

use super::convert::is_omit;
use super::lexer::Refused;
use super::machine;
use super::rewrite::rewrite;
use super::scope::Scope;

/// An expression, compiled at load. Cheap to clone.
#[derive(Clone)]
pub struct Expr(Arc<Inner>);

struct Inner {
    source: String,
    names: Vec<Vec<String>>,
    functions: Vec<String>,
    /// As the machine takes it.
    rewritten: String,
    /// Made when it is first evaluated: its room is many times the text's, and most are only read. None cannot happen, since
    /// the text was tried.
    compiled: OnceLock<Option<Expression<'static, 'static>>>,
}

/// Expressions that were compiled, by their text: banks have most of theirs in common.
#[derive(Debug, Default)]
pub struct Exprs(RefCell<HashMap<String, Expr>>);

impl Exprs {
    pub fn compile(&self, source: &str) -> Result<Expr, ExprError> {
        if let Some(known) = self.0.borrow().get(source) {
            return Ok(known.clone());
        }
        let expr = Expr::compile(source)?;
        self.0.borrow_mut().insert(source.to_owned(), expr.clone());
        Ok(expr)
    }
}

/// Why an expression was refused, and where: bytes from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    pub why: String,
    pub at: usize,
}

impl EvalError {
    /// What it comes from.
    pub fn root(&self) -> &Self {
        match self {
            Self::Within { cause, .. } => cause.root(),
            root => root,
        }
    }
}

impl From<Refused> for ExprError {
    fn from(r: Refused) -> Self {
        Self { why: r.why, at: r.at }
    }
}

/// Why an expression gave no value. Names what it read; never shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A name it reads is not there.
    #[error("{0} is not there")]
    Missing(String),
    /// A name that it reads has no value, because the expression that would give it failed.
    #[error("{name} has no value: {cause}")]
    Within { name: String, cause: Box<EvalError> },
    /// The value is of the wrong kind, a function refused it, or the fuel ran out.
    #[error("{0}")]
    Wrong(String),
}

impl Expr {
    pub fn compile(source: &str) -> Result<Self, ExprError> {
        let rewritten = rewrite(source)?;
        for (known, mentioned, what) in [
            (machine::FUNCTIONS, &rewritten.functions, "function"),
            (machine::FILTERS, &rewritten.filters, "filter"),
            (machine::TESTS, &rewritten.tests, "test"),
        ] {
            if let Some((name, at)) = mentioned.iter().find(|(n, _)| !known.contains(&n.as_str())) {
                let near =
                    nearest(name, known.iter().copied()).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                return Err(ExprError { why: format!("there is no {what} `{name}`{near}"), at: *at });
            }
        }
        machine::machine()
            .compile_expression(&rewritten.source)
            .map_err(|e| ExprError { why: e.detail().unwrap_or("is not an expression").to_owned(), at: 0 })?;
        let functions = rewritten.functions.into_iter().map(|(n, _)| n).collect();
        Ok(Self(Arc::new(Inner {
            source: source.trim().to_owned(),
            names: rewritten.names,
            functions,
            rewritten: rewritten.source,
            compiled: OnceLock::new(),
        })))
    }

    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The dotted names it reads, `claims.exp`.
    pub fn names(&self) -> &[Vec<String>] {
        &self.0.names
    }

    pub fn calls(&self, function: &str) -> bool {
        self.0.functions.iter().any(|f| f == function)
    }

    /// The value; may be `omit`, never undefined.
    pub fn eval(&self, scope: &Scope) -> Result<Value, EvalError> {
        let value = self.raw_value(scope)?;
        if value.is_undefined() {
            return Err(self.missing(scope).unwrap_or_else(|| EvalError::Missing(format!("`{}`", self.0.source))));
        }
        Ok(value)
    }

    /// Whether a rule holds: anything but false, none, zero and empty does.
    pub fn holds(&self, scope: &Scope) -> Result<bool, EvalError> {
        let value = self.raw_value(scope)?;
        Ok(!is_omit(&value) && value.is_true())
    }

    fn raw_value(&self, scope: &Scope) -> Result<Value, EvalError> {
        let make = || machine::machine().compile_expression_owned(self.0.rewritten.clone()).ok();
        let Some(compiled) = self.0.compiled.get_or_init(make) else {
            return Err(EvalError::Wrong(format!("`{}` is not an expression", self.0.source)));
        };
        compiled.eval(scope.context()).map_err(|e| self.explain(&e, scope))
    }

    fn explain(&self, error: &Error, scope: &Scope) -> EvalError {
        match error.kind() {
            ErrorKind::UndefinedError => {
                self.missing(scope).unwrap_or_else(|| EvalError::Missing(format!("a value in `{}`", self.0.source)))
            }
            ErrorKind::OutOfFuel => EvalError::Wrong(format!("`{}` takes too long", self.0.source)),
            // details are our functions' own words, which never hold a value; minijinja's own name only kinds
            _ => EvalError::Wrong(error.detail().unwrap_or("the expression has no value").to_owned()),
        }
    }

    fn missing(&self, scope: &Scope) -> Option<EvalError> {
        let path = self.0.names.iter().find(|path| scope.lookup(path).is_undefined() && path[0] != "omit")?;
        Some(scope.fault(path).unwrap_or_else(|| EvalError::Missing(path.join("."))))
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{ {} }}}}", self.0.source)
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.0.source == other.0.source
    }
}

/// The known word nearest to a mistyped one, if it is near enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = impl Into<&'a str>>) -> Option<&'a str> {
    known
        .into_iter()
        .map(Into::into)
        .map(|k: &'a str| (distance(word, k), k))
        .filter(|(d, k)| *d <= 2 && *d < k.chars().count())
        .min()
        .map(|(_, k)| k)
}

/// Levenshtein distance, over characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let next = (diagonal + usize::from(ca != *cb)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}
