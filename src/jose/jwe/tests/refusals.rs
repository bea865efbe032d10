//! What is refused, and what is said of it.

use super::*;
use crate::jose::Alg;

/// A token of any header and parts.
fn made(header: &Value, parts: [&[u8]; 4]) -> String {
    let header = b64::encode(header.to_string().as_bytes());
    format!("{header}.{}", parts.map(b64::encode).join("."))
}

fn admitted(header: &Value, parts: [&[u8]; 4], policy: &Policy) -> Result<Admitted, JweError> {
    Jwe::parse(&made(header, parts)).unwrap().admit(policy)
}

#[test]
fn a_text_that_is_no_jwe_is_told_by_its_parts() {
    for (text, found) in [
        ("a", "1 parts"),
        ("a.b.c", "3 parts where a JWE has 5: this is a JWS"),
        ("a.b.c.d", "4 parts"),
        ("a.b.c.d.e.f", "6 parts"),
        ("", "empty"),
        ("....", "header is empty"),
        ("e30.A.AA.AA.AA", "encrypted key is not base64url"),
        ("e30.AA.AA=.AA.AA", "initialization vector is not base64url: padding"),
        ("e30.AA.AA.A+.AA", "ciphertext is not base64url"),
        ("e30.AA.AA.AA.A", "authentication tag is not base64url"),
        ("W10.AA.AA.AA.AA", "an object was expected"),
        ("eyJhIjoxLCJhIjoxfQ.AA.AA.AA.AA", "stands twice"),
        ("e30.AA.\nAA.AA.AA", "white space"),
    ] {
        let error = Jwe::parse(text).unwrap_err();
        assert!(error.to_string().contains(found) && !error.hint().is_empty(), "{text}: {error}");
    }
    let big = format!("e30.AA.AA.{}.AA", "A".repeat(2 << 20));
    assert!(matches!(Jwe::parse(&big).unwrap_err(), JweError::Form(_)));
    assert_eq!(Jwe::parse(&".".repeat(1_000_000)).unwrap_err(), JweError::Segments(1_000_001));
}

#[test]
fn a_header_is_policed_before_any_key_is_used() {
    let (iv, tag, key) = ([0; 12], [0; 16], [0; 24]);
    let good: [&[u8]; 4] = [&key, &iv, b"x", &tag];
    let base = json!({"alg": "A128KW", "enc": "A128GCM"});
    assert!(admitted(&base, good, &Policy::sound()).is_ok());
    for (change, found) in [
        (json!({"alg": null}), "“alg” is no string"),
        (json!({"alg": "a128kw"}), "which is not known here"),
        (json!({"alg": "none"}), "which is not known here"),
        (json!({"alg": "\u{202e}\u{1b}[2J"}), "which is not known here"),
        (json!({"enc": "A128CBC"}), "“enc” names “A128CBC”"),
        (json!({"enc": 1}), "“enc” is no string"),
        (json!({"alg": "RSA1_5"}), "“alg” is RSA1_5, which is not allowed here"),
        (json!({"alg": "PBES2-HS256+A128KW"}), "not allowed here"),
        (json!({"zip": "DEF"}), "compressed"),
        (json!({"zip": "GZ"}), "“zip” is not DEF"),
        (json!({"zip": null}), "“zip” is not DEF"),
        (json!({"crit": []}), "crit"),
        (json!({"crit": ["exp"], "exp": 1}), "demands exp"),
        (json!({"crit": "exp"}), "crit"),
        (json!({"b64": false}), "b64"),
        (json!({"enc": "A256GCM"}), "encrypted key has 24 bytes; 40 are due"),
        (json!({"enc": "A128CBC-HS256"}), "initialization vector has 12 bytes; 16 are due"),
        (json!({"alg": "dir"}), "encrypted key has 24 bytes; 0 are due"),
        (json!({"alg": "ECDH-ES"}), "encrypted key has 24 bytes; 0 are due"),
        (json!({"alg": "ECDH-ES+A128KW"}), "no “epk”"),
        (json!({"alg": "ECDH-ES+A128KW", "epk": {"kty": "EC"}}), "one-time key"),
        (json!({"alg": "A128GCMKW"}), "encrypted key has 24 bytes; 16 are due"),
    ] {
        let mut header = base.clone();
        header.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let error = admitted(&header, good, &Policy::sound()).unwrap_err();
        let said = error.to_string();
        assert!(said.contains(found) && !error.hint().is_empty(), "{change}: {said}");
        assert!(!said.chars().any(char::is_control) && !said.contains('\u{202e}'), "{said:?}");
    }
    let only = Policy::only(vec![KeyAlg::RsaOaep], vec![Enc::Gcm(Aes::A256)]);
    assert_eq!(admitted(&base, good, &only).unwrap_err(), JweError::NotAllowed { member: "alg", name: "A128KW" });
    let kw = Policy::only(vec![KeyAlg::Kw(Aes::A128)], vec![Enc::Gcm(Aes::A256)]);
    assert_eq!(admitted(&base, good, &kw).unwrap_err(), JweError::NotAllowed { member: "enc", name: "A128GCM" });
}

/// Short tags, vectors and keys, which made other software accept forgeries or fall over.
#[test]
fn every_length_is_exact() {
    for enc in Enc::ALL {
        let full = [enc.key_bytes() + 8, enc.iv_bytes(), 32, enc.tag_bytes()];
        let header = json!({"alg": "A256KW", "enc": enc.name()});
        let with = |part: usize, length: usize| {
            let mut sizes = full;
            sizes[part] = length;
            let bytes = sizes.map(|n| vec![7; n]);
            admitted(&header, [&bytes[0], &bytes[1], &bytes[2], &bytes[3]], &Policy::sound())
        };
        assert!(with(0, full[0]).is_ok(), "{enc}");
        for part in [0, 1, 3] {
            for length in (0..full[part]).chain([full[part] + 1, full[part] * 2]) {
                assert!(matches!(with(part, length), Err(JweError::Length { .. })), "{enc} {part} {length}");
            }
        }
        let whole = matches!(enc, Enc::Gcm(_));
        for length in [0, 1, 15, 17, 31] {
            assert_eq!(with(2, length).is_ok(), whole, "{enc} ciphertext of {length}");
        }
    }
}

#[test]
fn rounds_and_salt_have_their_bounds() {
    let with = |p2s: &[u8], p2c: Value| {
        let header = json!({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": b64::encode(p2s), "p2c": p2c});
        admitted(&header, [&[0; 24], &[0; 12], b"", &[0; 16]], &everything())
    };
    assert!(with(&[0; 8], json!(10_000)).is_ok());
    for p2c in [json!(10_001), json!(0), json!(-1), json!(1e9), json!(u64::MAX), json!("1000"), json!(null)] {
        assert!(matches!(with(&[0; 8], p2c.clone()), Err(JweError::Header { member: "p2c", .. })), "{p2c}");
    }
    assert!(matches!(with(&[0; 7], json!(1000)), Err(JweError::Length { .. })));
}

#[test]
fn the_one_time_key_is_on_the_readers_curve() {
    let own = SecretJwk::generate(KeySpec::P256).unwrap();
    let epk = |key: &Value| {
        let header = json!({"alg": "ECDH-ES", "enc": "A128GCM", "epk": key});
        admitted(&header, [&[], &[0; 12], b"x", &[0; 16]], &Policy::sound())
    };
    let other = SecretJwk::generate(KeySpec::P384).unwrap();
    let token = epk(other.public().as_value()).unwrap();
    assert_eq!(
        token.task(own.public()).unwrap_err().to_string(),
        "the one-time key is on another curve than the reader's: EC P-384 where EC P-256 is due"
    );
    let Ok(Task::Agree { epk: theirs }) = token.task(other.public()) else { panic!("an agreement is due") };
    assert!(matches!(own.unwrap_for(&Task::Agree { epk: theirs }), Err(JweError::Curve { .. })));
    let mut off = own.public().as_value().clone();
    off["y"] = off["x"].clone();
    let ed = SecretJwk::generate(KeySpec::Ed25519).unwrap();
    let private = own.to_private_value();
    for bad in [off, json!({"kty": "oct", "k": "AAAA"}), json!("x"), private] {
        assert!(matches!(epk(&bad), Err(JweError::Epk(_))), "{bad}");
    }
    let token = epk(ed.public().as_value()).unwrap();
    assert!(matches!(token.task(own.public()), Err(JweError::Curve { .. })));
    assert!(matches!(token.task(ed.public()), Err(JweError::KeyKind { .. })));
}

#[test]
fn ed25519_signs_and_x25519_agrees() {
    let (ed, x) = (SecretJwk::generate(KeySpec::Ed25519).unwrap(), SecretJwk::generate(KeySpec::X25519).unwrap());
    for alg in [KeyAlg::EcdhEs, KeyAlg::EcdhEsKw(Aes::A128)] {
        let header = Map::new();
        let sealing = Sealing { alg, enc: Enc::Gcm(Aes::A128), header: &header, compress: false, content: b"x" };
        let refused = sealing.seal(Recipient::Public(ed.public()), &mut chance()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("a key of the kind Ed25519 is not for {alg}: it signs, and agrees on nothing")
        );
        let token = sealing.seal(Recipient::Public(x.public()), &mut chance()).unwrap();
        let token = Jwe::parse(&token).unwrap().admit(&Policy::sound()).unwrap();
        assert_eq!(ed.open_jwe(&token).unwrap_err(), refused);
        assert_eq!(x.open_jwe(&token).unwrap().expose(), b"x");
    }
    for alg in Alg::ALL {
        assert!(x.sign(alg, b"x").is_err(), "{alg}");
    }
    let own = SecretJwk::generate(KeySpec::P256).unwrap();
    assert!(matches!(own.unwrap_for(&Task::Agree { epk: x.public().clone() }), Err(JweError::Curve { .. })));
    assert!(matches!(x.unwrap_for(&Task::Agree { epk: own.public().clone() }), Err(JweError::Curve { .. })));
}

/// Such a point is no key to begin with; the agreement does not rely on that.
#[test]
fn a_shared_secret_of_zeros_is_none() {
    let zero = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00", &[0; 32][..]].concat();
    let epk = PublicJwk::assemble(Map::new(), zero, KeySpec::X25519, false);
    let own = SecretJwk::generate(KeySpec::X25519).unwrap();
    assert_eq!(own.unwrap_for(&Task::Agree { epk }), Ok(None));
    let header = json!({"alg": "ECDH-ES", "enc": "A128GCM",
        "epk": {"kty": "OKP", "crv": "X25519", "x": b64::encode(&[0; 32])}});
    let refused = admitted(&header, [&[], &[0; 12], b"x", &[0; 16]], &Policy::sound()).unwrap_err();
    assert!(refused.to_string().contains("small order"), "{refused}");
}

#[test]
fn what_a_key_says_of_itself_is_obeyed() {
    let enc = Enc::Gcm(Aes::A128);
    let Holder::Pair(rsa) = Holder::for_algs(KeyAlg::RsaOaep, enc) else { panic!("a pair") };
    let token = sealed(&Holder::Pair(rsa.clone()), KeyAlg::RsaOaep, enc, &json!({}), false, b"x");
    for (name, value, good) in [
        ("alg", json!("RSA-OAEP"), true),
        ("alg", json!("RSA-OAEP-256"), false),
        ("alg", json!("RS256"), false),
        ("use", json!("enc"), true),
        ("use", json!("sig"), false),
        ("key_ops", json!(["unwrapKey"]), true),
        ("key_ops", json!(["decrypt"]), true),
        ("key_ops", json!(["sign"]), false),
        ("key_ops", json!([]), false),
    ] {
        let mut jwk = rsa.to_private_value();
        jwk[name] = value.clone();
        let key = SecretJwk::from_jwk(&jwk).unwrap();
        let opened = Holder::Pair(Box::new(key)).open(&token, &Policy::sound());
        assert_eq!(opened.is_ok(), good, "{name} {value}");
        assert!(good || matches!(opened, Err(JweError::KeySays { .. })));
    }
    let k = b64::encode(&[7; 16]);
    for (more, good) in [
        (json!({"alg": "dir"}), true),
        (json!({"alg": "A128GCM"}), true),
        (json!({"alg": "A256GCM"}), false),
        (json!({"alg": "HS256"}), false),
        (json!({"use": "sig"}), false),
        (json!({"key_ops": ["decrypt", "encrypt"]}), true),
        (json!({"key_ops": ["verify"]}), false),
    ] {
        let mut jwk = json!({"kty": "oct", "k": k});
        jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(OctKey::from_value(&jwk).unwrap().opens(KeyAlg::Dir, enc), good, "{more}");
    }
    let short = OctKey::bare(SecretBytes::new(vec![7; 15]));
    let token = Jwe::parse(&sealed(&Holder::for_algs(KeyAlg::Dir, enc), KeyAlg::Dir, enc, &json!({}), false, b"x"));
    let admitted = token.unwrap().admit(&Policy::sound()).unwrap();
    assert!(matches!(admitted.open_shared(&short), Err(JweError::SecretSize { expected: 16, found: 15, .. })));
}

#[test]
fn a_weak_key_opens_nothing() {
    let weak = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let weak = SecretJwk::from_pem(&weak.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let header = json!({"alg": "RSA-OAEP", "enc": "A128GCM"});
    let token = admitted(&header, [&[1; 128], &[0; 12], b"x", &[0; 16]], &Policy::sound()).unwrap();
    assert!(matches!(weak.open_jwe(&token), Err(JweError::Weak(_))));
}

/// RFC 7516 §11.5, and what is known of others who told faults apart.
#[test]
fn whatever_is_wrong_with_a_key_or_tag_there_is_one_word_for_it() {
    for alg in KeyAlg::ALL {
        for enc in Enc::ALL {
            let holder = Holder::for_algs(alg, enc);
            let token = sealed(&holder, alg, enc, &json!({}), false, b"some content of a token");
            let parts: Vec<&str> = token.split('.').collect();
            for part in [1, 2, 3, 4] {
                let mut bytes = b64::decode(parts[part]).unwrap();
                let Some(last) = bytes.last_mut() else { continue };
                *last ^= 1;
                let mut altered: Vec<String> = parts.iter().map(|p| (*p).to_owned()).collect();
                altered[part] = b64::encode(&bytes);
                assert_eq!(holder.open(&altered.join("."), &everything()), Err(JweError::NotOpened), "{alg} {enc}");
            }
        }
    }
}

/// A key of the wrong size, wrapped rightly, is a wrong key and nothing else.
#[test]
fn a_content_key_of_another_size_is_no_key() {
    let holder = Holder::for_algs(KeyAlg::RsaOaep, Enc::Gcm(Aes::A128));
    let small = sealed(&holder, KeyAlg::RsaOaep, Enc::Gcm(Aes::A128), &json!({}), false, b"x");
    let large = sealed(&holder, KeyAlg::RsaOaep, Enc::Gcm(Aes::A256), &json!({}), false, b"x");
    let (small, large): (Vec<&str>, Vec<&str>) = (small.split('.').collect(), large.split('.').collect());
    let mixed = [large[0], small[1], large[2], large[3], large[4]].join(".");
    assert_eq!(holder.open(&mixed, &everything()), Err(JweError::NotOpened));
    // what stands in for a key that did not unwrap opens nothing either
    let stand_in = OctKey::bare(SecretBytes::new(vec![0x5c; 16]));
    let dir = sealed(&Holder::Shared(stand_in), KeyAlg::Dir, Enc::Gcm(Aes::A128), &json!({}), false, b"forged");
    let dir: Vec<&str> = dir.split('.').collect();
    let header = b64::encode(br#"{"alg":"dir","enc":"A128GCM"}"#);
    assert_eq!(dir[0], header);
    let admitted = Jwe::parse(&dir.join(".")).unwrap().admit(&everything()).unwrap();
    assert_eq!(admitted.open(None), Err(JweError::NotOpened));
}

#[test]
fn a_bomb_does_not_go_off() {
    let enc = Enc::Gcm(Aes::A128);
    let holder = Holder::for_algs(KeyAlg::Dir, enc);
    let bomb = sealed(&holder, KeyAlg::Dir, enc, &json!({}), true, &vec![b'a'; 64 << 20]);
    assert!(bomb.len() < 100_000);
    assert_eq!(holder.open(&bomb, &everything()), Err(JweError::TooLarge));
    let large = sealed(&holder, KeyAlg::Dir, enc, &json!({}), true, &vec![b'a'; MAX_INFLATED]);
    assert_eq!(holder.open(&large, &everything()).unwrap().expose().len(), MAX_INFLATED);
    let over = sealed(&holder, KeyAlg::Dir, enc, &json!({}), true, &vec![b'a'; MAX_INFLATED + 1]);
    assert_eq!(holder.open(&over, &everything()), Err(JweError::TooLarge));
    // authentic, and no DEFLATE
    let plain = sealed(&holder, KeyAlg::Dir, enc, &json!({"zip": "DEF"}), false, b"\xff\xff\xff");
    assert_eq!(holder.open(&plain, &everything()), Err(JweError::Inflate));
    assert_eq!(holder.open(&plain, &Policy::sound()), Err(JweError::Compressed));
}

#[test]
fn nothing_of_a_secret_is_in_what_is_said() {
    let holder = Holder::for_algs(KeyAlg::RsaOaep, Enc::Gcm(Aes::A128));
    let token = sealed(&holder, KeyAlg::RsaOaep, Enc::Gcm(Aes::A128), &json!({}), false, b"hunter2");
    let jwe = Jwe::parse(&token).unwrap();
    let opened = holder.open(&token, &everything()).unwrap();
    assert_eq!((format!("{jwe:?}"), format!("{opened:?}")), ("Jwe(7 bytes)".into(), "SecretBytes(7 bytes)".into()));
}
