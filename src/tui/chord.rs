//! A key with its modifiers: read from the keymap's text, from a terminal event, and printed for people.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One press. Shift is part of a letter (`S`), never beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

const NAMES: &[(&str, KeyCode, &str)] = &[
    ("enter", KeyCode::Enter, "Enter"),
    ("esc", KeyCode::Esc, "Esc"),
    ("tab", KeyCode::Tab, "Tab"),
    ("s-tab", KeyCode::BackTab, "Shift+Tab"),
    ("backspace", KeyCode::Backspace, "Backspace"),
    ("delete", KeyCode::Delete, "Del"),
    ("up", KeyCode::Up, "Up"),
    ("down", KeyCode::Down, "Down"),
    ("left", KeyCode::Left, "Left"),
    ("right", KeyCode::Right, "Right"),
    ("pgup", KeyCode::PageUp, "PgUp"),
    ("pgdn", KeyCode::PageDown, "PgDn"),
    ("home", KeyCode::Home, "Home"),
    ("end", KeyCode::End, "End"),
    ("insert", KeyCode::Insert, "Ins"),
    ("space", KeyCode::Char(' '), "Space"),
];

impl Chord {
    /// `j`, `^c`, `<enter>`, `<s-tab>`, `<f5>`, `<a-x>` (Alt). None: no such key.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |code| Self { code, ctrl: false, alt: false };
        if let Some(name) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) {
            let mut after = name.strip_prefix("a-").unwrap_or_default().chars();
            if let (Some(c), None) = (after.next(), after.next()) {
                return Some(Self { alt: true, ..plain(KeyCode::Char(c)) });
            }
            if let Some(n) = name.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=12).contains(n)) {
                return Some(plain(KeyCode::F(n)));
            }
            return NAMES.iter().find(|(n, ..)| *n == name).map(|(_, code, _)| plain(*code));
        }
        let mut chars = text.chars();
        match (chars.next(), chars.next(), chars.next()) {
            (Some('^'), Some(c), None) => Some(Self { ctrl: true, ..plain(KeyCode::Char(c)) }),
            (Some(c), None, None) => Some(plain(KeyCode::Char(c))),
            _ => None,
        }
    }

    /// What a terminal says was pressed.
    pub fn of(event: &KeyEvent) -> Self {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            // Some terminals tell the letter and the shift apart.
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) => {
                KeyCode::Char(c.to_uppercase().next().unwrap_or(c))
            }
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self { code, ctrl, alt }
    }

    /// The character it would type.
    pub const fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    pub const fn needs_alt(self) -> bool {
        self.alt
    }

    pub const fn is_function_key(self) -> bool {
        matches!(self.code, KeyCode::F(_))
    }

    /// The letter under Control.
    pub const fn control(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.ctrl => Some(c),
            _ => None,
        }
    }

    /// The event that a terminal would send for it.
    pub fn event(self) -> KeyEvent {
        let mut modifiers = KeyModifiers::NONE;
        if self.ctrl {
            modifiers |= KeyModifiers::CONTROL;
        }
        if self.alt {
            modifiers |= KeyModifiers::ALT;
        }
        KeyEvent::new(self.code, modifiers)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("^")?;
        }
        if self.alt {
            f.write_str("Alt+")?;
        }
        if let Some((_, _, shown)) = NAMES.iter().find(|(_, code, _)| *code == self.code) {
            return f.write_str(shown);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            code => write!(f, "{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_reads_and_prints() {
        for (text, shown) in [
            ("j", "j"),
            ("S", "S"),
            ("^c", "^c"),
            ("<enter>", "Enter"),
            ("<s-tab>", "Shift+Tab"),
            ("^", "^"),
            ("<f5>", "F5"),
            ("<a-x>", "Alt+x"),
        ] {
            assert_eq!(Chord::parse(text).map(|c| c.to_string()).as_deref(), Some(shown));
        }
        assert_eq!(Chord::parse("<nothing>"), None);
        assert_eq!(Chord::parse("ab"), None);
    }

    #[test]
    fn shift_is_part_of_the_letter() {
        let event = KeyEvent::new(KeyCode::Char('S'), KeyModifiers::SHIFT);
        assert_eq!(Some(Chord::of(&event)), Chord::parse("S"));
        let event = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::SHIFT);
        assert_eq!(Some(Chord::of(&event)), Chord::parse("S"));
    }
}
