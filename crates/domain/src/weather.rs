//! Weather as measured at the circuit.

use serde::{Deserialize, Serialize};

/// One reading of the circuit's weather station. A station may lack a sensor, hence the options.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Weather {
    /// Air temperature, °C.
    pub air_temperature_c: Option<f32>,
    /// Track surface temperature, °C.
    pub track_temperature_c: Option<f32>,
    /// Relative humidity, %.
    pub humidity_percent: Option<f32>,
    /// Air pressure at the circuit, mbar.
    pub pressure_mbar: Option<f32>,
    /// True while it rains.
    pub is_raining: Option<bool>,
    /// Where the wind comes from, degrees from north, 0–359.
    pub wind_direction_deg: Option<u16>,
    /// Wind speed, m/s.
    pub wind_speed_mps: Option<f32>,
}
