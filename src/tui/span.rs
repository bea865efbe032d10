//! Lengths of time as they stand on the screen, and bars that show how much of one is left.

use std::time::Duration;

/// `00:48`, `3 h 12 min`, `29 d`: no finer than a person needs.
pub fn short(seconds: i64) -> String {
    let s = seconds.max(0);
    match s {
        0..3600 => format!("{:02}:{:02}", s / 60, s % 60),
        3600..86_400 => format!("{} h {:02} min", s / 3600, s / 60 % 60),
        _ => format!("{} d", s / 86_400),
    }
}

/// `41 ms`, `1.24 s`, `12.7 s`.
pub fn took(d: Duration) -> String {
    let ms = d.as_millis();
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..10_000 => format!("{:.2} s", d.as_secs_f64()),
        10_000..100_000 => format!("{:.1} s", d.as_secs_f64()),
        _ => short(i64::try_from(d.as_secs()).unwrap_or(i64::MAX)),
    }
}

/// `[#######   ]`: `left` of `whole` in `cells` signs.
pub fn bar(left: i64, whole: i64, cells: usize) -> String {
    let whole = whole.max(1);
    let left = left.clamp(0, whole);
    let full =
        usize::try_from((i128::from(left) * cells as i128 + i128::from(whole) - 1) / i128::from(whole)).unwrap_or(0);
    format!("[{}{}]", "#".repeat(full), " ".repeat(cells.saturating_sub(full)))
}

/// `96 B`, `3.1 MB`.
pub fn size(bytes: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let b = bytes as f64;
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", b / 1e3),
        _ => format!("{:.1} MB", b / 1e6),
    }
}

/// `1,048,576`.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_say_them() {
        for (s, text) in [(0, "00:00"), (277, "04:37"), (3600, "1 h 00 min"), (90_000, "1 d"), (-5, "00:00")] {
            assert_eq!(short(s), text);
        }
        for (ms, text) in [(41, "41 ms"), (1240, "1.24 s"), (12_700, "12.7 s"), (200_000, "03:20")] {
            assert_eq!(took(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn a_bar_is_empty_only_at_the_end() {
        assert_eq!(bar(60, 60, 10), "[##########]");
        assert_eq!(bar(1, 60, 10), "[#         ]");
        assert_eq!(bar(0, 60, 10), "[          ]");
        assert_eq!(bar(-4, 0, 4), "[    ]");
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([grouped(7), grouped(1024), grouped(1_048_576)], ["7", "1,024", "1,048,576"]);
    }
}
