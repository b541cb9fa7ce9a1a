//! The grammar of queries.

use std::collections::BTreeMap;

use overcut_domain::UtcTime;
use serde_json::Value;

const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Least,
    Most,
    Equal,
    Above,
    Below,
}

/// What a value is compared as.
#[derive(Debug, Clone, PartialEq)]
enum Cast {
    Bool(bool),
    Number(f64),
    /// A moment in milliseconds, and whether it is a whole day.
    Date(i64, bool),
    Text(String),
}

/// The rows of an endpoint that match, in the order they are answered in.
pub(super) fn matching(rows: &BTreeMap<String, Vec<Value>>, endpoint: &str, query: &str) -> Result<Vec<Value>, ()> {
    let mut conditions: BTreeMap<String, Vec<(Operator, Cast)>> = BTreeMap::new();
    for (key, value) in pairs(query) {
        if key.eq_ignore_ascii_case("csv") {
            continue;
        }
        // `speed>=315` comes as the key `speed>` and the value `315`, `date>D` as a key without a value.
        let joined = if value.is_empty() { key } else { format!("{key}={value}") };
        let (field, operator, value) = split(&joined).ok_or(())?;
        let value = match value.as_str() {
            "latest" if field.ends_with("_key") => latest(rows, &field).ok_or(())?,
            _ => value,
        };
        for condition in conditions_of(&field, operator, &value) {
            conditions.entry(field.clone()).or_default().push(condition);
        }
    }
    let rows = rows.get(endpoint).map_or(&[][..], Vec::as_slice);
    let is_match = |row: &&Value| conditions.iter().all(|(field, conditions)| holds(row.get(field), conditions));
    let mut found: Vec<Value> = rows.iter().filter(is_match).cloned().collect();
    found.sort_by_key(|row| {
        let number = |name: &str| row.get(name).and_then(Value::as_i64);
        let start = row.get("date_start").and_then(Value::as_str).and_then(date).map(|date| date.0);
        (start, number("meeting_key"), number("session_key"), number("position_current"))
    });
    Ok(found)
}

pub(super) fn wants_csv(query: &str) -> bool {
    pairs(query).iter().any(|(key, value)| key == "csv" && value.eq_ignore_ascii_case("true"))
}

/// The members of a query or a form, decoded: `+` is a blank.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key), decoded(value))
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn decoded(text: &str) -> String {
    super::super::http::percent_decoded(&text.replace('+', " "))
}

/// Field, operator and value: the operators are tried one after the other.
fn split(text: &str) -> Option<(String, Operator, String)> {
    let operators = [
        (">=", Operator::Least),
        ("<=", Operator::Most),
        ("=", Operator::Equal),
        (">", Operator::Above),
        ("<", Operator::Below),
    ];
    operators.into_iter().find_map(|(sign, operator)| {
        let (field, value) = text.split_once(sign)?;
        Some((field.to_lowercase(), operator, value.to_owned()))
    })
}

/// What a condition means, with the rules for whole days.
fn conditions_of(field: &str, operator: Operator, value: &str) -> Vec<(Operator, Cast)> {
    let cast = cast(field, value);
    let Cast::Date(day, true) = cast else { return vec![(operator, cast)] };
    let at = |millis| Cast::Date(millis, false);
    match operator {
        Operator::Above => vec![(Operator::Least, at(day + DAY_MS))],
        Operator::Most => vec![(Operator::Below, at(day + DAY_MS))],
        Operator::Equal => vec![(Operator::Least, at(day)), (Operator::Below, at(day + DAY_MS))],
        Operator::Least | Operator::Below => vec![(operator, at(day))],
    }
}

fn cast(field: &str, text: &str) -> Cast {
    if matches!(field, "gmt_offset" | "team_colour") {
        return Cast::Text(text.to_owned());
    }
    match text.to_lowercase().as_str() {
        "true" => return Cast::Bool(true),
        "false" => return Cast::Bool(false),
        _ => {}
    }
    if let Ok(number) = text.parse() {
        return Cast::Number(number);
    }
    date(text).map_or_else(|| Cast::Text(text.to_owned()), |(millis, is_day)| Cast::Date(millis, is_day))
}

/// A moment and whether it is a whole day. A zone's `+` may have become a blank.
fn date(text: &str) -> Option<(i64, bool)> {
    let text = text.trim();
    let zone = text.rsplit_once(' ').filter(|(_, zone)| zone.len() == 5 && zone.as_bytes().get(2) == Some(&b':'));
    let text = zone.map_or_else(|| text.to_owned(), |(moment, zone)| format!("{moment}+{zone}"));
    if let Some(day) = day(&text) {
        return Some((day, true));
    }
    text.parse::<UtcTime>().ok().map(|utc| (utc.as_millis(), false))
}

/// `2021-09-10`, `09/10/2021`, `10 September 2021`, `Sep 10, 2021`.
fn day(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split([' ', '-', '/', ',']).filter(|part| !part.is_empty()).collect();
    let [a, b, c] = parts[..] else { return None };
    let (year, month, day) = if text.contains('/') {
        (c, a.to_owned(), b)
    } else if a.len() == 4 {
        (a, b.to_owned(), c)
    } else if let Some(month) = month(b) {
        (c, month.to_string(), a)
    } else {
        (c, month(a)?.to_string(), b)
    };
    let is_day = year.len() == 4 && [year, &month, day].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let text = format!("{year}-{month:0>2}-{day:0>2}T00:00:00Z");
    is_day.then(|| text.parse::<UtcTime>().ok()).flatten().map(UtcTime::as_millis)
}

fn month(name: &str) -> Option<usize> {
    let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = name.get(..3)?.to_lowercase();
    names.iter().position(|name| *name == start).map(|idx| idx + 1)
}

/// Equalities hold if one does; a lower and an upper bound make a range; of several ranges or single bounds one must
/// hold.
fn holds(value: Option<&Value>, conditions: &[(Operator, Cast)]) -> bool {
    let value = value.unwrap_or(&Value::Null);
    let is_lower = |operator: &Operator| matches!(operator, Operator::Least | Operator::Above);
    let of = |wanted: &dyn Fn(&Operator) -> bool| -> Vec<&(Operator, Cast)> {
        conditions.iter().filter(|(operator, _)| wanted(operator)).collect()
    };
    let equal = of(&|operator| *operator == Operator::Equal);
    let lower = of(&is_lower);
    let upper = of(&|operator| !is_lower(operator) && *operator != Operator::Equal);
    let meets = |(operator, cast): &(Operator, Cast)| compare(value, *operator, cast);
    let n_ranges = lower.len().min(upper.len());
    let in_range = (0..n_ranges).any(|idx| meets(lower[idx]) && meets(upper[idx]));
    let beyond = lower[n_ranges..].iter().chain(&upper[n_ranges..]).any(|condition| meets(condition));
    equal.into_iter().any(meets) || in_range || beyond
}

fn compare(value: &Value, operator: Operator, cast: &Cast) -> bool {
    let order = match (value, cast) {
        (Value::Number(number), Cast::Number(other)) => number.as_f64().and_then(|number| number.partial_cmp(other)),
        (Value::Bool(value), Cast::Bool(other)) => value.partial_cmp(other),
        (Value::String(text), Cast::Text(other)) => text.partial_cmp(other),
        // Texts that look like numbers were cast, and a driver's colour was not.
        (Value::String(text), Cast::Number(other)) => text.parse::<f64>().ok().and_then(|n| n.partial_cmp(other)),
        (Value::String(text), Cast::Date(other, _)) => date(text).map(|(millis, _)| millis.cmp(other)),
        _ => None,
    };
    order.is_some_and(|order| match operator {
        Operator::Least => order.is_ge(),
        Operator::Most => order.is_le(),
        Operator::Equal => order.is_eq(),
        Operator::Above => order.is_gt(),
        Operator::Below => order.is_lt(),
    })
}

/// The key of the newest session that is not cancelled.
fn latest(rows: &BTreeMap<String, Vec<Value>>, field: &str) -> Option<String> {
    let sessions = rows.get("sessions")?.iter().filter(|row| row.get("is_cancelled") != Some(&Value::Bool(true)));
    let newest = sessions.max_by_key(|row| row.get("date_start").and_then(Value::as_str).and_then(date))?;
    newest.get(field).map(Value::to_string)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn laps(query: &str) -> Vec<i64> {
        let lap = |n: i64, driver: i64, start: &str, speed: i64| {
            json!({"lap_number": n, "driver_number": driver,
            "date_start": start, "st_speed": speed, "team_colour": "3671E2", "is_pit_out_lap": n == 1, "session_key": 7})
        };
        let rows = json!([
            lap(1, 4, "2026-06-12T23:00:00+00:00", 290),
            lap(2, 81, "2026-06-13T10:00:00.500000+00:00", 315),
            lap(3, 4, "2026-06-13T23:59:00+00:00", 320),
        ]);
        let sessions = json!([{"session_key": 6, "date_start": "2026-06-12T10:00:00+00:00"},
            {"session_key": 7, "date_start": "2026-06-13T10:00:00+00:00"},
            {"session_key": 8, "date_start": "2026-06-14T10:00:00+00:00", "is_cancelled": true}]);
        let rows = BTreeMap::from([
            ("laps".to_owned(), rows.as_array().cloned().unwrap_or_default()),
            ("sessions".to_owned(), sessions.as_array().cloned().unwrap_or_default()),
        ]);
        let found = matching(&rows, "laps", query).expect("a query");
        found.iter().filter_map(|row| row["lap_number"].as_i64()).collect()
    }

    #[test]
    fn queries_are_read_as_the_service_reads_them() {
        let cases: [(&str, &[i64]); 19] = [
            ("", &[1, 2, 3]),
            ("st_speed>=315", &[2, 3]),
            ("st_speed%3E=315", &[2, 3]),
            ("st_speed>315", &[3]),
            ("st_speed<300", &[1]),
            ("ST_SPEED=315", &[2]),
            ("driver_number=4&driver_number=81", &[1, 2, 3]),
            ("driver_number=4&st_speed>300", &[3]),
            ("st_speed>300&st_speed<318", &[2]),
            ("date_start=2026-06-13", &[2, 3]),
            ("date_start>2026-06-12", &[2, 3]),
            ("date_start<=2026-06-12", &[1]),
            ("date_start<2026-06-13", &[1]),
            ("date_start>=13 June 2026", &[2, 3]),
            ("date_start>=2026-06-13T12:00:00+02:00", &[2, 3]), // the plus becomes a blank on the way
            ("date_start>2026-06-13T10:00:01", &[3]),
            ("team_colour=3671E2", &[1, 2, 3]),
            ("is_pit_out_lap=TRUE", &[1]),
            ("session_key=latest", &[1, 2, 3]),
        ];
        for (query, want) in cases {
            assert_eq!(laps(query), want, "{query}");
        }
    }
}
