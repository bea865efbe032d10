//! What crossed the wire, byte for byte but for the secrets. The whole text is masked before a row of it is cut.

use std::sync::Arc;

use crate::flow::exchange::Exchange;
use crate::flow::view::RunView;
use crate::redact::Redactor;
use crate::tui::app::App;
use crate::tui::body::{BodyPart, RAW_LIMIT};
use crate::tui::doc::Doc;
use crate::tui::look::Tone;
use crate::tui::span::grouped;

/// A body without members is shown up to this length before it is sent.
pub const SHOWN: usize = 64 * 1024;
/// A secret cut in two at the limit could not be seen: that much before it is left out.
const MARGIN: usize = 64 * 1024;

pub fn show<'a>(doc: &mut Doc<'a>, app: &'a App, view: &'a RunView) {
    for (title, part) in [("Sent", BodyPart::RawSent), ("Received", BodyPart::RawReceived)] {
        let Some(body) = app.body(part) else { continue };
        if body.len() > 0 {
            let title = doc.words().strong(title).dim("  as it crossed the wire; secrets masked");
            if doc.len() > 0 {
                doc.blank();
            }
            doc.line(title);
            doc.body(body, &view.redactor);
        }
    }
    if doc.len() == 0 {
        doc.text(Tone::Dim, "nothing crossed the wire");
    }
}

pub fn sent_text(exchange: &Exchange, redactor: &Redactor) -> Arc<str> {
    whole(&exchange.request_head, &exchange.request_body, redactor)
}

pub fn received_text(exchange: &Exchange, redactor: &Redactor) -> Arc<str> {
    exchange.response.as_ref().map_or_else(|| Arc::from(""), |r| whole(&r.head, &r.body, redactor))
}

fn whole(head: &[u8], body: &[u8], redactor: &Redactor) -> Arc<str> {
    let mut text = redactor.mask_text(&String::from_utf8_lossy(head));
    if body.len() <= RAW_LIMIT {
        text += &redactor.mask_text(&String::from_utf8_lossy(body));
    } else {
        let masked = redactor.mask_text(&String::from_utf8_lossy(&body[..RAW_LIMIT]));
        let end = masked.floor_char_boundary(masked.len().saturating_sub(MARGIN));
        text += &masked[..end];
        text += "\n(of ";
        text += &grouped(body.len());
        text += " bytes; the response tab shows all, y b copies them)";
    }
    text.into()
}
