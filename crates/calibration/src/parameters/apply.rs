//! Which name in a file is which number of the engine.

use overcut_sim::race::RaceModel;

/// How a value changes from the reference race to one with another lap or distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Not at all.
    None,
    /// With the lap time.
    LapTime,
    /// With the inverse of the number of laps: hazards per lap that are alike per race.
    PerLap,
    /// With both: fuel per lap costs time in proportion to the lap, and there is less of it the more laps there are.
    LapTimePerLap,
}

/// Lap time of the reference race that pooled values are for.
pub(crate) const REFERENCE_LAP_S: f64 = 90.0;
/// Its laps.
pub(crate) const REFERENCE_LAPS: f64 = 57.0;

impl Scale {
    /// What a reference value is multiplied by for a race with this lap time and distance.
    pub(crate) fn factor(self, lap_s: f64, n_laps: u16) -> f64 {
        let (lap, race) = (lap_s / REFERENCE_LAP_S, REFERENCE_LAPS / f64::from(n_laps.max(1)));
        match self {
            Scale::None => 1.0,
            Scale::LapTime => lap,
            Scale::PerLap => race,
            Scale::LapTimePerLap => lap * race,
        }
    }
}

/// A number of the engine that files may set.
pub(crate) struct Field {
    pub(crate) section: &'static str,
    pub(crate) name: &'static str,
    pub(crate) scale: Scale,
    /// Range outside which an estimate makes no sense.
    pub(crate) range: (f64, f64),
    pub(crate) place: fn(&mut RaceModel) -> &mut f32,
}

macro_rules! field {
    ($section:literal, $name:literal, $scale:ident, $low:literal..$high:literal, |$model:ident| $place:expr) => {
        Field {
            section: $section,
            name: $name,
            scale: Scale::$scale,
            range: ($low, $high),
            place: |$model| &mut $place,
        }
    };
}

/// Every number of a circuit that is fitted, in the order of files.
pub(crate) const FIELDS: &[Field] = &[
    field!("circuit", "fuel_s_per_lap", LapTimePerLap, 0.0..0.3, |m| m.circuit.fuel_s_per_lap),
    field!("circuit", "evolution_s", LapTime, -2.0..4.0, |m| m.circuit.evolution_s),
    field!("circuit", "evolution_laps", None, 3.0..40.0, |m| m.circuit.evolution_laps),
    field!("noise", "sigma_s", LapTime, 0.05..1.0, |m| m.circuit.noise.sigma_s),
    field!("noise", "wide_share", None, 0.0..0.4, |m| m.circuit.noise.wide_share),
    field!("noise", "wide_factor", None, 1.0..6.0, |m| m.circuit.noise.wide_factor),
    field!("noise", "mistake_probability", None, 0.0..0.1, |m| m.circuit.noise.mistake_probability),
    field!("noise", "mistake_mean_s", None, 0.2..6.0, |m| m.circuit.noise.mistake_mean_s),
    field!("traffic", "dirty_air_s", LapTime, 0.0..1.5, |m| m.circuit.traffic.dirty_air_s),
    field!("traffic", "dirty_air_reach_s", None, 0.4..4.0, |m| m.circuit.traffic.dirty_air_reach_s),
    field!("traffic", "following_gap_s", None, 0.2..1.2, |m| m.circuit.traffic.following_gap_s),
    field!("traffic", "overtake_intercept", None, -8.0..2.0, |m| m.circuit.traffic.overtake_intercept),
    field!("traffic", "overtake_per_s", None, 0.0..6.0, |m| m.circuit.traffic.overtake_per_s),
    field!("traffic", "overtake_per_tyre_lap", None, 0.0..0.3, |m| m.circuit.traffic.overtake_per_tyre_lap),
    field!("traffic", "overtake_aid", None, 0.0..3.0, |m| m.circuit.traffic.overtake_aid),
    field!("traffic", "lapped_loss_s", None, 0.0..5.0, |m| m.circuit.traffic.lapped_loss_s),
    field!("first_lap", "standing_start_s", None, 0.0..15.0, |m| m.circuit.first_lap.standing_start_s),
    field!("first_lap", "grid_gap_s", None, 0.05..1.0, |m| m.circuit.first_lap.grid_gap_s),
    field!("first_lap", "shuffle_sigma_s", None, 0.1..4.0, |m| m.circuit.first_lap.shuffle_sigma_s),
    field!("first_lap", "crash_factor", None, 1.0..200.0, |m| m.circuit.first_lap.crash_factor),
    field!("pit", "lane_loss_s", None, 8.0..40.0, |m| m.circuit.pit.lane_loss_s),
    field!("pit", "vsc_share", None, 0.2..1.0, |m| m.circuit.pit.vsc_share),
    field!("pit", "sc_share", None, 0.2..1.0, |m| m.circuit.pit.sc_share),
    field!("pit", "in_lap_share", None, 0.0..1.0, |m| m.circuit.pit.in_lap_share),
    field!("pit", "stop_minimum_s", None, 1.5..3.0, |m| m.circuit.pit.stop.minimum_s),
    field!("pit", "stop_scale_s", None, 0.1..3.0, |m| m.circuit.pit.stop.scale_s),
    field!("pit", "stop_shape", None, 1.0..6.0, |m| m.circuit.pit.stop.shape),
    field!("neutralisation", "sc_per_crash", None, 0.0..0.8, |m| m.circuit.neutralisation.sc_per_crash),
    field!("neutralisation", "vsc_per_crash", None, 0.0..0.5, |m| m.circuit.neutralisation.vsc_per_crash),
    field!("neutralisation", "red_per_crash", None, 0.0..0.3, |m| m.circuit.neutralisation.red_per_crash),
    field!("neutralisation", "sc_per_failure", None, 0.0..0.6, |m| m.circuit.neutralisation.sc_per_failure),
    field!("neutralisation", "vsc_per_failure", None, 0.0..0.6, |m| m.circuit.neutralisation.vsc_per_failure),
    field!("neutralisation", "sc_hazard", PerLap, 0.0..0.1, |m| m.circuit.neutralisation.sc_hazard),
    field!("neutralisation", "vsc_hazard", PerLap, 0.0..0.1, |m| m.circuit.neutralisation.vsc_hazard),
    field!("neutralisation", "red_hazard", PerLap, 0.0..0.1, |m| m.circuit.neutralisation.red_hazard),
    field!("neutralisation", "sc_laps_mean", None, 2.0..10.0, |m| m.circuit.neutralisation.sc_laps.mean),
    field!("neutralisation", "vsc_laps_mean", None, 1.0..6.0, |m| m.circuit.neutralisation.vsc_laps.mean),
    field!("neutralisation", "sc_lap_factor", None, 1.1..2.2, |m| m.circuit.neutralisation.sc_lap_factor),
    field!("neutralisation", "vsc_lap_factor", None, 1.1..2.0, |m| m.circuit.neutralisation.vsc_lap_factor),
    field!("neutralisation", "bunch_gap_s", None, 0.3..3.0, |m| m.circuit.neutralisation.bunch_gap_s),
    field!("neutralisation", "profile_1", None, 0.1..4.0, |m| m.circuit.neutralisation.profile[0]),
    field!("neutralisation", "profile_2", None, 0.1..4.0, |m| m.circuit.neutralisation.profile[1]),
    field!("neutralisation", "profile_3", None, 0.1..4.0, |m| m.circuit.neutralisation.profile[2]),
    field!("neutralisation", "profile_4", None, 0.1..4.0, |m| m.circuit.neutralisation.profile[3]),
    field!("neutralisation", "profile_5", None, 0.1..4.0, |m| m.circuit.neutralisation.profile[4]),
    field!("weather", "rain_at_start", None, 0.0..0.9, |m| m.circuit.weather.rain_at_start),
    field!("weather", "rain_begins", PerLap, 0.0..0.2, |m| m.circuit.weather.rain_begins),
    field!("weather", "rain_ends", PerLap, 0.005..0.9, |m| m.circuit.weather.rain_ends),
    field!("tyre_soft", "offset_s", LapTime, -3.0..1.0, |m| m.tyres[0].offset_s),
    field!("tyre_soft", "warm_up_s", None, -1.0..4.0, |m| m.tyres[0].warm_up_s),
    field!("tyre_soft", "wear_s_per_lap", LapTime, 0.0..0.4, |m| m.tyres[0].wear_s_per_lap),
    field!("tyre_soft", "wear_s_per_lap2", LapTime, 0.0..0.02, |m| m.tyres[0].wear_s_per_lap2),
    field!("tyre_soft", "cliff_age", None, 0.0..200.0, |m| m.tyres[0].cliff_age),
    field!("tyre_soft", "cliff_s_per_lap", LapTime, 0.0..2.0, |m| m.tyres[0].cliff_s_per_lap),
    field!("tyre_medium", "warm_up_s", None, -1.0..4.0, |m| m.tyres[1].warm_up_s),
    field!("tyre_medium", "wear_s_per_lap", LapTime, 0.0..0.4, |m| m.tyres[1].wear_s_per_lap),
    field!("tyre_medium", "wear_s_per_lap2", LapTime, 0.0..0.02, |m| m.tyres[1].wear_s_per_lap2),
    field!("tyre_medium", "cliff_age", None, 0.0..200.0, |m| m.tyres[1].cliff_age),
    field!("tyre_medium", "cliff_s_per_lap", LapTime, 0.0..2.0, |m| m.tyres[1].cliff_s_per_lap),
    field!("tyre_hard", "offset_s", LapTime, -1.0..3.0, |m| m.tyres[2].offset_s),
    field!("tyre_hard", "warm_up_s", None, -1.0..4.0, |m| m.tyres[2].warm_up_s),
    field!("tyre_hard", "wear_s_per_lap", LapTime, 0.0..0.4, |m| m.tyres[2].wear_s_per_lap),
    field!("tyre_hard", "wear_s_per_lap2", LapTime, 0.0..0.02, |m| m.tyres[2].wear_s_per_lap2),
    field!("tyre_hard", "cliff_age", None, 0.0..200.0, |m| m.tyres[2].cliff_age),
    field!("tyre_hard", "cliff_s_per_lap", LapTime, 0.0..2.0, |m| m.tyres[2].cliff_s_per_lap),
    field!("car", "failure_hazard", PerLap, 0.0..0.02, |m| m.cars[0].failure_hazard),
    field!("car", "crash_hazard", PerLap, 0.0..0.02, |m| m.cars[0].crash_hazard),
    field!("car", "penalty_hazard", PerLap, 0.0..0.02, |m| m.cars[0].penalty_hazard),
];
