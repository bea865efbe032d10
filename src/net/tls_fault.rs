//! Why TLS failed, told apart: the server's certificate, ours, the protocol.

use rustls::{AlertDescription as Alert, CertificateError as Bad, Error as TlsError, InvalidMessage};

use super::dn::{self, Facts};
use super::fault::{Fault, shown};
use super::mtls::Asked;
use crate::flow::exchange::NetPhase;
use crate::time::Timestamp;

/// What is known where TLS failed.
pub(super) struct Scene<'a> {
    pub host: &'a str,
    /// The server's certificates, as far as they were seen, leaf first.
    pub server: &'a [Vec<u8>],
    /// Our chain; empty: we had none for this host.
    pub ours: &'a [Vec<u8>],
    pub asked: &'a Asked,
    pub now: Timestamp,
}

impl Scene<'_> {
    pub fn fault(&self, error: &TlsError) -> Fault {
        if let Some(refusal) = &self.asked.refusal {
            return Fault::key(refusal);
        }
        let host = shown(self.host);
        let fault = match error {
            TlsError::InvalidCertificate(bad) => self.server_certificate(bad),
            TlsError::AlertReceived(alert) => self.alert(*alert),
            TlsError::PeerIncompatible(_) => version(&host),
            TlsError::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::MessageTooLarge) => {
                Fault::new(
                    "tls.not-tls",
                    format!("{host} does not speak TLS on this port"),
                    "check the port; a server for plain http answers like this",
                )
            }
            other => Fault::new("tls.protocol", format!("TLS with {host} failed: {}", kind(other)), "try again"),
        };
        fault.at(NetPhase::Tls)
    }

    /// The connection ended inside the handshake, without an alert.
    pub fn cut(&self, reset: bool) -> Fault {
        if let Some(refusal) = &self.asked.refusal {
            return Fault::key(refusal);
        }
        if self.asked.asked {
            return self.client_certificate(None).at(NetPhase::Tls);
        }
        let how = if reset { "reset" } else { "closed" };
        let text = format!("{} {how} the connection during the TLS handshake", shown(self.host));
        let hint = "check the port; some gateways do this to addresses they do not know";
        Fault::new(if reset { "net.reset" } else { "tls.closed" }, text, hint).at(NetPhase::Tls)
    }

    fn server_certificate(&self, bad: &Bad) -> Fault {
        let host = shown(self.host);
        let leaf = self.server.first().and_then(|der| Facts::of(der));
        let print = self.server.first().map(|der| dn::thumbprint(der)).unwrap_or_default();
        let issuer = leaf.as_ref().map(|l| shown(&l.issuer)).unwrap_or_default();
        let clock = format!("if it should be valid, check this machine's clock: it says {}", dn::date(self.now));
        match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => {
                let when = leaf.map(|l| format!(" on {}", dn::date(l.not_after))).unwrap_or_default();
                Fault::new("tls.server-certificate.expired", format!("the certificate of {host} expired{when}"), clock)
            }
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                let when = leaf.map(|l| format!(" before {}", dn::date(l.not_before))).unwrap_or_default();
                let text = format!("the certificate of {host} is not valid{when}");
                Fault::new("tls.server-certificate.not-yet-valid", text, clock)
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                let names = leaf.map(|l| l.names).unwrap_or_default();
                let mut seen = names.iter().take(8).map(|n| shown(n)).collect::<Vec<_>>().join(", ");
                if names.len() > 8 {
                    seen.push_str(", …");
                }
                let seen = if seen.is_empty() { "no name at all".to_owned() } else { seen };
                let text = format!("the certificate is not for {host}: it names {seen}");
                Fault::new(
                    "tls.server-certificate.wrong-host",
                    text,
                    "check the host; do not send anything to this server",
                )
            }
            // webpki refuses a leaf that is an authority before it looks for its issuer: the usual home-made certificate.
            _ if leaf.as_ref().is_some_and(Facts::self_issued) => Fault::new(
                "tls.server-certificate.self-signed",
                format!("the certificate of {host} is signed by itself, not by an authority"),
                format!("if it is yours, add it to the trusted authorities; its SHA-256 is {print}"),
            ),
            Bad::UnknownIssuer => Fault::new(
                "tls.server-certificate.unknown-issuer",
                format!("the certificate of {host} was issued by “{issuer}”, which is not trusted here"),
                "if it is the bank's own authority, add that to the trusted ones; the server may also leave out a link \
                 of its chain",
            ),
            Bad::Revoked => Fault::new(
                "tls.server-certificate.revoked",
                format!("the certificate of {host} is revoked"),
                "do not send anything to this server",
            ),
            Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => Fault::new(
                "tls.server-certificate.wrong-purpose",
                format!("the certificate of {host} is not meant for a server"),
                "tell the bank; its certificate has another extended key usage",
            ),
            other => Fault::new(
                "tls.server-certificate.invalid",
                format!("the certificate of {host} was refused: {}", certificate_kind(other)),
                "tell the bank; an outdated signature algorithm or a short key looks like this",
            ),
        }
    }

    fn alert(&self, alert: Alert) -> Fault {
        match alert {
            Alert::ProtocolVersion => return version(&shown(self.host)),
            // Some servers choose a general alert when they get no certificate, or one they do not like.
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError
            | Alert::HandshakeFailure
                if self.asked.asked =>
            {
                return self.client_certificate(Some(alert));
            }
            Alert::CertificateRequired => return self.client_certificate(Some(alert)),
            Alert::HandshakeFailure => {
                let text = format!("{} and this program share no TLS cipher", shown(self.host));
                return Fault::new(
                    "tls.cipher",
                    text,
                    "tell the bank; only TLS 1.2 and 1.3 with forward secrecy are offered",
                );
            }
            _ => {}
        }
        let text = format!("{} ended TLS with the alert {}", shown(self.host), alert_name(alert));
        Fault::new("tls.alert", text, "the server's log says why")
    }

    /// The server does not like our certificate, or that there is none. None: it did not say why.
    fn client_certificate(&self, alert: Option<Alert>) -> Fault {
        let host = shown(self.host);
        if !self.asked.sent {
            let hint = match (self.ours.is_empty(), self.asked.no_scheme) {
                (false, true) => "the server takes no signature that a key of this kind makes; use another kind of key",
                _ => "give this request a key with a certificate (mtls), or call the host that takes none",
            };
            let text = format!("{host} demands a client certificate and got none");
            return Fault::new("tls.client-certificate.required", text, hint);
        }
        let hint = self.notes();
        let (id, what) = match alert {
            Some(Alert::CertificateExpired) => {
                ("tls.client-certificate.expired", "says that our certificate has expired")
            }
            Some(Alert::CertificateRevoked) => {
                ("tls.client-certificate.revoked", "says that our certificate is revoked")
            }
            Some(Alert::UnknownCA) => {
                ("tls.client-certificate.unknown-ca", "does not trust the issuer of our certificate")
            }
            Some(Alert::DecryptError) => {
                ("tls.client-certificate.wrong-key", "could not verify our signature with our certificate")
            }
            None => ("tls.client-certificate.rejected", "broke off after it was sent our certificate"),
            Some(_) => ("tls.client-certificate.rejected", "refused our certificate"),
        };
        let said = alert.map(|a| format!(" (alert {})", alert_name(a))).unwrap_or_default();
        Fault::new(id, format!("{host} {what}{said}"), hint)
    }

    /// What is plainly the matter with our certificate, to go with the server's word.
    pub fn notes(&self) -> String {
        let mut notes = Vec::new();
        if let Some(leaf) = self.ours.first().and_then(|der| Facts::of(der)) {
            if leaf.not_after < self.now {
                notes.push(format!("our certificate expired on {}", dn::date(leaf.not_after)));
            }
            if leaf.not_before > self.now {
                notes.push(format!("our certificate is not valid before {}", dn::date(leaf.not_before)));
            }
            if leaf.for_clients == Some(false) {
                notes.push("our certificate is not meant for TLS clients (extended key usage)".into());
            }
            if self.asked.listed == Some(false) {
                notes.push(format!("its issuer “{}” is not among those the server named", shown(&leaf.issuer)));
            }
        }
        match notes.is_empty() {
            true => "see that this certificate is registered with the bank for this environment".into(),
            false => notes.join("; "),
        }
    }
}

fn version(host: &str) -> Fault {
    let text = format!("{host} speaks no version of TLS that is still safe");
    Fault::new("tls.version", text, "TLS 1.2 and 1.3 are offered; the server has to be brought up to date")
}

/// RFC 8446 §6 spells the alerts with underscores; servers' logs do too.
fn alert_name(alert: Alert) -> String {
    let camel = format!("{alert:?}");
    let mut out = String::new();
    let mut before = '_';
    for c in camel.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = c;
    }
    out
}

/// A word for the rarer errors; the rest of rustls' text may hold bytes of the peer.
fn kind(error: &TlsError) -> &'static str {
    match error {
        TlsError::InappropriateMessage { .. } | TlsError::InappropriateHandshakeMessage { .. } => {
            "a message out of turn"
        }
        TlsError::InvalidMessage(_) => "a message that cannot be read",
        TlsError::PeerMisbehaved(_) => "the server broke the protocol",
        TlsError::DecryptError => "a record that cannot be decrypted",
        TlsError::PeerSentOversizedRecord => "a record that is too long",
        TlsError::NoCertificatesPresented => "the server showed no certificate",
        TlsError::FailedToGetCurrentTime => "this machine's clock stands before 1970",
        TlsError::UnsupportedNameType => "the host is not a name a certificate can hold",
        _ => "an unexpected error",
    }
}

fn certificate_kind(bad: &Bad) -> &'static str {
    match bad {
        Bad::BadEncoding => "it cannot be read",
        Bad::BadSignature => "its signature is wrong",
        Bad::UnhandledCriticalExtension => "it has a critical extension that is not known",
        Bad::UnsupportedSignatureAlgorithmContext { .. }
        | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => "its signature algorithm is not supported",
        _ => "it breaks a rule for certificates",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(asked: &Asked) -> Scene<'_> {
        Scene { host: "bank.example", server: &[], ours: &[], asked, now: Timestamp::from_seconds(0) }
    }

    #[test]
    fn an_alert_is_named_as_the_rfc_names_it() {
        assert_eq!(alert_name(Alert::UnknownCA), "unknown_ca");
        assert_eq!(alert_name(Alert::CertificateRequired), "certificate_required");
    }

    #[test]
    fn alerts_are_told_apart() {
        let none = Asked { asked: true, ..Asked::default() };
        let sent = Asked { asked: true, sent: true, ..Asked::default() };
        let not_asked = Asked::default();
        for (asked, alert, id) in [
            (&none, Alert::CertificateRequired, "tls.client-certificate.required"),
            (&none, Alert::HandshakeFailure, "tls.client-certificate.required"),
            (&not_asked, Alert::CertificateRequired, "tls.client-certificate.required"),
            (&not_asked, Alert::HandshakeFailure, "tls.cipher"),
            (&not_asked, Alert::UnknownCA, "tls.alert"),
            (&not_asked, Alert::ProtocolVersion, "tls.version"),
            (&sent, Alert::UnknownCA, "tls.client-certificate.unknown-ca"),
            (&sent, Alert::CertificateExpired, "tls.client-certificate.expired"),
            (&sent, Alert::CertificateRevoked, "tls.client-certificate.revoked"),
            (&sent, Alert::DecryptError, "tls.client-certificate.wrong-key"),
            (&sent, Alert::BadCertificate, "tls.client-certificate.rejected"),
        ] {
            assert_eq!(scene(asked).fault(&TlsError::AlertReceived(alert)).id, id, "{alert:?}");
        }
    }

    #[test]
    fn a_key_that_refused_is_named_and_not_tls() {
        let refusal = crate::keys::KeyError::new("key.refused", "the PIN is wrong", "enter it again");
        let asked = Asked { asked: true, sent: true, refusal: Some(refusal), ..Asked::default() };
        let fault = scene(&asked).fault(&TlsError::General("x".into()));
        assert_eq!((fault.id, fault.key, fault.text.as_str()), ("key.refused", true, "the PIN is wrong"));
    }
}
