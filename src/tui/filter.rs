//! What a typed filter keeps: every word must be there; `~word` also with gaps between its letters, `!word` must not.

/// Whether the text passes.
pub fn keeps(filter: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    filter.split_whitespace().all(|word| {
        let word = word.to_lowercase();
        if let Some(not) = word.strip_prefix('!') {
            not.is_empty() || !text.contains(not)
        } else if let Some(fuzzy) = word.strip_prefix('~') {
            in_order(fuzzy, &text)
        } else {
            text.contains(&word)
        }
    })
}

/// How well an entry of the palette answers what was typed; less is better, None not at all.
pub fn rank(typed: &str, id: &str, words: &str) -> Option<usize> {
    let typed = typed.trim().to_lowercase();
    let (id, words) = (id.to_lowercase(), words.to_lowercase());
    if typed.is_empty() {
        return Some(3);
    }
    if id == typed || words == typed {
        Some(0)
    } else if id.starts_with(&typed) || words.starts_with(&typed) {
        Some(1)
    } else if keeps(&typed, &format!("{id} {words}")) {
        Some(2)
    } else if in_order(&typed, &format!("{id} {words}")) {
        Some(4)
    } else {
        None
    }
}

fn in_order(letters: &str, text: &str) -> bool {
    let mut text = text.chars();
    letters.chars().filter(|c| !c.is_whitespace()).all(|l| text.any(|c| c == l))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_narrow_a_list() {
        let text = "NordBank sandbox Get a token";
        assert!(keeps("", text) && keeps("nord tok", text) && keeps("~ndbk", text));
        assert!(!keeps("!nord", text) && !keeps("~zz", text) && keeps("!", text));
    }

    #[test]
    fn the_exact_word_comes_first() {
        assert_eq!(rank("quit", "quit", "leave the program"), Some(0));
        assert_eq!(rank("q", "quit", "leave the program"), Some(1));
        assert_eq!(rank("program", "quit", "leave the program"), Some(2));
        assert_eq!(rank("zzz", "quit", "leave the program"), None);
    }
}
