//! A token that was touched does not open.

use super::*;

/// One token of each pair of algorithms.
static TOKENS: LazyLock<Vec<(String, Holder)>> = LazyLock::new(|| {
    let pairs = KeyAlg::ALL.into_iter().flat_map(|alg| Enc::ALL.map(|enc| (alg, enc)));
    // a password costs too much for so many edits
    let pairs = pairs.filter(|(alg, _)| !matches!(alg, KeyAlg::Pbes2(_)));
    let made = pairs.map(|(alg, enc)| {
        let holder = Holder::for_algs(alg, enc);
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
    let altered = edit(token, kind, place, with);
    match holder.open(&altered, &everything()) {
        Ok(_) if altered != *token => Err(format!("{altered} was opened; it was {token}")),
        Err(error) if altered == *token => Err(format!("an untouched token: {error}")),
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

#[test]
#[ignore = "needs minutes of a release build"]
fn two_million_edits_and_none_opens() {
    let mut fill = chance();
    for n in 0..2_000_000_usize {
        let mut dice = [0; 16];
        fill(&mut dice);
        let number = |range: std::ops::Range<usize>| dice[range].iter().fold(0, |n, b| (n << 8) | usize::from(*b));
        // most algorithms by turns, those of RSA rarely: each costs a private operation
        let which = if n % 40 == 0 { number(0..2) % 18 } else { 18 + number(0..2) % (TOKENS.len() - 18) };
        assert_eq!(holds(which, dice[2], number(4..8), dice[3]), Ok(()), "edit {n}");
    }
}
