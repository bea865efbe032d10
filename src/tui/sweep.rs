//! The last look at a finished frame: no cell may hold what a terminal would act on or what hides. It is the second of
//! two sanitizers (the other is [`super::words`]) and does not rely on the first.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthChar;

/// How many characters one cell may hold: a base and its marks, or an emoji sequence.
const MAX_CHARS: usize = 10;

/// Puts `?` in place of every symbol that holds a control, a bidirectional mark, something invisible, or more marks
/// than a script needs.
pub fn sweep(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !is_sound(cell.symbol()) {
            cell.set_symbol("?");
        }
    }
}

/// Controls, bidirectional marks, zero-width and invisible characters, line separators, tags.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_sound(symbol: &str) -> bool {
    if let [b] = symbol.as_bytes() {
        return matches!(b, 0x20..=0x7e);
    }
    let mut chars = symbol.chars();
    let Some(first) = chars.next() else { return true }; // the second half of a wide character
    if is_hostile(first) || first.width() == Some(0) {
        return false;
    }
    let mut count = 1;
    let mut before = first;
    for c in chars {
        count += 1;
        // Inside an emoji sequence a joiner or a style sign belongs to the picture.
        let joins = matches!(c, '\u{200d}' | '\u{fe0f}' | '\u{fe0e}') && !before.is_ascii() && !before.is_alphabetic();
        if count > MAX_CHARS || (is_hostile(c) && !joins) {
            return false;
        }
        before = c;
    }
    true
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Cell;
    use ratatui::layout::Rect;

    use super::*;

    fn swept(symbol: &str) -> String {
        let mut cell = Cell::default();
        cell.set_symbol(symbol);
        let mut buffer = Buffer::filled(Rect::new(0, 0, 1, 1), cell);
        sweep(&mut buffer);
        buffer.content[0].symbol().to_owned()
    }

    #[test]
    fn what_a_terminal_would_act_on_is_replaced_though_nobody_cleaned_it() {
        for hostile in [
            "\u{1b}",
            "\u{1b}[2J",
            "\u{7}",
            "\u{9b}",
            "\u{202e}",
            "\u{200b}",
            "\u{2028}",
            "\u{feff}",
            "a\u{200d}b",
            "\u{301}",
        ] {
            assert_eq!(swept(hostile), "?", "{hostile:?}");
        }
        let stacked: String = std::iter::once('a').chain(std::iter::repeat_n('\u{301}', 5000)).collect();
        assert_eq!(swept(&stacked), "?");
    }

    #[test]
    fn writing_and_pictures_stay() {
        for fine in
            ["a", "é", "e\u{301}", "漢", "한", "\u{1112}\u{1161}\u{11ab}", "👩\u{200d}💻", "❤\u{fe0f}", "✓", "║", " "]
        {
            assert_eq!(swept(fine), fine);
        }
    }
}
