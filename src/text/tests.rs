use super::chars::is_deceptive;
use super::*;
use proptest::prelude::*;

#[test]
fn plain_text_is_not_copied() {
    for text in ["", "iss=https://as.bank.example", "a ~ b"] {
        assert!(matches!(clean(text), Cow::Borrowed(t) if t == text));
    }
    assert!(matches!(clean_multiline("{\n  \"a\": 1\n}\n"), Cow::Borrowed(_)));
    for text in ["Grüße", "日本語", "Ωμέγα", "שלום", "👩\u{1f3fd}\u{200d}💻 ❤\u{fe0f} ❤\u{fe0f}\u{200d}🔥", "e\u{301}"]
    {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn what_a_terminal_would_obey_is_shown_instead() {
    assert_eq!(clean("\u{1b}[2J\u{7}\r\n\t\0"), "␛[2J␇␍␊␉␀");
    assert_eq!(clean("\u{9b}31m\u{7f}\u{85}"), "\\u{9b}31m␡\\u{85}");
    assert_eq!(clean("\u{1b}]52;c;AAAA\u{1b}\\"), "␛]52;c;AAAA␛\\");
}

#[test]
fn what_would_fool_a_reader_is_shown_instead() {
    assert_eq!(clean("bank\u{202e}elpmaxe"), "bank\\u{202e}elpmaxe");
    assert_eq!(clean("pay\u{200b}pal\u{feff}"), "pay\\u{200b}pal\\u{feff}");
    assert_eq!(clean("a\u{2028}b\u{2029}c\u{ad}d"), "a\\u{2028}b\\u{2029}c\\u{ad}d");
    assert_eq!(clean("x\u{e0041}\u{e0100}"), "x\\u{e0041}\\u{e0100}");
    assert_eq!(clean("a\u{200d}b"), "a\\u{200d}b");
    assert_eq!(clean("a\u{fe0f}"), "a\\u{fe0f}");
    assert_eq!(clean("💻\u{200d}"), "💻\\u{200d}");
    assert_eq!(clean("💻\u{fe0f}\u{fe0f}"), "💻\u{fe0f}\\u{fe0f}");
}

#[test]
fn marks_do_not_pile_up_and_do_not_fall_on_what_stands_before() {
    let piled = format!("a{}b", "\u{301}".repeat(5000));
    assert_eq!(clean(&piled), format!("a{}\u{fffd}b", "\u{301}".repeat(4)));
    assert_eq!(clean("\u{301}a"), "\u{25cc}\u{301}a");
}

#[test]
fn lines_stay_lines() {
    assert_eq!(clean_multiline("a\r\nb\rc\n"), "a\nb␍c\n");
    assert_eq!(clean_multiline("a\tb\n\tc\n日本\td"), "a   b\n    c\n日本    d");
    assert_eq!(clean_multiline("\u{1b}[2J\n\u{301}x"), "␛[2J\n\u{25cc}\u{301}x");
}

#[test]
fn a_long_text_ends_in_an_ellipsis() {
    assert_eq!(shorten("abcdef", 6), "abcdef");
    assert_eq!(shorten("abcdef", 5), "abcd…");
    assert_eq!(shorten("日本語", 5), "日本…");
    assert_eq!(shorten("日本語", 4), "日…");
    assert_eq!(shorten("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    assert_eq!(shorten("abc", 1), "…");
    assert_eq!(shorten("abc", 0), "");
    assert_eq!(width("日本x"), 5);
}

fn bad(c: char) -> bool {
    c.is_control() || is_deceptive(c)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_harmful_comes_out(text in any::<String>(), nasty in proptest::collection::vec(
        proptest::sample::select(vec!['\u{1b}', '\u{202e}', '\u{200d}', '\u{301}', '\u{fe0f}', '💻', 'a', '\n', '\r', '\t', '\u{e0020}']), 0..40)) {
        let text = format!("{text}{}", nasty.iter().collect::<String>());
        let out = clean(&text);
        prop_assert!(!out.chars().any(bad), "{:?}", out);
        prop_assert_eq!(clean(&out), out.clone(), "cleaning twice changes nothing");
        let lines = clean_multiline(&text);
        prop_assert!(!lines.chars().any(|c| c != '\n' && bad(c)), "{:?}", lines);
        prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
        let mut run = 0;
        for c in out.chars() {
            run = if unicode_width::UnicodeWidthChar::width(c) == Some(0) { run + 1 } else { 0 };
            prop_assert!(run <= MAX_MARKS + 2, "{:?}", out);
        }
    }

    #[test]
    fn shortened_text_fits(text in any::<String>(), columns in 0_usize..40) {
        let text = clean(&text);
        prop_assert!(width(&shorten(&text, columns)) <= columns);
    }
}

#[test]
fn json_is_fit_to_be_printed_and_reads_as_before() {
    let value = serde_json::json!({ "a\u{202e}": "\u{9b}31m \u{7f}\u{1b}[2J\u{e0041} øl" });
    let text = value.to_string();
    let clean = clean_json(&text);
    assert!(clean.is_ascii() || !clean.chars().any(|c| c.is_control() || chars::is_deceptive(c)), "{clean}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&clean).unwrap(), value);
    assert!(matches!(clean_json(r#"{"a":"øl"}"#), Cow::Borrowed(_)));
}
