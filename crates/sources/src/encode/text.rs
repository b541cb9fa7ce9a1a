//! Values as the feed spells them: numbers, escapes, clocks, UTC, lap times and gaps.

use std::io::Write;

use overcut_domain::{Gap, LapTime, SessionTime, UtcTime};

/// Appends a whole number.
#[inline]
pub(super) fn push_integer(out: &mut Vec<u8>, number: i64) {
    if let digit @ 0..=9 = number {
        out.push(b'0' + digit as u8);
        return;
    }
    if number < 0 {
        out.push(b'-');
    }
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a number of exactly `N` digits, with leading zeros; higher digits are cut off.
#[inline]
pub(super) fn push_digits<const N: usize>(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&digits);
}

/// Appends a text in quotes.
///
/// Quotes, backslashes and control characters are escaped, so a text never breaks its line.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 | 0x7F => {
                out.extend_from_slice(b"\\u00");
                for nibble in [byte >> 4, byte & 0xF] {
                    out.push(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
                }
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// The last clock a line can state.
const MAX_CLOCK_MS: i64 = 100 * 3_600_000 - 1;

/// Appends the twelve characters `HH:MM:SS.mmm` that a line begins with. A moment before zero or after 99 hours is
/// written as the nearest one that fits.
pub(super) fn push_clock(out: &mut Vec<u8>, at: SessionTime) {
    let millis = at.as_millis().clamp(0, MAX_CLOCK_MS).unsigned_abs();
    push_digits::<2>(out, millis / 3_600_000);
    out.push(b':');
    push_digits::<2>(out, millis / 60_000 % 60);
    out.push(b':');
    push_digits::<2>(out, millis / 1000 % 60);
    out.push(b'.');
    push_digits::<3>(out, millis % 1000);
}

/// Appends `1:23.456`, or `28.107` under a minute.
pub(super) fn push_lap_time(out: &mut Vec<u8>, time: LapTime) {
    let millis = time.as_millis();
    let (minutes, seconds) = (millis / 60_000, millis / 1000 % 60);
    if minutes > 0 {
        push_integer(out, minutes.into());
        out.push(b':');
        push_digits::<2>(out, seconds.into());
    } else {
        push_integer(out, seconds.into());
    }
    out.push(b'.');
    push_digits::<3>(out, (millis % 1000).into());
}

/// Appends a duration in seconds with as many digits as it needs, at least one: `2.4`, `31.067`.
pub(super) fn push_seconds(out: &mut Vec<u8>, time: LapTime) {
    push_integer(out, (time.as_millis() / 1000).into());
    out.push(b'.');
    push_digits::<3>(out, (time.as_millis() % 1000).into());
    for _ in 0..2 {
        if out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// Appends a gap as the timing screen writes it: `+0.725`, `1L`, `LAP 12`.
pub(super) fn push_gap(out: &mut Vec<u8>, gap: Gap) {
    match gap {
        Gap::Laps(n) => {
            push_integer(out, n.into());
            out.push(b'L');
        }
        Gap::Time(time) => {
            out.push(b'+');
            push_lap_time(out, time);
        }
        Gap::Leader(lap) => {
            out.extend_from_slice(b"LAP ");
            push_integer(out, lap.0.into());
        }
    }
}

/// Appends a gap as the race summary writes it: `+0.725`, `+1 LAP`, `LAP 12`.
pub(super) fn push_long_gap(out: &mut Vec<u8>, gap: Gap) {
    match gap {
        Gap::Laps(_) => {
            let _ = write!(out, "{gap}"); // writing to memory cannot fail
        }
        _ => push_gap(out, gap),
    }
}

/// 10000-01-01, before which the short way of writing a date holds.
const YEAR_10000_MS: i64 = 253_402_300_800_000;

/// Appends ISO 8601 to the millisecond, or to the second where it is one, and the zone.
pub(super) fn push_utc(out: &mut Vec<u8>, utc: UtcTime, zone: &str) {
    if push_date_and_time(out, utc) {
        let millis = utc.as_millis().unsigned_abs() % 1000;
        if millis > 0 {
            out.push(b'.');
            push_digits::<3>(out, millis);
        }
        out.extend_from_slice(zone.as_bytes());
    }
}

/// Appends ISO 8601 with `Z` and ten-millionths of a second, without trailing zeros, as .NET writes it.
pub(super) fn push_utc_with_ticks(out: &mut Vec<u8>, utc: UtcTime, ticks: u16) {
    if push_date_and_time(out, utc) {
        out.push(b'.');
        push_digits::<3>(out, utc.as_millis().unsigned_abs() % 1000);
        push_digits::<4>(out, ticks.into());
        while out.last() == Some(&b'0') {
            out.pop();
        }
        if out.last() == Some(&b'.') {
            out.pop();
        }
        out.push(b'Z');
    }
}

/// Appends `YYYY-MM-DDTHH:MM:SS`; `false` if the moment is out of range and was written some other way.
fn push_date_and_time(out: &mut Vec<u8>, utc: UtcTime) -> bool {
    let millis = utc.as_millis();
    if !(0..YEAR_10000_MS).contains(&millis) {
        let _ = write!(out, "{utc}");
        return false;
    }
    let seconds = millis.unsigned_abs() / 1000;
    let (year, month, day) = date(seconds / 86_400);
    push_digits::<4>(out, year);
    for (mark, number) in
        [(b'-', month), (b'-', day), (b'T', seconds / 3600 % 24), (b':', seconds / 60 % 60), (b':', seconds % 60)]
    {
        out.push(mark);
        push_digits::<2>(out, number);
    }
    true
}

/// Year, month and day of a day since 1970 in the Gregorian calendar (Howard Hinnant's `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decoder::archive_clock;
    use crate::wire::{Json, Scalar, utc};

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_the_library_writes_them(number: i64) {
            prop_assert_eq!(written(|out| push_integer(out, number)), number.to_string());
        }

        #[test]
        fn any_text_reads_back_and_stays_on_its_line(text: String) {
            let quoted = written(|out| push_escaped(out, &text));
            prop_assert!(!quoted.bytes().any(|byte| byte.is_ascii_control()));
            prop_assert_eq!(Json::new(&quoted).scalar(), Ok(Scalar::Text(text.into())));
        }

        #[test]
        fn moments_read_back(millis in 0..YEAR_10000_MS, ticks in 0u16..10_000) {
            let moment = UtcTime::from_millis(millis);
            prop_assert_eq!(utc(&written(|out| push_utc(out, moment, "Z"))), Some(moment));
            prop_assert_eq!(utc(&written(|out| push_utc(out, moment, ""))), Some(moment));
            prop_assert_eq!(utc(&written(|out| push_utc_with_ticks(out, moment, ticks))), Some(moment));
        }

        #[test]
        fn clocks_read_back(millis in 0..=MAX_CLOCK_MS) {
            let clock = written(|out| push_clock(out, SessionTime::from_millis(millis)));
            prop_assert_eq!(archive_clock(clock.as_bytes()), Some(millis));
        }

        #[test]
        fn times_are_written_as_on_screen(millis: u32) {
            let time = LapTime::from_millis(millis);
            prop_assert_eq!(written(|out| push_lap_time(out, time)), time.to_string());
            prop_assert_eq!(written(|out| push_seconds(out, time)).parse(), Ok(time));
        }
    }

    #[test]
    fn a_clock_out_of_range_is_the_nearest_that_fits() {
        let clock = |at| written(|out| push_clock(out, at));
        assert_eq!(clock(SessionTime::from_millis(-5)), "00:00:00.000");
        assert_eq!(clock(SessionTime::MAX), "99:59:59.999");
    }

    #[test]
    fn durations_have_as_many_digits_as_they_need() {
        for (millis, want) in [(2400, "2.4"), (31_067, "31.067"), (25_000, "25.0"), (23_370, "23.37")] {
            assert_eq!(written(|out| push_seconds(out, LapTime::from_millis(millis))), want);
        }
    }
}
