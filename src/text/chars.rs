//! Which characters may be printed as they are.

use unicode_width::UnicodeWidthChar;

pub(super) enum Kind {
    Plain,
    /// Shown as this symbol of one column.
    Symbol(char),
    /// Shown as `\u{…}`.
    Escape,
    /// Stands on the character before it.
    Mark,
    /// ZERO WIDTH JOINER and the two style selectors: fine between and after pictures only.
    Joins,
}

pub(super) fn kind(c: char) -> Kind {
    match c {
        ' '..='~' => Kind::Plain,
        '\0'..='\u{1f}' => Kind::Symbol(picture(c)),
        '\u{7f}' => Kind::Symbol('\u{2421}'),
        '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' => Kind::Joins,
        c if is_deceptive(c) => Kind::Escape,
        c => match c.width() {
            Some(0) => Kind::Mark,
            Some(_) => Kind::Plain,
            None => Kind::Escape,
        },
    }
}

/// The control picture of a C0 control.
fn picture(c: char) -> char {
    char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')
}

/// Acts on the terminal, turns the reading direction, or takes no room and hides something.
pub(super) const fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'                                 // C1 controls
        | '\u{ad}' | '\u{34f}' | '\u{61c}'                  // soft hyphen, grapheme joiner, Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' // invisible vowels, Mongolian selectors
        | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' // zero width, direction marks
        | '\u{2028}'..='\u{202e}'                           // line and paragraph separator, bidi embeddings, overrides
        | '\u{2060}'..='\u{206f}'                           // word joiner, invisible operators, isolates
        | '\u{2800}'                                        // the Braille sign without dots
        | '\u{fe00}'..='\u{fe0d}'                           // variation selectors
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}'              // byte order mark, interlinear annotation
        | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' // not characters
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{13430}'..='\u{1345f}'
        | '\u{e0000}'..='\u{e0fff}'                         // tags, more variation selectors
    ) || (c as u32) & 0xfffe == 0xfffe
}

/// Roughly: pictures that are joined into sequences or come in two styles.
pub(super) const fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2934}' | '\u{2935}' | '\u{2b00}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}
