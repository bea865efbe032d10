//! Two attempts, steps or branches beside each other: what differs in meaning, and what differs as it must.

mod meaning;
mod step;
mod values;

pub use step::{of_lines, of_steps};
pub use values::{Compared, Difference, values};

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::redact::Redactor;
use crate::secret::{Class, class_of_name};
use crate::text::clean;

/// Places that are named where one change is found again.
const MOST_PLACES: usize = 4;
/// Bytes of two values that are not the same in two places by chance.
const TELLING: usize = 12;

impl Compared {
    /// Nothing of it is known to differ in meaning.
    pub const fn is_same(&self) -> bool {
        self.differences.is_empty()
    }

    /// For reading: a place, then the left with `-` and the right with `+`. Secrets stay masked.
    pub fn to_text(&self, redactor: &Redactor) -> String {
        self.in_words(|path| redactor.mask_text(path), |name, value| masked(redactor, name, value))
    }

    /// The same of values that were sealed before.
    pub fn to_sealed_text(&self) -> String {
        self.in_words(str::to_owned, |_, value| value.to_owned())
    }

    fn in_words(&self, of_path: impl Fn(&str) -> String, of_value: impl Fn(&str, &str) -> String) -> String {
        let mut out = String::new();
        let mut section = "";
        for (difference, again) in self.once() {
            let (first, rest) = difference.path.split_once('.').unwrap_or((&difference.path, ""));
            if first != section {
                out.push_str(if section.is_empty() { "" } else { "\n" });
                let _ = writeln!(out, "{}", clean(first));
                section = first;
            }
            let name = difference.path.rsplit('.').next().unwrap_or_default();
            if !rest.is_empty() {
                let _ = writeln!(out, "  {}", clean(&of_path(rest)));
            }
            for (sign, value) in [('-', &difference.left), ('+', &difference.right)] {
                if let Some(value) = value {
                    let _ = writeln!(out, "    {sign} {}", cut(&of_value(name, value)));
                }
            }
            for path in again.iter().take(MOST_PLACES) {
                let _ = writeln!(out, "    also {}", clean(&of_path(path)));
            }
            if again.len() > MOST_PLACES {
                let _ = writeln!(out, "    and at {} places more", again.len() - MOST_PLACES);
            }
        }
        if self.is_same() {
            out.push_str("No difference in meaning.\n");
        }
        if !self.masked.is_empty() {
            let _ = writeln!(out, "\nMasked, cannot be compared: {}", clean(&self.masked.join(", ")));
        }
        if !self.folded.is_empty() {
            let _ = writeln!(out, "\nDiffer, as they must: {}", clean(&self.folded.join(", ")));
        }
        out
    }
}

impl Compared {
    /// Each change with the places where the same is found again: a new key, say, has its thumbprint in many.
    fn once(&self) -> Vec<(&Difference, Vec<&str>)> {
        let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
        let mut out: Vec<(&Difference, Vec<&str>)> = Vec::new();
        for difference in &self.differences {
            let both = difference.left.as_deref().zip(difference.right.as_deref());
            let pair = both.filter(|(left, right)| left.len() + right.len() >= TELLING);
            if let Some(at) = pair.and_then(|pair| seen.get(&pair)) {
                out[*at].1.push(&difference.path);
                continue;
            }
            if let Some(pair) = pair {
                seen.insert(pair, out.len());
            }
            out.push((difference, Vec::new()));
        }
        out
    }
}

fn masked(redactor: &Redactor, name: &str, value: &str) -> String {
    let class = class_of_name(name);
    if class == Class::Public { redactor.mask_text(value) } else { redactor.mask_value(value, class) }
}

/// Longer values are cut: the raw view has them.
fn cut(value: &str) -> String {
    const MOST: usize = 400;
    let text = clean(value);
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{} ... {} chars in all", &text[..at], text.chars().count()),
        None => text.into_owned(),
    }
}
