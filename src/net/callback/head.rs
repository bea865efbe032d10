//! The head of a request, read strictly: what is not plain HTTP/1 is no request.

/// Bytes of request line and headers.
pub const LONGEST: usize = 72 << 10;
const MOST_HEADERS: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    headers: Vec<(String, String)>,
}

/// Whether what came so far can still become a head; what cannot is dropped without an answer.
pub fn may_begin(bytes: &[u8]) -> bool {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let whole = line.len() < bytes.len();
    let text = line.strip_suffix(b"\r").unwrap_or(line);
    let method = text.iter().take_while(|b| **b != b' ').count();
    text.iter().take(method).all(u8::is_ascii_uppercase)
        && method <= 10
        && !text.starts_with(b"PRI ")
        && bytes.iter().all(|b| is_plain(*b))
        && (!whole || Head::line(text).is_some())
}

/// Line ends, tabs and what can be printed; no NUL, no escape, nothing of a TLS handshake.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b'\t' | 0x20..=0x7e | 0x80..=0xff)
}

impl Head {
    /// `bytes` up to and without the empty line.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.split("\r\n");
        let (method, path, query) = Self::line(lines.next()?.as_bytes())?;
        let mut headers = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            if name.is_empty() || !name.bytes().all(token) || value.contains(['\r', '\n']) {
                return None;
            }
            headers.push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()));
            if headers.len() > MOST_HEADERS {
                return None;
            }
        }
        Some(Self { method, path, query, headers })
    }

    /// `GET /path?query HTTP/1.1`.
    fn line(line: &[u8]) -> Option<(String, String, Option<String>)> {
        let line = std::str::from_utf8(line).ok()?;
        let mut words = line.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let printable = target.bytes().all(|b| matches!(b, 0x21..=0x7e));
        if words.next().is_some() || !matches!(version, "HTTP/1.1" | "HTTP/1.0") || method.is_empty() || !printable {
            return None;
        }
        let target = target.split('#').next().filter(|t| t.starts_with('/'))?;
        let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q.to_owned())));
        Some((method.to_owned(), path.to_owned(), query))
    }

    /// The header's value; an `Err` where it is there more than once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, ()> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let first = found.next();
        if found.next().is_some() { Err(()) } else { Ok(first) }
    }

    /// Names in lower case.
    pub fn into_headers(self) -> Vec<(String, String)> {
        self.headers
    }

    /// Looked at before a person asked for it.
    pub fn is_prefetch(&self) -> bool {
        let speaks = |(name, value): &(String, String)| {
            matches!(name.as_str(), "sec-purpose" | "purpose" | "x-purpose" | "x-moz")
                && ["prefetch", "preview", "prerender"].iter().any(|w| value.to_ascii_lowercase().contains(w))
        };
        self.headers.iter().any(speaks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_head_is_read() {
        let head = Head::parse(b"GET /cb?code=1&state=2 HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-A:  b \r\nX-A: c").unwrap();
        assert_eq!(
            (head.method.as_str(), head.path.as_str(), head.query.as_deref()),
            ("GET", "/cb", Some("code=1&state=2"))
        );
        assert_eq!((head.one("host"), head.one("x-a"), head.one("y")), (Ok(Some("127.0.0.1:1")), Err(()), Ok(None)));
    }

    #[test]
    fn what_is_no_http_1_is_seen_at_once() {
        for good in [&b"G"[..], b"GET", b"GET /cb?state=", b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.0\r\n"]
        {
            assert!(may_begin(good), "{}", String::from_utf8_lossy(good));
        }
        for bad in [
            &b"\x16\x03\x01\x02\x00\x01"[..],
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET /cb\r\n",
            b"GET /cb HTTP/0.9\r\n",
            b"GET /cb HTTP/2\r\n",
            b"GET http://evil.test/ HTTP/1.1\r\n",
            b"GET  /cb HTTP/1.1\r\n",
            b"GET /c\0b",
            b"GET /cb HTTP/1.1\r\nX: \x1b[2J\r\n",
            b"get / HTTP/1.1\r\n",
            b"AAAAAAAAAAAAAAAAAAAAAAAA",
            b"\r\n",
        ] {
            assert!(!may_begin(bad), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn headers_are_names_and_values() {
        for bad in [
            &b"GET / HTTP/1.1\r\nno colon"[..],
            b"GET / HTTP/1.1\r\n: x",
            b"GET / HTTP/1.1\r\nA b: x",
            b"GET / HTTP/1.1\r\nA: b\nC: d",
        ] {
            assert_eq!(Head::parse(bad), None);
        }
        assert_eq!(Head::parse(format!("GET / HTTP/1.1{}", "\r\na: b".repeat(MOST_HEADERS + 1)).as_bytes()), None);
    }
}
