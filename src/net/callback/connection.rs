//! One connection: one request, judged in a fixed order, and one fixed page.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Gate;
use super::head::{self, Head};
use super::own_certificate::NotTaken::{NoTls, Unsure};
use super::page::Page;
use crate::flow::callback::{LONGEST, Mode, Params};

/// For the page to be taken.
const WRITE: Duration = Duration::from_secs(1);

pub async fn serve(stream: TcpStream, gate: Arc<Gate>) {
    let Some(own) = &gate.own else { return speak(stream, &gate).await };
    match tokio::time::timeout(gate.read, own.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, &gate).await,
        Ok(Err(Unsure)) => gate.note("a browser came that does not know the certificate: it asks whether to go on"),
        Ok(Err(NoTls)) | Err(_) => {}
    }
}

async fn speak(mut stream: impl AsyncRead + AsyncWrite + Unpin, gate: &Gate) {
    let Ok(Some(page)) = tokio::time::timeout(gate.read, judged(&mut stream, gate)).await else { return };
    let write = async {
        stream.write_all(page.response().as_bytes()).await?;
        stream.shutdown().await
    };
    // who does not take the page has given the answer all the same
    let _ = tokio::time::timeout(WRITE, write).await;
}

/// None: what came is no request, and gets no answer.
async fn judged(stream: &mut (impl AsyncRead + Unpin), gate: &Gate) -> Option<Page> {
    let (head, rest) = read_head(stream).await?;
    if let Some(page) = refused(&head, gate) {
        return Some(page);
    }
    let form = match head.method.as_str() {
        "POST" => match read_form(stream, &head, rest).await {
            Ok(form) => form,
            Err(page) => return Some(page),
        },
        _ => head.query.clone().unwrap_or_default(),
    };
    let params = Params::parse(&form).filter(|params| gate.request.judge(params).is_ok());
    let Some(params) = params else {
        gate.note("an answer without this run's state came, and was refused");
        return Some(Page::NotIt);
    };
    if gate.is_first() {
        // there is room: no other answer is ever sent
        let _ = gate.answers.try_send(params);
    } else {
        gate.note("the answer came again, and was not taken again");
    }
    Some(Page::Done)
}

pub(super) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<(Head, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let n = stream.read_buf(&mut bytes).await.ok()?;
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n");
        let head = &bytes[..end.unwrap_or(bytes.len())];
        if n == 0 || head.len() > head::LONGEST || !head::may_begin(&bytes[..end.map_or(bytes.len(), |e| e + 2)]) {
            return None;
        }
        if let Some(end) = end {
            return Some((Head::parse(head)?, bytes.split_off(end + 4)));
        }
    }
}

/// The page for what is not for us, whatever it holds.
fn refused(head: &Head, gate: &Gate) -> Option<Page> {
    let ours = |host: &str| host.eq_ignore_ascii_case(&gate.place.authority);
    if !matches!(head.one("host"), Ok(Some(host)) if ours(host)) {
        gate.note("a request for another name came, and was refused");
        return Some(Page::Misdirected);
    }
    let known = |origin: &str| gate.origins.iter().any(|o| o == origin) || origin == gate.place.origin();
    // a form from a page that tells nobody where it is from says `null`; its state still has to be right
    let named = |origin: &str| known(origin) || origin == "null" && head.method == "POST";
    if !matches!(head.one("origin"), Ok(origin) if origin.is_none_or(named)) {
        gate.note("a request from another site came, and was refused");
        return Some(Page::Foreign);
    }
    if head.path != gate.place.path || head.is_prefetch() {
        return Some(Page::NotFound);
    }
    // an error may come as a query although a form was asked for: the bank could not read what asked for it
    let allowed = match gate.request.mode {
        Mode::FormPost => ("GET, POST", head.method == "GET" || head.method == "POST"),
        Mode::Query | Mode::Fragment => ("GET", head.method == "GET"),
    };
    (!allowed.1).then_some(Page::Method(allowed.0))
}

async fn read_form(stream: &mut (impl AsyncRead + Unpin), head: &Head, mut body: Vec<u8>) -> Result<String, Page> {
    let form = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    };
    if head.one("transfer-encoding") != Ok(None) || !matches!(head.one("content-type"), Ok(Some(kind)) if form(kind)) {
        return Err(Page::NotIt);
    }
    let length = head.one("content-length").ok().flatten().filter(|l| l.bytes().all(|b| b.is_ascii_digit()));
    let length: usize = length.and_then(|l| l.parse().ok()).ok_or(Page::NotIt)?;
    if length > LONGEST {
        return Err(Page::TooLarge);
    }
    while body.len() < length {
        if stream.read_buf(&mut body).await.unwrap_or(0) == 0 {
            return Err(Page::NotIt);
        }
    }
    body.truncate(length);
    String::from_utf8(body).map_err(|_| Page::NotIt)
}
