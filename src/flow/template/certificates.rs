//! Certificates in expressions: `keys.ROLE.certificate`, the filters `certificate` and `subject`, the test `chain`.

use base64::{Engine, engine::general_purpose::STANDARD};
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, Value};

use super::convert::{from_json, is_omit};
use super::filters::items;
use super::functions::{missing, wrong};
use crate::jose::pem;
use crate::x509::{DnForm, Name, OrganizationForm, Passport, linked};

/// `subject.X subject_dn issuer.X issuer_dn not_before not_after key_usage ext_key_usage qc_types psd2_roles jwk der`; a
/// usage that the certificate does not limit is none.
pub fn certificate_value(p: &Passport) -> Value {
    let dn = |name: &Name| Value::from(name.text(DnForm::Rfc4514, OrganizationForm::Name));
    let types: Vec<&str> = p.qc.iter().flat_map(|qc| &qc.types).map(|t| t.word()).collect();
    let roles = p.qc.as_ref().map(crate::x509::QcStatements::role_names).unwrap_or_default();
    let none = || Value::from(());
    Value::from_pairs([
        ("subject", name_value(&p.subject)),
        ("subject_dn", dn(&p.subject)),
        ("issuer", name_value(&p.issuer)),
        ("issuer_dn", dn(&p.issuer)),
        ("serial", Value::from(p.serial.as_str())),
        ("not_before", Value::from(p.not_before.seconds())),
        ("not_after", Value::from(p.not_after.seconds())),
        ("key_usage", p.key_usage.clone().map_or_else(none, Value::from)),
        ("ext_key_usage", p.ext_key_usage.clone().map_or_else(none, Value::from)),
        ("qc_compliance", Value::from(p.qc.as_ref().is_some_and(|qc| qc.compliance))),
        ("qc_types", Value::from(types)),
        ("psd2_roles", Value::from(roles)),
        ("jwk", p.key.jwk.as_ref().map_or_else(none, |jwk| from_json(jwk.as_value()))),
        ("der", Value::from_bytes(p.der.clone())),
    ])
}

/// By short name, or dotted where there is none; of a repeated attribute the first.
fn name_value(name: &Name) -> Value {
    let mut pairs: Vec<(String, Value)> = Vec::new();
    for attribute in name.attributes() {
        let key = attribute.short_name().unwrap_or(&attribute.oid);
        if !pairs.iter().any(|(known, _)| known == key) {
            pairs.push((key.to_owned(), Value::from(attribute.shown())));
        }
    }
    Value::from_pairs(pairs)
}

/// The DER of a certificate: itself, a `certificate` value, PEM (its first block) or padded base64, as in `x5c`.
pub(super) fn der(value: &Value) -> Result<Vec<u8>, Error> {
    if let Some(bytes) = value.as_bytes().filter(|_| value.kind() == ValueKind::Bytes) {
        return Ok(bytes.to_vec());
    }
    if value.kind() == ValueKind::Map {
        let der = value.get_attr("der")?;
        return der.as_bytes().map(<[u8]>::to_vec).ok_or_else(|| wrong("is no certificate"));
    }
    let text = value.as_str().ok_or_else(|| wrong("is no certificate"))?;
    let from_pem = || pem::blocks(text.as_bytes()).ok().and_then(|all| Some(all.first()?.der.expose().to_vec()));
    STANDARD.decode(text.trim()).ok().or_else(from_pem).ok_or_else(|| wrong("is no certificate"))
}

/// Certificate filters give none for none.
fn absent(value: &Value) -> Result<bool, Error> {
    if value.is_undefined() {
        return Err(missing());
    }
    Ok(value.is_none() || is_omit(value))
}

fn read(value: &Value) -> Result<Passport, Error> {
    Passport::read(&der(value)?).map_err(|e| wrong(e.to_string()))
}

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("certificate", |v: Value| {
        if absent(&v)? { Ok(Value::from(())) } else { read(&v).map(|p| certificate_value(&p)) }
    });
    env.add_filter("subject", |v: Value, form: Option<String>, organization: Option<String>| {
        if absent(&v)? {
            return Ok(Value::from(()));
        }
        let form = form.map_or(Some(DnForm::Rfc4514), |word| DnForm::parse(&word));
        let form = form.ok_or_else(|| wrong("a form is one of rfc4514, openssl, openssl-rfc2253, java"))?;
        let organization = match organization.as_deref() {
            None | Some("name") => OrganizationForm::Name,
            Some("oid") => OrganizationForm::Oid,
            Some(_) => return Err(wrong("organizationIdentifier stands by name or by oid")),
        };
        Ok(Value::from(read(&v)?.subject.text(form, organization)))
    });
    // leaf first, each next one certifies the one before it (RFC 7517 §4.7)
    env.add_test("chain", |v: Value| {
        if absent(&v)? {
            return Ok(false);
        }
        let Ok(chain) = items(&v)?.iter().map(der).collect::<Result<Vec<_>, _>>() else { return Ok(false) };
        Ok::<_, Error>(linked(&chain).is_ok())
    });
    // a root: subject and issuer are one name (RFC 5280 §3.2)
    env.add_test("self_issued", |v: Value| read(&v).map(|p| p.subject == p.issuer));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::template::{EvalError, Expr, Scope};
    use crate::x509::testing::{Plan, make};

    #[test]
    fn certificates_are_read_in_rules() {
        let root = make(&Plan::authority("Root"), None);
        let leaf = make(&Plan { client_auth: Some(true), ..Plan::seal() }, Some(&root));
        let mut scope = Scope::default();
        let bytes = |der: Vec<u8>| Value::from_bytes(der);
        scope.set("leaf", bytes(leaf.der()));
        scope.set("pem", Value::from(String::from_utf8(leaf.certificate.to_pem().unwrap()).unwrap()));
        scope.set("chain", Value::from(vec![bytes(leaf.der()), bytes(root.der())]));
        scope.set("upside_down", Value::from(vec![bytes(root.der()), bytes(leaf.der())]));
        scope.set("x5c", Value::from(vec![STANDARD.encode(leaf.der()), STANDARD.encode(root.der())]));
        scope.set("members", Value::from_pairs([("nothing", Value::from(()))]));
        let eval = |rule: &str| Expr::compile(rule).unwrap_or_else(|e| panic!("{rule}: {e:?}")).holds(&scope);
        for rule in [
            "(leaf | certificate).subject.O == 'Acme AS'",
            "(leaf | certificate).subject.organizationIdentifier == 'PSDNO-FSA-987654321'",
            "(leaf | certificate).issuer.CN == 'Root' and (leaf | certificate).issuer.C == 'NO'",
            "(leaf | certificate).qc_types == ['eseal'] and (leaf | certificate).qc_compliance",
            "(leaf | certificate).psd2_roles == ['PSP_PI', 'PSP_AI']",
            "(leaf | certificate).key_usage == ['digitalSignature', 'nonRepudiation']",
            "'clientAuth' in (leaf | certificate).ext_key_usage",
            "(leaf | certificate).jwk is public_jwk and (leaf | certificate).jwk.crv == 'P-256'",
            "(leaf | certificate).not_before < (leaf | certificate).not_after",
            "(pem | certificate).serial == (leaf | certificate).serial",
            "leaf | certificate | x5t == leaf | x5t",
            "leaf | subject == 'CN=Acme Seal,organizationIdentifier=PSDNO-FSA-987654321,O=Acme AS,C=NO'",
            "leaf | subject('openssl', 'oid') == '/C=NO/O=Acme AS/2.5.4.97=PSDNO-FSA-987654321/CN=Acme Seal'",
            "leaf | certificate | subject == leaf | subject",
            "members.nothing | certificate is none and members.nothing | subject is none",
            "members.nothing is not chain",
            "chain is chain and x5c is chain",
            "chain | reject('self_issued') | length == 1 and x5c | reject('self_issued') | first is not self_issued",
            "not (upside_down is chain) and not (['AAAA'] is chain) and not ([] is chain)",
        ] {
            assert_eq!(eval(rule), Ok(true), "{rule}");
        }
        for rule in
            ["'x' | certificate", "members.other | certificate", "members.other is chain", "leaf | subject('x')"]
        {
            let answer = Expr::compile(rule).unwrap().holds(&scope);
            assert!(matches!(answer, Err(EvalError::Wrong(_) | EvalError::Missing(_))), "{rule}: {answer:?}");
        }
    }
}
