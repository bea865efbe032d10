//! Two runs beside each other, step by step, from what was told of them. What was masked then is unknown now: it is said to
//! be so, and is no difference.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use url::Url;

use super::account::{Account, Exchange, Part, pairs, status_sign, text};
use super::seal;
use crate::flow::compare::{Compared, Difference, values};
use crate::redact::Masked;

/// Names that lead through a comparison: what is told of a run itself.
const RUN: &str = "run";

/// What differs in meaning, the left against the right. Places begin with the step, its dots as ` / `.
pub fn compare(left: &Account, right: &Account) -> Compared {
    let mut out = values(&of(left, right), &of(right, left));
    let (known, unknown): (Vec<Difference>, Vec<Difference>) =
        std::mem::take(&mut out.differences).into_iter().partition(|d| !cannot_be_told(d));
    out.differences = known;
    out.masked = unknown.into_iter().map(|d| d.path).collect();
    if embedded(left) && embedded(right) {
        fold_new_keys(&mut out);
    }
    out
}

/// Each start of the embedded banks makes keys and certificates anew: where they stand in for each other says nothing.
fn fold_new_keys(compared: &mut Compared) {
    let tells_a_key = |path: &str| {
        let end = path.rsplit('.').next().unwrap_or_default();
        let role = path.starts_with("run.keys.") && matches!(end, "thumbprint" | "certificate");
        role || matches!(end, "opened by" | "x5t#S256" | "server_x5t#S256")
    };
    let all = std::mem::take(&mut compared.differences);
    let new: BTreeSet<(&String, &String)> =
        all.iter().filter(|d| tells_a_key(&d.path)).filter_map(|d| d.left.as_ref().zip(d.right.as_ref())).collect();
    let is_new = |d: &Difference| d.left.as_ref().zip(d.right.as_ref()).is_some_and(|pair| new.contains(&pair));
    for difference in &all {
        let name = difference.path.rsplit('.').next().unwrap_or_default();
        if !is_new(difference) {
            compared.differences.push(difference.clone());
        } else if !compared.folded.iter().any(|n| n == name) {
            compared.folded.push(name.to_owned());
        }
    }
}

/// Which two runs these are, and what differs: to be read.
pub fn compared_in_words(left: &Account, right: &Account) -> String {
    let same = if embedded(left) && embedded(right) {
        "Both are of embedded banks, which make keys, certificates and clients anew at each start.\n"
    } else {
        ""
    };
    format!("- {}\n+ {}\n{same}\n{}", which(left), which(right), compare(left, right).to_sealed_text())
}

fn embedded(account: &Account) -> bool {
    account.run["sandbox"] == Json::Bool(true)
}

/// `2026-11-24 18:59:00  acme / uat: token  ✗ failed  invalid_client`
fn which(account: &Account) -> String {
    let run = &account.run;
    let at: String = text(run, "at").chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect();
    let status = account.status();
    let error = account.error().map_or_else(String::new, |e| format!("  {}", text(e, "id")));
    let (profile, env, flow) = (text(run, "profile"), text(run, "env"), text(run, "flow"));
    let all = format!("{at}  {profile} / {env}: {flow}  {} {status}{error}", status_sign(status));
    crate::text::clean(all.trim()).into_owned()
}

/// Whether nobody can say if the two are the same: a mask stands where they differ, and no other difference beside it.
fn cannot_be_told(difference: &Difference) -> bool {
    let (Some(left), Some(right)) = (&difference.left, &difference.right) else { return false };
    match (Masked::of(left), Masked::of(right)) {
        // of two secrets of another length it is known
        (Some(Masked { chars: Some(a) }), Some(Masked { chars: Some(b) })) => a == b,
        (Some(_), _) | (_, Some(_)) => true,
        (None, None) => Masked::without_marks(left) == Masked::without_marks(right),
    }
}

/// A run as values; a step that only the other one has, as one that was not reached.
fn of(account: &Account, other: &Account) -> Json {
    let mut out = Map::new();
    out.insert(RUN.to_owned(), of_run(account));
    for part in &account.parts {
        out.insert(name_of(part), of_part(part, find(other, &part.id)));
    }
    for part in other.parts.iter().filter(|p| find(account, &p.id).is_none()) {
        out.insert(name_of(part), json!({ "ended": "not reached" }));
    }
    Json::Object(out)
}

fn find<'a>(account: &'a Account, id: &str) -> Option<&'a Part> {
    account.parts.iter().find(|p| p.id == id)
}

/// A dot separates names here.
fn name_of(part: &Part) -> String {
    part.id.replace('.', " / ")
}

fn of_run(account: &Account) -> Json {
    let run = &account.run;
    let named = ["profile", "env", "flow", "software", "inputs", "withheld"].into_iter();
    let mut out: Map<String, Json> =
        named.filter(|n| !run[*n].is_null()).map(|n| (n.to_owned(), run[n].clone())).collect();
    let key = |key: &Json| {
        let role = text(key, "role").replace('.', " / ");
        let known = json!({ "kind": key["kind"], "thumbprint": key["thumbprint"], "certificate": key["x5t#S256"] });
        (role, without_nulls(known))
    };
    out.insert("keys".into(), account.keys.iter().map(key).collect::<Map<_, _>>().into());
    out.insert("ended".into(), account.status().into());
    Json::Object(out)
}

fn of_part(part: &Part, other: Option<&Part>) -> Json {
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| {
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    };
    // the rest of what only one of them has says nothing
    if let (Some(other), Some(last)) = (other, part.exchanges.last()) {
        put("request", of_request(last));
        let response = last.response.as_ref();
        let known = other.exchanges.last().is_some_and(|e| e.response.is_some());
        put("response", response.map_or(Json::Null, |r| of_response(r, known)));
        put("tls", response.filter(|_| known).map_or(Json::Null, |r| without_nulls(r["tls"].clone())));
    }
    if other.is_some() {
        let made = part.artefacts.iter().map(|a| {
            let token = json!({ "header": a["header"], "claims": a["claims"], "opened by": a["key"]["thumbprint"] });
            (text(a, "name").to_owned(), token)
        });
        let made: Map<String, Json> = made.collect();
        put("tokens", if made.is_empty() { Json::Null } else { made.into() });
    }
    let id = |check: &Json| (text(check, "id").to_owned(), text(check, "on").to_owned());
    let both = |check: &Json| other.is_some_and(|o| o.checks.iter().any(|c| id(c) == id(check)));
    let checks: Map<String, Json> = part
        .checks
        .iter()
        .filter(|c| both(c) || !matches!(text(c, "result"), "pass" | "not_checked"))
        .map(|c| {
            let (id, on) = id(c);
            (format!("{id} ({})", on.replace('.', " / ")), c["result"].clone())
        })
        .collect();
    put("checks", if checks.is_empty() { Json::Null } else { checks.into() });
    put("error", part.error.as_ref().map_or(Json::Null, |e| format!("{}: {}", text(e, "id"), text(e, "text")).into()));
    put("ended", part.state.as_str().into());
    Json::Object(out)
}

fn of_request(exchange: &Exchange) -> Json {
    let request = &exchange.request;
    let mut out = Map::new();
    out.insert("method".into(), request["method"].clone());
    match Url::parse(text(request, "url")) {
        Ok(mut url) => {
            let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            url.set_query(None);
            out.insert("url".into(), url.as_str().into());
            if !query.is_empty() {
                out.insert("query".into(), of_pairs(query.iter().map(|(n, v)| (n.as_str(), v.as_str()))));
            }
        }
        Err(_) => drop(out.insert("url".into(), request["url"].clone())),
    }
    out.insert("certificate of".into(), request["mtls"].clone());
    out.insert("headers".into(), of_headers(request));
    if !request["body"].is_null() {
        out.insert("body".into(), of_body(&request["body"]));
    }
    without_nulls(Json::Object(out))
}

/// What is not said is not there.
fn without_nulls(mut value: Json) -> Json {
    if let Json::Object(members) = &mut value {
        members.retain(|_, value| !value.is_null());
    }
    value
}

/// `whole`: the other has one, too.
fn of_response(response: &Json, whole: bool) -> Json {
    if !whole {
        return json!({ "status": response["status"] });
    }
    json!({ "status": response["status"], "headers": of_headers(response), "body": of_body(&response["body"]) })
}

fn of_headers(event: &Json) -> Json {
    let lower: Vec<(String, &str)> = pairs(event).map(|(n, v)| (n.to_ascii_lowercase(), v)).collect();
    of_pairs(lower.iter().map(|(n, v)| (n.as_str(), *v)))
}

fn of_pairs<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> Json {
    let mut out = Map::new();
    for (name, value) in all {
        let value = of_text(value);
        match out.get_mut(name) {
            None => drop(out.insert(name.to_owned(), value)),
            Some(Json::Array(several)) => several.push(value),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    Json::Object(out)
}

/// A member that is an object was told as a text of it.
fn of_body(body: &Json) -> Json {
    let member = |value: &Json| match value.as_str().filter(|text| text.starts_with(['{', '['])) {
        Some(text) => crate::jose::json::parse(text.as_bytes()).map_or_else(|_| of_text(text), |read| of_tokens(&read)),
        None => of_tokens(value),
    };
    match body {
        Json::Object(members) => members.iter().map(|(name, value)| (name.clone(), member(value))).collect(),
        other => of_tokens(other),
    }
}

fn of_tokens(value: &Json) -> Json {
    match value {
        Json::Object(members) => members.iter().map(|(name, value)| (name.clone(), of_tokens(value))).collect(),
        Json::Array(items) => items.iter().map(of_tokens).collect(),
        Json::String(text) => of_text(text),
        other => other.clone(),
    }
}

/// A token that was told by what it says is that.
fn of_text(text: &str) -> Json {
    let bare = ["Bearer ", "DPoP "].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    seal::told_token(bare).unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::events;
    use super::*;

    fn changed(change: impl Fn(&mut Json)) -> Account {
        let mut all = events();
        all.iter_mut().for_each(change);
        Account::new(&all, 0)
    }

    fn compared(change: impl Fn(&mut Json)) -> Compared {
        compare(&Account::new(&events(), 0), &changed(change))
    }

    fn places(compared: &Compared) -> Vec<&str> {
        compared.differences.iter().map(|d| d.path.as_str()).collect()
    }

    #[test]
    fn a_run_is_the_same_as_itself() {
        assert_eq!(compared(|_| ()), Compared::default());
    }

    #[test]
    fn what_a_bank_saw_and_said_is_compared_by_meaning() {
        let got = compared(|event| match (text(event, "event"), text(event, "step")) {
            ("artefact", _) => event["claims"] = json!({"iss": "other", "exp": 1_795_546_900}),
            ("response", "call") => {
                event["status"] = 200.into();
                event["body"] = json!({"accounts": []});
                event["headers"] = json!([["x-fapi-interaction-id", "another"], ["X-New", "1"]]);
            }
            ("request", "call") => event["url"] = "https://api.nordbank.example/accounts?a+b=d".into(),
            ("check", "call") => event["result"] = "pass".into(),
            ("step", _) if event["state"] == "failed" => {
                event["state"] = "done".into();
                event["error"] = Json::Null;
            }
            _ => {}
        });
        let expected = [
            "token.tokens.client_assertion.claims.iss",
            "call.request.query.a b",
            "call.response.status",
            "call.response.headers.x-new",
            "call.response.body.error",
            "call.response.body.accounts",
            "call.checks.AP-01 (call)",
            "call.error",
            "call.ended",
        ];
        assert_eq!(places(&got), expected);
        assert_eq!((got.folded, got.masked), (vec!["exp".to_owned(), "x-fapi-interaction-id".into()], Vec::new()));
    }

    #[test]
    fn what_is_masked_is_not_said_to_differ() {
        let of = |shown: &str| {
            compared(move |event| {
                if text(event, "event") == "request" && event["step"] == "token" {
                    event["body"]["login"] = shown.into();
                }
            })
        };
        let beside = |left: &'static str, right: &'static str| {
            let put = |shown: &'static str| {
                changed(move |event| {
                    if event["event"] == "request" && event["step"] == "token" {
                        event["body"]["login"] = shown.into();
                    }
                })
            };
            let got = compare(&put(left), &put(right));
            (got.differences.len(), got.masked)
        };
        let place = vec!["token.request.body.login".to_owned()];
        let (one, two) = ("********  (43 chars, ~9f3c)", "********  (43 chars, ~0000)");
        assert_eq!(beside(one, two), (0, place.clone()), "digits of two runs say nothing");
        assert_eq!(beside(one, "********  (44 chars, ~9f3c)").0, 1, "another length is another secret");
        assert_eq!(beside("********", "maija"), (0, place.clone()));
        assert_eq!(beside("id ******** of x", "id ********  (5 chars, ~1234) of x"), (0, place));
        assert_eq!(beside("id ******** of x", "id ******** of y").0, 1);
        assert_eq!(beside("********", "********"), (0, Vec::new()));
        assert_eq!(places(&of(one)), ["token.request.body.login"], "there, and not there");
    }

    #[test]
    fn tokens_that_were_told_in_words_are_compared_by_claim_and_certificates_by_content() {
        let token = |aud: &str, jti: &str| {
            format!(
                "(JWT, 300 chars, without its signature: {{\"alg\":\"ES256\"}} {{\"aud\":\"{aud}\",\"jti\":\"{jti}\"}})"
            )
        };
        let with = |body: String| {
            changed(move |event| {
                if event["event"] == "response" && event["step"] == "token" {
                    event["body"] = json!({ "logout_token": body });
                }
            })
        };
        let got = compare(&with(token("a", "1")), &with(token("b", "2")));
        assert_eq!(places(&got), ["token.response.body.logout_token.claims.aud"]);
        assert_eq!(got.folded, ["jti"]);
        let pem = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap().cert.pem();
        assert_eq!(compare(&with(pem.clone()), &with(pem.replace('\n', "\r\n"))), Compared::default());
    }

    #[test]
    fn keys_that_embedded_banks_made_anew_are_folded_and_a_kid_that_a_person_changed_is_not() {
        let with = |sandbox: bool, print: &'static str, kid: &'static str| {
            changed(move |event| match text(event, "event") {
                "run" => event["sandbox"] = sandbox.into(),
                "key" => event["thumbprint"] = print.into(),
                "artefact" => event["header"]["kid"] = kid.into(),
                _ => {}
            })
        };
        let thumbprint = "run.keys.signing.thumbprint";
        let got =
            compare(&with(true, "key-of-one-start", "key-of-one-start"), &with(true, "another-key", "another-key"));
        assert_eq!((places(&got), got.folded.as_slice()), (Vec::new(), &["thumbprint".to_owned(), "kid".into()][..]));
        let kid = "token.tokens.client_assertion.header.kid";
        let got = compare(&with(true, "key-of-one-start", "key-of-one-start"), &with(true, "another-key", "changed"));
        assert_eq!(places(&got), [kid]);
        let (one, other) =
            (with(false, "key-of-one-start", "key-of-one-start"), with(false, "another-key", "another-key"));
        assert_eq!(places(&compare(&one, &other)), [thumbprint, kid]);
        let told = compared_in_words(&one, &other);
        assert!(told.contains(&format!("    + another-key\n    also {kid}\n")), "{told}");
    }

    #[test]
    fn a_step_that_one_of_them_did_not_reach_is_said_once() {
        let short = Account::new(&events()[..10], 0);
        let got = compare(&short, &Account::new(&events(), 0));
        assert_eq!(places(&got), ["run.ended", "call.ended", "call.checks.AP-01 (call)", "call.error"]);
        let told = compared_in_words(&short, &Account::new(&events(), 0));
        assert!(told.starts_with("- 2026-11-24 18:59:00  acme-nordbank / uat: call  … unfinished\n+ 2026"), "{told}");
        assert!(told.contains("call\n  ended\n    - not reached\n    + failed\n"), "{told}");
    }
}
