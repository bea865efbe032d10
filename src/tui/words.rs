//! A line of the screen, put together from words that mean something. **Every text from outside becomes a span here**
//! and nowhere else, through [`clean`]: this is the first of the two sanitizers (the other is [`super::sweep`]).

use ratatui::text::{Line, Span};

use super::ascii;
use super::look::{Look, Sign, Tone};
use crate::text::{clean, clusters, width};

/// A line under construction.
pub struct Words {
    look: Look,
    spans: Vec<Span<'static>>,
    width: usize,
}

impl Words {
    pub const fn new(look: Look) -> Self {
        Self { look, spans: Vec::new(), width: 0 }
    }

    pub const fn width(&self) -> usize {
        self.width
    }

    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    #[must_use]
    pub fn put(mut self, tone: Tone, text: impl AsRef<str>) -> Self {
        self.push(tone, text.as_ref());
        self
    }

    pub fn push(&mut self, tone: Tone, text: &str) {
        if text.is_empty() {
            return;
        }
        let clean = clean(text);
        let text = if self.look.ascii { ascii::spelled(&clean).into_owned() } else { clean.into_owned() };
        self.width += width(&text);
        self.spans.push(Span::styled(text, self.look.style(tone)));
    }

    #[must_use]
    pub fn plain(self, text: impl AsRef<str>) -> Self {
        self.put(Tone::Plain, text)
    }

    #[must_use]
    pub fn dim(self, text: impl AsRef<str>) -> Self {
        self.put(Tone::Dim, text)
    }

    #[must_use]
    pub fn strong(self, text: impl AsRef<str>) -> Self {
        self.put(Tone::Strong, text)
    }

    #[must_use]
    pub fn sign(self, tone: Tone, sign: Sign) -> Self {
        let sign = self.look.sign(sign);
        self.put(tone, sign)
    }

    #[must_use]
    pub fn gap(mut self, columns: usize) -> Self {
        if columns > 0 {
            self.spans.push(Span::raw(" ".repeat(columns)));
            self.width += columns;
        }
        self
    }

    /// Blanks up to that column.
    #[must_use]
    pub fn to(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width);
        self.gap(missing)
    }

    /// Cut to fit, and filled up to exactly that many columns: a cell of a table.
    #[must_use]
    pub fn cell(self, tone: Tone, text: impl AsRef<str>, columns: usize) -> Self {
        let end = self.width + columns;
        let text = self.look.shorten(&clean(text.as_ref()), columns);
        self.put(tone, text).to(end)
    }

    /// The same, at the right of its cell.
    #[must_use]
    pub fn cell_right(self, tone: Tone, text: impl AsRef<str>, columns: usize) -> Self {
        let text = self.look.shorten(&clean(text.as_ref()), columns);
        let blank = columns.saturating_sub(width(&text));
        self.gap(blank).put(tone, text)
    }

    /// All words of another line after these.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.width += other.width;
        self.spans.extend(other.spans);
        self
    }

    /// `other` at the right end of a line of that many columns, if both fit.
    #[must_use]
    pub fn right(self, other: Self, columns: usize) -> Self {
        if self.width + other.width + 1 > columns {
            return self;
        }
        let start = columns - other.width;
        self.to(start).join(other)
    }

    pub fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }

    /// The line broken to fit: between words where that is possible. Further rows begin at column `hang`.
    pub fn wrap(self, columns: usize, hang: usize) -> Vec<Line<'static>> {
        if self.width <= columns {
            return vec![self.line()];
        }
        wrap(&self.spans, columns, hang)
    }
}

fn wrap(spans: &[Span<'static>], columns: usize, hang: usize) -> Vec<Line<'static>> {
    let columns = columns.max(1);
    let hang = if hang * 2 > columns { 0 } else { hang };
    let cells: Vec<(&str, usize)> =
        spans.iter().enumerate().flat_map(|(i, span)| clusters(&span.content).map(move |g| (g, i))).collect();
    let mut rows = Vec::new();
    let mut start = 0;
    while start < cells.len() {
        let room = if rows.is_empty() { columns } else { columns - hang };
        let (mut end, mut taken, mut blank) = (start, 0, None);
        while let Some((g, _)) = cells.get(end) {
            let w = width(g);
            // One character at least, so that a wide one in one column ends.
            if taken + w > room && end > start {
                break;
            }
            taken += w;
            end += 1;
            if *g == " " {
                blank = Some(end);
            }
        }
        // A break inside a long word only when the blank is far away: half a row is too much to leave empty.
        if end < cells.len()
            && let Some(at) = blank
            && (at - start) * 2 > end - start
        {
            end = at;
        }
        rows.push(row(&cells[start..end], spans, if rows.is_empty() { 0 } else { hang }));
        start = end;
    }
    rows
}

fn row(cells: &[(&str, usize)], spans: &[Span<'static>], hang: usize) -> Line<'static> {
    let mut out: Vec<Span<'static>> = Vec::new();
    if hang > 0 {
        out.push(Span::raw(" ".repeat(hang)));
    }
    let mut last = None;
    for (g, i) in cells {
        if last == Some(*i)
            && let Some(span) = out.last_mut()
        {
            span.content.to_mut().push_str(g);
        } else {
            out.push(Span::styled((*g).to_owned(), spans[*i].style));
            last = Some(*i);
        }
    }
    Line::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line<'static>]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_breaks_between_words_and_keeps_every_character() {
        let words = Words::new(Look::default()).strong("aud ").plain("must be the issuer of the server");
        assert_eq!(texts(&words.wrap(18, 4)), ["aud must be the ", "    issuer of the ", "    server"]);
    }

    #[test]
    fn a_long_word_breaks_where_the_row_ends() {
        assert_eq!(texts(&Words::new(Look::default()).plain("abcdefghij").wrap(4, 0)), ["abcd", "efgh", "ij"]);
    }

    #[test]
    fn a_cell_is_exactly_as_wide_as_asked() {
        for text in ["", "short", "rather long text"] {
            assert_eq!(Words::new(Look::default()).cell(Tone::Plain, text, 8).width(), 8, "{text}");
            assert_eq!(Words::new(Look::default()).cell_right(Tone::Plain, text, 8).width(), 8, "{text}");
        }
    }

    #[test]
    fn what_a_terminal_would_act_on_never_becomes_a_span() {
        let line = Words::new(Look::default()).plain("a\u{1b}[2Jb\u{202e}c").line();
        assert!(!line.to_string().contains(['\u{1b}', '\u{202e}']));
    }

    #[test]
    fn zero_columns_end() {
        let _ = Words::new(Look::default()).plain("漢字").wrap(0, 3);
        let _ = Words::new(Look::default()).plain("漢字").wrap(1, 3);
    }
}
