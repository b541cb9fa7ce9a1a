//! The lap-time simulation: how fast a car can go round a circuit, quasi-steady-state.
//!
//! The car is a point mass on the racing line with wings, four tyres whose grip falls with load, a rear axle that
//! drives, a power unit with gears and an energy store. At every point of the line the speed is limited by cornering;
//! a pass forward limits it by what the car can accelerate, a pass backward by what it can brake, both with the grip
//! that cornering leaves (Brayshaw & Harrison 2005; Heilmeier et al. 2019). `docs/physics.md` has the formulas, the
//! constants, their sources and how the result compares with real laps.
//!
//! [`lap`] gives a flying lap as a [`Profile`]; [`drive`], [`standing_start`], [`in_lap`] and [`out_lap`] give the rest
//! of what a car does on a day. All of it is pure: the same arguments give the same bits.

mod bracket;
mod car;
mod channels;
mod conditions;
mod course;
mod dynamics;
mod energy;
mod journey;
mod profile;
mod solve;
mod wing;

pub use car::{Aero, Chassis, EnergyStore, PowerUnit, TyreGrip, Vehicle};
pub use conditions::{Aid, Conditions, ErsMode, air_density_kgm3, compound_grip, tyre_grip};
pub use journey::{Drive, PitRun, Stop, drive, in_lap, lap, lap_at, out_lap, standing_start};
pub use profile::{Profile, Sample};
pub use wing::best_wing;

pub(crate) use journey::estimate_speeds_ms;
