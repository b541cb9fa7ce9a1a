//! How long a server asks to be left alone.

use std::time::Duration;

use jiff::fmt::rfc2822;

/// Longest pause that is believed: a server that says a year is broken.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause that a `Retry-After` asks for: seconds, or the date until which to wait.
///
/// A date is held against the server's own `Date`, so that a wrong clock here does no harm; `now` (seconds since 1970)
/// stands in where that is missing. RFC 9110, section 10.2.3.
pub(super) fn pause(retry_after: &str, date: Option<&str>, now_s: i64) -> Option<Duration> {
    let text = retry_after.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(MAX, Duration::from_secs).min(MAX));
    }
    let until = seconds(text)?;
    let now_s = date.and_then(seconds).unwrap_or(now_s);
    Some(Duration::from_secs(until.saturating_sub(now_s).max(0).unsigned_abs()).min(MAX))
}

/// Seconds since 1970 of an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn seconds(text: &str) -> Option<i64> {
    rfc2822::parse(text.trim()).ok().map(|zoned| zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_both_read() {
        let date = Some("Sat, 14 Mar 2026 03:00:00 GMT");
        let cases = [
            ("1", None, Some(1)),
            (" 30 ", None, Some(30)),
            ("0", None, Some(0)),
            ("99999999999999999999999", None, Some(86_400)),
            ("Sat, 14 Mar 2026 03:00:20 GMT", date, Some(20)),
            ("Sat, 14 Mar 2026 02:59:00 GMT", date, Some(0)),  // past
            ("Thu, 01 Jan 1970 00:01:40 GMT", None, Some(90)), // against our own clock
            ("soon", None, None),
            ("-3", None, None),
            ("1.5", None, None),
            ("", None, None),
        ];
        for (text, date, want) in cases {
            assert_eq!(pause(text, date, 10), want.map(Duration::from_secs), "{text:?}");
        }
    }
}
