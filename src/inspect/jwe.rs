//! A compact JWE: its header, and why it stays shut. Opening it needs private keys, which are not here.

use serde_json::{Map, Value};

use super::checks::{self, Row};
use super::{Inspection, Kind, Layer, Problem, Status, jws};
use crate::jose::{Compact, CompactError, Verdict, b64, compact, json};
use crate::text;

/// Key management that can be opened with the right key (RFC 7518 §4).
const ALGS: [&str; 13] = [
    "RSA-OAEP",
    "RSA-OAEP-256",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "A128KW",
    "A192KW",
    "A256KW",
    "A128GCMKW",
    "A192GCMKW",
    "A256GCMKW",
    "dir",
];
const ENCS: [&str; 6] = ["A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"];
const PARTS: [&str; 5] = ["header", "encrypted key", "initialization vector", "ciphertext", "authentication tag"];

pub(super) fn inspect(token: &str) -> Inspection {
    match header(token) {
        Ok(header) => shut(header),
        Err(error) => jws::broken(Kind::Jwe, token, &error),
    }
}

fn header(token: &str) -> Result<Map<String, Value>, CompactError> {
    compact::bounded(token)?;
    let mut decoded = Vec::new();
    for (segment, part) in token.split('.').zip(PARTS) {
        decoded.push(b64::decode(segment).map_err(|error| CompactError::Base64 { part, error })?);
    }
    json::parse_object(&decoded[0]).map_err(CompactError::Header)
}

/// A JWE of which only the header can be seen.
pub(super) fn shut(header: Map<String, Value>) -> Inspection {
    let demands = Compact::header_demands(&header).err();
    let (verdict, problem) = judge(&header, demands.as_ref());
    let checks = checks::of_form(5, demands.as_ref()).map(Row::into_view).into();
    let layer = Layer { header: Some(Value::Object(header)), ..Layer::new(Kind::Jwe, Status::Of(verdict)) };
    Inspection { kind: Kind::Jwe, verdict, layers: vec![layer], checks, problem: Some(problem) }
}

fn judge(header: &Map<String, Value>, demands: Option<&CompactError>) -> (Verdict, Problem) {
    let text = |name| header.get(name).and_then(Value::as_str).unwrap_or("(missing)");
    let (alg, enc) = (text("alg"), text("enc"));
    let shown = text::clean(&format!("{alg} with {enc}")).into_owned();
    let shown = text::shorten(&shown, 60);
    if let Some(error) = demands {
        return (Verdict::Unsupported, Problem::new(error.to_string(), error.hint()));
    }
    if alg == "RSA1_5" || alg.starts_with("PBES2-") {
        let hint =
            "it is weak against chosen ciphertexts or costly to check; a profile has to ask for it (RFC 8725 §3.2)";
        return (Verdict::Unsupported, Problem::new(format!("encrypted with {shown}: not opened"), hint));
    }
    if !ALGS.contains(&alg) || !ENCS.contains(&enc) {
        let hint = "RSA-OAEP, ECDH-ES, AES key wrap and dir are known, with A*GCM and A*CBC-HS*";
        return (Verdict::Unsupported, Problem::new(format!("encrypted with {shown}: not known here"), hint));
    }
    let hint = "it is written to somebody's private key; only the holder of that key sees inside";
    (Verdict::NoKey, Problem::new(format!("encrypted with {shown}: no key at hand opens it"), hint))
}
