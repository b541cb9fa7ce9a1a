//! `WeatherData`.

use overcut_domain::{Event, Weather};

use super::read_object;
use crate::report::{DecodeReport, Skip};
use crate::wire::Place;

/// A reading. Members that a message leaves out are as they were; a key frame starts afresh.
pub(super) fn weather(text: &str, known: &mut Weather, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let nothing = Weather::default();
    let (new, is_key_frame) =
        read_object(text, nothing, Place::new("WeatherData", report), |place, new, name, json| {
            match name {
                "AirTemp" => new.air_temperature_c = place.real(name, json)?,
                "TrackTemp" => new.track_temperature_c = place.real(name, json)?,
                "Humidity" => new.humidity_percent = place.real(name, json)?,
                "Pressure" => new.pressure_mbar = place.real(name, json)?,
                "Rainfall" => new.is_raining = place.flag(name, json)?,
                "WindDirection" => {
                    new.wind_direction_deg = place.number(name, json)?.filter(|degrees: &u16| *degrees <= 360);
                }
                "WindSpeed" => new.wind_speed_mps = place.real(name, json)?,
                _ => place.unknown(name, json)?,
            }
            Ok(())
        })?;
    if new == nothing {
        return Ok(None);
    }
    let old = if is_key_frame { nothing } else { *known };
    *known = Weather {
        air_temperature_c: new.air_temperature_c.or(old.air_temperature_c),
        track_temperature_c: new.track_temperature_c.or(old.track_temperature_c),
        humidity_percent: new.humidity_percent.or(old.humidity_percent),
        pressure_mbar: new.pressure_mbar.or(old.pressure_mbar),
        is_raining: new.is_raining.or(old.is_raining),
        wind_direction_deg: new.wind_direction_deg.or(old.wind_direction_deg),
        wind_speed_mps: new.wind_speed_mps.or(old.wind_speed_mps),
    };
    Ok(Some(Event::Weather(*known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_leaves_out_is_as_it_was() {
        let mut known = Weather::default();
        let mut report = DecodeReport::default();
        weather(r#"{"AirTemp":"25.5","Rainfall":"0","_kf":true}"#, &mut known, &mut report).unwrap();
        let event = weather(r#"{"AirTemp":"26.0"}"#, &mut known, &mut report).unwrap();
        let want = Weather { air_temperature_c: Some(26.0), is_raining: Some(false), ..Weather::default() };
        assert_eq!(event, Some(Event::Weather(want)));
    }
}
