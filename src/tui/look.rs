//! How things look: sixteen colours at most, or none, and every state also as a sign and a word.
//!
//! The terminal's own palette decides the colours, so that light and dark both work.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

/// What a person chose. `color` is false with `NO_COLOR`, `ascii` true with `--ascii`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub color: bool,
    pub ascii: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { color: true, ascii: false }
    }
}

/// What a piece of text means; the style follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    /// Of second rank: units, hints, what is not chosen.
    Dim,
    Strong,
    /// What can be pressed.
    Key,
    Good,
    Warn,
    Bad,
    Busy,
    /// A masked value.
    Secret,
    /// A member's or header's name.
    Name,
    Text,
    Number,
    /// `true`, `false`, `null`.
    Literal,
    Production,
    Sandbox,
}

/// Signs of our own. The word beside each says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Ok,
    Failed,
    Busy,
    Warn,
    Waits,
    Preview,
    Cancelled,
    Skipped,
    NotChecked,
    /// What it was made from has changed since.
    Stale,
}

impl Look {
    pub fn style(self, tone: Tone) -> Style {
        let (color, modifier) = match tone {
            Tone::Plain => (None, Modifier::empty()),
            Tone::Dim => (None, Modifier::DIM),
            Tone::Strong => (None, Modifier::BOLD),
            Tone::Key => (Some(Color::Cyan), Modifier::BOLD),
            Tone::Good => (Some(Color::Green), Modifier::empty()),
            Tone::Warn => (Some(Color::Yellow), Modifier::empty()),
            Tone::Bad => (Some(Color::Red), Modifier::BOLD),
            Tone::Busy | Tone::Name => (Some(Color::Cyan), Modifier::empty()),
            Tone::Secret => (Some(Color::Magenta), Modifier::empty()),
            Tone::Text => (Some(Color::Green), Modifier::empty()),
            Tone::Number => (Some(Color::Yellow), Modifier::empty()),
            Tone::Literal => (Some(Color::Blue), Modifier::empty()),
            Tone::Production => (Some(Color::Red), Modifier::BOLD.union(Modifier::REVERSED)),
            Tone::Sandbox => (Some(Color::Green), Modifier::REVERSED),
        };
        let style = Style::new().add_modifier(modifier);
        match color {
            Some(color) if self.color => style.fg(color),
            _ => style,
        }
    }

    /// Laid over a whole selected row: one bar of one colour, whatever the words in it mean.
    pub fn selected(self, focused: bool) -> Style {
        if focused {
            Style::new()
                .fg(Color::Reset)
                .bg(Color::Reset)
                .add_modifier(Modifier::REVERSED)
                .remove_modifier(Modifier::DIM)
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        }
    }

    pub const fn sign(self, sign: Sign) -> &'static str {
        match (sign, self.ascii) {
            (Sign::Ok, false) => "✓",
            (Sign::Ok, true) => "ok",
            (Sign::Failed, false) => "✗",
            (Sign::Failed, true) => "xx",
            (Sign::Busy, false) => "⟳",
            (Sign::Busy, true) => "..",
            (Sign::Warn, _) => "!",
            (Sign::Waits, _) => "-",
            (Sign::Preview, _) => ">",
            (Sign::Cancelled, _) => "x",
            (Sign::Skipped, _) => "/",
            (Sign::NotChecked, _) => "?",
            (Sign::Stale, _) => "=",
        }
    }

    /// Focus is a double line, and never a colour alone.
    pub const fn border(self, focused: bool) -> border::Set<'static> {
        match (self.ascii, focused) {
            (false, false) => border::PLAIN,
            (false, true) => border::DOUBLE,
            (true, false) => ASCII,
            (true, true) => ASCII_FOCUSED,
        }
    }

    pub const fn ellipsis(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }

    /// Between parts of one line.
    pub const fn dot(self) -> &'static str {
        if self.ascii { "-" } else { "·" }
    }
}

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

const ASCII_FOCUSED: border::Set<'static> = border::Set {
    top_left: "#",
    top_right: "#",
    bottom_left: "#",
    bottom_right: "#",
    vertical_left: "#",
    vertical_right: "#",
    horizontal_top: "=",
    horizontal_bottom: "=",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_no_tone_has_one() {
        let look = Look { color: false, ascii: false };
        for tone in [Tone::Good, Tone::Bad, Tone::Warn, Tone::Production, Tone::Secret, Tone::Key] {
            assert_eq!(look.style(tone).fg, None, "{tone:?}");
        }
    }

    #[test]
    fn ascii_signs_are_ascii() {
        let look = Look { color: true, ascii: true };
        for sign in [Sign::Ok, Sign::Failed, Sign::Busy, Sign::Warn, Sign::Waits, Sign::NotChecked] {
            assert!(look.sign(sign).is_ascii(), "{sign:?}");
        }
        assert!(look.border(true).top_left.is_ascii());
    }
}
