//! What the TLS handshake agreed on, which certificates were shown and why, and whether the clocks agree.

use super::parts::pair;
use super::response::timing;
use crate::flow::exchange::{ClientCertificate, Exchange, TlsFacts};
use crate::flow::view::{RunView, StepView};
use crate::inspect::{about, moment};
use crate::time::Timestamp;
use crate::tui::doc::Doc;
use crate::tui::look::{Sign, Tone};
use crate::x509::{DnForm, OrganizationForm, Passport};

/// Clocks that differ by more seconds are worth a word.
const SKEW: i64 = 2;

pub fn show(doc: &mut Doc<'_>, view: &RunView, step: &StepView, exchange: &Exchange, now: Timestamp) {
    let Some(tls) = &exchange.tls else { return };
    text(doc, "version", &tls.version);
    text(doc, "cipher", &tls.cipher);
    text(doc, "group", tls.group.as_deref().unwrap_or("not told"));
    text(doc, "protocol", tls.alpn.as_deref().unwrap_or("none agreed"));
    text(doc, "session", if tls.resumed { "resumed" } else { "new" });
    clock(doc, view.skew);
    doc.heading("The server's certificates");
    for (i, der) in tls.server_chain.iter().enumerate() {
        server_certificate(doc, i, der, now);
    }
    doc.heading("Client certificate");
    ours(doc, step, tls);
    if !tls.acceptable_issuers.is_empty() {
        doc.heading("The server takes certificates from");
        for issuer in &tls.acceptable_issuers {
            doc.push(doc.words().gap(2).plain(issuer), 4, None);
        }
    }
    doc.heading("Timing");
    timing(doc, exchange);
}

fn text(doc: &mut Doc<'_>, label: &str, text: &str) {
    let words = doc.words().plain(text);
    pair(doc, label, words);
}

/// By the latest `Date` header (RFC 9110 §6.6.1): a request takes a moment, so a second means nothing.
fn clock(doc: &mut Doc<'_>, skew: Option<i64>) {
    match skew {
        None => text(doc, "clock", "the server does not tell its time"),
        Some(skew) if skew.abs() <= SKEW => text(doc, "clock", "agrees with ours"),
        Some(skew) => {
            let (by, which) = (skew.abs(), if skew > 0 { "ahead of" } else { "behind" });
            let words = doc
                .words()
                .sign(Tone::Warn, Sign::Warn)
                .put(Tone::Warn, format!(" the server is {by} s {which} us: iat, nbf and exp are judged by its clock"));
            pair(doc, "clock", words);
        }
    }
}

fn server_certificate(doc: &mut Doc<'_>, index: usize, der: &[u8], now: Timestamp) {
    let number = format!("{}", index + 1);
    let Ok(read) = Passport::read(der) else {
        return text(doc, &number, &format!("{} bytes that are no certificate", der.len()));
    };
    let name = |n: &crate::x509::Name| n.text(DnForm::Rfc4514, OrganizationForm::Name);
    text(doc, &number, &name(&read.subject));
    let good = read.not_before <= now && now < read.not_after;
    let (until, in_words) = (moment(read.not_after.seconds()), about(now, read.not_after));
    let words = doc.words().put(if good { Tone::Dim } else { Tone::Bad }, format!("until {until} ({in_words})"));
    pair(doc, "", words);
    let words = doc.words().dim("issued by ").dim(name(&read.issuer));
    pair(doc, "", words);
}

/// Which was sent, why, and whether the server names its issuer.
fn ours(doc: &mut Doc<'_>, step: &StepView, tls: &TlsFacts) {
    let role = step.request.as_ref().and_then(|r| r.mtls.as_deref());
    match (&tls.client_certificate, role) {
        (ClientCertificate::NotAsked, None) => doc.text(Tone::Dim, "The server did not ask for one."),
        (ClientCertificate::NotAsked, Some(role)) => {
            let told = format!(" The server did not ask for one; that of the role {role} stayed here.");
            doc.push(doc.words().sign(Tone::Warn, Sign::Warn).put(Tone::Warn, told), 2, None);
        }
        (ClientCertificate::AskedNoneSent, _) => {
            let told = match role {
                None => " The server asked for one; this request names no role for it (mtls).",
                Some(_) => " The server asked for one, and none was at hand for this host.",
            };
            doc.push(doc.words().sign(Tone::Warn, Sign::Warn).put(Tone::Warn, told), 2, None);
        }
        (ClientCertificate::Sent { subject, x5t_s256 }, _) => {
            text(doc, "sent", subject);
            text(doc, "x5t#S256", x5t_s256);
            text(doc, "why", &format!("the request names the role {}", role.unwrap_or("of the client")));
            let (known, issuers) = (&tls.acceptable_issuers, &tls.our_issuers);
            let words = match issuers.iter().find(|i| known.contains(i)) {
                _ if known.is_empty() => doc.words().dim("the server names no issuers: it may take any"),
                Some(issuer) => {
                    doc.words().sign(Tone::Good, Sign::Ok).plain(format!(" the server takes those of {issuer}"))
                }
                None => doc.words().sign(Tone::Warn, Sign::Warn).put(
                    Tone::Warn,
                    format!(
                        " issued by {}, which the server does not name",
                        issuers.first().map_or("nobody", String::as_str)
                    ),
                ),
            };
            pair(doc, "issuer", words);
        }
    }
}
