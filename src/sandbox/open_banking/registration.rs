//! What a client may register (RFC 7591 §2), and what it then is.

use serde_json::{Map, Value, json};

use super::{ISSUER, SCOPES};
use crate::sandbox::rsa::PublicKey;
use crate::sandbox::scope;

/// Every grant of the token endpoint.
pub(super) const GRANTS: &[&str] = &[
    "client_credentials",
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:openid:params:grant-type:ciba",
];
/// What only the server says of a client (RFC 7592 §2.2).
const OF_THE_SERVER: &[&str] = &[
    "client_id_issued_at",
    "client_secret",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
];
/// What is kept. Anything else is not understood, and so ignored (RFC 7591 §2).
const UNDERSTOOD: &[&str] = &[
    "redirect_uris",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "tls_client_auth_subject_dn",
    "jwks",
    "scope",
    "client_name",
    "client_uri",
    "contacts",
    "software_id",
    "software_version",
    "application_type",
    "id_token_signed_response_alg",
    "request_object_signing_alg",
];
/// Each key of a client; more have no use.
const MOST_KEYS: usize = 10;

type Metadata = Map<String, Value>;

/// How a client proves who it is.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Means {
    /// `private_key_jwt`.
    Assertion,
    /// `tls_client_auth`, with the subject of the certificate.
    Subject(String),
}

#[derive(Clone)]
pub(super) struct Registration {
    metadata: Metadata,
    pub means: Means,
    /// By `kid`.
    pub keys: Vec<(String, PublicKey)>,
    pub grants: Vec<String>,
    pub redirect_uris: Vec<String>,
    /// None: all that there is.
    pub scope: Option<String>,
    pub issued_at: i64,
    /// Good for this registration alone (RFC 7592 §3).
    pub access_token: String,
}

/// Code and reason (RFC 7591 §3.2.2).
#[derive(Debug)]
pub(super) struct NotRegistered(pub &'static str, pub String);

fn wrong(why: impl Into<String>) -> NotRegistered {
    NotRegistered("invalid_client_metadata", why.into())
}

impl Registration {
    /// What these metadata make of a client, if all of them may be registered.
    pub fn new(asked: Metadata, issued_at: i64, access_token: String) -> Result<Self, NotRegistered> {
        if let Some(name) = OF_THE_SERVER.iter().find(|name| asked.contains_key(**name)) {
            return Err(wrong(format!("{name} is the server's to say.")));
        }
        if asked.contains_key("software_statement") {
            let why = "Nobody's software statements are taken here.".to_owned();
            return Err(NotRegistered("unapproved_software_statement", why));
        }
        let mut metadata: Metadata =
            asked.into_iter().filter(|(name, _)| UNDERSTOOD.contains(&name.as_str())).collect();
        // RFC 7591 §2
        metadata.entry("grant_types").or_insert_with(|| json!(["authorization_code"]));
        let grants = list(&metadata, "grant_types")?;
        if grants.is_empty() || grants.iter().any(|grant| !GRANTS.contains(&grant.as_str())) {
            return Err(wrong("A grant type is not given here."));
        }
        let by_code = grants.iter().any(|grant| grant == "authorization_code");
        let responses = if by_code { json!(["code"]) } else { json!([]) };
        if *metadata.entry("response_types").or_insert_with(|| responses.clone()) != responses {
            return Err(wrong("authorization_code and the response type code come together, without another."));
        }
        let redirect_uris = redirect_uris(&metadata, by_code)?;
        let keys = keys(&metadata)?;
        let means = means(&metadata, &keys)?;
        for name in ["token_endpoint_auth_signing_alg", "id_token_signed_response_alg", "request_object_signing_alg"] {
            if metadata.get(name).is_some_and(|alg| alg != "PS256") {
                return Err(wrong(format!("{name} is not PS256.")));
            }
        }
        let scope = text(&metadata, "scope")?.map(str::to_owned);
        if scope.as_deref().is_some_and(|s| !scope::parse(s).is_some_and(|all| all.iter().all(|v| SCOPES.contains(v))))
        {
            return Err(wrong("scope names what there is not, or is no list of scopes."));
        }
        Ok(Self { metadata, means, keys, grants, redirect_uris, scope, issued_at, access_token })
    }

    /// What the client is told (RFC 7591 §3.2.1).
    pub fn shown(&self, id: &str) -> Value {
        let mut record = self.metadata.clone();
        record.insert("client_id".to_owned(), id.into());
        record.insert("client_id_issued_at".to_owned(), self.issued_at.into());
        record.insert("registration_access_token".to_owned(), self.access_token.as_str().into());
        record.insert("registration_client_uri".to_owned(), format!("{ISSUER}/clients/{id}").into());
        Value::Object(record)
    }
}

fn text<'a>(metadata: &'a Metadata, name: &str) -> Result<Option<&'a str>, NotRegistered> {
    metadata.get(name).map(|v| v.as_str().ok_or_else(|| wrong(format!("{name} is no text.")))).transpose()
}

fn list(metadata: &Metadata, name: &str) -> Result<Vec<String>, NotRegistered> {
    let no = || wrong(format!("{name} is no list of texts."));
    let Some(value) = metadata.get(name) else { return Ok(Vec::new()) };
    value.as_array().ok_or_else(no)?.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(no)).collect()
}

fn redirect_uris(metadata: &Metadata, wanted: bool) -> Result<Vec<String>, NotRegistered> {
    let no = |why: &str| NotRegistered("invalid_redirect_uri", why.to_owned());
    let all = list(metadata, "redirect_uris").map_err(|NotRegistered(_, why)| no(&why))?;
    if wanted && all.is_empty() {
        return Err(no("authorization_code wants a redirect URI."));
    }
    let sound = |uri: &String| {
        let local = |url: &url::Url| url.scheme() == "http" && url.host_str() == Some("127.0.0.1");
        url::Url::parse(uri).is_ok_and(|url| url.fragment().is_none() && (url.scheme() == "https" || local(&url)))
    };
    if all.iter().all(sound) { Ok(all) } else { Err(no("A redirect URI is not https, or has a fragment.")) }
}

/// Those of RSA, for signatures; others are for other uses.
fn keys(metadata: &Metadata) -> Result<Vec<(String, PublicKey)>, NotRegistered> {
    let Some(jwks) = metadata.get("jwks") else { return Ok(Vec::new()) };
    let all = jwks.get("keys").and_then(Value::as_array).ok_or_else(|| wrong("jwks is no set of keys."))?;
    if all.len() > MOST_KEYS {
        return Err(wrong("jwks holds more than 10 keys."));
    }
    let mut keys = Vec::new();
    for jwk in all {
        let jwk = jwk.as_object().ok_or_else(|| wrong("A key of jwks is no object."))?;
        let is = |name: &str, value: &str| jwk.get(name).is_some_and(|v| v == value);
        if !is("kty", "RSA") || is("use", "enc") {
            continue;
        }
        let key = PublicKey::from_jwk(jwk).map_err(|why| wrong(format!("A key of jwks is refused: {why}.")))?;
        let kid = jwk.get("kid").and_then(Value::as_str).map_or_else(|| key.thumbprint(), str::to_owned);
        keys.push((kid, key));
    }
    Ok(keys)
}

fn means(metadata: &Metadata, keys: &[(String, PublicKey)]) -> Result<Means, NotRegistered> {
    let subject = text(metadata, "tls_client_auth_subject_dn")?;
    match (text(metadata, "token_endpoint_auth_method")?, subject) {
        (Some("private_key_jwt"), None) if keys.is_empty() => {
            Err(wrong("private_key_jwt wants an RSA key for signatures in jwks."))
        }
        (Some("private_key_jwt"), None) => Ok(Means::Assertion),
        (Some("tls_client_auth"), Some(subject)) => Ok(Means::Subject(subject.to_owned())),
        (Some("private_key_jwt" | "tls_client_auth"), _) => {
            Err(wrong("tls_client_auth and tls_client_auth_subject_dn come together."))
        }
        _ => Err(wrong("token_endpoint_auth_method is neither private_key_jwt nor tls_client_auth.")),
    }
}
