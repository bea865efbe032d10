//! A bank sends an event: a signed Security Event Token (RFC 8417), posted to the client (RFC 8935 §2.1).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::random;
use super::rsa::PrivateKey;

const LONGEST_ANSWER: u64 = 16 * 1024;
const WITHIN: Duration = Duration::from_secs(30);

/// Something changed at the bank.
pub(super) fn token(key: &PrivateKey, iss: &str, aud: &str, now: i64) -> io::Result<String> {
    let header = json!({ "alg": "PS256", "typ": "secevent+jwt", "kid": key.public().thumbprint() });
    let about = json!({ "subject_type": "http://openbanking.org.uk/rid_http://openbanking.org.uk/rty",
                        "http://openbanking.org.uk/rid": random::uuid()?, "http://openbanking.org.uk/rty": "account-access-consent" });
    let claims = json!({
        "iss": iss, "aud": aud, "iat": now, "toe": now, "jti": random::uuid()?, "txn": random::uuid()?,
        "events": { "urn:uk:org:openbanking:events:consent-authorization-revoked": { "subject": about } },
    });
    Ok(key.jws_pss(&header, &claims)?)
}

/// Posts it to `at`, an address of this machine, under the name that `url` has. An error: what the client answered instead.
pub(super) async fn post(at: &str, url: &str, token: &str) -> Result<(), String> {
    let at: SocketAddr = at.parse().map_err(|_| "that is no address")?;
    if !at.ip().is_loopback() {
        return Err("events are sent to this machine alone".to_owned());
    }
    let url = url::Url::parse(url).map_err(|_| "that is no URL")?;
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let id = random::uuid().map_err(|e| e.to_string())?;
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/secevent+jwt\r\nAccept: application/json\r\n\
         x-fapi-interaction-id: {id}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{token}",
        url.path(),
        token.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect(at).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
        io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = tokio::time::timeout(WITHIN, exchange).await.map_err(|_| "no answer came".to_owned())?;
    let answer = answer.map_err(|e| e.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split(' ').nth(1) != Some("202") {
        let said: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name| said.get(name).and_then(Value::as_str).unwrap_or_default();
        return Err(format!("the event was not taken: {} {}", text("err"), text("description")));
    }
    let echoed = format!("x-fapi-interaction-id: {id}");
    let is_echoed = head.lines().any(|line| line.eq_ignore_ascii_case(&echoed));
    is_echoed.then_some(()).ok_or_else(|| "the interaction id did not come back".to_owned())
}
