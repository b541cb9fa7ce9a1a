//! UTC as the feed writes it.

use overcut_domain::UtcTime;

/// Reads ISO 8601 as `UtcTime` does, but the feed's own notation without the detour over a calendar library: a session
/// holds forty thousand stamps.
pub(crate) fn utc(text: &str) -> Option<UtcTime> {
    plain(text.as_bytes()).or_else(|| text.parse().ok())
}

/// `YYYY-MM-DDTHH:MM:SS`, an optional fraction, and `Z`. `None` for everything else.
fn plain(text: &[u8]) -> Option<UtcTime> {
    let (head, tail) = text.split_at_checked(19)?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', i0, i1, b':', s0, s1] = *head else {
        return None;
    };
    let two = |a: u8, b: u8| Some(i64::from(digit(a)?) * 10 + i64::from(digit(b)?));
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let (month, day) = (two(m0, m1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(i0, i1)?, two(s0, s1)?);
    let in_range = (1970..=2200).contains(&year) && (1..=12).contains(&month) && (1..=28).contains(&day);
    if !in_range || hour > 23 || minute > 59 || second > 59 {
        return None; // the last days of a month and leap seconds are the library's business
    }
    let millis = fraction(tail)?;
    Some(UtcTime::from_millis((((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis))
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

/// Milliseconds of `.fff…Z` or `Z`; one to nine digits, those past the third cut off.
fn fraction(tail: &[u8]) -> Option<i64> {
    match tail {
        [b'Z'] => Some(0),
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) => {
            let weighted = digits.iter().zip([100, 10, 1]);
            Some(weighted.map(|(digit, weight)| i64::from(digit - b'0') * weight).sum())
        }
        _ => None,
    }
}

/// Days since 1970 of a date in the Gregorian calendar (Howard Hinnant's `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn agrees_with_the_calendar_library(
            millis in 0i64..7_000_000_000_000, n_digits in 0usize..=9, fraction in 0u32..1_000_000_000,
        ) {
            let mut text = UtcTime::from_millis(millis - millis % 1000).to_string();
            text.truncate(19);
            if n_digits > 0 {
                text.push('.');
                text.push_str(&format!("{fraction:09}")[..n_digits]);
            }
            text.push('Z');
            proptest::prop_assert_eq!(utc(&text), text.parse().ok());
        }

        #[test]
        fn refuses_what_the_calendar_library_refuses(text in "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?Z?") {
            proptest::prop_assert_eq!(utc(&text), text.parse().ok());
        }
    }
}
