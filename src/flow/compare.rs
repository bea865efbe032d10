//! Two attempts, steps or branches beside each other: what differs in meaning, and what differs as it must.

mod meaning;
mod step;
mod values;

pub use step::{of_lines, of_steps};
pub use values::{Compared, Difference, values};

use std::fmt::Write as _;

use crate::redact::Redactor;
use crate::secret::{Class, class_of_name};

impl Compared {
    /// For reading: a place, then the left with `-` and the right with `+`. Secrets stay masked.
    pub fn to_text(&self, redactor: &Redactor) -> String {
        let mut out = String::new();
        let mut section = "";
        for difference in &self.differences {
            let (first, rest) = difference.path.split_once('.').unwrap_or((&difference.path, ""));
            if first != section {
                out.push_str(if section.is_empty() { "" } else { "\n" });
                let _ = writeln!(out, "{first}");
                section = first;
            }
            let name = difference.path.rsplit('.').next().unwrap_or_default();
            if !rest.is_empty() {
                let _ = writeln!(out, "  {}", redactor.mask_text(rest));
            }
            for (sign, value) in [('-', &difference.left), ('+', &difference.right)] {
                if let Some(value) = value {
                    let _ = writeln!(out, "    {sign} {}", shown(redactor, name, value));
                }
            }
        }
        if self.differences.is_empty() {
            out.push_str("No difference in meaning.\n");
        }
        if !self.folded.is_empty() {
            let _ = writeln!(out, "\nDiffer, as they must: {}", self.folded.join(", "));
        }
        out
    }
}

fn shown(redactor: &Redactor, name: &str, value: &str) -> String {
    /// Longer values are cut: the raw view has them.
    const MOST: usize = 400;
    let class = class_of_name(name);
    let text = if class == Class::Public { redactor.mask_text(value) } else { redactor.mask_value(value, class) };
    let text = crate::text::clean(&text);
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{} ... {} chars in all", &text[..at], text.chars().count()),
        None => text.to_string(),
    }
}
