//! What the TLS handshake agreed on, and which certificates were shown.

use super::parts::pair;
use super::response::timing;
use crate::flow::exchange::{ClientCertificate, Exchange};
use crate::tui::doc::Doc;
use crate::tui::look::{Sign, Tone};

pub fn show(doc: &mut Doc<'_>, exchange: &Exchange) {
    let Some(tls) = &exchange.tls else { return };
    let text = |doc: &mut Doc<'_>, label: &str, text: &str| {
        let words = doc.words().plain(text);
        pair(doc, label, words);
    };
    text(doc, "version", &tls.version);
    text(doc, "cipher", &tls.cipher);
    text(doc, "group", tls.group.as_deref().unwrap_or("not told"));
    text(doc, "protocol", tls.alpn.as_deref().unwrap_or("none agreed"));
    text(doc, "session", if tls.resumed { "resumed" } else { "new" });
    let chain = tls.server_chain.len();
    let bytes: usize = tls.server_chain.iter().map(Vec::len).sum();
    text(doc, "server", &format!("{chain} certificates, {bytes} bytes"));
    doc.heading("Client certificate");
    match &tls.client_certificate {
        ClientCertificate::NotAsked => doc.text(Tone::Dim, "The server did not ask for one."),
        ClientCertificate::AskedNoneSent => {
            let words = doc
                .words()
                .sign(Tone::Warn, Sign::Warn)
                .put(Tone::Warn, " The server asked for one, and none was at hand for this host.");
            doc.push(words, 2, None);
        }
        ClientCertificate::Sent { subject, x5t_s256 } => {
            text(doc, "sent", subject);
            text(doc, "x5t#S256", x5t_s256);
        }
    }
    if !tls.acceptable_issuers.is_empty() {
        doc.heading("The server takes certificates from");
        for issuer in &tls.acceptable_issuers {
            doc.push(doc.words().gap(2).plain(issuer), 4, None);
        }
    }
    doc.heading("Timing");
    timing(doc, exchange);
}
