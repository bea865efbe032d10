//! What a stranger may hand over to be opened: any text, any key, and, since public keys are public, any content
//! encrypted to us under any header. Nothing may panic, and nothing may count as verified that our keys did not sign.

use std::sync::LazyLock;

use countersign::inspect::{Inspection, KeyRing, inspect, task_for};
use countersign::jose::jwe::{Aes, Enc, Jwe, KeyAlg, Policy, Recipient, Sealing};
use countersign::jose::{Alg, JwkSet, OctKey, PublicJwk, SecretJwk, Verdict, compact, json};
use countersign::keys::KeySpec;
use countersign::secret::SecretBytes;
use countersign::time::Timestamp;
use serde_json::{Map, Value};

/// Made when the program starts, so that no key lies beside the inputs.
static KEYS: LazyLock<Vec<SecretJwk>> = LazyLock::new(|| {
    let specs = [KeySpec::P256, KeySpec::X25519, KeySpec::Rsa(2048), KeySpec::Ed25519];
    let made = specs.map(|spec| SecretJwk::generate(spec).map(|key| key.with_kid(&spec.to_string())));
    let made: Vec<SecretJwk> = made.into_iter().flatten().collect();
    assert_eq!(made.len(), specs.len());
    made
});

fn shared() -> OctKey {
    OctKey::bare(SecretBytes::new((1..=32).collect()))
}

/// How a text may come to be judged.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Us,
    Strangers,
}

/// The first byte says what the rest is.
pub fn open(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind {
        b'=' => drop(look(&String::from_utf8_lossy(rest), By::Strangers)),
        b'k' => keys(rest),
        b's' => signed(rest),
        b'e' => sealed(&KEYS[0], KeyAlg::EcdhEs, false, By::Strangers, rest),
        b'x' => sealed(&KEYS[1], KeyAlg::EcdhEsKw(Aes::A128), false, By::Strangers, rest),
        b'z' => sealed(&KEYS[1], KeyAlg::EcdhEs, true, By::Strangers, rest),
        b'r' => sealed(&KEYS[2], KeyAlg::RsaOaep, false, By::Strangers, rest),
        b'd' => {
            let (header, content) = halves(rest);
            let alg = KeyAlg::Dir;
            let sealing = Sealing { alg, enc: Enc::CbcHs(Aes::A128), header: &header, compress: false, content };
            if let Ok(token) = sealing.seal(Recipient::Shared(&shared()), &mut |bytes| bytes.fill(7)) {
                look(&token, By::Strangers);
            }
        }
        _ => {}
    }
}

/// A header in JSON up to the first line end, and what is under it.
fn halves(rest: &[u8]) -> (Map<String, Value>, &[u8]) {
    let at = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let header = json::parse_object(&rest[..at]).unwrap_or_default();
    (header, rest.get(at + 1..).unwrap_or_default())
}

fn sealed(to: &SecretJwk, alg: KeyAlg, compress: bool, by: By, rest: &[u8]) {
    let (header, content) = halves(rest);
    let sealing = Sealing { alg, enc: Enc::Gcm(Aes::A128), header: &header, compress, content };
    let token = sealing.seal(Recipient::Public(to.public()), &mut |bytes| bytes.fill(7));
    let found = look(&token.unwrap_or_default(), by);
    if header.is_empty() && content.len() < 1000 {
        assert_eq!(found.layers.first().map(|layer| layer.status.word()), Some("decrypted"), "{alg}");
    }
}

/// Our own signature under any header and over any claims, alone and inside an encryption.
fn signed(rest: &[u8]) {
    let (mut header, claims) = halves(rest);
    let honest = header.is_empty();
    if honest {
        header.insert("alg".to_owned(), "ES256".into());
    }
    let input = compact::signing_input(&header, claims);
    let Ok(signature) = KEYS[0].sign(Alg::Es256, input.as_bytes()) else { return };
    let token = compact::assemble(&input, &signature);
    let found = look(&token, By::Us);
    assert!(!honest || found.verdict == Verdict::Verified, "{token}");
    sealed(&KEYS[1], KeyAlg::EcdhEs, false, By::Us, &[b"{\"cty\":\"JWT\"}\n", token.as_bytes()].concat());
}

fn look(text: &str, by: By) -> Inspection {
    let mut ring = KeyRing::new();
    for key in KEYS.iter() {
        ring.add(key.public().clone(), "ours");
        if let Some(task) = task_for(text, key.public()) {
            ring.add_answer(key.public().clone(), key.unwrap_for(&task).ok().flatten(), "ours");
        }
    }
    ring.add_secret(shared().secret, "shared");
    let found = inspect(text, &ring, Timestamp::from_seconds(1_700_000_000));
    assert!(found.to_json().is_object());
    let told = found.problem.iter().all(|p| !p.text.is_empty() && !p.hint.is_empty());
    assert!(told, "a problem without words: {text}");
    assert!(by == By::Us || found.verdict != Verdict::Verified, "a stranger's token is verified: {text}");
    let everything = Policy::only(KeyAlg::ALL.to_vec(), Enc::ALL.to_vec()).with_compressed();
    if let Err(error) = Jwe::parse(text).and_then(|jwe| jwe.admit(&everything)) {
        assert!(!error.to_string().is_empty() && !error.hint().is_empty());
    }
    found
}

/// A key or a set of keys, in JSON, PEM or DER.
fn keys(rest: &[u8]) {
    if let Ok(value) = json::parse(rest) {
        let public = PublicJwk::from_value(&value);
        let set = JwkSet::parse(&value);
        let private = SecretJwk::from_jwk(&value);
        let local = JwkSet::parse_local(&value);
        let shared = OctKey::from_value(&value);
        if let Ok(key) = &public {
            assert_eq!(PublicJwk::from_spki_der(&key.to_spki_der()).map(|k| k.thumbprint()), Ok(key.thumbprint()));
        }
        let hints = [public.err().map(|e| e.hint()), set.err().map(|e| e.hint()), private.err().map(|e| e.hint())];
        assert!(hints.into_iter().flatten().all(|hint| !hint.is_empty()));
        drop((local, shared));
    }
    drop((PublicJwk::from_pem(rest), PublicJwk::from_spki_der(rest)));
    drop((SecretJwk::from_pem(rest), SecretJwk::from_pkcs8_der(rest)));
    look(&String::from_utf8_lossy(rest), By::Strangers);
}
