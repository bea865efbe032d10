//! Polices an expression and rewrites its comparisons to checked functions.
//!
//! minijinja compares across types (`"1" > 100` is true) and finds substrings with `in`; a rule must not pass that
//! way. `L < R` becomes `lt__(L, R)`, and so on; the functions refuse what is not of the right kind.

use super::lexer::{Kind, Refused, Token, refuse, tokens};

/// An expression after policing: what minijinja compiles, and what it mentions.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    pub source: String,
    /// Dotted names it reads, `claims.exp`, in order of appearance, once each.
    pub names: Vec<Vec<String>>,
    /// Functions, filters, tests, with their places.
    pub functions: Vec<(String, usize)>,
    pub filters: Vec<(String, usize)>,
    pub tests: Vec<(String, usize)>,
}

const KEYWORDS: &[&str] =
    &["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];
/// Filters whose first argument is the name of a test, or (for `map`) of a filter.
const TAKES_TEST: &[&str] = &["all", "any", "select", "reject"];

pub(super) fn rewrite(source: &str) -> Result<Rewritten, Refused> {
    if source.len() > 600 {
        return refuse("an expression has at most 600 characters", 0);
    }
    let tokens = tokens(source)?;
    if tokens.is_empty() {
        return refuse("an expression is empty", 0);
    }
    let mut out = Rewritten::default();
    mentions(&tokens, &mut out)?;
    let mut at = 0;
    out.source = group(&tokens, &mut at, None)?;
    Ok(out)
}

/// Collects names, functions, filters and tests.
fn mentions(tokens: &[Token], out: &mut Rewritten) -> Result<(), Refused> {
    let mut i = 0;
    while i < tokens.len() {
        let t = &tokens[i];
        let before = i.checked_sub(1).map(|p| &tokens[p]);
        let after = tokens.get(i + 1);
        if t.kind == Kind::Name && t.text.ends_with("__") {
            return refuse(format!("`{}`: names that end in __ are reserved", t.text), t.at);
        }
        if t.kind != Kind::Name || KEYWORDS.contains(&t.text.as_str()) {
            i += 1;
            continue;
        }
        let is_test = before.is_some_and(|b| b.is("is"))
            || (before.is_some_and(|b| b.is("not")) && i >= 2 && tokens[i - 2].is("is"));
        if is_test {
            out.tests.push((t.text.clone(), t.at));
        } else if before.is_some_and(|b| b.is("|")) {
            out.filters.push((t.text.clone(), t.at));
            let named = tokens.get(i + 1).filter(|p| p.is("(")).and_then(|_| tokens.get(i + 2));
            if let Some(arg) = named.filter(|a| a.kind == Kind::Text) {
                let name = arg.text.trim_matches(['\'', '"']).to_owned();
                if TAKES_TEST.contains(&t.text.as_str()) {
                    out.tests.push((name, arg.at));
                } else if t.text == "map" {
                    out.filters.push((name, arg.at));
                }
            }
        } else if before.is_some_and(|b| b.is(".")) {
            // a member: belongs to the name it follows, collected there
        } else if after.is_some_and(|a| a.is("(")) {
            out.functions.push((t.text.clone(), t.at));
        } else if !after.is_some_and(|a| a.is("=")) {
            let mut path = vec![t.text.clone()];
            let mut j = i + 1;
            while let (Some(dot), Some(member)) = (tokens.get(j), tokens.get(j + 1)) {
                if dot.is(".") && member.kind == Kind::Name {
                    path.push(member.text.clone());
                } else if dot.is("[") && member.kind == Kind::Text && tokens.get(j + 2).is_some_and(|c| c.is("]")) {
                    path.push(member.text.trim_matches(['\'', '"']).to_owned());
                    j += 1;
                } else {
                    break;
                }
                j += 2;
            }
            if !out.names.contains(&path) {
                out.names.push(path);
            }
        }
        i += 1;
    }
    Ok(())
}

/// Rewrites one bracketed group (or the whole), up to its closing bracket.
fn group(tokens: &[Token], at: &mut usize, close: Option<&str>) -> Result<String, Refused> {
    let mut out = String::new();
    let mut operand = String::new();
    // the comparison whose right side is being read: its left side and its function
    let mut pending: Option<(String, &'static str, bool)> = None;
    let index = close == Some("]") && *at >= 2 && is_index(tokens, *at - 2);
    loop {
        let Some(t) = tokens.get(*at) else {
            return match close {
                None => finish(out, operand, pending),
                Some(c) => refuse(format!("a `{c}` is missing"), tokens.last().map_or(0, |t| t.at)),
            };
        };
        *at += 1;
        if close.is_some_and(|c| t.is(c)) {
            return finish(out, operand, pending);
        }
        let tests = (*at >= 2 && tokens[*at - 2].is("is"))
            || (*at >= 3 && tokens[*at - 2].is("not") && tokens[*at - 3].is("is"));
        match t.text.as_str() {
            name if tests && t.kind == Kind::Name && name != "not" => {
                operand.push(' ');
                operand.push_str(name);
            }
            "(" | "[" | "{" if t.kind == Kind::Punct => {
                let end = match t.text.as_str() {
                    "(" => ")",
                    "[" => "]",
                    _ => "}",
                };
                let inner = group(tokens, at, Some(end))?;
                operand.push_str(&t.text);
                operand.push_str(&inner);
                operand.push_str(end);
            }
            ")" | "]" | "}" if t.kind == Kind::Punct => return refuse(format!("a `{}` too many", t.text), t.at),
            ":" if t.kind == Kind::Punct && index => return refuse("slices are not allowed", t.at),
            "," | ":" | "=" if t.kind == Kind::Punct => boundary(t, &mut out, &mut operand, &mut pending),
            "and" | "or" | "if" | "else" if t.kind == Kind::Name => boundary(t, &mut out, &mut operand, &mut pending),
            "not" if tokens.get(*at).is_some_and(|n| n.is("in")) => {
                *at += 1;
                compare(t, "in__", true, &mut operand, &mut pending)?;
            }
            "not" if t.kind == Kind::Name && !operand.trim_end().ends_with(" is") => {
                if !operand.trim().is_empty() {
                    return refuse("`not` stands where a value was expected", t.at);
                }
                if pending.is_some() {
                    return refuse("put `not …` on the right of a comparison into brackets", t.at);
                }
                out.push_str(" not ");
            }
            "in" if t.kind == Kind::Name => compare(t, "in__", false, &mut operand, &mut pending)?,
            "<" => compare(t, "lt__", false, &mut operand, &mut pending)?,
            "<=" => compare(t, "le__", false, &mut operand, &mut pending)?,
            ">" => compare(t, "gt__", false, &mut operand, &mut pending)?,
            ">=" => compare(t, "ge__", false, &mut operand, &mut pending)?,
            "==" => compare(t, "eq__", false, &mut operand, &mut pending)?,
            "!=" => compare(t, "eq__", true, &mut operand, &mut pending)?,
            _ => {
                if t.kind != Kind::Punct || matches!(t.text.as_str(), "|" | "+" | "-" | "/" | "~") {
                    operand.push(' ');
                }
                operand.push_str(&t.text);
            }
        }
    }
}

/// Whether the bracket at `open` follows a value, so that it indexes rather than lists.
fn is_index(tokens: &[Token], before: usize) -> bool {
    let t = &tokens[before];
    match t.kind {
        Kind::Name => !KEYWORDS.contains(&t.text.as_str()),
        Kind::Text | Kind::Number => true,
        Kind::Punct => matches!(t.text.as_str(), ")" | "]" | "}"),
    }
}

type Pending = Option<(String, &'static str, bool)>;

fn compare(
    t: &Token,
    function: &'static str,
    negate: bool,
    operand: &mut String,
    pending: &mut Pending,
) -> Result<(), Refused> {
    if pending.is_some() {
        return refuse("comparisons are not chained: write `a < b and b < c`", t.at);
    }
    if operand.trim().is_empty() {
        return refuse(format!("nothing stands on the left of `{}`", t.text), t.at);
    }
    *pending = Some((std::mem::take(operand), function, negate));
    Ok(())
}

fn settle(out: &mut String, operand: &mut String, pending: &mut Pending) {
    let right = std::mem::take(operand);
    match pending.take() {
        None => out.push_str(&right),
        Some((left, function, negate)) => {
            let call = format!("{function}({}, {})", left.trim(), right.trim());
            out.push_str(if negate { " (not " } else { " " });
            out.push_str(&call);
            out.push_str(if negate { ")" } else { "" });
        }
    }
}

fn boundary(t: &Token, out: &mut String, operand: &mut String, pending: &mut Pending) {
    settle(out, operand, pending);
    out.push(' ');
    out.push_str(&t.text);
    out.push(' ');
}

fn finish(mut out: String, mut operand: String, mut pending: Pending) -> Result<String, Refused> {
    if pending.is_some() && operand.trim().is_empty() {
        return refuse("nothing stands on the right of a comparison", 0);
    }
    settle(&mut out, &mut operand, &mut pending);
    Ok(out)
}
