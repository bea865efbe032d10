//! What comes back from the bank's page, and whether it is the answer that a run waits for. Every way back (a request to
//! the listener, a pasted address, a pasted form) is judged here.

use std::fmt;
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::time::Timestamp;

/// Longer ones are no answer.
pub const LONGEST: usize = 64 << 10;
/// Parameters of one answer.
const MOST: usize = 64;

/// How the bank hands the answer to the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Query,
    /// Stays in the browser: only a person can bring it.
    Fragment,
    FormPost,
}

impl Mode {
    /// A `response_mode`, and whether the answer comes as one JWT (JARM §2.3).
    pub fn parse(word: &str) -> Option<(Self, bool)> {
        Some(match word {
            "query" => (Self::Query, false),
            "fragment" => (Self::Fragment, false),
            "form_post" => (Self::FormPost, false),
            // for a code, `jwt` is `query.jwt`
            "jwt" | "query.jwt" => (Self::Query, true),
            "fragment.jwt" => (Self::Fragment, true),
            "form_post.jwt" => (Self::FormPost, true),
            _ => return None,
        })
    }
}

/// Where a person is sent, and what brings the answer back.
#[derive(Clone, PartialEq)]
pub struct Authorization {
    /// Holds `state`: shown on purpose only.
    pub url: Secret,
    pub redirect_uri: String,
    pub state: Secret,
    pub mode: Mode,
    /// Whether the answer comes as one JWT (JARM).
    pub jarm: bool,
    /// How long anybody waits for the answer.
    pub wait: Duration,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorization({:?} to {:?})", self.mode, self.redirect_uri)
    }
}

/// An answer that has the right `state`.
#[derive(Debug)]
pub struct Callback {
    pub params: Params,
    pub received_at: Timestamp,
}

/// The parameters of an answer, in their order. Values are shown nowhere.
#[derive(Clone, PartialEq)]
pub struct Params(Vec<(String, Secret)>);

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({})", self.0.len())
    }
}

/// Why a text is not the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this is neither the address that the browser ended on nor a form's body")]
    Unreadable,
    #[error("this is another address than the redirect URI")]
    Elsewhere,
    #[error("this has no `state`")]
    NoState,
    #[error("this has more than one `state`")]
    ManyStates,
    #[error("this has the `state` of another sign-in")]
    WrongState,
}

impl Refusal {
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Unreadable | Self::Elsewhere => {
                "copy the whole address from the browser's address bar once the bank has sent it back"
            }
            Self::NoState | Self::ManyStates => "paste the whole address, up to its end",
            Self::WrongState => "open the address of this run again; an older window answers an older run",
        }
    }
}

impl Params {
    /// `a=1&b=2`, strictly: a bad percent, bytes that are no UTF-8, NUL, or too much of anything is no form.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut all = Vec::new();
        for pair in text.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            all.push((decode(name)?, Secret::new(decode(value)?)));
            if all.len() > MOST {
                return None;
            }
        }
        Some(Self(all))
    }

    /// The value of that parameter, where there is exactly one.
    pub fn one(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(n, _)| n == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.expose()),
            _ => None,
        }
    }

    /// Whether some parameter is there twice, which none may be (RFC 6749 §3.1).
    pub fn repeats(&self) -> bool {
        self.0.iter().enumerate().any(|(i, (name, _))| self.0[..i].iter().any(|(n, _)| n == name))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.expose()))
    }
}

fn decode(text: &str) -> Option<String> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut hex = || rest.next().and_then(|b| char::from(b).to_digit(16));
        out.push(match byte {
            b'+' => b' ',
            b'%' => u8::try_from(hex()? * 16 + hex()?).ok()?,
            other => other,
        });
    }
    let text = std::str::from_utf8(&out).ok()?;
    (!text.contains('\0')).then(|| text.to_owned())
}

impl Authorization {
    /// Whether it answers this request: exactly one `state`, and the right one.
    pub fn judge(&self, params: &Params) -> Result<(), Refusal> {
        if self.jarm {
            return self.judge_response(params);
        }
        let mut states = params.iter().filter(|(n, _)| *n == "state").map(|(_, v)| v);
        let state = states.next().ok_or(Refusal::NoState)?;
        if states.next().is_some() {
            return Err(Refusal::ManyStates);
        }
        self.compare(state)
    }

    fn compare(&self, state: &str) -> Result<(), Refusal> {
        let (mine, theirs) = (self.state.expose().as_bytes(), state.as_bytes());
        let right = !mine.is_empty() && mine.len() == theirs.len() && openssl::memcmp::eq(mine, theirs);
        right.then_some(()).ok_or(Refusal::WrongState)
    }

    /// Looks at the `state` inside the JWT, so that the answer to another sign-in is waited past; of an encrypted one
    /// nobody can see it yet. Nothing is verified by that: a step of the flow opens the JWT and looks again.
    fn judge_response(&self, params: &Params) -> Result<(), Refusal> {
        let response = params.one("response").ok_or(Refusal::NoState)?;
        if crate::jose::jwe::Jwe::parse(response).is_ok() {
            return Ok(());
        }
        let read = crate::jose::Compact::parse(response).ok().and_then(|jwt| jwt.claims().ok());
        let claims = read.ok_or(Refusal::Unreadable)?;
        self.compare(claims.get("state").and_then(serde_json::Value::as_str).ok_or(Refusal::NoState)?)
    }

    /// What a person brought: the address that the browser ended on, or a form's body.
    pub fn pasted(&self, text: &str) -> Result<Params, Refusal> {
        let text = text.trim();
        if text.len() > LONGEST || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Refusal::Unreadable);
        }
        let form = match Url::parse(text) {
            Ok(url) => self.parameters(&url)?,
            Err(_) => text.trim_start_matches(['?', '#']).to_owned(),
        };
        if !form.contains('=') {
            return Err(Refusal::Unreadable);
        }
        let params = Params::parse(&form).ok_or(Refusal::Unreadable)?;
        self.judge(&params)?;
        Ok(params)
    }

    /// Query and fragment of an address at the redirect URI.
    fn parameters(&self, url: &Url) -> Result<String, Refusal> {
        let mine = Url::parse(&self.redirect_uri).map_err(|_| Refusal::Elsewhere)?;
        let place = |u: &Url| (u.scheme().to_owned(), u.host_str().map(str::to_owned), u.port_or_known_default());
        if place(url) != place(&mine) || url.path() != mine.path() {
            return Err(Refusal::Elsewhere);
        }
        let parts = match self.mode {
            Mode::Fragment => [url.fragment(), url.query()],
            Mode::Query | Mode::FormPost => [url.query(), None],
        };
        Ok(parts.into_iter().flatten().collect::<Vec<_>>().join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "hWq3nT0kq1xQv4b2Jr8c7A";

    fn asked(mode: Mode) -> Authorization {
        Authorization {
            url: Secret::new("https://as.bank.example/authorize?state=x"),
            redirect_uri: "https://tpp.example:8443/cb".into(),
            state: Secret::new(STATE),
            mode,
            jarm: false,
            wait: Duration::from_secs(1),
        }
    }

    #[test]
    fn an_address_and_a_form_with_the_right_state_are_taken() {
        let ask = asked(Mode::Query);
        for text in [
            format!("https://tpp.example:8443/cb?code=a%2Bb+c&state={STATE}"),
            format!("  https://TPP.example:8443/cb?state={STATE}&code=a%2Bb+c#\n"),
            format!("code=a%2Bb+c&state={STATE}"),
            format!("?code=a%2Bb+c&state={STATE}"),
        ] {
            let params = ask.pasted(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((params.one("code"), params.repeats()), (Some("a+b c"), false), "{text}");
        }
        let text = format!("https://tpp.example:8443/cb#code=1&state={STATE}");
        assert_eq!(asked(Mode::Fragment).pasted(&text).map(|p| p.one("code") == Some("1")), Ok(true));
        assert_eq!(ask.pasted(&text), Err(Refusal::Unreadable));
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        let ask = asked(Mode::Query);
        let upper = STATE.to_uppercase();
        for (text, why) in [
            ("https://tpp.example:8443/cb?code=1".to_owned(), Refusal::NoState),
            (format!("code=1&state={STATE}&state={STATE}"), Refusal::ManyStates),
            ("code=1&state=".to_owned(), Refusal::WrongState),
            (format!("code=1&state={upper}"), Refusal::WrongState),
            (format!("code=1&state={STATE}A"), Refusal::WrongState),
            (format!("code=1&State={STATE}"), Refusal::NoState),
            (format!("https://tpp.example/cb?code=1&state={STATE}"), Refusal::Elsewhere),
            (format!("http://tpp.example:8443/cb?code=1&state={STATE}"), Refusal::Elsewhere),
            (format!("https://tpp.example:8443/cb/?code=1&state={STATE}"), Refusal::Elsewhere),
            (format!("https://evil.example/?u=https://tpp.example:8443/cb&state={STATE}"), Refusal::Elsewhere),
            (String::new(), Refusal::Unreadable),
            ("a code".to_owned(), Refusal::Unreadable),
            (format!("code=%zz&state={STATE}"), Refusal::Unreadable),
            (format!("code=%0&state={STATE}"), Refusal::Unreadable),
            (format!("code=%ff&state={STATE}"), Refusal::Unreadable),
            (format!("code=%00&state={STATE}"), Refusal::Unreadable),
            (format!("code={}&state={STATE}", "a".repeat(LONGEST)), Refusal::Unreadable),
            (format!("{}state={STATE}", "a=1&".repeat(MOST)), Refusal::Unreadable),
        ] {
            assert_eq!(ask.pasted(&text), Err(why), "{}", text.chars().take(80).collect::<String>());
        }
    }

    #[test]
    fn a_signed_answer_is_taken_by_the_state_inside_it() {
        let jarm = Authorization { jarm: true, ..asked(Mode::Query) };
        let jwt = |claims: &str| {
            format!(
                "response={}.{}.AAAA",
                crate::jose::b64::encode(br#"{"alg":"PS256"}"#),
                crate::jose::b64::encode(claims.as_bytes())
            )
        };
        let right = jwt(&format!(r#"{{"code":"c","state":"{STATE}"}}"#));
        assert!(jarm.pasted(&format!("https://tpp.example:8443/cb?{right}")).is_ok());
        for (text, why) in [
            (jwt(r#"{"code":"c","state":"another"}"#), Refusal::WrongState),
            (jwt(r#"{"code":"c"}"#), Refusal::NoState),
            (format!("{right}&{right}"), Refusal::NoState),
            (format!("code=c&state={STATE}"), Refusal::NoState),
            ("response=AAAA".to_owned(), Refusal::Unreadable),
        ] {
            assert_eq!(jarm.pasted(&text), Err(why), "{text}");
        }
        // and where no signed answer is waited for, none is taken
        assert_eq!(asked(Mode::Query).pasted(&right), Err(Refusal::NoState));
    }

    #[test]
    fn nothing_of_it_is_shown() {
        let ask = asked(Mode::Query);
        let params = ask.pasted(&format!("code=c0de&state={STATE}")).unwrap();
        let shown = format!("{ask:?} {params:?}");
        assert!(!shown.contains(STATE) && !shown.contains("c0de"), "{shown}");
    }
}
