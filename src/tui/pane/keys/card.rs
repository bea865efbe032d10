//! A key's card: the verdicts first, then what it is, who uses it, its certificates, and every name in a form to copy.

use crate::inspect::moment;
use crate::profile::{BankSuit, Suit};
use crate::shell::{KeyCard, KeyRow, RowState};
use crate::tui::doc::Doc;
use crate::tui::item::Item;
use crate::tui::look::{Look, Sign, Tone};
use crate::x509::{DnForm, Grade, OrganizationForm, Passport, Standing, Verdict};

/// Columns of the names.
const NAMES: usize = 14;

/// A line that can be copied, or what stands between.
enum Line {
    Heading(String),
    Fact {
        name: String,
        value: String,
        tone: Tone,
        sign: Option<Sign>,
    },
    /// Nothing to copy.
    Note {
        text: String,
        tone: Tone,
        sign: Option<Sign>,
    },
}

/// The card at that width. Its lines are items by position.
pub fn doc(look: Look, key: &KeyRow, width: u16) -> Doc<'static> {
    let mut doc = Doc::new(look, width);
    add(&mut doc, key);
    doc
}

pub fn add(doc: &mut Doc<'_>, key: &KeyRow) {
    for (i, line) in lines(key).into_iter().enumerate() {
        match line {
            Line::Heading(text) => doc.heading(&text),
            Line::Note { text, tone, sign } => {
                let words = doc.words();
                let words = sign.map_or(words, |s| doc.words().sign(tone, s).gap(1));
                doc.push(words.put(tone, text), 2, None);
            }
            Line::Fact { name, value, tone, sign } => {
                let words = doc.words().cell(Tone::Dim, &name, NAMES).gap(1);
                let words = sign
                    .map_or_else(|| words, |s| doc.words().cell(Tone::Dim, &name, NAMES).gap(1).sign(tone, s).gap(1));
                doc.push(words.put(tone, value), NAMES + 1, Some(Item::Fact(i)));
            }
        }
    }
}

/// Name and value of a line.
pub fn fact(key: &KeyRow, at: usize) -> Option<(String, String)> {
    match lines(key).into_iter().nth(at)? {
        Line::Fact { name, value, .. } => Some((name, value)),
        Line::Heading(_) | Line::Note { .. } => None,
    }
}

fn plain(name: &str, value: impl Into<String>) -> Line {
    Line::Fact { name: name.to_owned(), value: value.into(), tone: Tone::Plain, sign: None }
}

fn signed(name: &str, value: impl Into<String>, tone: Tone, sign: Sign) -> Line {
    Line::Fact { name: name.to_owned(), value: value.into(), tone, sign: Some(sign) }
}

fn lines(key: &KeyRow) -> Vec<Line> {
    let mut out = Vec::new();
    if let Some(problem) = &key.problem {
        out.push(Line::Note { text: problem.clone(), tone: Tone::Warn, sign: Some(Sign::Warn) });
    }
    match (key.state, key.is_store()) {
        (RowState::Asking, _) => {
            out.push(Line::Note { text: "asking this store".into(), tone: Tone::Dim, sign: Some(Sign::Busy) });
        }
        (RowState::Locked, _) => out.push(Line::Note { text: "Enter opens it".into(), tone: Tone::Key, sign: None }),
        (RowState::Trouble, true) => {
            out.push(Line::Note { text: "Enter asks it again".into(), tone: Tone::Key, sign: None });
        }
        _ => {}
    }
    if let Some(warning) = &key.warning {
        out.push(Line::Note { text: warning.clone(), tone: Tone::Warn, sign: Some(Sign::Warn) });
    }
    let Some(card) = &key.card else {
        if !key.is_store() {
            out.push(plain("reference", &*key.uri));
            out.push(plain("used by", used_by(key)));
        }
        return out;
    };
    out.extend(card.verdicts.iter().map(verdict));
    out.extend(card.suits.iter().map(suit));
    out.push(plain("kind", if key.alg.is_empty() { key.kind.clone() } else { format!("{}  {}", key.kind, key.alg) }));
    let leaves = if key.exportable { "can leave its store" } else { "cannot leave its store" };
    let costly = if key.costly { "; each use costs a PIN or a call" } else { "" };
    out.push(plain("private part", format!("{leaves}{costly}")));
    out.push(plain("reference", &*key.uri));
    out.push(plain("used by", used_by(key)));
    out.extend(card.kids.iter().map(|(mode, kid)| plain(&format!("kid {}", short(mode.word())), kid)));
    chain(&mut out, key, card);
    out
}

/// `jkt_sha256` is a long word beside a long value.
fn short(mode: &str) -> String {
    mode.replace('_', "-").replace("sha256", "256").replace("sha1", "1")
}

fn used_by(key: &KeyRow) -> String {
    if key.used_by.is_empty() { "no profile".to_owned() } else { key.used_by.join(", ") }
}

fn verdict(v: &Verdict) -> Line {
    let (tone, sign) = match v.standing {
        Standing::Ok if v.findings.iter().any(|f| f.grade == Grade::Doubt) => (Tone::Warn, Sign::Warn),
        Standing::Ok => (Tone::Good, Sign::Ok),
        Standing::RoleMissing => (Tone::Warn, Sign::Warn),
        Standing::Unfit => (Tone::Bad, Sign::Failed),
    };
    let doubts = v.findings.iter().filter(|f| f.grade == Grade::Doubt).count();
    let word = v.standing.word();
    let value = match (v.standing, doubts) {
        (Standing::Ok, 1) => format!("{word}, with a doubt"),
        (Standing::Ok, n) if n > 1 => format!("{word}, with {n} doubts"),
        _ => word.to_owned(),
    };
    signed(&format!("as {}", v.use_.word()), value, tone, sign)
}

/// What a role of a bank makes of the certificate.
fn suit(s: &BankSuit) -> Line {
    let (tone, sign) = suit_sign(&s.suit);
    signed(&format!("at {}", s.profile), s.words(), tone, sign)
}

pub fn suit_sign(s: &Suit) -> (Tone, Sign) {
    match (s.is_ok(), s.why.is_empty()) {
        (true, true) => (Tone::Good, Sign::Ok),
        (true, false) => (Tone::Warn, Sign::Warn),
        (false, _) => (Tone::Bad, Sign::Failed),
    }
}

fn chain(out: &mut Vec<Line>, key: &KeyRow, card: &KeyCard) {
    if card.chain.is_empty() {
        out.push(plain("certificate", "none"));
        return;
    }
    match card.belongs() {
        Some(true) => out.push(signed("certificate", "is for this key", Tone::Good, Sign::Ok)),
        Some(false) => out.push(signed("certificate", "is for another key", Tone::Bad, Sign::Failed)),
        None => {}
    }
    match (&card.chain_problem, card.chain.len()) {
        (Some(e), _) => out.push(signed("chain", format!("{e}: {}", e.hint()), Tone::Bad, Sign::Failed)),
        (None, 1) => out.push(plain("chain", "the certificate alone, without its issuers")),
        (None, n) => {
            out.push(signed("chain", format!("{n} certificates, each certified by the next"), Tone::Good, Sign::Ok))
        }
    }
    for (n, read) in card.chain.iter().enumerate() {
        out.push(Line::Heading(format!("Certificate {} of {}", n + 1, card.chain.len())));
        match read {
            Ok(p) => passport(out, p, if n == 0 { key.certificate_days_left } else { None }),
            Err(e) => {
                out.push(Line::Note { text: format!("{e}: {}", e.hint()), tone: Tone::Bad, sign: Some(Sign::Failed) })
            }
        }
    }
    out.push(Line::Heading("Subject, as banks ask for it".into()));
    for (form, organization, text) in card.subjects() {
        out.push(plain(subject_name(form, organization), text));
    }
    for v in &card.verdicts {
        out.push(Line::Heading(format!("As {}: {}", v.use_.word(), v.standing.word())));
        for f in &v.findings {
            let (tone, sign) = match f.grade {
                Grade::Good => (Tone::Good, Sign::Ok),
                Grade::Doubt => (Tone::Warn, Sign::Warn),
                Grade::Bad => (Tone::Bad, Sign::Failed),
            };
            out.push(signed(f.id, format!("{} (found: {})  {}", f.say, f.found, f.clause), tone, sign));
        }
    }
}

/// How a form is called beside its text and in the copy menu.
pub const fn subject_name(form: DnForm, organization: OrganizationForm) -> &'static str {
    match (form, organization) {
        (DnForm::Rfc4514, OrganizationForm::Name) => "RFC 4514",
        (DnForm::Rfc4514, OrganizationForm::Oid) => "RFC 4514 oid",
        (DnForm::OpenSsl, OrganizationForm::Name) => "openssl",
        (DnForm::OpenSsl, OrganizationForm::Oid) => "openssl oid",
        (DnForm::OpenSslRfc2253, OrganizationForm::Name) => "RFC 2253",
        (DnForm::OpenSslRfc2253, OrganizationForm::Oid) => "RFC 2253 oid",
        (DnForm::Java, OrganizationForm::Name) => "Java",
        (DnForm::Java, OrganizationForm::Oid) => "Java oid",
    }
}

fn passport(out: &mut Vec<Line>, p: &Passport, days: Option<i64>) {
    let name = |n: &crate::x509::Name| n.text(DnForm::Rfc4514, OrganizationForm::Name);
    out.push(plain("subject", name(&p.subject)));
    out.push(plain("issuer", name(&p.issuer)));
    out.push(plain("serial", &*p.serial));
    out.push(plain("from", moment(p.not_before.seconds())));
    out.push(plain("until", moment(p.not_after.seconds())));
    if let Some(days) = days {
        out.push(match days {
            ..0 => signed("days left", format!("ended {} days ago", -days), Tone::Bad, Sign::Failed),
            0..30 => signed("days left", days.to_string(), Tone::Warn, Sign::Warn),
            _ => plain("days left", days.to_string()),
        });
    }
    out.push(plain("key", &*p.key.kind));
    out.push(plain("signed with", &*p.signature_algorithm));
    let list = |all: Option<String>| all.unwrap_or_else(|| "not said, so any".to_owned());
    out.push(plain("key usage", list(p.key_usage.as_ref().map(|all| all.join(" ")))));
    out.push(plain("extended", list(p.ext_key_usage.as_ref().map(|all| all.join(" ")))));
    if !p.alt_names.is_empty() {
        out.push(plain("names", p.alt_names.join(" ")));
    }
    if let Some(text) = p.organization_identifier() {
        out.push(plain("organisation", text));
    }
    if let Some(qc) = &p.qc {
        let types: Vec<&str> =
            qc.types.iter().map(|t| t.word()).chain(qc.other_types.iter().map(String::as_str)).collect();
        let compliance = if qc.compliance { "yes" } else { "not said" };
        out.push(plain(
            "qualified",
            format!("{compliance}  type {}", if types.is_empty() { "none".into() } else { types.join(" ") }),
        ));
        if let Some(psd2) = &qc.psd2 {
            out.push(plain("PSD2 roles", qc.role_names().join(" ")));
            out.push(plain("authority", format!("{} ({})", psd2.authority, psd2.authority_id)));
        }
        if !qc.faults.is_empty() {
            out.push(signed("statements", qc.faults.join("; "), Tone::Warn, Sign::Warn));
        }
    }
    out.push(plain("x5t", p.x5t()));
    out.push(plain("x5t#S256", p.x5t_s256()));
}
