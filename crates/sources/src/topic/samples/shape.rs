//! The fixed pieces of messages of samples, which the scanner compares and the encoder writes.

use overcut_domain::{CarSample, PositionSample};

/// A reading whose messages have always begun in the same way.
pub(crate) trait Shape {
    /// What a message begins with.
    const OPENS_MESSAGE: &'static [u8];
    /// What an entry begins with, up to its stamp.
    const OPENS_ENTRY: &'static [u8];
    /// What stands between an entry's stamp and its first car.
    const OPENS_CARS: &'static [u8];
}

impl Shape for CarSample {
    const OPENS_MESSAGE: &'static [u8] = b"{\"Entries\":[";
    const OPENS_ENTRY: &'static [u8] = b"{\"Utc\":\"";
    const OPENS_CARS: &'static [u8] = b"\",\"Cars\":{";
}

impl Shape for PositionSample {
    const OPENS_MESSAGE: &'static [u8] = b"{\"Position\":[";
    const OPENS_ENTRY: &'static [u8] = b"{\"Timestamp\":\"";
    const OPENS_CARS: &'static [u8] = b"\",\"Entries\":{";
}
