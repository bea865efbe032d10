//! What a typed filter keeps: every word must be there; `~word` also with gaps between its letters, `!word` must not.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Whether the text passes.
pub fn keeps(filter: &str, text: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
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

/// How well an entry answers to what was typed: less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    tier: u8,
    /// For what answers with gaps alone: the higher the score, the less this is.
    gaps: u16,
}

impl Rank {
    /// Only letters in order answer, nowhere the words themselves.
    pub const fn is_faint(self) -> bool {
        self.tier == FAINT
    }
}

const FAINT: u8 = 4;

/// What was typed into help or palette, made ready to be compared with many entries.
pub struct Typed<'t> {
    as_it_is: &'t str,
    lower: String,
    gaps: Atom,
    matcher: Matcher,
    room: Vec<char>,
}

impl<'t> Typed<'t> {
    pub fn new(typed: &'t str) -> Self {
        let as_it_is = typed.trim();
        let lower = as_it_is.to_lowercase();
        // both sides are lower case already
        let letters: String = lower.chars().filter(|c| !matches!(c, '~' | ' ')).collect();
        let gaps = Atom::new(&letters, CaseMatching::Respect, Normalization::Never, AtomKind::Fuzzy, false);
        Self { as_it_is, lower, gaps, matcher: Matcher::new(Config::DEFAULT), room: Vec::new() }
    }

    /// `id` and `words` in lower case, `keys` as they are read. None: it does not answer at all.
    pub fn rank(&mut self, id: &str, words: &str, keys: &str) -> Option<Rank> {
        let tier = |tier| Some(Rank { tier, gaps: 0 });
        let typed = self.lower.as_str();
        let holds = |word: &str| id.contains(word) || words.contains(word);
        let keeps = |word: &str| match word.strip_prefix('!') {
            Some(not) => not.is_empty() || !holds(not),
            None => holds(word),
        };
        if typed.is_empty() || id == typed || keys.split(' ').any(|k| k == self.as_it_is) {
            tier(0)
        } else if id.starts_with(typed) || words.starts_with(typed) {
            tier(1)
        } else if holds(typed) {
            tier(2)
        } else if !typed.contains('~') && typed.split_whitespace().all(keeps) {
            tier(3)
        } else if typed.contains('!') {
            None
        } else {
            let tier = if typed.contains('~') { 3 } else { FAINT };
            let best = [id, words]
                .into_iter()
                .filter_map(|text| self.gaps.score(Utf32Str::new(text, &mut self.room), &mut self.matcher));
            best.max().map(|score| Rank { tier, gaps: u16::MAX - score })
        }
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
    fn the_exact_word_or_key_comes_first_and_gaps_come_last() {
        let rank = |typed: &str| Typed::new(typed).rank("quit", "leave the program", "Q ^q");
        let all: Vec<Rank> = ["quit", "qui", "program", "lvprg"].into_iter().filter_map(rank).collect();
        assert_eq!(all.len(), 4);
        assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
        assert_eq!(rank("Q"), rank("quit"));
        assert!(rank("lvprg").is_some_and(Rank::is_faint) && rank("~lvprg").is_some_and(|r| !r.is_faint()));
        assert_eq!((rank("zzz"), rank("!program")), (None, None));
        // letters that stand together answer better than letters far apart
        let gaps = |words: &str| Typed::new("~tok").rank("x", words, "");
        assert!(gaps("get a token") < gaps("take the other key"));
    }
}
