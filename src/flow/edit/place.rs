//! Where in a step something can be changed, and how that is spelled.

use std::fmt;
use std::str::FromStr;

/// `method`, `url`, `query.NAME`, `header.NAME`, `form.NAME`, `json/POINTER`, `text`, `certificate`, and for a token that the
/// step makes: `NAME.header/POINTER`, `NAME.claims/POINTER`, `NAME.signature`. Pointers are those of RFC 6901.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Method,
    /// Without the query.
    Url,
    Query(String),
    Header(String),
    Form(String),
    Json(String),
    /// The whole body.
    Text,
    /// The role whose certificate TLS shows.
    Certificate,
    Jwt {
        name: String,
        part: Part,
        pointer: String,
    },
    Signature(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Header,
    Claims,
}

impl Place {
    pub fn claim(token: &str, name: &str) -> Self {
        Self::of_token(token, Part::Claims, name)
    }

    /// A member at the top of a token's header or claims.
    pub fn of_token(token: &str, part: Part, member: &str) -> Self {
        Self::Jwt { name: token.to_owned(), part, pointer: pointer(member) }
    }

    pub fn member(name: &str) -> Self {
        Self::Json(pointer(name))
    }

    /// The last part of it alone: `aud`, `scope`.
    pub fn short(&self) -> String {
        match self {
            Self::Query(name) | Self::Header(name) | Self::Form(name) => name.clone(),
            Self::Json(pointer) | Self::Jwt { pointer, .. } => {
                let last = pointer.rsplit('/').next().unwrap_or_default();
                last.replace("~1", "/").replace("~0", "~")
            }
            Self::Signature(_) => "signature".to_owned(),
            Self::Method | Self::Url | Self::Text | Self::Certificate => self.to_string(),
        }
    }
}

/// The pointer to a member at the top (RFC 6901 §3).
fn pointer(member: &str) -> String {
    format!("/{}", member.replace('~', "~0").replace('/', "~1"))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method => f.write_str("method"),
            Self::Url => f.write_str("url"),
            Self::Query(name) => write!(f, "query.{name}"),
            Self::Header(name) => write!(f, "header.{name}"),
            Self::Form(name) => write!(f, "form.{name}"),
            Self::Json(pointer) => write!(f, "json{pointer}"),
            Self::Text => f.write_str("text"),
            Self::Certificate => f.write_str("certificate"),
            Self::Jwt { name, part: Part::Header, pointer } => write!(f, "{name}.header{pointer}"),
            Self::Jwt { name, part: Part::Claims, pointer } => write!(f, "{name}.claims{pointer}"),
            Self::Signature(name) => write!(f, "{name}.signature"),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "`{}` names no place of a step: method, url, query.NAME, header.NAME, form.NAME, json/NAME, text, \
                 certificate, TOKEN.header/NAME, TOKEN.claims/NAME, TOKEN.signature",
                crate::text::clean(text).chars().take(60).collect::<String>()
            )
        };
        match text {
            "method" => return Ok(Self::Method),
            "url" => return Ok(Self::Url),
            "text" => return Ok(Self::Text),
            "certificate" => return Ok(Self::Certificate),
            _ => {}
        }
        if let Some(pointer) = text.strip_prefix("json").filter(|p| p.starts_with('/')) {
            return Ok(Self::Json(pointer.to_owned()));
        }
        let (first, rest) = text.split_once('.').filter(|(a, b)| !a.is_empty() && !b.is_empty()).ok_or_else(refused)?;
        match first {
            "query" => return Ok(Self::Query(rest.to_owned())),
            "header" => return Ok(Self::Header(rest.to_owned())),
            "form" => return Ok(Self::Form(rest.to_owned())),
            _ => {}
        }
        if rest == "signature" {
            return Ok(Self::Signature(first.to_owned()));
        }
        let (part, pointer) = rest.split_once('/').ok_or_else(refused)?;
        let part = match part {
            "header" => Part::Header,
            "claims" => Part::Claims,
            _ => return Err(refused()),
        };
        Ok(Self::Jwt { name: first.to_owned(), part, pointer: format!("/{pointer}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_read_as_it_is_written() {
        for text in [
            "method",
            "url",
            "query.state",
            "header.PSU-ID",
            "form.scope",
            "json/redirect_uris/0",
            "text",
            "certificate",
            "client_assertion.header/kid",
            "dpop_proof.claims/htu",
            "request_object.signature",
        ] {
            let place: Place = text.parse().expect(text);
            assert_eq!(place.to_string(), text);
        }
        for text in ["", "form", "form.", "claims/aud", "a.b", "a.body/x"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
        assert_eq!(Place::claim("request_object", "a/b~c").to_string(), "request_object.claims/a~1b~0c");
        assert_eq!(Place::claim("request_object", "a/b~c").short(), "a/b~c");
    }
}
