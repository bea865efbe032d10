//! A request as a curl command that can be shown to anybody: secrets are shell variables, named after what they are.

use std::fmt::Write as _;

use crate::flow::view::{Field, RequestView};
use crate::history::seal_address;
use crate::redact::Redactor;
use crate::secret::{Class, class_of_name};
use crate::text::quoted;

pub fn command(request: &RequestView, redactor: &Redactor) -> String {
    let mut out = String::from("curl");
    let mut names: Vec<String> = Vec::new();
    // Writing to a String cannot fail.
    let _ = write!(out, " -X {} {}", quoted(&request.method), url(&request.url, redactor, &mut names));
    for header in &request.headers {
        let _ = write!(out, " \\\n  -H {}", header_value(header, redactor, &mut names));
    }
    if request.mtls.is_some() {
        out.push_str(" \\\n  --cert \"$CLIENT_CERTIFICATE\" --key \"$CLIENT_KEY\"");
        names.extend(["CLIENT_CERTIFICATE".into(), "CLIENT_KEY".into()]);
    }
    let is_form = request.content_type.as_deref().is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
    if is_form && !request.fields.is_empty() {
        for field in &request.fields {
            let _ = write!(out, " \\\n  --data-urlencode {}", named(field, "=", redactor, &mut names));
        }
    } else if !request.body.is_empty() {
        let text = String::from_utf8_lossy(&request.body);
        let masked = redactor.mask_text(&text);
        if masked != text {
            names.push("BODY (the masked parts of it)".into());
        }
        let _ = write!(out, " \\\n  --data-raw {}", quoted(&masked));
    }
    names.dedup();
    if names.is_empty() {
        return out;
    }
    format!("# secrets are not in here, set them first: {}\n{out}", names.join(", "))
}

/// `'name: '"$NAME"`, or the whole in quotes where nothing is secret.
fn named(field: &Field, between: &str, redactor: &Redactor, names: &mut Vec<String>) -> String {
    let class = field.class.max(class_of_name(&field.name));
    let known = redactor.mask_text(&field.value) != field.value;
    if class == Class::Public && !known {
        return quoted(&format!("{}{between}{}", field.name, field.value));
    }
    let variable = variable(&field.name);
    names.push(variable.clone());
    format!("{}\"${variable}\"", quoted(&format!("{}{between}", field.name)))
}

/// The scheme of an Authorization header is no secret, what follows is.
fn header_value(header: &Field, redactor: &Redactor, names: &mut Vec<String>) -> String {
    if header.name.eq_ignore_ascii_case("authorization")
        && let Some((scheme, _)) = header.value.split_once(' ')
    {
        let name = if scheme.eq_ignore_ascii_case("basic") { "BASIC_CREDENTIALS" } else { "ACCESS_TOKEN" };
        names.push(name.into());
        return format!("{}\"${name}\"", quoted(&format!("{}: {scheme} ", header.name)));
    }
    named(header, ": ", redactor, names)
}

/// What the history would not keep of an address is a variable; user and password go.
fn url(url: &str, redactor: &Redactor, names: &mut Vec<String>) -> String {
    let sealed = seal_address(url);
    let Some((head, kept)) = sealed.split_once('?') else { return quoted(&redactor.mask_text(&sealed)) };
    let (_, query) = url.split_once('?').unwrap_or_default();
    let mut out = quoted(&format!("{}?", redactor.mask_text(head)));
    for (i, (part, kept)) in query.split('&').zip(kept.split('&')).enumerate() {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let class = if part == kept { Class::Public } else { Class::Secret };
        let field = Field { name: name.into(), value: value.into(), class };
        if i > 0 {
            out.push_str("'&'");
        }
        out.push_str(&named(&field, "=", redactor, names));
    }
    // Neighbouring quoted parts read better as one.
    out.replace("''", "")
}

fn variable(name: &str) -> String {
    let text: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) || text.is_empty() { format!("V{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &str, class: Class) -> Field {
        Field { name: name.into(), value: value.into(), class }
    }

    fn request() -> RequestView {
        RequestView {
            method: "POST".into(),
            url: "https://as.nordbank.example/token".into(),
            headers: vec![
                field("accept", "application/json", Class::Public),
                field("Authorization", "Bearer s3cr3t-canary", Class::Secret),
            ],
            fields: vec![
                field("grant_type", "client_credentials", Class::Public),
                field("client_assertion", "s3cr3t-canary", Class::Secret),
                field("scope", "it's a scope", Class::Public),
            ],
            body: b"x".to_vec(),
            content_type: Some("application/x-www-form-urlencoded".into()),
            mtls: None,
            refreshed: false,
        }
    }

    #[test]
    fn secrets_become_variables_and_the_rest_can_be_run() {
        let text = command(&request(), &Redactor::default());
        assert_eq!(
            text,
            "# secrets are not in here, set them first: ACCESS_TOKEN, CLIENT_ASSERTION\n\
             curl -X 'POST' 'https://as.nordbank.example/token' \\\n  \
             -H 'accept: application/json' \\\n  \
             -H 'Authorization: Bearer '\"$ACCESS_TOKEN\" \\\n  \
             --data-urlencode 'grant_type=client_credentials' \\\n  \
             --data-urlencode 'client_assertion='\"$CLIENT_ASSERTION\" \\\n  \
             --data-urlencode 'scope=it'\\''s a scope'"
        );
    }

    #[test]
    fn a_query_keeps_its_secrets_out() {
        let mut names = Vec::new();
        let text = url(
            "https://as.nordbank.example/authorize?client_id=a&request=s3cr3t-canary",
            &Redactor::default(),
            &mut names,
        );
        assert_eq!(text, "'https://as.nordbank.example/authorize?client_id=a&request='\"$REQUEST\"");
        assert_eq!(names, ["REQUEST"]);
        // names as a server reads them, who signs in, what stands behind the fragment's sign
        let mut names = Vec::new();
        let text = url(
            "https://u:hunter1@tpp.example/cb?co%64e=hunter2&scope=a&next=https%3A%2F%2Fx.example%2F%3Fcode%3Dhunter3&b=c#access_token=hunter4",
            &Redactor::default(),
            &mut names,
        );
        assert!(!text.contains("hunter") && text.starts_with("'https://tpp.example/cb?"), "{text}");
        assert!(text.contains("&scope=a&"), "{text}");
        assert_eq!(
            url("https://a:hunter1@b.example/c#id_token=hunter2", &Redactor::default(), &mut names),
            "'https://b.example/c#id_token=********'"
        );
    }
}
