//! Changes that keep the JSON whole: bytes changed at random seldom get past the parser.

use countersign::jose::b64;
use serde_json::{Map, Value, json};

const NAMES: &[&str] = &[
    "alg", "enc", "kid", "typ", "cty", "crit", "b64", "zip", "epk", "apu", "apv", "p2s", "p2c", "iv", "tag", "jwk",
    "jku", "x5c", "x5u", "x5t", "kty", "crv", "use", "key_ops", "keys", "x", "y", "d", "n", "e", "k", "p", "q", "dp",
    "dq", "qi", "oth", "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "cnf", "acr",
];
const TEXTS: &[&str] = &[
    "",
    "a",
    "AA",
    "AQAB",
    "DEF",
    "EC",
    "OKP",
    "RSA",
    "oct",
    "P-256",
    "P-384",
    "P-521",
    "Ed25519",
    "X25519",
    "dir",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA1_5",
    "A128KW",
    "A128GCMKW",
    "A128GCM",
    "A256GCM",
    "A128CBC-HS256",
    "PBES2-HS256+A128KW",
    "ES256",
    "ES384",
    "RS256",
    "PS256",
    "EdDSA",
    "HS256",
    "none",
    "JWT",
    "sig",
    "enc",
    "EC P-256",
    "X25519",
    "\u{202e}\u{1b}[2J",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08",
];

/// One number after another out of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
    fn value(&mut self) -> Value {
        match self.below(12) {
            0 => json!(null),
            1 => json!(self.below(2) == 0),
            2 => json!(self.below(20_000)),
            3 => json!(-1.5e300),
            4 => json!([TEXTS[self.below(TEXTS.len())]]),
            5 => json!({ NAMES[self.below(NAMES.len())]: TEXTS[self.below(TEXTS.len())] }),
            6 => json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}),
            _ => json!(TEXTS[self.below(TEXTS.len())]),
        }
    }
    fn change(&mut self, members: &mut Map<String, Value>) {
        let at = self.below(members.len());
        let name = members.keys().nth(at).cloned().unwrap_or_default();
        match (self.below(5), members.get_mut(&name)) {
            (0 | 1, Some(Value::Object(inner))) => self.change(inner),
            (0 | 1, Some(Value::Array(items))) => match items.first_mut() {
                Some(Value::Object(inner)) => self.change(inner),
                _ => items.push(self.value()),
            },
            (2, _) => drop(members.shift_remove(&name)),
            (3, Some(value)) => *value = self.value(),
            _ => drop(members.insert(NAMES[self.below(NAMES.len())].to_owned(), self.value())),
        }
    }
    fn changed(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let mut members = match text {
            b"" => Map::new(),
            _ => serde_json::from_slice(text).ok()?,
        };
        self.change(&mut members);
        serde_json::to_vec(&members).ok()
    }
}

/// The input with one member of its JSON changed: of a key, of a header, of claims, or inside a token.
pub fn changed(data: &[u8], seed: u32) -> Option<Vec<u8>> {
    let mut dice = Dice(u64::from(seed));
    let (kind, rest) = data.split_first()?;
    let at = rest.iter().position(|b| *b == b'\n').filter(|_| *kind != b'k');
    let (header, content) = at.map_or((rest, &b""[..]), |at| (&rest[..at], &rest[at + 1..]));
    let mut made = vec![*kind];
    match at {
        Some(_) if dice.below(2) == 0 => {
            let content = dice.changed(content).or_else(|| token(content, &mut dice))?;
            made.extend([header, b"\n", &content].concat());
        }
        Some(_) => made.extend([&dice.changed(header)?, &b"\n"[..], content].concat()),
        None => made.extend(dice.changed(rest).or_else(|| token(rest, &mut dice))?),
    }
    Some(made)
}

/// A token with a member of its header or its claims changed.
fn token(text: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let mut parts: Vec<String> = std::str::from_utf8(text).ok()?.split('.').map(str::to_owned).collect();
    let which = if parts.len() == 3 { dice.below(2) } else { 0 };
    let part = parts.get_mut(which)?;
    *part = b64::encode(&dice.changed(&b64::decode(part).ok()?)?);
    Some(parts.join(".").into_bytes())
}
