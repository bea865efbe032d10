//! Moments in words.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::time::Timestamp;

/// `2026-11-24 18:59:27 UTC`.
pub fn moment(epoch_seconds: i64) -> String {
    jiff::Timestamp::from_second(epoch_seconds)
        .map_or_else(|_| "outside the calendar".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// The same, and the time of day here where that is another: `… UTC · 14:30:05 local`.
pub fn moment_in(epoch_seconds: i64, zone: &TimeZone) -> String {
    let utc = moment(epoch_seconds);
    let Ok(at) = jiff::Timestamp::from_second(epoch_seconds) else { return utc };
    let here = at.to_zoned(zone.clone());
    if here.offset().is_zero() {
        return utc;
    }
    let same_day = utc.starts_with(&here.strftime("%Y-%m-%d").to_string());
    let form = if same_day { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    format!("{utc} · {} local", here.strftime(form))
}

/// Claims that are moments: numbers of seconds between 2001 and 2286, in the order they came.
pub fn moments(claims: &Value) -> Vec<(&str, i64)> {
    let members = claims.as_object().into_iter().flatten();
    let numbers = members.filter_map(|(name, value)| Some((name.as_str(), value.as_i64()?)));
    numbers.filter(|(_, at)| (1_000_000_000..10_000_000_000).contains(at)).collect()
}

/// For countdowns, down to the second: `in 04:37`, `in 1:04:37`, `00:12 ago`, `in 30 d`.
pub fn relative(now: Timestamp, at: Timestamp) -> String {
    let (seconds, ahead) = distance(now, at);
    let clock = match (seconds / 86_400, seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (days @ 2.., ..) => format!("{days} d"),
        (_, 0, minutes, seconds) => format!("{minutes:02}:{seconds:02}"),
        (_, hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    };
    placed(&clock, ahead)
}

/// For sentences, in one unit: `in 4 min`, `12 s ago`, `now`.
pub fn about(now: Timestamp, at: Timestamp) -> String {
    match distance(now, at) {
        (0, _) => "now".to_owned(),
        (seconds, ahead) => placed(&span(seconds), ahead),
    }
}

/// A length of time in one unit, rounded down.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn placed(length: &str, ahead: bool) -> String {
    if ahead { format!("in {length}") } else { format!("{length} ago") }
}

/// Whole seconds between, and whether `at` is still to come.
fn distance(now: Timestamp, at: Timestamp) -> (u64, bool) {
    (at.millis().abs_diff(now.millis()) / 1000, at > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_people_write_them() {
        assert_eq!(moment(1_795_546_767), "2026-11-24 18:59:27 UTC");
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(moment(i64::MAX), "outside the calendar");
        let here = |hours| TimeZone::fixed(jiff::tz::offset(hours));
        for (zone, text) in [
            (here(0), "2026-11-24 18:59:27 UTC"),
            (here(1), "2026-11-24 18:59:27 UTC · 19:59:27 local"),
            (here(9), "2026-11-24 18:59:27 UTC · 2026-11-25 03:59:27 local"),
        ] {
            assert_eq!(moment_in(1_795_546_767, &zone), text);
        }
        let now = Timestamp::from_seconds(1_700_000_000);
        for (seconds, countdown, sentence) in [
            (277, "in 04:37", "in 4 min"),
            (-12, "00:12 ago", "12 s ago"),
            (0, "00:00 ago", "now"),
            (3877, "in 1:04:37", "in 1 h"),
            (-90_000, "25:00:00 ago", "25 h ago"),
            (2_592_000, "in 30 d", "in 30 d"),
            (-172_800, "2 d ago", "2 d ago"),
        ] {
            assert_eq!(relative(now, now.plus_seconds(seconds)), countdown);
            assert_eq!(about(now, now.plus_seconds(seconds)), sentence);
        }
        let _ = (
            about(Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX)),
            relative(now, Timestamp::from_millis(i64::MIN)),
        );
    }
}
