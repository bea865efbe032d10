//! Whether the terminal is dark or light: asked once, after the first picture, with OSC 11. Nobody waits for the answer.
//!
//! crossterm does not know the answer: it reads `ESC ] 1 1 ; r g b : … ESC \` as keys. They are taken out here before
//! they could do anything; a key of a person's own passes.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// OSC 11 with a question mark: the terminal tells the colour of its background (xterm's control sequences).
pub const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";
const LONGEST: usize = 32;

/// What an event turned out to be.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// Nothing of the answer: pass these on.
    Events(Vec<Event>),
    /// A part of the answer.
    Part,
    /// The answer, whole.
    Background { light: bool },
}

/// The answer while it comes in. However late it is, its keys must not run: it is waited for until it is there.
#[derive(Debug, Default)]
pub struct Answer {
    awaited: bool,
    held: Option<Held>,
}

#[derive(Debug)]
enum Held {
    /// What may be its beginning: an escape and a bracket, or Alt and a bracket.
    Bracket(Event),
    Text(String),
}

impl Answer {
    /// It is asked now.
    pub const fn asked() -> Self {
        Self { awaited: true, held: None }
    }

    pub fn hear(&mut self, event: Event) -> Heard {
        if !self.awaited {
            return Heard::Events(vec![event]);
        }
        let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event else {
            return Heard::Events(vec![event]);
        };
        match (self.held.take(), code) {
            (None, KeyCode::Char(']')) if modifiers.contains(KeyModifiers::ALT) => {
                self.held = Some(Held::Bracket(event));
                Heard::Part
            }
            (Some(Held::Bracket(_)), KeyCode::Char('1')) => {
                self.held = Some(Held::Text("1".to_owned()));
                Heard::Part
            }
            (Some(Held::Text(text)), KeyCode::Char('g')) if modifiers.contains(KeyModifiers::CONTROL) => {
                self.end(&text)
            }
            (Some(Held::Text(text)), KeyCode::Char('\\')) if modifiers.contains(KeyModifiers::ALT) => self.end(&text),
            (Some(Held::Text(mut text)), KeyCode::Char(c))
                if text.len() < LONGEST && (c.is_ascii_hexdigit() || "rgba:;/".contains(c)) =>
            {
                text.push(c);
                self.held = Some(Held::Text(text));
                Heard::Part
            }
            (held, _) => {
                self.held = held;
                self.pass(event)
            }
        }
    }

    /// What was held for the answer's beginning and was none; what was begun for sure is dropped.
    fn pass(&mut self, event: Event) -> Heard {
        match self.held.take() {
            Some(Held::Bracket(bracket)) => Heard::Events(vec![bracket, event]),
            _ => Heard::Events(vec![event]),
        }
    }

    fn end(&mut self, text: &str) -> Heard {
        self.awaited = false;
        is_light(text).map_or(Heard::Part, |light| Heard::Background { light })
    }
}

/// `11;rgb:ffff/ffff/ffff`, each with one to four hexadecimal digits; with `rgba` a fourth that says nothing here.
fn is_light(text: &str) -> Option<bool> {
    let color = text.strip_prefix("11;rgb")?.trim_start_matches('a').strip_prefix(':')?;
    let mut parts = color.split('/').map(|digits| {
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1).filter(|m| *m > 0)?;
        Some(f64::from(u32::from_str_radix(digits, 16).ok()?) / f64::from(most))
    });
    let (r, g, b) = (parts.next()??, parts.next()??, parts.next()??);
    // as bright as it looks, nearly (ITU-R BT.709)
    Some(0.2126 * r + 0.7152 * g + 0.0722 * b > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    /// What crossterm makes of an answer.
    fn keys(color: &str, end: Event) -> Vec<Event> {
        let mut out = vec![key(']', KeyModifiers::ALT)];
        out.extend(format!("11;rgb:{color}").chars().map(|c| key(c, KeyModifiers::NONE)));
        out.push(end);
        out
    }

    fn heard(events: Vec<Event>) -> (Vec<Event>, Option<bool>) {
        let mut answer = Answer::asked();
        let (mut passed, mut found) = (Vec::new(), None);
        for event in events {
            match answer.hear(event) {
                Heard::Events(events) => passed.extend(events),
                Heard::Part => {}
                Heard::Background { light } => found = Some(light),
            }
        }
        (passed, found)
    }

    #[test]
    fn an_answer_is_taken_out_of_the_keys() {
        let bell = key('g', KeyModifiers::CONTROL);
        let st = key('\\', KeyModifiers::ALT);
        assert_eq!(heard(keys("ffff/FFFF/ffff", st.clone())), (vec![], Some(true)));
        assert_eq!(heard(keys("1e1e/1e1e/2e2e", bell.clone())), (vec![], Some(false)));
        assert_eq!(heard(keys("f/f/e", bell.clone())), (vec![], Some(true)));
        assert_eq!(heard(keys("///", bell.clone())), (vec![], None));
        // what is typed before and after passes
        let mut all = vec![key('j', KeyModifiers::NONE)];
        all.extend(keys("0000/0000/0000", st));
        all.push(key('1', KeyModifiers::NONE));
        let passed = vec![key('j', KeyModifiers::NONE), key('1', KeyModifiers::NONE)];
        assert_eq!(heard(all), (passed, Some(false)));
    }

    #[test]
    fn keys_of_a_person_are_not_lost() {
        let own = vec![key(']', KeyModifiers::ALT), key('j', KeyModifiers::NONE), key('1', KeyModifiers::NONE)];
        assert_eq!(heard(own.clone()), (own, None));
        // one that was cut is dropped, not run
        let mut cut = keys("12", key('Z', KeyModifiers::SHIFT));
        cut.push(key('j', KeyModifiers::NONE));
        assert_eq!(heard(cut), (vec![key('Z', KeyModifiers::SHIFT), key('j', KeyModifiers::NONE)], None));
        // nothing is asked: keys are keys
        let bracket = key(']', KeyModifiers::ALT);
        assert_eq!(Answer::default().hear(bracket.clone()), Heard::Events(vec![bracket]));
    }
}
