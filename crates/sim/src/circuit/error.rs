//! Why points are no circuit.

/// Why points are no circuit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CircuitError {
    /// A closed line needs more.
    #[error("a circuit needs at least {needed} points, not {given}", needed = super::line::MIN_POINTS)]
    TooFewPoints {
        /// How many there were.
        given: usize,
    },
    /// Something in the point is not a number.
    #[error("point {index} of the line is not finite")]
    NotFinite {
        /// Which, from zero.
        index: usize,
    },
    /// A line that stands still has no direction.
    #[error("point {index} of the line repeats the one before")]
    RepeatedPoint {
        /// Which, from zero.
        index: usize,
    },
    /// The edges of the track meet or cross there.
    #[error("point {index} of the centre line has no width")]
    NoWidth {
        /// Which, from zero.
        index: usize,
    },
    /// Not a lap of anything.
    #[error("a lap of {length_m:.0} m is too short for a circuit")]
    TooShort {
        /// Along the line.
        length_m: f64,
    },
    /// Points this far apart say nothing about the way between.
    #[error("points {index} and the one before are {gap_m:.0} m apart")]
    Gap {
        /// Which, from zero.
        index: usize,
        /// The distance between.
        gap_m: f64,
    },
}
