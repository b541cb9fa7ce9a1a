//! What a lap is driven under.

use crate::race::Tyre;

/// What a lap is driven under.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Fuel on board, kg.
    pub fuel_kg: f64,
    /// Grip of the tyres by that of new soft ones on a dry track; see [`tyre_grip`].
    pub grip: f64,
    /// Wings and overtake mode.
    pub aid: Aid,
    /// Power of the engine by its full power.
    pub power_factor: f64,
    /// What is done with the electric energy.
    pub ers: ErsMode,
    /// Density of the air, kg/m³.
    pub air_density_kgm3: f64,
}

impl Default for Conditions {
    /// A qualifying lap on a warm day near the sea.
    fn default() -> Self {
        Conditions {
            fuel_kg: 5.0,
            grip: 1.0,
            aid: Aid::Open,
            power_factor: 1.0,
            ers: ErsMode::Attack,
            air_density_kgm3: 1.18,
        }
    }
}

/// Help on the straights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aid {
    /// The wings stay shut all lap.
    Shut,
    /// They open in the zones.
    Open,
    /// They open in the zones, and the motor gives its power to higher speeds (2026; before it is the same as open).
    Overtake,
}

/// What is done with the electric energy over a lap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErsMode {
    /// The store is emptied as far as the rules let it: a qualifying lap.
    Attack,
    /// No more is used than comes in: a race lap.
    Balanced,
    /// Nothing is used: the store is filled.
    Harvest,
}

/// Grip that one step of compound costs, from C5 to C4 and so on.
const COMPOUND_STEP: f64 = 0.018;

/// Grip of a new dry tyre by its rubber: `hardness` counts from C5 (0) over C4 (1) to C1 (4); C6 is -1.
pub fn compound_grip(hardness: f64) -> f64 {
    1.0 - COMPOUND_STEP * hardness
}

/// Grip of a medium and a hard tyre: the three compounds of a race are one step apart.
const MEDIUM_GRIP: f64 = 1.0 - COMPOUND_STEP;
const HARD_GRIP: f64 = 1.0 - 2.0 * COMPOUND_STEP;

/// Grip of each wet tyre on the track it is made for, and of a slick on a soaked one.
const INTERMEDIATE_GRIP: f64 = 0.78;
const WET_GRIP: f64 = 0.68;
const SOAKED_SLICK_GRIP: f64 = 0.42;

/// What a tyre at the end of its life has lost.
const WORN_LOSS: f64 = 0.06;

/// Grip of a tyre by that of a new soft one on a dry track.
///
/// `wear` runs from 0 (new) to 1 (end of life), `wetness` from 0 (dry) to 1 (standing water). The figures are set, not
/// measured: an intermediate is as quick as a slick at a wetness of a quarter, where a lap takes about a tenth longer than
/// in the dry, and a wet tyre as quick as an intermediate at three quarters.
pub fn tyre_grip(tyre: Tyre, wear: f64, wetness: f64) -> f64 {
    let (wear, wetness) = (wear.clamp(0.0, 1.0), wetness.clamp(0.0, 1.0));
    let slick = |dry: f64| dry + (SOAKED_SLICK_GRIP - dry) * wetness.powf(0.7);
    let on_its_track = match tyre {
        Tyre::Soft => slick(1.0),
        Tyre::Medium => slick(MEDIUM_GRIP),
        Tyre::Hard => slick(HARD_GRIP),
        // Best when damp; it overheats in the dry and floats on standing water.
        Tyre::Intermediate => INTERMEDIATE_GRIP - 0.30 * (wetness - 0.4).max(0.0) - 0.05 * (0.4 - wetness).max(0.0),
        Tyre::Wet => WET_GRIP - 0.06 * (0.8 - wetness).max(0.0),
    };
    on_its_track * (1.0 - WORN_LOSS * wear)
}

/// Density of the air, kg/m³, at a height above the sea and a temperature (ICAO standard atmosphere, ideal gas).
///
/// ```
/// assert!((overcut_sim::vehicle::air_density_kgm3(0.0, 15.0) - 1.225).abs() < 0.001);
/// ```
pub fn air_density_kgm3(altitude_m: f64, temperature_c: f64) -> f64 {
    let pressure_pa = 101_325.0 * (1.0 - 2.255_77e-5 * altitude_m).powf(5.255_88);
    pressure_pa / (287.05 * (temperature_c + 273.15))
}
