//! Open-Meteo's answers as forecasts.
//!
//! Pure over the bytes of one answer of `/v1/forecast`. Steps are those of the finest series that the answer has, a
//! quarter of an hour or an hour; what a quarter lacks is taken from the hour that it belongs to. Times may be Unix
//! seconds or ISO 8601, values may be missing or `null`, and an answer for several places is a list.

use std::collections::BTreeMap;

use overcut_domain::{Forecast, ForecastStep, UtcTime};
use serde::Deserialize;
use serde_json::Value;

use crate::wire::utc;

/// Largest answer read, bytes: a day of quarters of an hour takes 10 kB.
pub const MAX_ANSWER: usize = 1 << 20;

/// Most steps of a forecast: 16 days, the longest that is offered, of quarters of an hour.
const MAX_STEPS: usize = 16 * 24 * 4;

/// Most places of one answer.
const MAX_PLACES: usize = 64;

/// Longest reason that is passed on, characters.
const MAX_REASON: usize = 200;

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// Times before or after this are garbage: year 9999.
const MAX_UTC_S: i64 = 253_402_300_799;

/// Why an answer holds no forecast.
#[derive(Debug, thiserror::Error)]
pub enum OpenMeteoError {
    /// It is too large to be one.
    #[error("an answer of {len} bytes is too large for a forecast")]
    TooLarge {
        /// Its size.
        len: usize,
    },
    /// It is not JSON, or its members are not of the documented types.
    #[error("not an answer of Open-Meteo")]
    Shape(#[from] serde_json::Error),
    /// It has no series of hours or quarters of an hour.
    #[error("an answer without a forecast")]
    Empty,
    /// It says that the request was refused.
    #[error("refused: {reason:?}")]
    Refused {
        /// The server's words.
        reason: String,
    },
}

/// The forecasts of an answer, one for each place asked about, in the order of the question.
///
/// Steps are in order of time, one per moment; those about which nothing is said are left out. Values that no weather
/// has, or that are in other units than ours, are `None`. `fetched_at` is when the answer came: it does not say itself.
///
/// # Errors
///
/// If the answer is too large, is no answer of Open-Meteo, or is an error object.
pub fn forecasts(answer: &[u8], fetched_at: UtcTime) -> Result<Vec<Forecast>, OpenMeteoError> {
    if answer.len() > MAX_ANSWER {
        return Err(OpenMeteoError::TooLarge { len: answer.len() });
    }
    let is_list = answer.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let places: Vec<Answer> =
        if is_list { serde_json::from_slice(answer)? } else { vec![serde_json::from_slice(answer)?] };
    places.iter().take(MAX_PLACES).map(|place| place.forecast(fetched_at)).collect()
}

/// The forecast of an answer for one place.
///
/// # Errors
///
/// As of [`forecasts`], and if it is an answer for no place at all. Of several places the first counts.
pub fn forecast(answer: &[u8], fetched_at: UtcTime) -> Result<Forecast, OpenMeteoError> {
    forecasts(answer, fetched_at)?.into_iter().next().ok_or(OpenMeteoError::Empty)
}

/// The answer for one place, as documented.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    error: bool,
    reason: Option<String>,
    utc_offset_seconds: Option<i32>,
    minutely_15: Option<Columns>,
    minutely_15_units: Option<Columns>,
    hourly: Option<Columns>,
    hourly_units: Option<Columns>,
}

/// Values by the name of the variable. Values are looked at one by one, so that one of a wrong type spoils no other.
type Columns = BTreeMap<String, Value>;

impl Answer {
    fn forecast(&self, fetched_at: UtcTime) -> Result<Forecast, OpenMeteoError> {
        if self.error {
            let reason = self.reason.as_deref().unwrap_or_default().chars().take(MAX_REASON).collect();
            return Err(OpenMeteoError::Refused { reason });
        }
        let series = |columns: &Option<Columns>, units: &Option<Columns>| {
            columns.as_ref().map(|columns| Series { columns, units: units.as_ref() }.steps(self.offset_ms()))
        };
        let quarters = series(&self.minutely_15, &self.minutely_15_units);
        let hours = series(&self.hourly, &self.hourly_units);
        let steps = match (quarters, hours) {
            (Some(mut quarters), Some(hours)) if !quarters.is_empty() => {
                quarters.values_mut().for_each(|step| complete(step, &hours));
                quarters
            }
            (_, Some(hours)) => hours,
            (Some(quarters), None) => quarters,
            (None, None) => return Err(OpenMeteoError::Empty),
        };
        let said = |step: &ForecastStep| *step != ForecastStep { utc: step.utc, ..ForecastStep::default() };
        Ok(Forecast { fetched_at, steps: steps.into_values().filter(said).collect() })
    }

    /// How far times without a zone are ahead of UTC, milliseconds.
    fn offset_ms(&self) -> i64 {
        i64::from(self.utc_offset_seconds.unwrap_or(0)) * 1000
    }
}

/// Adds what the hours say and a quarter does not. Sums and probabilities are of the span that *ends* at their time, so
/// the quarters of 14:15 to 15:00 belong to the hour of 15:00; the sum of an hour says nothing about one of its quarters.
fn complete(step: &mut ForecastStep, hours: &BTreeMap<UtcTime, ForecastStep>) {
    let Some((utc, hour)) = hours.range(step.utc..).next() else { return };
    if utc.as_millis() - step.utc.as_millis() >= HOUR_MS {
        return;
    }
    step.air_temperature_c = step.air_temperature_c.or(hour.air_temperature_c);
    step.precipitation_percent = step.precipitation_percent.or(hour.precipitation_percent);
    step.cloud_percent = step.cloud_percent.or(hour.cloud_percent);
    step.wind_speed_mps = step.wind_speed_mps.or(hour.wind_speed_mps);
    step.wind_direction_deg = step.wind_direction_deg.or(hour.wind_direction_deg);
    step.weather_code = step.weather_code.or(hour.weather_code);
}

/// One series of an answer: columns of equal length.
struct Series<'a> {
    columns: &'a Columns,
    units: Option<&'a Columns>,
}

impl Series<'_> {
    fn steps(&self, offset_ms: i64) -> BTreeMap<UtcTime, ForecastStep> {
        let times = self.columns.get("time").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let temperature = self.column("temperature_2m", "°C", -90.0..=60.0);
        let precipitation = self.column("precipitation", "mm", 0.0..=500.0);
        let probability = self.column("precipitation_probability", "%", 0.0..=100.0);
        let cloud = self.column("cloud_cover", "%", 0.0..=100.0);
        let wind_speed = self.column("wind_speed_10m", "m/s", 0.0..=150.0);
        let wind_direction = self.column("wind_direction_10m", "°", 0.0..=360.0);
        let weather_code = self.column("weather_code", "wmo code", 0.0..=99.0);
        let step = |(idx, time): (usize, &Value)| {
            let utc = moment(time, offset_ms)?;
            let step = ForecastStep {
                utc,
                air_temperature_c: temperature(idx).map(|value| value as f32),
                precipitation_mm: precipitation(idx).map(|value| value as f32),
                precipitation_percent: probability(idx).map(|value| value.round() as u8),
                cloud_percent: cloud(idx).map(|value| value.round() as u8),
                wind_speed_mps: wind_speed(idx).map(|value| value as f32),
                wind_direction_deg: wind_direction(idx).map(|value| value.round() as u16 % 360),
                weather_code: weather_code(idx).map(|value| value as u8),
            };
            Some((utc, step))
        };
        times.iter().take(MAX_STEPS).enumerate().filter_map(step).collect()
    }

    /// The values of a variable by their index, if they are in that unit (or in none that is named) and such as occur.
    fn column(&self, name: &str, unit: &str, range: std::ops::RangeInclusive<f64>) -> impl Fn(usize) -> Option<f64> {
        let named_unit = self.units.and_then(|units| units.get(name)).and_then(Value::as_str);
        let values = self.columns.get(name).and_then(Value::as_array).filter(|_| named_unit.is_none_or(|u| u == unit));
        move |idx| values?.get(idx)?.as_f64().filter(|value| range.contains(value))
    }
}

/// Unix seconds, or ISO 8601 with a zone, or without one in the zone of the answer.
fn moment(time: &Value, offset_ms: i64) -> Option<UtcTime> {
    if let Some(text) = time.as_str() {
        let has_zone = text.ends_with('Z') || text.get(11..).is_some_and(|clock| clock.contains(['+', '-']));
        let shift_ms = if has_zone { 0 } else { offset_ms };
        return utc(text).map(|utc| UtcTime::from_millis(utc.as_millis().saturating_sub(shift_ms)));
    }
    let seconds = time.as_i64().filter(|seconds| (-MAX_UTC_S..=MAX_UTC_S).contains(seconds))?;
    Some(UtcTime::from_millis(seconds * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(answer: &str) -> Vec<ForecastStep> {
        forecast(answer.as_bytes(), UtcTime::from_millis(5)).unwrap().steps
    }

    fn at(text: &str) -> UtcTime {
        text.parse().unwrap()
    }

    #[test]
    fn reads_unix_times_units_and_nulls() {
        let answer = r#"{"latitude":31.3,"longitude":121.2,"utc_offset_seconds":0,"timezone":"GMT",
            "minutely_15_units":{"time":"unixtime","temperature_2m":"°C","wind_speed_10m":"m/s"},
            "minutely_15":{"time":[1773460800,1773461700,1773462600],"temperature_2m":[18.4,null,18.9],
                "precipitation":[0.0,null,0.3],"wind_speed_10m":[3.1,null,2.9],"wind_direction_10m":[359.6,null,90],
                "weather_code":[3,null,61],"cloud_cover":[88,null]}}"#;
        let want = [
            ForecastStep {
                utc: at("2026-03-14T04:00:00Z"),
                air_temperature_c: Some(18.4),
                precipitation_mm: Some(0.0),
                wind_speed_mps: Some(3.1),
                wind_direction_deg: Some(0),
                weather_code: Some(3),
                cloud_percent: Some(88),
                precipitation_percent: None,
            },
            ForecastStep {
                utc: at("2026-03-14T04:30:00Z"),
                air_temperature_c: Some(18.9),
                precipitation_mm: Some(0.3),
                wind_speed_mps: Some(2.9),
                wind_direction_deg: Some(90),
                weather_code: Some(61),
                ..ForecastStep::default()
            },
        ];
        assert_eq!(steps(answer), want);
    }

    #[test]
    fn reads_iso_times_in_the_zone_of_the_answer() {
        let answer = r#"{"utc_offset_seconds":28800,"hourly":{"time":["2026-03-14T12:00","2026-03-14T13:00Z"],
            "temperature_2m":[20,21]}}"#;
        let times: Vec<_> = steps(answer).iter().map(|step| step.utc).collect();
        assert_eq!(times, [at("2026-03-14T04:00:00Z"), at("2026-03-14T13:00:00Z")]);
    }

    #[test]
    fn a_quarter_takes_from_the_hour_it_belongs_to_all_but_the_sum() {
        let answer = r#"{"hourly":{"time":[3600,7200],"precipitation_probability":[10,80],"precipitation":[1,2]},
            "minutely_15":{"time":[3600,4500,7200,8100],"temperature_2m":[1,2,3,4]}}"#;
        let got: Vec<_> = steps(answer).iter().map(|s| (s.precipitation_percent, s.precipitation_mm)).collect();
        assert_eq!(got, [(Some(10), None), (Some(80), None), (Some(80), None), (None, None)]);
    }

    #[test]
    fn an_answer_for_several_places_is_a_list() {
        let answer = br#" [{"hourly":{"time":[0],"temperature_2m":[1]}},{"hourly":{"time":[0],"temperature_2m":[2]}}]"#;
        let both = forecasts(answer, UtcTime::from_millis(5)).unwrap();
        let temperatures: Vec<_> = both.iter().map(|place| place.steps[0].air_temperature_c).collect();
        assert_eq!(temperatures, [Some(1.0), Some(2.0)]);
        assert_eq!(both[0].fetched_at, UtcTime::from_millis(5));
    }

    #[test]
    fn other_units_and_impossible_values_say_nothing() {
        let answer = r#"{"hourly_units":{"wind_speed_10m":"km/h"},"hourly":{"time":[0],"wind_speed_10m":[20],
            "temperature_2m":[900],"cloud_cover":"all of it","precipitation":[-1],"weather_code":[2]}}"#;
        assert_eq!(steps(answer), [ForecastStep { weather_code: Some(2), ..ForecastStep::default() }]);
    }

    #[test]
    fn what_holds_no_forecast_says_why() {
        let error = |answer: &str| forecast(answer.as_bytes(), UtcTime::default()).unwrap_err().to_string();
        let refused =
            r#"{"error":true,"reason":"Minutely API request limit exceeded. Please try again in one minute."}"#;
        assert_eq!(
            error(refused),
            r#"refused: "Minutely API request limit exceeded. Please try again in one minute.""#
        );
        assert_eq!(error("{}"), "an answer without a forecast");
        assert_eq!(error("[]"), "an answer without a forecast");
        assert_eq!(error("<html>"), "not an answer of Open-Meteo");
        assert_eq!(error(&" ".repeat(MAX_ANSWER + 1)), "an answer of 1048577 bytes is too large for a forecast");
    }
}
