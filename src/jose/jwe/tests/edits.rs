//! A token that was touched does not open.

use super::*;

/// One token of each pair of algorithms.
static TOKENS: LazyLock<Vec<(String, Holder)>> = LazyLock::new(|| {
    let pairs = KeyAlg::ALL.into_iter().flat_map(|alg| Enc::ALL.map(|enc| (alg, enc)));
    // a password costs too much for so many edits
    let pairs = pairs.filter(|(alg, _)| !matches!(alg, KeyAlg::Pbes2(_)));
    let keys = pairs.clone().map(|(alg, enc)| (alg, enc, Holder::for_algs(alg, enc)));
    let x = Holder::Pair(Box::new(SecretJwk::generate(KeySpec::X25519).unwrap()));
    let agreed = pairs.filter(|(alg, _)| alg.family() == Family::Agreement);
    let made = keys.chain(agreed.map(move |(alg, enc)| (alg, enc, x.clone()))).map(|(alg, enc, holder)| {
        (sealed(&holder, alg, enc, &json!({"kid": "k"}), false, br#"{"sub":"psu"}"#), holder)
    });
    made.collect()
});

/// Changes, adds or drops one character, or swaps two parts.
fn edit(token: &str, kind: u8, place: usize, with: u8) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+{\"\xc3\n";
    let mut bytes = token.as_bytes().to_vec();
    let at = place % bytes.len();
    let letter = LETTERS[usize::from(with) % LETTERS.len()];
    match kind % 6 {
        0 => bytes[at] ^= 1 << (with % 8),
        1 => bytes[at] = letter,
        2 => bytes.insert(at, letter),
        3 => {
            bytes.remove(at);
        }
        4 => bytes.truncate(at),
        _ => {
            let mut parts: Vec<&[u8]> = token.as_bytes().split(|b| *b == b'.').collect();
            let (a, b) = (usize::from(with) % parts.len(), place % parts.len());
            parts.swap(a, b);
            bytes = parts.join(&b'.');
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn holds(which: usize, kind: u8, place: usize, with: u8) -> Result<(), String> {
    let (token, holder) = &TOKENS[which % TOKENS.len()];
    judged(token, &edit(token, kind, place, with), holder)
}

fn judged(token: &str, altered: &str, holder: &Holder) -> Result<(), String> {
    match holder.open(altered, &everything()) {
        Ok(_) if altered != token => Err(format!("{altered} was opened; it was {token}")),
        Err(error) if altered == token => Err(format!("an untouched token: {error}")),
        Err(error) if error.to_string().is_empty() || error.hint().is_empty() => Err("nothing said".into()),
        _ => Ok(()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_altered_token_never_opens(which: usize, kind: u8, place: usize, with: u8) {
        prop_assert_eq!(holds(which, kind, place, with), Ok(()));
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"[A-Za-z0-9_\-.= \n]{0,160}|.{0,60}|(eyJ[A-Za-z0-9_-]{0,40}\.){1,5}"#) {
        if let Ok(jwe) = Jwe::parse(&text) {
            let _ = jwe.admit(&everything());
        }
    }
}

/// What the edits are judged by sees an open token, and one that is open and should not be.
#[test]
fn untouched_tokens_open_and_others_in_their_place_are_noticed() {
    assert_eq!(TOKENS.len(), 14 * 6 + 4 * 6);
    for (token, holder) in TOKENS.iter() {
        assert_eq!(judged(token, token, holder), Ok(()));
    }
    let (token, holder) = &TOKENS[18];
    let other = sealed(holder, KeyAlg::EcdhEs, Enc::ALL[0], &json!({"kid": "other"}), false, b"{}");
    assert!(judged(token, &other, holder).unwrap_err().contains("was opened"));
}

#[test]
#[ignore = "two million edits take minutes; COUNTERSIGN_TEST_EDITS says another number"]
fn two_million_edits_and_none_opens() {
    let count = std::env::var("COUNTERSIGN_TEST_EDITS").map_or(2_000_000, |n| n.parse::<usize>().expect("a number"));
    assert!(count > 0);
    let mut fill = chance();
    for n in 0..count {
        let mut dice = [0; 16];
        fill(&mut dice);
        let number = |range: std::ops::Range<usize>| dice[range].iter().fold(0, |n, b| (n << 8) | usize::from(*b));
        // most algorithms by turns, those of RSA rarely: each costs a private operation
        let which = if n % 40 == 0 { number(0..2) % 18 } else { 18 + number(0..2) % (TOKENS.len() - 18) };
        assert_eq!(holds(which, dice[2], number(4..8), dice[3]), Ok(()), "edit {n}");
    }
    println!("{count} edits of {} tokens: none opened, none made it panic", TOKENS.len());
}
