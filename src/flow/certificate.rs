//! What a rule may know of a key's certificate: its dates, its subject, what it may be used for.

use minijinja::Value;

/// None where there is none.
pub(super) fn certificate_value(chain: &[Vec<u8>]) -> Value {
    let Some(leaf) = chain.first() else { return Value::from(()) };
    let mut members: Vec<(&str, Value)> = vec![("der", Value::from_bytes(leaf.clone()))];
    if let Ok((_, cert)) = x509_parser::parse_x509_certificate(leaf) {
        members.push(("not_before", Value::from(cert.validity().not_before.timestamp())));
        members.push(("not_after", Value::from(cert.validity().not_after.timestamp())));
        members.push(("subject_dn", Value::from(cert.subject().to_string())));
        let usage = cert.key_usage().ok().flatten().map(|u| {
            let named = [
                (u.value.digital_signature(), "digitalSignature"),
                (u.value.non_repudiation(), "nonRepudiation"),
                (u.value.key_encipherment(), "keyEncipherment"),
            ];
            named.iter().filter(|(set, _)| *set).map(|(_, n)| *n).collect::<Vec<_>>()
        });
        members.push(("key_usage", usage.map_or(Value::from(()), Value::from)));
        let extended = cert.extended_key_usage().ok().flatten().map(|e| {
            let named =
                [(e.value.client_auth, "clientAuth"), (e.value.server_auth, "serverAuth"), (e.value.any, "any")];
            named.iter().filter(|(set, _)| *set).map(|(_, n)| *n).collect::<Vec<_>>()
        });
        members.push(("ext_key_usage", extended.map_or(Value::from(()), Value::from)));
    }
    Value::from_pairs(members)
}
