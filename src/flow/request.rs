//! Builds a request: parameters encoded, client authentication added, everything that goes out in its order.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value as Json, json};
use url::Url;

use super::edit::Edits;
use super::exchange::Request;
use super::template::EvalError;
use super::view::{Field, RequestView};
use crate::secret::{Class, class_of_name};

/// How the body goes out.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    None,
    /// `application/x-www-form-urlencoded`; a list repeats the parameter.
    Form(Map<String, Json>),
    Json(Json),
    /// A JWT as the whole body.
    Jwt(String),
    Text(String),
}

/// How the client proves who it is (RFC 6749 §2.3, RFC 7523, RFC 8705).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAuth {
    /// The client's name in the profile.
    pub name: String,
    pub method: String,
    pub id: Option<String>,
    pub secret: Option<crate::secret::Secret>,
    pub send_client_id: String,
}

/// A request that is being put together.
#[derive(Clone, Debug)]
pub struct Draft {
    pub method: Option<String>,
    pub url: String,
    pub query: Map<String, Json>,
    pub headers: Map<String, Json>,
    pub body: Body,
    pub content_type: Option<String>,
    pub accept: String,
    pub bearer: Option<String>,
    /// The role whose key binds the token (RFC 9449).
    pub dpop: Option<String>,
    pub mtls: Option<String>,
    pub auth: Option<ClientAuth>,
    pub assertion: Option<String>,
    /// Over the body, and the name of the header that carries it.
    pub signature: Option<(String, String)>,
    pub proof: Option<String>,
    /// What a person changed of all that.
    pub edits: Edits,
}

/// What is to be sent, as bytes, as a face shows it, and as rules read it.
#[derive(Clone, Debug)]
pub struct Built {
    pub request: Request,
    pub view: RequestView,
    pub value: Json,
    /// The client that authenticates, by its name in the profile.
    pub client: Option<String>,
}

pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Draft {
    /// The address with its query, without anything the authentication adds.
    pub fn address(&self) -> Result<Url, EvalError> {
        let mut url = Url::parse(&self.url)
            .map_err(|_| EvalError::Wrong("the url of this step is no absolute URL".to_owned()))?;
        if !self.query.is_empty() {
            let pairs = pairs(&self.query)?;
            url.query_pairs_mut().extend_pairs(pairs);
        }
        self.edits.on_url(url)
    }

    pub fn build(&self) -> Result<Built, EvalError> {
        let url = self.address()?;
        let mut headers: Vec<(String, String)> = vec![("Accept".to_owned(), self.accept.clone())];
        let mut body = self.body.clone();
        if let Some(auth) = &self.auth {
            authenticate(auth, self.assertion.as_deref(), &mut headers, &mut body)?;
        }
        if let Some(token) = &self.bearer {
            let scheme = if self.dpop.is_some() { "DPoP" } else { "Bearer" };
            headers.push(("Authorization".to_owned(), format!("{scheme} {token}")));
        }
        headers.extend(self.signature.clone());
        headers.extend(self.proof.clone().map(|proof| ("DPoP".to_owned(), proof)));
        self.edits.on_body(&mut body);
        let (bytes, default_type) = encode(&body)?;
        let content_type = self.content_type.clone().or(default_type.map(str::to_owned));
        if let Some(kind) = content_type.as_ref().filter(|_| body != Body::None) {
            headers.push(("Content-Type".to_owned(), kind.clone()));
        }
        for (name, value) in &self.headers {
            headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
            headers.push((name.clone(), scalar(value)?));
        }
        self.edits.on_headers(&mut headers);
        if let Some((name, _)) =
            headers.iter().find(|(n, v)| !is_token(n) || v.bytes().any(|b| b < 0x20 && b != b'\t' || b == 0x7f))
        {
            let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            return Err(EvalError::Wrong(format!("header `{name}` holds a character that HTTP does not allow")));
        }
        let method = self.method.clone().unwrap_or_else(|| if body == Body::None { "GET" } else { "POST" }.to_owned());
        let method = self.edits.on_method(method);
        if !is_token(&method) {
            return Err(EvalError::Wrong("the method is no HTTP method".to_owned()));
        }
        let mtls = self.edits.on_certificate(self.mtls.as_ref());
        let request = Request { method, url: url.to_string(), headers, body: bytes, mtls };
        let value = as_read_by_rules(&request, &url, &body, self.bearer.as_deref())?;
        let view = as_shown(&request, &body, content_type)?;
        Ok(Built { request, view, value, client: self.auth.as_ref().map(|a| a.name.clone()) })
    }
}

/// Puts the client's authentication where its method wants it.
fn authenticate(
    auth: &ClientAuth,
    assertion: Option<&str>,
    headers: &mut Vec<(String, String)>,
    body: &mut Body,
) -> Result<(), EvalError> {
    let id = || auth.id.clone().ok_or_else(|| EvalError::Missing("client.id".to_owned()));
    let secret = || {
        auth.secret
            .as_ref()
            .map(|s| s.expose().to_owned())
            .ok_or_else(|| EvalError::Missing("client.secret".to_owned()))
    };
    let mut add: Vec<(&str, String)> = Vec::new();
    let mut needs_id = false;
    match auth.method.as_str() {
        "none" | "tls_client_auth" | "self_signed_tls_client_auth" => needs_id = true,
        "client_secret_basic" => {
            // RFC 6749 §2.3.1: both are form-encoded before they are joined
            let encode = |s: String| url::form_urlencoded::byte_serialize(s.as_bytes()).collect::<String>();
            let joined = format!("{}:{}", encode(id()?), encode(secret()?));
            headers.push(("Authorization".to_owned(), format!("Basic {}", STANDARD.encode(joined))));
        }
        "client_secret_post" | "client_secret_json" => {
            needs_id = true;
            add.push(("client_secret", secret()?));
        }
        "private_key_jwt" | "client_secret_jwt" => {
            let jwt = assertion.ok_or_else(|| EvalError::Missing("client.assertion".to_owned()))?;
            add.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
            add.push(("client_assertion", jwt.to_owned()));
        }
        other => {
            return Err(EvalError::Wrong(format!(
                "`{other}` is no method of client authentication this program knows"
            )));
        }
    }
    if auth.send_client_id == "always" || (needs_id && auth.send_client_id != "never") {
        add.insert(0, ("client_id", id()?));
    }
    if add.is_empty() {
        return Ok(());
    }
    let members = match body {
        Body::Form(members) => members,
        Body::None => {
            *body = Body::Form(Map::new());
            let Body::Form(members) = body else { return Ok(()) };
            members
        }
        _ => return Err(EvalError::Wrong("client authentication in the body needs a form".to_owned())),
    };
    for (name, value) in add {
        members.insert(name.to_owned(), Json::String(value));
    }
    if auth.method == "client_secret_json" {
        *body = Body::Json(Json::Object(std::mem::take(members)));
    }
    Ok(())
}

fn encode(body: &Body) -> Result<(Vec<u8>, Option<&'static str>), EvalError> {
    Ok(match body {
        Body::None => (Vec::new(), None),
        Body::Form(members) => {
            let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs(members)?).finish();
            (text.into_bytes(), Some("application/x-www-form-urlencoded"))
        }
        Body::Json(json) => (json.to_string().into_bytes(), Some("application/json")),
        Body::Jwt(jwt) => (jwt.clone().into_bytes(), Some("application/jwt")),
        Body::Text(text) => (text.clone().into_bytes(), Some("text/plain")),
    })
}

/// A parameter's value as text; objects travel as JSON (OIDC `claims`, RFC 9396 `authorization_details`).
fn scalar(value: &Json) -> Result<String, EvalError> {
    match value {
        Json::String(s) => Ok(s.clone()),
        Json::Number(_) | Json::Bool(_) | Json::Object(_) | Json::Array(_) => Ok(value.to_string()),
        Json::Null => Err(EvalError::Wrong("a parameter is none: write `… or omit`".to_owned())),
    }
}

fn pairs(members: &Map<String, Json>) -> Result<Vec<(String, String)>, EvalError> {
    let mut out = Vec::new();
    for (name, value) in members {
        match value {
            Json::Array(items) if items.iter().all(|i| !i.is_object()) => {
                for item in items {
                    out.push((name.clone(), scalar(item)?));
                }
            }
            Json::Null => {}
            _ => out.push((name.clone(), scalar(value)?)),
        }
    }
    Ok(out)
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// `request` in rules.
fn as_read_by_rules(request: &Request, url: &Url, body: &Body, bearer: Option<&str>) -> Result<Json, EvalError> {
    let query: Map<String, Json> =
        url.query_pairs().map(|(k, v)| (k.into_owned(), Json::String(v.into_owned()))).collect();
    let headers: Map<String, Json> =
        request.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), Json::String(v.clone()))).collect();
    let form = match body {
        Body::Form(members) => {
            let mut object = Map::new();
            for (name, value) in pairs(members)? {
                match object.get_mut(&name) {
                    None => {
                        object.insert(name, Json::String(value));
                    }
                    Some(Json::Array(all)) => all.push(Json::String(value)),
                    Some(first) => *first = json!([first.clone(), value]),
                }
            }
            Json::Object(object)
        }
        _ => Json::Null,
    };
    let json = if let Body::Json(json) = body { json.clone() } else { Json::Null };
    let text = if let Body::Jwt(text) | Body::Text(text) = body { Json::String(text.clone()) } else { Json::Null };
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    Ok(json!({
        "method": request.method,
        "url": bare.as_str(),
        "query": if query.is_empty() { Json::Null } else { Json::Object(query) },
        "headers": headers,
        "form": form,
        "json": json,
        "text": text,
        "bearer": bearer,
        "mtls": request.mtls,
    }))
}

fn as_shown(request: &Request, body: &Body, content_type: Option<String>) -> Result<RequestView, EvalError> {
    let field =
        |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned(), class: class_of_name(name) };
    let fields = match body {
        Body::Form(members) => pairs(members)?.iter().map(|(n, v)| field(n, v)).collect(),
        Body::Json(Json::Object(members)) => {
            members.iter().map(|(n, v)| field(n, &v.as_str().map_or_else(|| v.to_string(), str::to_owned))).collect()
        }
        _ => Vec::new(),
    };
    let mut headers: Vec<Field> = request.headers.iter().map(|(n, v)| field(n, v)).collect();
    for header in &mut headers {
        if header.class == Class::Public && begins_as_token(&header.value) && header.value.contains('.') {
            header.class = Class::Secret;
        }
    }
    Ok(RequestView {
        method: request.method.clone(),
        url: request.url.clone(),
        headers,
        fields,
        body: request.body.clone(),
        content_type,
        mtls: request.mtls.clone(),
        refreshed: false,
    })
}

/// A brace with a quote or with white space behind it, in base64url.
fn begins_as_token(text: &str) -> bool {
    text.starts_with("ey") || text.starts_with("ew")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(body: Body, auth: Option<ClientAuth>) -> Draft {
        Draft {
            method: None,
            url: "https://as.example/token".to_owned(),
            query: Map::new(),
            headers: Map::new(),
            body,
            content_type: None,
            accept: "application/json".to_owned(),
            bearer: None,
            dpop: None,
            mtls: None,
            auth,
            assertion: None,
            signature: None,
            proof: None,
            edits: Edits::default(),
        }
    }

    fn form(value: Json) -> Body {
        Body::Form(value.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn a_form_is_encoded_and_a_list_repeats_its_parameter() {
        let built = draft(form(json!({"scope": "a:b c", "resource": ["x", "y"]})), None).build().expect("builds");
        assert_eq!(built.request.body, b"scope=a%3Ab+c&resource=x&resource=y");
        assert_eq!(built.request.method, "POST");
        assert_eq!(built.value["form"]["resource"], json!(["x", "y"]));
    }

    #[test]
    fn basic_encodes_id_and_secret_before_it_joins_them() {
        let auth = ClientAuth {
            name: "client".into(),
            method: "client_secret_basic".into(),
            id: Some("a b".into()),
            secret: Some(crate::secret::Secret::new("p:+w")),
            send_client_id: "auto".into(),
        };
        let built = draft(form(json!({"grant_type": "client_credentials"})), Some(auth)).build().expect("builds");
        let expected = format!("Basic {}", STANDARD.encode("a+b:p%3A%2Bw"));
        assert!(built.request.headers.contains(&("Authorization".to_owned(), expected)));
        assert_eq!(built.value["form"].get("client_id"), None);
    }

    #[test]
    fn a_token_in_a_header_is_secret_and_encoded_json_is_not() {
        let mut d = draft(Body::None, None);
        d.headers.insert("X-Token".into(), json!("eyJhbGciOiJFUzI1NiJ9.e30.AAAA"));
        d.headers.insert("X-Key".into(), json!("eyJrdHkiOiJFQyJ9"));
        let built = d.build().expect("builds");
        let class = |name: &str| built.view.headers.iter().find(|h| h.name == name).map(|h| h.class);
        assert_eq!((class("X-Token"), class("X-Key")), (Some(Class::Secret), Some(Class::Public)));
    }

    #[test]
    fn a_line_end_in_a_header_is_refused() {
        let mut d = draft(Body::None, None);
        d.headers.insert("X-A".into(), json!("1\r\nX-B: 2"));
        assert!(d.build().is_err());
    }
}
