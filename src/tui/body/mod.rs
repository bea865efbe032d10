//! A body of any size, shown through a window: bytes that are kept once, and marks every few lines. What is drawn costs
//! what the window shows. Every value is masked whole, before it is cut or broken into rows.

pub mod json;
mod path;
mod rows;
mod search;
mod show;

use std::fmt;
use std::sync::Arc;

pub use path::{begins, member, path_at, spans};
pub use rows::Rows;
pub use search::{Portion, Search};

use super::doc::Row;
use super::look::Look;

use super::words::Words;
use crate::flow::exchange::Exchange;
use crate::redact::Redactor;

/// Up to this many bytes the rows are counted at once; above, away from the screen's thread.
pub const AT_ONCE: usize = 512 * 1024;
/// As much of a large body as is counted at once, so that its beginning shows.
const BEGINNING: usize = 64 * 1024;
/// The raw view and the hex view show this much.
pub const RAW_LIMIT: usize = 1024 * 1024;

/// What is shown.
#[derive(Clone)]
pub enum Source {
    /// The body of that exchange's response.
    Response(Arc<Exchange>),
    /// A text whose secrets are masked already.
    Masked(Arc<str>),
}

impl Source {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Response(exchange) => exchange.response.as_ref().map_or(&[], |r| &r.body),
            Self::Masked(text) => text.as_bytes(),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({} bytes)", self.bytes().len())
    }
}

/// Which view of which exchange, at which width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyKey {
    /// The exchange's address: the view keeps the exchange, so it stands for nothing else meanwhile.
    exchange: usize,
    pub part: BodyPart,
    pub width: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyPart {
    /// Laid out by what it is.
    Response,
    RawSent,
    RawReceived,
}

impl BodyKey {
    pub fn new(exchange: &Arc<Exchange>, part: BodyPart, width: u16) -> Self {
        Self { exchange: Arc::as_ptr(exchange).addr(), part, width }
    }
}

/// How the bytes are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Json,
    /// Line by line.
    Text,
    /// Masked already: broken anywhere.
    Masked,
    Hex,
    /// Binary in which a secret was found.
    Hidden,
}

/// One body with its rows counted.
pub struct BodyView {
    pub key: BodyKey,
    source: Source,
    mode: Mode,
    rows: Arc<Rows>,
    matches: Option<search::Matches>,
    /// Keeps the address in the key taken.
    _exchange: Arc<Exchange>,
}

impl BodyView {
    /// Small bodies are counted whole, of large ones the beginning: then [`Self::is_whole`] is false.
    pub fn new(key: BodyKey, exchange: &Arc<Exchange>, source: Source, redactor: &Redactor) -> Self {
        let mode = mode_of(&source, redactor);
        let bytes = source.bytes();
        let limit = if bytes.len() <= AT_ONCE { bytes.len() } else { BEGINNING };
        let rows = Rows::count(bytes, mode, usize::from(key.width), redactor, limit);
        Self { key, source, mode, rows: Arc::new(rows), matches: None, _exchange: Arc::clone(exchange) }
    }

    pub fn is_whole(&self) -> bool {
        self.rows.whole
    }

    pub fn len(&self) -> usize {
        self.rows.total
    }

    pub const fn mode(&self) -> Mode {
        self.mode
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The counted rows of the same body arrived.
    pub fn set_rows(&mut self, rows: Rows) {
        self.rows = Arc::new(rows);
    }

    /// The rows `from..from + count`, laid out and masked.
    pub fn window(&self, from: usize, count: usize, redactor: &Redactor, look: Look) -> Vec<Row> {
        let bytes = self.source.bytes();
        let width = usize::from(self.key.width);
        let mut out = Vec::with_capacity(count);
        let (mut row, mut place) = self.rows.before(from);
        while out.len() < count && row < self.rows.total {
            let Some((line, next)) = show::line(bytes, self.mode, width, place) else { break };
            let height = show::height(&line, bytes, width, redactor, look);
            if row + height > from {
                let rows = show::rows(&line, bytes, width, redactor, look).into_iter();
                out.extend(rows.skip(from.saturating_sub(row)).take(count - out.len()));
            }
            row += height;
            place = next;
        }
        out
    }
}

/// The rows of a large body; for a thread that may take its time.
pub fn count(key: &BodyKey, source: &Source, redactor: &Redactor) -> Rows {
    let bytes = source.bytes();
    Rows::count(bytes, mode_of(source, redactor), usize::from(key.width), redactor, bytes.len())
}

/// A line of a JSON text that is laid out whole: short ones, like a token's claims.
pub struct Laid {
    pub words: Words,
    /// Where further rows of it begin.
    pub hang: usize,
    /// Which member of the outermost object it belongs to, and where in the text what stands on the line begins.
    pub member: Option<(usize, usize)>,
}

/// All lines of a JSON text, masked as in a body.
pub fn lay_out(text: &str, redactor: &Redactor, look: Look) -> Vec<Laid> {
    let bytes = text.as_bytes();
    let mut place = json::Place::default();
    let mut member = None;
    let mut out = Vec::new();
    while let Some((piece, next)) = json::line(bytes, place) {
        let is_close = matches!(piece.value, json::Value::Close(_));
        if piece.depth == 1 && !is_close {
            member = Some(member.map_or(0, |m| m + 1));
        }
        let at = begins(&piece, bytes, place);
        let member = member.filter(|_| piece.depth > 0).map(|m| (m, at));
        let (words, hang) = show::json_row(&piece, bytes, redactor, look);
        out.push(Laid { words, hang, member });
        place = next;
    }
    out
}

/// The name and the text of the scalar whose line begins at that byte.
pub fn value_at(bytes: &[u8], at: usize) -> Option<(Option<String>, String)> {
    let (piece, _) = json::line(bytes, json::Place::at(at))?;
    let text = |r: &std::ops::Range<usize>| String::from_utf8_lossy(&bytes[r.clone()]).into_owned();
    let value = match &piece.value {
        json::Value::Text(r) | json::Value::Number(r) | json::Value::Word(r) => text(r),
        _ => return None,
    };
    Some((piece.name.as_ref().map(|n| json::unquote(&text(n))), value))
}

/// The name and the value, of any kind, whose line begins at that byte of a short text.
pub fn tree_at(text: &str, at: usize) -> Option<(Option<String>, serde_json::Value)> {
    let (piece, _) = json::line(text.as_bytes(), json::Place::at(at))?;
    let start = match &piece.name {
        Some(name) => name.end + text.get(name.end..)?.find(':')? + 1,
        None => at,
    };
    let value = serde_json::Deserializer::from_str(text.get(start..)?).into_iter().next()?.ok()?;
    Some((piece.name.and_then(|n| text.get(n)).map(json::unquote), value))
}

fn mode_of(source: &Source, redactor: &Redactor) -> Mode {
    let Source::Response(exchange) = source else { return Mode::Masked };
    let bytes = source.bytes();
    let head = &bytes[..bytes.len().min(BEGINNING)];
    let is_text = match std::str::from_utf8(head) {
        Ok(text) => !text.contains('\0'),
        // Only what the cut made broken is forgiven.
        Err(e) => e.error_len().is_none() && head.len() < bytes.len(),
    };
    if !is_text {
        let shown = &bytes[..bytes.len().min(RAW_LIMIT)];
        let lossy = String::from_utf8_lossy(shown);
        return if redactor.mask_text(&lossy) == lossy { Mode::Hex } else { Mode::Hidden };
    }
    let says_json = exchange
        .response
        .as_ref()
        .and_then(|r| r.header("content-type"))
        .is_some_and(|t| t.to_ascii_lowercase().contains("json"));
    let looks_json = head.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| matches!(b, b'{' | b'['));
    if says_json || looks_json { Mode::Json } else { Mode::Text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::exchange::Response;
    use crate::time::Timestamp;

    /// A JSON body at that width.
    pub fn view(body: &str, width: u16) -> BodyView {
        let response = Response {
            status: 200,
            reason: String::new(),
            head: Vec::new(),
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: body.as_bytes().to_vec(),
            completeness: crate::flow::exchange::Completeness::Whole,
        };
        let exchange = Arc::new(Exchange {
            request_head: Vec::new(),
            request_body: Vec::new(),
            response: Some(response),
            phases: crate::flow::exchange::Phases::default(),
            tls: None,
            peer: None,
            started_at: Timestamp::default(),
            ended_at: Timestamp::default(),
        });
        let key = BodyKey::new(&exchange, BodyPart::Response, width);
        let mut view = BodyView::new(key, &exchange, Source::Response(Arc::clone(&exchange)), &Redactor::default());
        if !view.is_whole() {
            view.set_rows(count(&key, view.source(), &Redactor::default()));
        }
        view
    }
}
