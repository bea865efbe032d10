//! An address on the screen that the terminal itself can open (OSC 8), where it knows how.

use std::io::{self, Write};

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

/// Terminals take no longer ones.
const LONGEST: usize = 2083;

/// One address, and the rows on which it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// Printable ASCII, http or https: it is written into an escape sequence.
    url: String,
    rows: Vec<Rect>,
}

impl Link {
    /// None: it is no address that a terminal may be given.
    pub fn new(url: &str, rows: Vec<Rect>) -> Option<Self> {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        let plain = url.bytes().all(|b| b.is_ascii_graphic());
        (is_web && plain && url.len() <= LONGEST && !rows.is_empty()).then(|| Self { url: url.to_owned(), rows })
    }
}

/// Which cells of the terminal open something now.
#[derive(Debug, Default)]
pub struct Linked(Vec<Position>);

impl Linked {
    /// Draws the cells of the link again, as a link; those that were one and are none any more, without.
    pub fn draw<W: Write>(
        &mut self,
        out: &mut CrosstermBackend<W>,
        picture: &Buffer,
        link: Option<&Link>,
    ) -> io::Result<()> {
        if link.is_none() && self.0.is_empty() {
            return Ok(());
        }
        let now: Vec<Position> = link.iter().flat_map(|l| &l.rows).flat_map(|r| r.positions()).collect();
        let gone: Vec<Position> = self.0.iter().filter(|p| !now.contains(p)).copied().collect();
        cells(out, picture, &gone)?;
        if let Some(link) = link {
            write!(out, "\x1b]8;id=sign-in;{}\x1b\\", link.url)?;
            cells(out, picture, &now)?;
            out.write_all(b"\x1b]8;;\x1b\\")?;
        }
        self.0 = now;
        Ok(())
    }

    /// Everything on the terminal is drawn anew.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

fn cells<W: Write>(out: &mut CrosstermBackend<W>, picture: &Buffer, at: &[Position]) -> io::Result<()> {
    let found: Vec<(Position, &Cell)> = at.iter().filter_map(|p| Some((*p, picture.cell(*p)?))).collect();
    out.draw(found.into_iter().map(|(p, cell)| (p.x, p.y, cell)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_opens_is_given_to_a_terminal() {
        let row = vec![Rect::new(0, 0, 5, 1)];
        for url in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://bank.example/\u{1b}]8;;",
            "https://bank.example/a b",
            "https://bank.example/\u{e4}",
            &format!("https://bank.example/{}", "a".repeat(LONGEST)),
        ] {
            assert_eq!(Link::new(url, row.clone()), None, "{url}");
        }
        assert!(Link::new("https://bank.example/authorize?a=b", row).is_some());
        assert_eq!(Link::new("https://bank.example/", Vec::new()), None);
    }

    #[test]
    fn a_link_is_drawn_closed_and_taken_back() {
        let picture = Buffer::with_lines(["open this", "or that"]);
        let mut linked = Linked::default();
        let drawn = |linked: &mut Linked, link: Option<&Link>| {
            let mut bytes = Vec::new();
            linked.draw(&mut CrosstermBackend::new(&mut bytes), &picture, link).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let link = Link::new("https://bank.example/", vec![Rect::new(0, 0, 4, 1)]);
        let text = drawn(&mut linked, link.as_ref());
        let (opened, closed) = ("\x1b]8;id=sign-in;https://bank.example/\x1b\\", "\x1b]8;;\x1b\\");
        let between = text.split_once(opened).and_then(|(_, rest)| rest.split_once(closed)).map(|(b, _)| b);
        assert!(between.is_some_and(|b| b.contains("open") && !b.contains("this")), "{text:?}");
        let text = drawn(&mut linked, None);
        assert!(text.contains("open") && !text.contains("]8;"), "{text:?}");
        assert!(!drawn(&mut linked, None).contains("open"));
    }
}
