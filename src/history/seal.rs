//! The last look at an event before it goes into a file: no secret of the run in any of its texts, no signature on any
//! token, nothing under the name of something personal.

use std::sync::OnceLock;

use regex_lite::Regex;
use serde_json::{Map, Value as Json, json};

use super::address::seal_addresses;
use crate::flow::{is_of_the_protocol, masked_tree};
use crate::jose::b64;
use crate::jose::json as jose_json;
use crate::redact::{MASK, Redactor};
use crate::secret::{Class, class_of_name};

/// Members of an event that are words of this program.
const OURS: [&str; 18] = [
    "event", "at", "id", "state", "status", "level", "result", "attempt", "kind", "env", "profile", "flow", "ref",
    "step", "on", "name", "role", "method",
];

/// Members that speak of a person wherever they stand: standard claims of OpenID Connect Core §5.1, `contacts` of RFC 7591.
/// `name` is not among them: keys, accounts and clients have one.
pub(super) const PERSONAL: [&str; 16] = [
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "picture",
    "gender",
    "birthdate",
    "email",
    "phone",
    "phone_number",
    "address",
    "contacts",
    "org_contacts",
    "software_contacts",
    "psuId",
];

/// Takes out of an event what may not be kept.
pub fn seal(event: &mut Json, redactor: &Redactor) {
    let Json::Object(members) = event else { return };
    for (name, value) in members {
        if !OURS.contains(&name.as_str()) {
            seal_value(value, Class::Public, redactor);
        }
    }
}

/// `class`: of the names above it. A text of it was masked where it was told, or is one of this program's.
fn seal_value(value: &mut Json, class: Class, redactor: &Redactor) {
    match value {
        Json::String(text) => *text = seal_text(text, redactor),
        Json::Array(items) => items.iter_mut().for_each(|item| seal_value(item, class, redactor)),
        Json::Object(members) => {
            for (name, value) in members {
                if PERSONAL.contains(&name.as_str()) {
                    hide(value);
                } else {
                    seal_value(value, class.max(class_of_name(name)), redactor);
                }
            }
        }
        Json::Bool(_) | Json::Number(_) if class > Class::Public => *value = MASK.into(),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Everything in it but its form.
pub(super) fn hide(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(hide),
        Json::Object(members) => members.iter_mut().for_each(|(_, value)| hide(value)),
        Json::Null => {}
        Json::String(_) | Json::Number(_) | Json::Bool(_) => *value = MASK.into(),
    }
}

/// A text without the run's secrets, with every address in it sealed and every token replaced by what it says.
pub(super) fn seal_text(text: &str, redactor: &Redactor) -> String {
    let text = seal_addresses(&redactor.mask_text(text)).into_owned();
    if !text.contains("ey") && !text.contains("ew") {
        return text;
    }
    // header.payload.signature, the five parts of a JWE, or the beginning of one that was cut; `ey` and `ew` are a brace
    // with a quote or with white space behind it
    static TOKEN: OnceLock<Option<Regex>> = OnceLock::new();
    let token = TOKEN.get_or_init(|| Regex::new(r"e[yw][A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){0,4}").ok());
    let told = |found: &str| {
        let header = || b64::decode(found.split('.').next()?).ok().filter(|h| jose_json::parse_object(h).is_ok());
        // words begin so, too
        if found.starts_with("eyJ") || header().is_some() { in_words(found, redactor) } else { found.to_owned() }
    };
    match token {
        Some(token) => token.replace_all(&text, |found: &regex_lite::Captures| told(&found[0])).into_owned(),
        None => MASK.to_owned(),
    }
}

/// `(JWT, 611 chars, without its signature: {"alg":…} {"iss":…})`
fn in_words(token: &str, redactor: &Redactor) -> String {
    let chars = token.len();
    let parts: Vec<&str> = token.split('.').collect();
    let part = |n: usize| {
        let bytes = b64::decode(parts.get(n)?).ok()?;
        jose_json::parse_object(&bytes).ok().map(Json::Object)
    };
    let sealed = |mut value: Json| {
        seal_value(&mut value, Class::Public, redactor);
        value
    };
    let header = part(0).map(|header| sealed(masked_tree(&header, "", Class::Public, redactor)));
    match (header, part(1), parts.len()) {
        (Some(header), Some(payload), 2 | 3) => {
            let payload = sealed(claims(&payload, Class::Public, redactor));
            format!("(JWT, {chars} chars, without its signature: {header} {payload})")
        }
        (Some(header), _, 5) => format!("(JWE, {chars} chars: {header})"),
        _ => format!("{MASK}  ({chars} chars)"),
    }
}

/// What such words say of a JWT or JWE, by `header` and `claims`. None: the text is something else.
pub(super) fn told_token(text: &str) -> Option<Json> {
    let inside = text.strip_suffix(')')?;
    let said = match inside.strip_prefix("(JWT, ") {
        Some(jwt) => jwt.split_once(" chars, without its signature: ")?.1,
        None => inside.strip_prefix("(JWE, ")?.split_once(" chars: ")?.1,
    };
    let parts: Vec<Json> = serde_json::Deserializer::from_str(said).into_iter().collect::<Result<_, _>>().ok()?;
    match parts.as_slice() {
        [header] => Some(json!({ "header": header })),
        [header, claims] => Some(json!({ "header": header, "claims": claims })),
        _ => None,
    }
}

/// The claims of a token; those that say for whom, by whom and when it is stay, whatever its class.
pub fn claims(claims: &Json, class: Class, redactor: &Redactor) -> Json {
    let Json::Object(members) = claims else { return masked_tree(claims, "", class, redactor) };
    let masked = members.iter().map(|(name, value)| {
        let of = if is_of_the_protocol(name) { Class::Public } else { class };
        (name.clone(), masked_tree(value, name, of.max(class_of_name(name)), redactor))
    });
    Json::Object(masked.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(mut event: Json, secrets: &[&str]) -> String {
        let mut redactor = Redactor::new([7; 32]);
        secrets.iter().for_each(|s| redactor.register(s, Class::Secret));
        seal(&mut event, &redactor);
        event.to_string()
    }

    #[test]
    fn secrets_go_out_of_every_text_and_our_own_words_stay() {
        let event =
            json!({"event": "check", "id": "sent", "say": "the code is s3cr3t-code", "body": {"x": ["s3cr3t-code"]}});
        let text = sealed(event, &["s3cr3t-code", "sent", "check"]);
        assert_eq!(text, r#"{"event":"check","id":"sent","say":"the code is ********","body":{"x":["********"]}}"#);
    }

    #[test]
    fn a_token_keeps_what_it_says_and_loses_its_signature_and_whom_it_speaks_of() {
        let part = |value: Json| b64::encode(value.to_string().as_bytes());
        let payload = json!({"iss": "bank", "exp": 5, "email": "maija@bank.example", "nonce": "n-0123456789"});
        let token = format!("{}.{}.c2lnbmF0dXJl", part(json!({"alg": "ES256"})), part(payload));
        for body in [json!(token), json!(format!("see {token}!")), json!({"list": [token]})] {
            let text = sealed(json!({"event": "response", "body": body}), &[]);
            assert!(text.contains(r#"\"alg\":\"ES256\""#) && text.contains(r#"\"iss\":\"bank\",\"exp\":5"#), "{text}");
            for gone in ["c2ln", "eyJ", "maija", "n-0123"] {
                assert!(!text.contains(gone), "{gone} in {text}");
            }
        }
        // a header with white space in it
        for header in ["{ \"alg\": \"ES256\" }", "{\n\"alg\":\"ES256\"}"] {
            let body = format!("see {}.e30.c2lnbmF0dXJl", b64::encode(header.as_bytes()));
            let text = sealed(json!({"event": "response", "body": body}), &[]);
            assert!(text.contains("(JWT, ") && !text.contains("c2ln"), "{text}");
        }
        let words = "eyes, eyelids.and ewes-in.fields";
        assert!(sealed(json!({"event": "response", "body": words}), &[]).contains(words));
        let jwe = format!("{}.aa.bb.cc.dd", part(json!({"alg": "dir", "enc": "A128GCM"})));
        let text = sealed(json!({"event": "response", "body": jwe}), &[]);
        assert!(text.contains("(JWE, ") && !text.contains("eyJ"), "{text}");
        // what was cut, or only looks like one, is not kept either
        let text = sealed(json!({"event": "check", "found": "jwt eyJhbGciOiJQUzI1NiIsInR5c…"}), &[]);
        assert!(text.contains(MASK) && !text.contains("eyJ"), "{text}");
        let text = sealed(json!({"event": "response", "body": "eyJzZWNyZXQ.c2VjcmV0.x"}), &[]);
        assert!(text.contains(MASK) && !text.contains("c2Vj"), "{text}");
    }

    #[test]
    fn numbers_and_switches_under_such_names_and_addresses_in_texts_are_sealed() {
        let body =
            json!({"pin": [1234], "psu-id": 19_720_229, "picture": true, "x": {"token": {"live": true}}, "n": 77});
        let to = "see https://u:hunter2@tpp.example/cb?co%64e=hunter3#access_token=hunter4";
        let event = json!({"event": "response", "state": 5, "headers": [["location", to]], "body": body});
        let text = sealed(event, &[]);
        for gone in ["1234", "1972", "true", "hunter"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        assert!(
            text.contains(r#""n":77"#) && text.contains(r#""state":5"#) && text.contains("see https://tpp"),
            "{text}"
        );
    }

    #[test]
    fn numbers_and_lists_about_a_person_are_hidden_too() {
        let person = json!({"contacts": ["a@b.example"], "address": {"postal_code": 1234}, "phone_number": 5_550_100});
        let text = sealed(json!({"event": "response", "body": person}), &[]);
        assert!(!text.contains("1234") && !text.contains("555") && !text.contains("a@b"), "{text}");
        let claims = claims(&json!({"iss": "b", "exp": 7, "born": 19_720_229}), Class::Personal, &Redactor::default());
        assert_eq!(claims, json!({"iss": "b", "exp": 7, "born": MASK}));
    }
}
