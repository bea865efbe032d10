//! Expressions in profiles: compiled once at load, evaluated over a [`Scope`], typed and strict.
//!
//! A *text* may hold `{{ expression }}`; a lone one keeps its type. The text is split here, so no template ever exists:
//! statements (`{% %}`) and comments (`{# #}`) are refused. What minijinja does loosely is tightened: comparisons see
//! numbers only, `in` wants a list or an object, an undefined name is an error, and nothing repeats or slices.

mod certificates;
mod convert;
mod expr;
mod filters;
mod functions;
mod lexer;
mod logic;
mod machine;
mod rewrite;
mod scope;
mod tests_of_values;
mod text;
mod tree;

pub use certificates::certificate_value;
pub use convert::{from_json, omit, to_json};
pub use expr::{EvalError, Expr, ExprError, Exprs, nearest};
pub use logic::decided;
pub use scope::{Ledger, Random, Scope};
pub use text::Text;
pub use tree::Tree;

#[cfg(test)]
mod tests;
