use super::*;
use serde_json::json;

fn scope() -> Scope {
    let mut s = Scope::default();
    s.set_json("claims", &json!({"exp": 1300, "iat": 1000, "aud": "https://a", "late": "9999", "list": [1, 2], "uris": ["https://a", "http://b"]}));
    s.set_json("env", &json!({"issuer": "https://a"}));
    s.set_json("now", &json!(1000));
    s.set_random(&Random::new([7; 32]));
    s.set_ledger(Ledger::default());
    s
}

fn holds(rule: &str) -> Result<bool, EvalError> {
    Expr::compile(rule).unwrap_or_else(|e| panic!("{rule}: {e:?}")).holds(&scope())
}

#[test]
fn rules_read_as_they_look() {
    for (rule, expected) in [
        ("claims.exp > claims.iat and claims.exp <= claims.iat + minutes(5)", true),
        ("claims.exp - claims.iat <= seconds(299)", false),
        ("claims.aud == env.issuer", true),
        ("claims.aud != env.issuer", false),
        ("not claims.sub", true),
        ("claims.sub is not defined or claims.sub == 'x'", true),
        ("claims.aud in ['https://a', 'https://b']", true),
        ("claims.aud not in ['https://b']", true),
        ("not claims.aud in ['https://b']", true),
        ("'exp' in claims", true),
        ("claims.uris | all('https')", false),
        ("claims.uris | any('https')", true),
        ("claims | keys | list is subset_of(['exp','iat','aud','late','list','uris'])", true),
        ("claims.exp is integer and claims.late is not number", true),
        ("(claims.nonce or 'x') == 'x'", true),
        ("claims.aud if claims.exp > 2000 else false", false),
        ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", true),
        ("claims.list | length == 2", true),
        ("{'a': none, 'b': omit, 'c': false} | present == {'c': false}", true),
        ("claims.aud is in ['https://a']", true),
        ("claims['exp'] == 1300", true),
        // 16 bytes, with and without the dash that base64url may bring
        ("'kT3vH5Qm0aLz9XcB7wRn2Y' | entropy_bits >= 128", true),
        ("'kT3vH5Qm0a-z9XcB7w-n2Y' | entropy_bits >= 128", true),
        ("'131052-308T' is hetu and '290272-901Y' is hetu", true),
        ("['131052-308S', '131052 308T', '13105-308T', '131052-30T', '131052-308Té', ''] | any('hetu')", false),
        ("'d71a4edc-a550-4b93-a585-f03dfb14267a' | entropy_bits == 122", true),
    ] {
        assert_eq!(holds(rule), Ok(expected), "{rule}");
    }
}

#[test]
fn a_text_never_passes_for_a_number() {
    for op in ["<", "<=", ">", ">="] {
        for (left, right) in
            [("claims.late", "1"), ("1", "claims.late"), ("claims.list", "5"), ("true", "0"), ("none", "0")]
        {
            let rule = format!("{left} {op} {right}");
            assert!(matches!(holds(&rule), Err(EvalError::Wrong(_))), "{rule}");
        }
        assert!(
            matches!(holds(&format!("claims.nothing {op} 1")), Err(EvalError::Missing(n)) if n == "claims.nothing")
        );
    }
    assert!(matches!(holds("'a' in 'abc'"), Err(EvalError::Wrong(_))));
    assert!(matches!(holds("'a' in 5"), Err(EvalError::Wrong(_))));
    assert_eq!(holds("claims.late == 9999"), Ok(false));
}

#[test]
fn what_is_not_there_fails_and_is_named() {
    for rule in
        ["claims.redirect_uris | all('https')", "claims.redirect_uris | length == 0", "claims.x == 1", "1 == claims.x"]
    {
        assert!(matches!(holds(rule), Err(EvalError::Missing(_))), "{rule}");
    }
    assert_eq!(holds("claims.x | default('') == ''"), Ok(true));
}

#[test]
fn what_could_grow_or_hide_is_refused_at_load() {
    for (source, why) in [
        ("'x' * 100", "`*`"),
        ("claims.list[0:2]", "slices"),
        ("claims.x | shuffle", "no filter `shuffle`"),
        ("claims.x | lowr", "did you mean `lower`"),
        ("claims.x is even", "no test `even`"),
        ("claims.list | all('even')", "no test `even`"),
        ("range(5)", "no function `range`"),
        ("lt__(1, 2)", "reserved"),
        ("1 < 2 < 3", "not chained"),
        ("'open", "does not end"),
        ("a ; b", "no meaning"),
        ("", "empty"),
    ] {
        let error = Expr::compile(source).expect_err(source);
        assert!(error.why.contains(why), "{source}: {}", error.why);
    }
    assert!(Expr::compile(&"a".repeat(601)).is_err());
    for source in ["{% if x %}", "{# note #}", "{{ x", "x }}"] {
        assert!(Text::compile(source).is_err(), "{source}");
    }
}

#[test]
fn fuel_ends_what_takes_too_long() {
    let mut s = scope();
    s.set_json("big", &serde_json::Value::Array(vec![json!("a"); 200]));
    let expr = Expr::compile("big | map('string') | join | replace('a', 'bbbbbbbbbbbbbbbbbbbb') | length > 0");
    assert_eq!(expr.expect("compiles").holds(&s), Ok(true));
}

#[test]
fn a_lone_expression_keeps_its_type_and_other_texts_take_texts_and_numbers() {
    let s = scope();
    let eval = |t: &str| Text::compile(t).expect("compiles").eval(&s).map(|v| to_json(&v));
    assert_eq!(eval("{{ claims.exp }}"), Ok(Some(json!(1300))));
    assert_eq!(eval("{{ [1] + [2] }}"), Ok(Some(json!([1, 2]))));
    assert_eq!(eval("at {{ claims.exp }} for {{ claims.aud }}"), Ok(Some(json!("at 1300 for https://a"))));
    assert!(eval("x{{ claims.list }}").is_err());
    assert!(eval("{{ claims.nothing }}").is_err());
    assert_eq!(eval("{{ {'a': 'b}}'}['a'] }}"), Ok(Some(json!("b}}"))));
}

#[test]
fn omit_and_spread() {
    let s = scope();
    let text = |t: &str| Tree::Text(Text::compile(t).expect("compiles"));
    let tree = Tree::Map(vec![
        ("a".into(), text("{{ claims.none or omit }}")),
        ("...".into(), text("{{ {'b': 1, 'c': 2} }}")),
        ("c".into(), Tree::List(vec![text("{{ omit }}"), text("x")])),
    ]);
    assert_eq!(tree.eval(&s), Ok(Some(json!({"b": 1, "c": ["x"]}))));
}

#[test]
fn names_are_seen_wherever_they_stand() {
    let expr = Expr::compile("inputs.a[env.b] | default(claims['c'].d) if now > f.g else {'k': h}").expect("compiles");
    let names: Vec<String> = expr.names().iter().map(|n| n.join(".")).collect();
    assert_eq!(names, ["inputs.a", "env.b", "claims.c.d", "now", "f.g", "h"]);
}

#[test]
fn random_values_come_from_the_seed_and_are_new_each_time() {
    let expr = Expr::compile("[uuid(), uuid(), random(128), random_hex(16)]").expect("compiles");
    let first = to_json(&expr.eval(&scope()).expect("evaluates")).expect("json");
    let again = to_json(&expr.eval(&scope()).expect("evaluates")).expect("json");
    assert_eq!(first, again, "the same seed gives the same values");
    assert_ne!(first[0], first[1]);
    assert_eq!(first[2].as_str().map(str::len), Some(22));
    assert!(Expr::compile("uuid() is uuid4").expect("compiles").holds(&scope()).expect("holds"));
}

#[test]
fn essential_claims_that_are_not_met_are_named() {
    let mut scope = Scope::default();
    scope.set_json(
        "asked",
        &json!({
            "acr": { "essential": true, "values": ["a", "b"] }, "sub": { "essential": true }, "intent": { "essential": true, "value": 1 },
            "email": { "value": "x" }, "name": null
        }),
    );
    for (claims, expected) in [
        (json!({ "acr": "b", "sub": "x", "intent": 1.0, "email": "y" }), vec![]),
        (json!({ "acr": "c", "sub": "x", "intent": "1" }), vec!["acr", "intent"]),
        (json!({ "acr": ["a"], "intent": 1 }), vec!["acr", "sub"]),
        (json!({}), vec!["acr", "intent", "sub"]),
    ] {
        scope.set_json("claims", &claims);
        scope.set_json("expected", &json!(expected));
        let rule = Expr::compile("unmet(asked, claims) | sort == expected").unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(rule.holds(&scope), Ok(true), "{claims}");
    }
}
