//! A step as values that can be compared.

use serde_json::{Map, Value as Json, json};
use url::Url;

use super::{Compared, values};
use crate::flow::exchange::Response;
use crate::flow::view::{Field, RequestView, StepView};

/// Larger answers are compared by their length and hash alone.
const MOST: usize = 1 << 20;

/// Two attempts of one step, or the same step on two lines.
pub fn of_steps(left: &StepView, right: &StepView) -> Compared {
    let (left, right) = (of(left), of(right));
    values(&cut(left.clone(), &right), &cut(right, &left))
}

/// Of what the other side has none of, the little that tells: the status of an answer, checks that did not pass.
fn cut(mut one: Json, other: &Json) -> Json {
    if let (Some(response), None) = (one.get_mut("response"), other.get("response")) {
        *response = json!({ "status": response["status"] });
    }
    if let Some(Json::Object(checks)) = one.get_mut("checks") {
        let known = |id: &str| other.get("checks").is_some_and(|c| c.get(id).is_some());
        checks.retain(|id, outcome| known(id) || !matches!(outcome.as_str(), Some("pass" | "not_checked")));
    }
    one
}

/// Two lines or runs, step by step.
pub fn of_lines(left: &[StepView], right: &[StepView]) -> Compared {
    let all = |steps: &[StepView], other: &[StepView]| {
        let one = |s: &StepView| {
            let other = other.iter().find(|o| o.id == s.id).map_or(Json::Null, of);
            (s.id.replace('.', " / "), cut(of(s), &other))
        };
        Json::Object(steps.iter().map(one).collect())
    };
    values(&all(left, right), &all(right, left))
}

fn of(step: &StepView) -> Json {
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| {
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    };
    let made = step.artefacts.iter().map(|a| (a.name.clone(), json!({ "header": a.header, "claims": a.claims })));
    put("request", step.request.as_ref().map_or(Json::Null, |r| request(r, step)));
    put("tokens", if step.artefacts.is_empty() { Json::Null } else { Json::Object(made.collect()) });
    let exchange = step.exchange.as_ref();
    put("response", exchange.and_then(|e| e.response.as_ref()).map_or(Json::Null, response));
    let checks =
        step.checks.iter().map(|c| (format!("{} ({})", c.id, c.on.replace('.', " / ")), json!(c.outcome.word())));
    put("checks", if step.checks.is_empty() { Json::Null } else { Json::Object(checks.collect()) });
    put("error", step.error.as_ref().map_or(Json::Null, |e| json!(format!("{}: {}", e.id, e.text))));
    put("ended", json!(format!("{:?}", step.state).to_lowercase()));
    Json::Object(out)
}

fn request(request: &RequestView, step: &StepView) -> Json {
    let mut out = Map::new();
    out.insert("method".into(), json!(request.method));
    match Url::parse(&request.url) {
        Ok(mut url) => {
            let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            url.set_query(None);
            out.insert("url".into(), json!(url.as_str()));
            if !query.is_empty() {
                out.insert("query".into(), pairs(query.into_iter(), step));
            }
        }
        Err(_) => drop(out.insert("url".into(), json!(request.url))),
    }
    out.insert("certificate of".into(), json!(request.mtls));
    let headers = request.headers.iter().map(|h| (h.name.to_ascii_lowercase(), h.value.clone()));
    out.insert("headers".into(), pairs(headers, step));
    match serde_json::from_slice::<Json>(&request.body) {
        Ok(body) if request.body.len() <= MOST => drop(out.insert("body".into(), body)),
        _ if !request.fields.is_empty() => {
            let fields = request.fields.iter().map(|Field { name, value, .. }| (name.clone(), value.clone()));
            out.insert("form".into(), pairs(fields, step));
        }
        _ if !request.body.is_empty() => drop(out.insert("body".into(), body(&request.body))),
        _ => {}
    }
    Json::Object(out)
}

/// Names with their values; a token that the step made stands among its tokens.
fn pairs(all: impl Iterator<Item = (String, String)>, step: &StepView) -> Json {
    let mut out = Map::new();
    for (name, value) in all {
        let made = step.artefacts.iter().find(|a| a.token == value);
        let value = made.map_or(Json::String(value), |a| json!(format!("the token {}", a.name)));
        match out.get_mut(&name) {
            None => drop(out.insert(name, value)),
            Some(Json::Array(several)) => several.push(value),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    Json::Object(out)
}

fn response(response: &Response) -> Json {
    let mut headers = Map::new();
    for (name, value) in &response.headers {
        headers.insert(name.to_ascii_lowercase(), json!(value));
    }
    json!({ "status": response.status, "headers": headers, "body": body(&response.body) })
}

fn body(bytes: &[u8]) -> Json {
    if bytes.len() > MOST {
        let hash: String = openssl::sha::sha256(bytes).iter().map(|b| format!("{b:02x}")).collect();
        return json!(format!("{} bytes, SHA-256 {hash}", bytes.len()));
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(bytes)))
}
