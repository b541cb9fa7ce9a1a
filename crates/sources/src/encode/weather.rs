//! `WeatherData`.

use overcut_domain::Weather;

use super::json::JsonWriter;
use super::memory::Memory;

/// A whole reading, as always. A sensor that falls silent needs a key frame, or its last value would stand.
pub(super) fn weather(json: &mut JsonWriter<'_>, new: &Weather, memory: &mut Memory) {
    let old = std::mem::replace(&mut memory.weather, *new);
    json.real("AirTemp", new.air_temperature_c, true);
    json.real("Humidity", new.humidity_percent, true);
    json.real("Pressure", new.pressure_mbar, true);
    json.number_text("Rainfall", new.is_raining.map(u8::from));
    json.real("TrackTemp", new.track_temperature_c, true);
    json.number_text("WindDirection", new.wind_direction_deg);
    json.real("WindSpeed", new.wind_speed_mps, true);
    json.key_frame(has_fallen_silent(&old, new));
}

fn has_fallen_silent(old: &Weather, new: &Weather) -> bool {
    let values = |weather: &Weather| {
        [
            weather.air_temperature_c.is_some(),
            weather.track_temperature_c.is_some(),
            weather.humidity_percent.is_some(),
            weather.pressure_mbar.is_some(),
            weather.is_raining.is_some(),
            weather.wind_direction_deg.is_some(),
            weather.wind_speed_mps.is_some(),
        ]
    };
    values(old).into_iter().zip(values(new)).any(|(was, is)| was && !is)
}
