//! An address as a QR code: two modules in each cell, light ones drawn, dark ones left.

use qrcode::{Color, EcLevel, QrCode};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color as Ink, Style};

use super::window;
use crate::tui::look::Look;

/// Modules of quiet zone on each side (ISO/IEC 18004 wants four; readers of screens take two).
const QUIET: usize = 2;

/// The rows of the code; None: the text is too long for one.
pub fn rows(text: &str) -> Option<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let size = code.width();
    let light = |x: usize, y: usize| {
        let inside = |v: usize| v.checked_sub(QUIET).filter(|v| *v < size);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => code[(x, y)] == Color::Light,
            _ => true,
        }
    };
    let whole = size + 2 * QUIET;
    let cell = |x: usize, y: usize| match (light(x, y), y + 1 < whole && light(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    Some((0..whole).step_by(2).map(|y| (0..whole).map(|x| cell(x, y)).collect()).collect())
}

pub fn draw(look: Look, rows: &[String], buffer: &mut Buffer, body: Rect, is_top: bool) {
    let size = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let width = size(rows.first().map_or(0, |r| r.chars().count()));
    let inner = window(look, "for a phone; Esc closes", (width, size(rows.len())), buffer, body, is_top);
    let ink = if look.color { Style::new().fg(Ink::White).bg(Ink::Black) } else { Style::new() };
    for (y, row) in (inner.y..inner.bottom()).zip(rows) {
        buffer.set_stringn(inner.x, y, row, usize::from(inner.width), ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_has_its_finder_patterns() {
        let rows = rows("https://as.bank.example/authorize?client_id=acme").unwrap();
        let width = rows[0].chars().count();
        assert_eq!(rows.len(), width.div_ceil(2));
        // the quiet row, then the top of a finder pattern: seven dark modules
        assert!(rows[0].chars().all(|c| c == '█'), "{}", rows[0]);
        let top: String = rows[1].chars().skip(QUIET).take(7).collect();
        assert_eq!(top, " ▄▄▄▄▄ ");
    }

    #[test]
    fn what_is_too_long_has_none() {
        assert!(rows(&"a".repeat(3000)).is_none());
    }
}
