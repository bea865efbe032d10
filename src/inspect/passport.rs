//! A certificate as JSON, and its rules as check lines.

use serde_json::{Map, Value, json};

use super::times;
use crate::flow::view::{CheckView, Level, Outcome};
use crate::text;
use crate::time::Timestamp;
use crate::x509::{
    ChainError, DnForm, Finding, Grade, Name, OrganizationForm, Passport, QcStatements, QcType, Use, Wish, assess,
};

/// Everything that a certificate says, in the order a person asks for it. Members that it has not are not there.
pub fn passport_json(p: &Passport, now: Timestamp) -> Value {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            all.insert(name.to_owned(), value);
        }
    };
    put("subject", json!(p.subject.text(DnForm::Rfc4514, OrganizationForm::Name)));
    put("issuer", json!(p.issuer.text(DnForm::Rfc4514, OrganizationForm::Name)));
    put("serial", json!(p.serial));
    put("not_before", json!(times::moment(p.not_before.seconds())));
    put("not_after", json!(times::moment(p.not_after.seconds())));
    put("days_left", json!(p.days_left(now)));
    put("key", json!(p.key.kind));
    put("key_thumbprint", json!(p.key.jwk.as_ref().map(crate::jose::PublicJwk::thumbprint)));
    put("signature_algorithm", json!(p.signature_algorithm));
    put("x5t#S256", json!(p.x5t_s256()));
    put("x5t", json!(p.x5t()));
    put("x5t_hex", json!(p.x5t_hex()));
    put("sha256_hex", json!(p.sha256_hex()));
    put("subject_forms", forms(&p.subject));
    put("key_usage", json!(p.key_usage));
    put("ext_key_usage", json!(p.ext_key_usage));
    put("alt_names", if p.alt_names.is_empty() { Value::Null } else { json!(p.alt_names) });
    put("basic_constraints", json!(p.basic_constraints.map(|b| json!({ "ca": b.ca, "path_len": b.path_len }))));
    put("organization", organization(p));
    put("qc", json!(p.qc.as_ref().map(statements)));
    if !p.unknown_critical.is_empty() {
        put("unknown_critical", json!(p.unknown_critical));
    }
    if !p.basic_constraints.is_some_and(|b| b.ca) {
        let words =
            Use::ALL.map(|use_| (use_.word().to_owned(), json!(assess(p, &Wish::of(use_), now).standing.word())));
        put("uses", Value::Object(words.into_iter().collect()));
    }
    Value::Object(all)
}

/// The subject as banks ask for it; `… oid`: with organizationIdentifier by number, where it has one.
fn forms(name: &Name) -> Value {
    let mut all = Map::new();
    for form in DnForm::ALL {
        let (by_name, by_oid) = (name.text(form, OrganizationForm::Name), name.text(form, OrganizationForm::Oid));
        if by_oid != by_name {
            all.insert(format!("{} oid", form.word()), json!(by_oid));
        }
        all.insert(form.word().to_owned(), json!(by_name));
    }
    Value::Object(all)
}

fn organization(p: &Passport) -> Value {
    let Some(text) = p.organization_identifier() else { return Value::Null };
    match p.organization() {
        None => json!({ "text": text }),
        Some(id) => json!({
            "text": text, "scheme": id.scheme, "country": id.country, "authority": id.authority, "id": id.id,
        }),
    }
}

fn statements(qc: &QcStatements) -> Value {
    let types: Vec<&str> = qc.types.iter().map(|t| t.word()).chain(qc.other_types.iter().map(String::as_str)).collect();
    let psd2 = qc.psd2.as_ref().map(
        |psd2| json!({ "roles": qc.role_names(), "authority": psd2.authority, "authority_id": psd2.authority_id }),
    );
    json!({
        "compliance": qc.compliance, "sscd": qc.sscd, "types": types, "psd2": psd2, "others": qc.others,
        "faults": qc.faults,
    })
}

/// The rules for what the certificate is made for: TLS, and of a qualified seal those of seals. Authorities have none.
pub(super) fn checks(p: &Passport, now: Timestamp) -> Vec<CheckView> {
    if p.basic_constraints.is_some_and(|b| b.ca) {
        return Vec::new();
    }
    let mut findings = assess(p, &Wish::of(Use::MtlsClient), now).findings;
    if p.qc.as_ref().is_some_and(|qc| qc.types.contains(&QcType::Eseal)) {
        findings.retain(|f| f.id == "TLS-04");
        let seal = assess(p, &Wish::of(Use::Seal), now).findings;
        findings.extend(seal.into_iter().filter(|f| f.id != "TLS-04"));
        findings.sort_by_key(|f| f.id);
    }
    findings.iter().map(view).collect()
}

fn view(finding: &Finding) -> CheckView {
    // only that it is not valid now makes it useless everywhere
    let level = if finding.id == "TLS-03" { Level::Must } else { Level::Should };
    let outcome = match (finding.grade, level) {
        (Grade::Good, _) => Outcome::Pass,
        (_, Level::Must) => Outcome::Fail,
        _ => Outcome::Warn,
    };
    row(finding.id, level, outcome, finding.say, &finding.found, finding.clause)
}

/// Whether the certificates that were given together are one chain.
pub(super) fn chain(found: &Result<(), ChainError>) -> CheckView {
    let (outcome, text) = match found {
        Ok(()) => (Outcome::Pass, "each is certified by the next".to_owned()),
        Err(e) => (Outcome::Warn, e.to_string()),
    };
    row("TLS-03", Level::Should, outcome, "the certificates are one chain, leaf first", &text, "RFC 7517 §4.7")
}

fn row(id: &str, level: Level, outcome: Outcome, say: &str, found: &str, reference: &str) -> CheckView {
    let found = text::clean(found);
    CheckView {
        id: id.to_owned(),
        on: "certificate".to_owned(),
        level,
        outcome,
        say: say.to_owned(),
        expected: say.to_owned(),
        found: text::shorten(&found, 160).into_owned(),
        reference: reference.to_owned(),
    }
}
