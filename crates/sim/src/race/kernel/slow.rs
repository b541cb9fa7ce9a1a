//! Laps behind the safety car, virtual or real.

use super::{CLOSEST, Field, LANES, MEAN_DISTANCE, Recorder, Run, lane};
use crate::race::TrackState;

/// Laps behind the safety car before lapped cars may overtake it.
const LAPS_BEFORE_UNLAPPING: u16 = 2;

impl<R: Recorder> Run<'_, '_, R> {
    /// Everybody keeps to the same slow time, so gaps stay as they are.
    pub(super) fn virtual_lap(&mut self, field: &mut Field) {
        let circuit = &self.tables.model.circuit;
        let gap_s = CLOSEST * circuit.traffic.following_gap_s;
        let (mut leader_s, mut last) = (f32::INFINITY, (u32::MAX, f32::NEG_INFINITY));
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            if field.start_s[i] > leader_s {
                self.fall_behind(field, i);
                continue;
            }
            let slow_s = self.slow_lap_s(field, i, circuit.neutralisation.vsc_lap_factor);
            let closest_s = if field.lag[i] == last.0 { last.1 + gap_s } else { f32::MIN };
            let at_s = (field.start_s[i] + slow_s).max(closest_s);
            leader_s = leader_s.min(at_s);
            last = (field.lag[i], at_s);
            self.complete(field, i, at_s);
        }
    }

    /// The leader follows the safety car; the others come up as fast as they may until they are in the queue.
    pub(super) fn safety_car_lap(&mut self, field: &mut Field) {
        let circuit = &self.tables.model.circuit;
        let it = &circuit.neutralisation;
        let leader = lane(field.order[0]);
        let road = self.as_on_the_road(field);
        // On the lap on which it comes out there is no queue yet.
        let gap_s = if field.before_change > 0.0 {
            circuit.traffic.following_gap_s
        } else {
            // The one is the closest that cars follow each other, the other what they do on average.
            circuit.traffic.following_gap_s.max(it.bunch_gap_s / MEAN_DISTANCE)
        };
        let leader_at_s = field.start_s[leader] + self.slow_lap_s(field, leader, it.sc_lap_factor);
        let mut last_s = f32::NEG_INFINITY;
        for car in &road[..field.n_running] {
            let i = lane(*car);
            if field.start_s[i] > leader_at_s {
                self.fall_behind(field, i);
                continue;
            }
            let alone_s = if i == leader {
                leader_at_s
            } else {
                field.start_s[i] + self.slow_lap_s(field, i, it.catch_up_factor)
            };
            last_s = alone_s.max(last_s + field.distance[i] * gap_s);
            self.complete(field, i, last_s);
        }
    }

    /// A lap at a multiple of the usual lap time, less the share already driven when the race was neutralised.
    fn slow_lap_s(&self, field: &Field, i: usize, factor: f32) -> f32 {
        let tables = self.tables;
        let usual_s = tables.lap_s[(field.own_lap[i] as usize).min(tables.n_laps)];
        let wet_s = tables.model.circuit.weather.wet_lap_share * usual_s * field.wetness;
        let slow_s = factor * (usual_s + wet_s);
        slow_s + (field.free_s[i] - slow_s) * field.before_change
    }

    /// The running cars by time alone, whatever lap they are on.
    fn as_on_the_road(&self, field: &Field) -> [u8; LANES] {
        let mut road = field.order;
        let cars = &mut road[..field.n_running];
        let has_lapped = cars.last().is_some_and(|car| field.lag[usize::from(*car)] > 0);
        if has_lapped {
            super::insertion_sort(cars, &[0; LANES], &field.start_s);
        }
        road
    }

    /// Lets lapped cars drive the lap that takes them back behind the queue; and completes the lap of a lapped car that
    /// has got ahead of the leader on the road.
    pub(super) fn unlap(&mut self, field: &mut Field) {
        // Once the winner has finished nobody begins another lap.
        let is_over = field.lap >= field.last_lap;
        let is_waved_by = !is_over && field.track == TrackState::SafetyCar && field.track_laps >= LAPS_BEFORE_UNLAPPING;
        let last = lane(field.order[field.n_running - 1]);
        if field.lag[last] == 0 {
            return;
        }
        let leader_s = (0..field.n_running)
            .map(|place| lane(field.order[place]))
            .filter(|i| field.lag[*i] == 0)
            .fold(f32::INFINITY, |least, i| least.min(field.time_s[i]));
        let catch_up = self.tables.model.circuit.neutralisation.catch_up_factor;
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            let start_s = field.time_s[i] + field.out_loss_s[i];
            let is_ahead = start_s < leader_s;
            if field.lag[i] == 0 || !(is_ahead || is_waved_by) || field.fitting[i] > 0 {
                continue;
            }
            field.lag[i] -= 1;
            (field.start_s[i], field.out_loss_s[i]) = (start_s, 0.0);
            field.before_change = 0.0;
            let lap_s =
                if field.track == TrackState::Green { field.free_s[i] } else { self.slow_lap_s(field, i, catch_up) };
            let at_s = self.clear_of_others_s(field, i, field.start_s[i] + lap_s);
            self.complete(field, i, at_s);
        }
    }

    /// The first moment from `at_s` on at which a car can cross the line with nobody on its lap too close to it.
    fn clear_of_others_s(&self, field: &Field, i: usize, mut at_s: f32) -> f32 {
        let gap_s = self.tables.model.circuit.traffic.following_gap_s;
        for _ in 0..field.n_running {
            let is_close =
                |j: &usize| *j != i && field.lag[*j] == field.lag[i] && (field.time_s[*j] - at_s).abs() < 0.999 * gap_s;
            match field.running().filter(is_close).map(|j| field.time_s[j]).reduce(f32::max) {
                Some(other_s) => at_s = other_s + gap_s,
                None => break,
            }
        }
        at_s
    }
}
