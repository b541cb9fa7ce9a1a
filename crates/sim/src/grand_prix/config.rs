//! What a synthetic session is asked for.

use overcut_domain::{SessionInfo, SessionKind, UtcTime};

use crate::circuit::Circuit;
use crate::fault::FaultRates;

/// What a synthetic session is asked for. The same configuration gives the same events, bit for bit.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// Everything random follows from it. Sessions with one seed are sessions of one weekend.
    pub seed: u64,
    /// Race, qualifying or practice; the others are run as the nearest of these.
    pub kind: SessionKind,
    /// Where.
    pub circuit: Circuit,
    /// Racing laps.
    pub n_laps: u16,
    /// Year, which decides about cars and rules: from 2026 on there is no DRS.
    pub season: u16,
    /// Planned start of this session.
    pub starts_at: UtcTime,
    /// Local time at the circuit less UTC.
    pub utc_offset_s: i32,
    /// Faults to put in.
    pub faults: Option<FaultRates>,
}

impl SessionConfig {
    /// A Grand Prix of usual length on the first of our own circuits, on a Sunday afternoon of 2026.
    pub fn race(seed: u64) -> SessionConfig {
        let circuit = Circuit::fictional()[0].clone();
        let n_laps = race_laps(circuit.length_m());
        SessionConfig {
            seed,
            kind: SessionKind::Race,
            circuit,
            n_laps,
            season: 2026,
            starts_at: UtcTime::from_millis(1_783_256_400_000), // 2026-07-05 13:00 UTC
            utc_offset_s: 7_200,
            faults: None,
        }
    }

    /// The same weekend's session of another kind, a day or two before the race.
    #[must_use]
    pub fn session(mut self, kind: SessionKind) -> SessionConfig {
        let before_ms = match kind {
            SessionKind::Practice => 49 * 3_600_000,
            SessionKind::Qualifying | SessionKind::SprintQualifying => 23 * 3_600_000,
            SessionKind::Race | SessionKind::Sprint | SessionKind::Unknown => 0,
        };
        self.starts_at = UtcTime::from_millis(self.starts_at.as_millis() - before_ms);
        self.kind = kind;
        self
    }

    /// The session as a feed introduces it. Keys are above those of any real session.
    pub(super) fn info(&self, length_s: f64) -> SessionInfo {
        let (name, offset) = match self.kind {
            SessionKind::Practice => ("Practice 1", 1),
            SessionKind::Qualifying => ("Qualifying", 4),
            SessionKind::SprintQualifying => ("Sprint Qualifying", 2),
            SessionKind::Sprint => ("Sprint", 3),
            SessionKind::Race | SessionKind::Unknown => ("Race", 5),
        };
        let weekend = 900_000 + (self.seed % 9_000) as u32 * 10;
        let place = self.place();
        let meeting = format!("{place} Grand Prix");
        let day = self.local_day();
        SessionInfo {
            key: Some(weekend + offset),
            meeting_key: Some(weekend),
            circuit_key: Some(9_000 + self.circuit.name.bytes().map(u32::from).sum::<u32>() % 1_000),
            location: place.to_owned(),
            country: self.circuit.country.clone(),
            circuit_name: self.circuit.name.clone(),
            name: name.to_owned(),
            kind: self.kind,
            starts_at: Some(self.starts_at),
            ends_at: Some(UtcTime::from_millis(self.starts_at.as_millis() + (length_s * 1e3) as i64)),
            utc_offset_s: Some(self.utc_offset_s),
            archive_path: format!("{}/{day}_{}/{day}_{}/", self.season, underscored(&meeting), underscored(name)),
            meeting_name: meeting,
        }
    }

    fn place(&self) -> &str {
        if self.circuit.town.is_empty() { &self.circuit.name } else { &self.circuit.town }
    }

    fn local_day(&self) -> String {
        let local = UtcTime::from_millis(self.starts_at.as_millis() + i64::from(self.utc_offset_s) * 1000);
        local.to_string().chars().take(10).collect()
    }
}

/// Laps of a Grand Prix on a circuit: the fewest that exceed 305 km.
pub fn race_laps(length_m: f64) -> u16 {
    (305_000.0 / length_m).ceil() as u16
}

fn underscored(text: &str) -> String {
    text.replace(' ', "_")
}
