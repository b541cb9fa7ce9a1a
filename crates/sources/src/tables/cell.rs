//! Values of table cells as pandas writes them.
//!
//! Numbers may carry a needless `.0`, spans of time are written `0 days 01:02:03.456000`, and an absent value is an
//! empty cell, `nan`, `NaT` or `None`. Every function gives `None` for an absent value and for nonsense; callers that
//! must tell the two apart ask [`is_blank`] first.

use overcut_domain::{LapTime, SessionTime};

/// True if the cell says that there is no value.
pub(super) fn is_blank(cell: &[u8]) -> bool {
    matches!(cell.trim_ascii(), b"" | b"nan" | b"NaN" | b"NaT" | b"None" | b"null" | b"<NA>")
}

/// The text of a cell.
pub(super) fn text(cell: &[u8]) -> Option<&str> {
    if is_blank(cell) {
        return None;
    }
    std::str::from_utf8(cell).ok().map(str::trim)
}

/// A finite real number.
pub(super) fn real(cell: &[u8]) -> Option<f64> {
    if let Some(number) = digits(cell) {
        return Some(number as f64);
    }
    text(cell)?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A whole number; a fraction is rounded to the nearest.
pub(super) fn whole<T: TryFrom<i64>>(cell: &[u8]) -> Option<T> {
    let number = match digits(cell) {
        Some(number) => number,
        None => {
            let rounded = real(cell)?.round();
            // Beyond this the conversion would saturate silently.
            (rounded.abs() < 1e15).then_some(rounded as i64)?
        }
    };
    T::try_from(number).ok()
}

/// `True`, `False`, `1`, `0`, in the spellings of pandas and R.
pub(super) fn flag(cell: &[u8]) -> Option<bool> {
    match cell.trim_ascii() {
        b"True" | b"true" | b"TRUE" | b"1" | b"1.0" => Some(true),
        b"False" | b"false" | b"FALSE" | b"0" | b"0.0" => Some(false),
        _ => None,
    }
}

/// A span of time in milliseconds: `0 days 01:02:03.456000`, `-1 days +23:59:59`, `01:02:03.4`, or seconds.
pub(super) fn span_ms(cell: &[u8]) -> Option<i64> {
    let cell = cell.trim_ascii();
    if is_blank(cell) {
        return None;
    }
    let (days, clock) = match memchr::memmem::find(cell, b" days ") {
        Some(at) => {
            let days = cell.get(..at)?;
            let negative = days.first() == Some(&b'-');
            let count = digits(days.strip_prefix(b"-").unwrap_or(days)).filter(|days| *days < 1000)?;
            (if negative { -count } else { count }, cell.get(at + 6..)?)
        }
        None => (0, cell),
    };
    let clock = clock.strip_prefix(b"+").unwrap_or(clock);
    let mut parts = clock.split(|byte| *byte == b':');
    let millis = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(seconds), None, ..) => seconds_ms(seconds)?,
        (Some(hours), Some(minutes), Some(seconds), None) => {
            let hours = digits(hours).filter(|hours| *hours < 100_000)?;
            let minutes = digits(minutes).filter(|minutes| *minutes < 60)?;
            (hours * 60 + minutes) * 60_000 + seconds_ms(seconds).filter(|millis| *millis < 60_000)?
        }
        _ => return None,
    };
    Some(days * 86_400_000 + millis)
}

/// A moment on the session's clock.
pub(super) fn moment(cell: &[u8]) -> Option<SessionTime> {
    span_ms(cell).map(SessionTime::from_millis)
}

/// A lap or sector time; zero and negative spans are no times.
pub(super) fn lap_time(cell: &[u8]) -> Option<LapTime> {
    let millis = span_ms(cell).filter(|millis| *millis > 0)?;
    u32::try_from(millis).ok().map(LapTime::from_millis)
}

/// `SS` or `SS.fff…` in milliseconds, rounded to the nearest: floats print 77.145 as 77.14500000000001 or
/// 77.1449999.
fn seconds_ms(text: &[u8]) -> Option<i64> {
    let Some(point) = memchr::memchr(b'.', text) else {
        return digits(text)?.checked_mul(1000);
    };
    let whole = digits(text.get(..point)?)?.checked_mul(1000)?;
    let fraction = text.get(point + 1..)?;
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |idx: usize| fraction.get(idx).map_or(0, |digit| i64::from(digit - b'0'));
    let rounding = i64::from(digit(3) >= 5);
    whole.checked_add(digit(0) * 100 + digit(1) * 10 + digit(2) + rounding)
}

/// One to twelve ASCII digits and nothing else.
fn digits(text: &[u8]) -> Option<i64> {
    let ok = (1..=12).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    ok.then(|| text.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_spans_as_pandas_writes_them() {
        let cases: [(&str, Option<i64>); 14] = [
            ("0 days 01:02:03.456000", Some(3_723_456)),
            ("0 days 01:00:00", Some(3_600_000)),
            ("0 days 00:00:01.469499", Some(1469)),
            ("1 days 00:00:00.001", Some(86_400_001)),
            ("-1 days +23:59:59.5", Some(-500)),
            ("01:02:03.4", Some(3_723_400)),
            ("77.14499999", Some(77_145)),
            ("80", Some(80_000)),
            ("", None),
            ("NaT", None),
            ("0 days 00:61:00", None),
            ("0 days", None),
            ("0 days 00:00:00.é", None),
            ("99999999999999999999", None),
        ];
        for (text, want) in cases {
            assert_eq!(span_ms(text.as_bytes()), want, "{text:?}");
        }
    }

    #[test]
    fn reads_numbers_and_flags() {
        assert_eq!(whole::<u16>(b"4.0"), Some(4));
        assert_eq!(whole::<u8>(b"256"), None);
        assert_eq!(whole::<i64>(b"1e300"), None);
        assert_eq!(real(b"nan"), None);
        assert_eq!(real(b"inf"), None);
        assert_eq!(flag(b"True"), Some(true));
        assert_eq!(flag(b"maybe"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(cell: Vec<u8>) {
            let _ = (span_ms(&cell), real(&cell), whole::<i8>(&cell), flag(&cell), lap_time(&cell));
        }
    }
}
