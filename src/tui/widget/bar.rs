//! What is left of a token's or an offer's life, as words and a bar.

use crate::time::Timestamp;
use crate::tui::look::Tone;
use crate::tui::span;
use crate::tui::words::Words;

/// Below this many seconds the word `soon` joins.
const SOON: i64 = 60;
const CELLS: usize = 10;

/// `in 04:37 [#######   ]`, `in 00:41 soon [##        ]`, `ended 00:12 ago`. `now` is the bank's clock where its skew counts.
pub fn life(words: Words, now: Timestamp, starts: Timestamp, ends: Timestamp) -> Words {
    let left = ends.seconds() - now.seconds();
    if left <= 0 {
        return words.put(Tone::Bad, format!("ended {} ago", span::short(-left)));
    }
    let bar = span::bar(left, ends.seconds() - starts.seconds(), CELLS);
    let words = words.put(tone(left), format!("in {}", span::short(left)));
    let words = if left < SOON { words.put(Tone::Warn, " soon") } else { words };
    words.gap(1).dim(bar)
}

/// The same without the bar, for the top line.
pub fn left(words: Words, now: Timestamp, ends: Timestamp) -> Words {
    let left = ends.seconds() - now.seconds();
    if left <= 0 {
        return words.put(Tone::Bad, "ended");
    }
    let words = words.put(tone(left), span::short(left));
    if left < SOON { words.put(Tone::Warn, " soon") } else { words }
}

const fn tone(left: i64) -> Tone {
    if left < SOON { Tone::Warn } else { Tone::Good }
}
