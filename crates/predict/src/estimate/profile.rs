//! How far round the lap a car is after which share of its time.

use overcut_sim::circuit::{Circuit, TrackPoint};
use overcut_sim::vehicle::{Conditions, Vehicle, lap};
use overcut_track::{Course, LapTrace, Outline, Span, Telemetry};

/// Laps that are averaged at most: more change nothing that could be seen.
const MAX_LAPS: usize = 20;

/// Half the width of a track whose width nobody says, metres.
const HALF_WIDTH_M: f64 = 6.0;

/// Fuel of a car half way through a race, kg.
const FUEL_KG: f64 = 50.0;

/// A lap's distance over its time, for a car that drives the whole of it equally hard.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Share of the lap's time at equal steps of distance; 0 first, 1 last, never decreasing.
    shares: Vec<f64>,
    length_m: f64,
    lap_s: Option<f64>,
}

impl Profile {
    /// Equally fast everywhere.
    pub fn even(outline: &Outline) -> Profile {
        Profile { shares: vec![0.0, 1.0], length_m: outline.length_m(), lap_s: None }
    }

    /// As the quickest of these laps show it. `None` if none of them has a trace.
    pub fn measured(outline: &Outline, telemetry: &Telemetry, laps: &[Span]) -> Option<Profile> {
        let mut laps = laps.to_vec();
        laps.sort_by_key(|lap| (lap.end.millis_since(lap.start), *lap));
        let trace = |lap: &Span| LapTrace::of(telemetry, *lap, None, Course::Outline(outline)).ok();
        let traces: Vec<Vec<f64>> = laps.iter().take(MAX_LAPS).filter_map(trace).map(|trace| trace.elapsed_s).collect();
        let n_steps = traces.first()?.len();
        let lap_s = traces.iter().filter_map(|times| times.last()).sum::<f64>() / traces.len() as f64;
        let mean = |idx: usize| traces.iter().filter_map(|times| times.get(idx)).sum::<f64>() / traces.len() as f64;
        Profile::from_times((0..n_steps).map(mean), outline.length_m(), lap_s)
    }

    /// As the lap-time simulation drives it. `None` if the outline is no line to drive on.
    pub fn simulated(outline: &Outline) -> Option<Profile> {
        let line: Vec<(f64, f64)> = outline.points_dm().iter().map(|[x, y]| (x / 10.0, y / 10.0)).collect();
        let point = |&(x_m, y_m): &(f64, f64)| TrackPoint { x_m, y_m, right_m: HALF_WIDTH_M, left_m: HALF_WIDTH_M };
        let centre: Vec<TrackPoint> = line.iter().map(point).collect();
        let circuit = Circuit::from_racing_line("", &centre, &line).ok()?;
        let conditions = Conditions { fuel_kg: FUEL_KG, ..Conditions::default() };
        let driven = lap(&circuit, &Vehicle::season(2025), &conditions);
        let n_steps = outline.points_dm().len();
        let at = |idx: usize| driven.time_at_distance(driven.end_m() * idx as f64 / n_steps as f64);
        Profile::from_times((0..=n_steps).map(at), outline.length_m(), driven.time_s())
    }

    /// From the times at equal steps of distance. `None` unless they rise from first to last.
    fn from_times(times_s: impl Iterator<Item = f64>, length_m: f64, lap_s: f64) -> Option<Profile> {
        let times_s: Vec<f64> = times_s.collect();
        let (first, last) = (*times_s.first()?, *times_s.last()?);
        if times_s.len() < 2 || !(last - first).is_finite() || last - first <= 0.0 {
            return None;
        }
        let mut latest = 0.0_f64;
        let share = |time_s: &f64| {
            latest = latest.max(((time_s - first) / (last - first)).clamp(0.0, 1.0));
            latest
        };
        Some(Profile { shares: times_s.iter().map(share).collect(), length_m, lap_s: Some(lap_s) })
    }

    /// Seconds of the lap that this is taken from, if it is one.
    pub fn lap_s(&self) -> Option<f64> {
        self.lap_s
    }

    /// Length of a lap, metres.
    pub fn length_m(&self) -> f64 {
        self.length_m
    }

    /// Metres after so many laps, by time; less than none is before the line.
    pub(crate) fn distance_at(&self, laps: f64) -> f64 {
        let (whole, share) = (laps.floor(), laps - laps.floor());
        let after = self.shares.partition_point(|s| *s <= share).clamp(1, self.shares.len() - 1);
        let (from, to) = (self.shares[after - 1], self.shares[after]);
        let part = if to > from { ((share - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
        let step_m = self.length_m / (self.shares.len() - 1) as f64;
        whole * self.length_m + ((after - 1) as f64 + part) * step_m
    }

    /// Laps, by time, after so many metres.
    pub(crate) fn laps_at(&self, distance_m: f64) -> f64 {
        let (whole, along) = ((distance_m / self.length_m).floor(), distance_m.rem_euclid(self.length_m));
        let at = along / self.length_m * (self.shares.len() - 1) as f64;
        let idx = (at as usize).min(self.shares.len() - 2);
        whole + self.shares[idx] + (self.shares[idx + 1] - self.shares[idx]) * (at - idx as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two straights of 900 m with a hairpin at each end.
    fn ring() -> Outline {
        let turn = |from: f64, i: i32| from + std::f64::consts::PI * f64::from(i) / 20.0;
        let first = (0..=20)
            .map(|i| turn(-std::f64::consts::FRAC_PI_2, i))
            .map(|a| [9000.0 + 400.0 * a.cos(), 400.0 * a.sin()]);
        let second = (0..=20).map(|i| turn(std::f64::consts::FRAC_PI_2, i)).map(|a| [400.0 * a.cos(), 400.0 * a.sin()]);
        Outline::designed(&first.chain(second).collect::<Vec<_>>(), &[]).unwrap()
    }

    proptest! {
        #[test]
        fn distance_and_time_are_one_way_seen_from_two_sides(laps in -3.0..80.0f64) {
            let outline = ring();
            for profile in [Profile::even(&outline), Profile::simulated(&outline).unwrap()] {
                let distance_m = profile.distance_at(laps);
                prop_assert!((profile.laps_at(distance_m) - laps).abs() < 1e-6);
                prop_assert!(profile.distance_at(laps + 0.001) >= distance_m);
            }
        }
    }

    #[test]
    fn a_simulated_lap_takes_longer_where_the_track_bends() {
        let outline = ring();
        let profile = Profile::simulated(&outline).unwrap();
        assert!((30.0..120.0).contains(&profile.lap_s().unwrap()), "{:?}", profile.lap_s());
        let away = (0..100).map(|i| {
            let laps = f64::from(i) / 100.0;
            (profile.distance_at(laps) - laps * outline.length_m()).abs()
        });
        assert!(away.fold(0.0, f64::max) > 20.0);
    }
}
