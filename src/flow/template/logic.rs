//! What can be said of a rule while a part of it cannot be known: its `and` and `or` as Kleene's logic has them. One false
//! part decides an `and`, one true part an `or`, whatever the others are.

use super::expr::Expr;
use super::lexer::{Kind, Token, tokens};
use super::scope::Scope;

/// Whether the rule holds, as far as what is known decides it; None: it depends on what is not.
pub fn decided(rule: &Expr, scope: &Scope) -> Option<bool> {
    if rule.names().iter().all(|path| scope.unknown(path).is_none()) {
        return Some(rule.holds(scope).unwrap_or(false));
    }
    let (word, parts) = parts(rule.source())?;
    let mut known = Vec::new();
    for part in parts {
        known.push(decided(&Expr::compile(part).ok()?, scope));
    }
    let decides = word == "or";
    if known.contains(&Some(decides)) {
        return Some(decides);
    }
    known.iter().all(|k| *k == Some(!decides)).then_some(!decides)
}

/// The word that joins the outermost parts, and these; None: there is one part, or the words do not simply join.
fn parts(source: &str) -> Option<(&'static str, Vec<&str>)> {
    let source = source.trim();
    let tokens = tokens(source).ok()?;
    let depth = depths(&tokens);
    let outer = || tokens.iter().zip(&depth).filter(|(t, depth)| **depth == 0 && t.kind == Kind::Name);
    if outer().any(|(t, _)| t.text == "if") {
        return None;
    }
    // `and` binds tighter
    for word in ["or", "and"] {
        let joints: Vec<usize> = outer().filter(|(t, _)| t.text == word).map(|(t, _)| t.at).collect();
        if joints.is_empty() {
            continue;
        }
        let starts = std::iter::once(0).chain(joints.iter().map(|at| at + word.len()));
        let ends = joints.iter().copied().chain([source.len()]);
        return Some((word, starts.zip(ends).map(|(from, to)| &source[from..to]).collect()));
    }
    let whole = tokens.first()?.is("(") && tokens.last()?.is(")") && depth[1..depth.len() - 1].iter().all(|d| *d > 0);
    if whole { parts(&source[1..source.len() - 1]) } else { None }
}

/// How many brackets are open around each token; a bracket counts as outside of itself.
fn depths(tokens: &[Token]) -> Vec<usize> {
    let mut open = 0_usize;
    let depth = tokens.iter().map(|t| {
        if t.kind == Kind::Punct && matches!(t.text.as_str(), ")" | "]" | "}") {
            open = open.saturating_sub(1);
        }
        let depth = open;
        if t.kind == Kind::Punct && matches!(t.text.as_str(), "(" | "[" | "{") {
            open += 1;
        }
        depth
    });
    depth.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_decides_as_far_as_it_can() {
        let mut scope = Scope::default();
        scope.set_json("claims", &serde_json::json!({"iss": "a", "n": 1}));
        scope.mark_unknown("let", "not given");
        for (rule, outcome) in [
            ("claims.iss == 'a'", Some(true)),
            ("let.nonce == 'x'", None),
            ("claims.iss == 'b' and let.nonce == 'x'", Some(false)),
            ("let.nonce == 'x' and claims.iss == 'b'", Some(false)),
            ("let.nonce == 'x' and claims.iss == 'a'", None),
            ("let.nonce == 'x' and claims.lost == 'a'", Some(false)),
            ("claims.iss == 'a' or let.nonce == 'x'", Some(true)),
            ("let.nonce == 'x' or claims.iss == 'b'", None),
            ("claims.iss == 'b' and let.x or claims.iss == 'c'", Some(false)),
            ("(claims.iss == 'a' or let.x) and (claims.n == 1)", Some(true)),
            ("((let.x and claims.n == 2))", Some(false)),
            ("not (let.x and claims.n == 2)", None),
            ("claims.iss == 'b' if let.x else claims.iss == 'c' and claims.n == 2", None),
            ("let.x in ['and', 'or'] and claims.n == 2", Some(false)),
        ] {
            let rule = Expr::compile(rule).unwrap_or_else(|e| panic!("{rule}: {e:?}"));
            assert_eq!(decided(&rule, &scope), outcome, "{}", rule.source());
        }
    }
}
