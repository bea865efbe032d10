//! The lines that say what each bank makes of a certificate.

use crate::profile::BankSuit;
use crate::text::clean;

pub fn print(suits: &[BankSuit], indent: usize) {
    for s in suits {
        let mark = match (s.suit.is_ok(), s.suit.why.is_empty()) {
            (true, true) => "✓",
            (true, false) => "!",
            (false, _) => "✗",
        };
        say!("{:indent$}{mark} {} {}", "", clean(&s.profile), clean(&s.words()));
    }
}
