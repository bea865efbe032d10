//! How things look: the colours of a theme, or none, and every state also as a sign and a word.

mod theme;

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

pub use theme::Theme;

use super::ascii;
use crate::text::shorten;

/// What a person chose. `color` is false with `NO_COLOR`, `ascii` true with `--ascii`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub color: bool,
    pub ascii: bool,
    pub theme: Theme,
}

impl Default for Look {
    fn default() -> Self {
        Self { color: true, ascii: false, theme: Theme::Plain }
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

#[cfg(test)]
impl Tone {
    pub const ALL: [Self; 15] = [
        Self::Plain,
        Self::Dim,
        Self::Strong,
        Self::Key,
        Self::Good,
        Self::Warn,
        Self::Bad,
        Self::Busy,
        Self::Secret,
        Self::Name,
        Self::Text,
        Self::Number,
        Self::Literal,
        Self::Production,
        Self::Sandbox,
    ];
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
        let modifier = match tone {
            Tone::Strong | Tone::Key | Tone::Bad => Modifier::BOLD,
            // a colour of its own dims it where there is one
            Tone::Dim if !self.color || self.theme == Theme::Plain => Modifier::DIM,
            Tone::Production => Modifier::BOLD.union(Modifier::REVERSED),
            Tone::Sandbox => Modifier::REVERSED,
            _ => Modifier::empty(),
        };
        let style = Style::new().add_modifier(modifier);
        match self.theme.color(tone).filter(|_| self.color) {
            Some(color) => style.fg(color),
            None => style,
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

    /// Laid over what was searched for; `in_bar`: it stands in a selected row.
    pub fn matched(self, in_bar: bool) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED));
        if in_bar { style.remove_modifier(Modifier::REVERSED) } else { style.add_modifier(Modifier::REVERSED) }
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

    /// Cut to that many columns, with a sign for what is missing.
    pub fn shorten(self, text: &str, columns: usize) -> String {
        if self.ascii { ascii::cut(text, columns) } else { shorten(text, columns).into_owned() }
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
        let look = Look { color: false, ..Look::default() };
        for tone in Tone::ALL {
            assert_eq!(look.style(tone).fg, None, "{tone:?}");
        }
    }

    #[test]
    fn ascii_signs_are_ascii() {
        let look = Look { ascii: true, ..Look::default() };
        for sign in [Sign::Ok, Sign::Failed, Sign::Busy, Sign::Warn, Sign::Waits, Sign::NotChecked] {
            assert!(look.sign(sign).is_ascii(), "{sign:?}");
        }
        assert!(look.border(true).top_left.is_ascii());
    }
}
