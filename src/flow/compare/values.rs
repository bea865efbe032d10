//! Two JSON values, compared by what they mean.

use serde_json::Value as Json;

use super::meaning::{is_volatile, meaning};

/// A place where the two are not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Names joined by dots.
    pub path: String,
    /// None: it is not there.
    pub left: Option<String>,
    pub right: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub differences: Vec<Difference>,
    /// Names of what is new each time and is there on both sides: `jti`, `iat`, `state`, …
    pub folded: Vec<String>,
    /// Places where a side is masked, so that nobody can say whether they differ.
    pub masked: Vec<String>,
}

/// JWTs by header and claims, certificates by content, scopes and lists of words without their order.
pub fn values(left: &Json, right: &Json) -> Compared {
    let mut out = Compared::default();
    walk(&mut out, MAX_DEPTH, "", "", Some(left), Some(right));
    out
}

/// Members in members, tokens in tokens: what lies deeper is compared as text.
const MAX_DEPTH: usize = 100;

fn walk(out: &mut Compared, depth: usize, path: &str, name: &str, left: Option<&Json>, right: Option<&Json>) {
    let Some(depth) = depth.checked_sub(1) else {
        if left != right {
            let (left, right) = (left.map(Json::to_string), right.map(Json::to_string));
            out.differences.push(Difference { path: path.to_owned(), left, right });
        }
        return;
    };
    let (left, right) = (left.map(|v| meaning(name, v)), right.map(|v| meaning(name, v)));
    match (&left, &right) {
        (Some(l), Some(r)) if l == r => {}
        (Some(Json::Object(l)), Some(Json::Object(r))) => {
            let names = l.keys().chain(r.keys().filter(|n| !l.contains_key(*n)));
            for name in names {
                walk(out, depth, &join(path, name), name, l.get(name), r.get(name));
            }
            let life = |m: &serde_json::Map<String, Json>| Some(m.get("exp")?.as_i64()? - m.get("iat")?.as_i64()?);
            if let (Some(a), Some(b)) = (life(l), life(r))
                && a != b
            {
                let seconds = |n: i64| Some(format!("{n} s"));
                out.differences.push(Difference { path: join(path, "exp - iat"), left: seconds(a), right: seconds(b) });
            }
        }
        (Some(Json::Array(l)), Some(Json::Array(r))) if are_words(l) && are_words(r) => {
            let only = |one: &[Json], other: &[Json]| {
                Some(in_a_row(one.iter().filter(|w| !other.contains(w)))).filter(|words| !words.is_empty())
            };
            let (left, right) = (only(l, r), only(r, l));
            // else one of them stands there twice
            let twice = left.is_none() && right.is_none();
            let whole = |words: &[Json]| twice.then(|| Json::from(words).to_string());
            let (left, right) = (left.or_else(|| whole(l)), right.or_else(|| whole(r)));
            out.differences.push(Difference { path: path.to_owned(), left, right });
        }
        (Some(Json::Array(l)), Some(Json::Array(r))) => {
            for at in 0..l.len().max(r.len()) {
                walk(out, depth, &join(path, &at.to_string()), name, l.get(at), r.get(at));
            }
        }
        (Some(Json::Object(only)), None) | (None, Some(Json::Object(only))) if !only.is_empty() => {
            let here = left.is_some();
            for (name, value) in only {
                walk(out, depth, &join(path, name), name, here.then_some(value), (!here).then_some(value));
            }
        }
        (Some(l), Some(r)) if is_volatile(name) && std::mem::discriminant(l) == std::mem::discriminant(r) => {
            if !out.folded.iter().any(|n| n == name) {
                out.folded.push(name.to_owned());
            }
        }
        (l, r) => out.differences.push(Difference { path: path.to_owned(), left: text(l), right: text(r) }),
    }
}

/// A list of texts has no order, and differs by what only one side has.
fn are_words(items: &[Json]) -> bool {
    items.iter().all(Json::is_string)
}

fn in_a_row<'j>(words: impl Iterator<Item = &'j Json>) -> String {
    words.filter_map(Json::as_str).collect::<Vec<_>>().join(" ")
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A text that looks like another kind of value keeps its quotes, so that `"1"` and `1` read as the two things they are.
fn text(value: &Option<Json>) -> Option<String> {
    value.as_ref().map(|v| match v {
        Json::String(s) if serde_json::from_str::<Json>(s).is_err() => s.clone(),
        Json::Array(words) if !words.is_empty() && are_words(words) => in_a_row(words.iter()),
        _ => v.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_depth_of_what_came_is_not_ours_to_walk() {
        let nested = |end: &str| (0..36).fold(json!(end), |inner, _| json!(jwt(&json!({ "a": [{ "b": inner }] }))));
        let got = values(&nested("x"), &nested("y"));
        assert_eq!(got.differences.len(), 1);
        assert!(got.differences[0].path.split('.').count() <= MAX_DEPTH);
    }

    #[test]
    fn words_differ_by_what_only_one_side_has() {
        let of = |left: Json, right: Json| {
            let got = values(&json!({ "scope": left }), &json!({ "scope": right }));
            got.differences.into_iter().map(|d| (d.path, d.left, d.right)).collect::<Vec<_>>()
        };
        let scope = |left: &str, right: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            vec![("scope".to_owned(), some(left), some(right))]
        };
        assert_eq!(of(json!("accounts"), json!("payments")), scope("accounts", "payments"));
        assert_eq!(of(json!("openid accounts"), json!("payments openid")), scope("accounts", "payments"));
        assert_eq!(of(json!(["a", "b"]), json!("b a c")), scope("", "c"));
        assert_eq!(of(json!(["a", "a"]), json!(["a"])), scope(r#"["a","a"]"#, r#"["a"]"#));
    }

    fn jwt(claims: &Json) -> String {
        let part = |v: &Json| crate::jose::b64::encode(v.to_string().as_bytes());
        format!("{}.{}.AAAA", part(&json!({"alg": "ES256"})), part(claims))
    }

    #[test]
    fn tokens_are_compared_by_their_claims_and_what_is_new_each_time_is_folded() {
        let left = json!({"token": jwt(&json!({"aud": "a", "jti": "1", "iat": 10, "exp": 20})), "scope": "b a"});
        let right = json!({"token": jwt(&json!({"aud": "b", "jti": "2", "iat": 11, "exp": 81})), "scope": "a b"});
        let got = values(&left, &right);
        let named: Vec<_> =
            got.differences.iter().map(|d| (d.path.as_str(), d.left.as_deref(), d.right.as_deref())).collect();
        assert_eq!(
            named,
            [("token.claims.aud", Some("a"), Some("b")), ("token.claims.exp - iat", Some("10 s"), Some("70 s"))]
        );
        assert_eq!(got.folded, ["jti", "iat", "exp"]);
    }

    #[test]
    fn what_is_missing_on_one_side_or_of_another_kind_is_never_folded() {
        let got =
            values(&json!({"nonce": "x", "exp": 1, "list": [{"a": 1}]}), &json!({"exp": "1", "list": [{"a": 2}, 3]}));
        let named: Vec<_> =
            got.differences.iter().map(|d| (d.path.as_str(), d.left.as_deref(), d.right.as_deref())).collect();
        assert_eq!(
            named,
            [
                ("nonce", Some("x"), None),
                ("exp", Some("1"), Some("\"1\"")),
                ("list.0.a", Some("1"), Some("2")),
                ("list.1", None, Some("3")),
            ]
        );
        assert!(values(&json!({"aud": ["a"]}), &json!({"aud": "a"})).differences.is_empty());
        // what one side alone has is told member by member, each under the name that says whether it is secret
        let paths = values(&json!({"body": {"access_token": "t", "more": {}}}), &json!({})).differences;
        assert_eq!(paths.iter().map(|d| d.path.as_str()).collect::<Vec<_>>(), ["body.access_token", "body.more"]);
    }
}
