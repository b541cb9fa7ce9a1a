//! From the laps of a simulated race to where every car is at every moment.
//!
//! The simulator says when each car ends each lap. Between, a car flows along the racing line on the pace of its fuel,
//! stretched so that the lap takes exactly as long; pit stops, the start, the way home and cars that stop for good are
//! rolled. A stop's time is what the simulator says for in-lap and out-lap together; how it divides between the two
//! follows from where the box stands.

use crate::circuit::GridSlot;
use crate::race::{CarTrace, LapRecord, PitRecord, RetirementCause};

use super::chance::{Chance, What};
use super::course::Course;
use super::driven::{DrivenLap, millis};
use super::lane;
use super::lap_shape::{LapShape, Loss, Onset};
use super::launch::{braking_point, launch};
use super::route::{Path, Route, RouteBuilder};

/// Slowness of the formation lap and of the way home.
const FORMATION_SLOWNESS: f64 = 1.45;
const COOL_DOWN_SLOWNESS: f64 = 1.40;
/// Slowness of the lap after a restart.
pub(super) const RESTART_SLOWNESS: f64 = 1.06;
/// Deceleration of a car that rolls out, and of one that hits something.
const ROLL_OUT_MPS2: f64 = 3.5;
const CRASH_MPS2: f64 = 28.0;
/// Braking for the pit entry on the track.
const TRACK_BRAKING_MPS2: f64 = 20.0;
/// No two laps are driven alike: this much may be won or lost in each of the first two sectors, for the rest of the lap
/// to even out.
const SWING_S: f64 = 0.1;
/// Mistakes below this are lap-to-lap noise to the eye.
const VISIBLE_MISTAKE_S: f32 = 0.25;

/// One car's race, in session time.
pub(super) struct CarRace<'a> {
    pub(super) course: &'a Course,
    pub(super) chance: &'a Chance,
    pub(super) car_idx: usize,
    pub(super) trace: &'a CarTrace,
    pub(super) slot: GridSlot,
    /// Where it stops at the end of a lap.
    pub(super) box_m: &'a dyn Fn(u16) -> f64,
    /// When the formation lap starts for it, and when the lights go out.
    pub(super) formation_s: f64,
    pub(super) lights_s: f64,
    /// Session time of a race time.
    pub(super) session_s: &'a dyn Fn(f64) -> f64,
    /// Which pace each lap is driven on.
    pub(super) pace_of_lap: &'a dyn Fn(u16) -> usize,
    /// When the safety car came out, in session time, and the slowness behind it.
    pub(super) onsets_s: &'a [f64],
    /// Time that faults cost, by lap.
    pub(super) fault_losses: Vec<(u16, Loss)>,
    /// How the simulator divides what a stop costs between in-lap and out-lap.
    pub(super) in_lap_share: f64,
    /// Where it waits while the race is stopped.
    pub(super) waits: &'a [Wait],
}

/// A wait in the pit lane under a red flag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wait {
    /// The lap that ends with it.
    pub(super) lap: u16,
    /// Where in the lane.
    pub(super) lane_m: f64,
    /// When the car drives off.
    pub(super) release_s: f64,
}

/// What a car did.
pub(super) struct CarRaceRun {
    pub(super) route: Route,
    pub(super) laps: Vec<DrivenLap>,
    /// For each lap that ended in the pits: lap number, moment of standing still, how long.
    pub(super) stops: Vec<(u16, f64, f64)>,
    /// When it began to stop for good and when it stood, if it did.
    pub(super) stopped_s: Option<(f64, f64)>,
}

impl CarRace<'_> {
    /// Drives it all.
    pub(super) fn drive(&self) -> CarRaceRun {
        let mut builder = self.formation();
        let mut run = CarRaceRun { route: Route::default(), laps: Vec::new(), stops: Vec::new(), stopped_s: None };
        let mut ends_s: Vec<f64> = Vec::new();
        builder.rebase(1, -self.slot.behind_line_m);
        builder.stand_until(self.lights_s + self.reaction_s());
        launch(&mut builder, self.pace(1), self.slowness(0).max(1.0), self.vigour());
        for (idx, lap) in self.trace.laps.iter().enumerate() {
            if let Some(wait) = self.wait_after(idx) {
                ends_s.push(self.drive_to_wait(&mut builder, idx, wait, &mut run));
            } else if lap.pit.is_some() {
                ends_s.push(self.drive_in_lap(&mut builder, idx, &mut run));
            } else {
                self.drive_lap(&mut builder, idx);
                ends_s.push((self.session_s)(lap.end_s));
            }
        }
        match self.trace.retirement {
            Some(out) => {
                let stops_s = (self.session_s)(out.at_s);
                run.stopped_s = Some(self.roll_out(&mut builder, out.lap, f64::from(out.fraction), stops_s, out.cause));
            }
            None => self.drive_home(&mut builder),
        }
        run.route = builder.finish();
        run.laps = self.read_laps(&run.route, &ends_s);
        run
    }

    fn read_laps(&self, route: &Route, ends_s: &[f64]) -> Vec<DrivenLap> {
        let mut start_ms = millis(self.lights_s);
        let mut laps = Vec::with_capacity(ends_s.len() + 1);
        for (idx, end_s) in ends_s.iter().enumerate() {
            let end_ms = millis(*end_s);
            laps.push(DrivenLap::read(self.course, route, idx as u16 + 1, start_ms, Some(end_ms)));
            start_ms = end_ms;
        }
        if self.trace.retirement.is_some() {
            laps.push(DrivenLap::read(self.course, route, ends_s.len() as u16 + 1, start_ms, None));
        }
        laps
    }

    fn pace(&self, lap: u16) -> &super::pace::Pace {
        &self.course.paces[(self.pace_of_lap)(lap)]
    }

    fn reaction_s(&self) -> f64 {
        self.chance.between(What::Launch, 0, self.car_idx, 0.18, 0.34)
    }

    fn vigour(&self) -> f64 {
        self.chance.between(What::Launch, 1, self.car_idx, 0.94, 1.0)
    }

    /// From standing on the grid, round, and back to the same place.
    fn formation(&self) -> RouteBuilder {
        let (course, length_m) = (self.course, self.course.length_m());
        let pace = &course.paces[0];
        let mut builder = RouteBuilder::standing(0.0, 0, Path::Track, -self.slot.behind_line_m);
        builder.stand_until(self.formation_s);
        launch(&mut builder, pace, 2.2, 0.4);
        let stop_m = length_m - self.slot.behind_line_m;
        let brake_m = stop_m - 260.0;
        let cruise_mps = pace.speed_at(brake_m) / FORMATION_SLOWNESS;
        let arrive_mps = cruise_mps.min(38.0);
        let duration_s = FORMATION_SLOWNESS * (pace.time_at(brake_m) - pace.time_at(builder.at_m()));
        let shape = LapShape {
            pace,
            from_m: builder.at_m(),
            to_m: brake_m,
            duration_s,
            from_mps: builder.speed_mps(),
            to_mps: arrive_mps,
            losses: Vec::new(),
            onset: None,
        };
        builder.flow(&course.paces, 0, shape.stretch(), brake_m);
        builder.change_speed_to(stop_m, 0.0);
        builder
    }

    /// Slowness that lap `idx` would have without start, stop and the like: what its neighbours join on to.
    fn slowness(&self, idx: usize) -> f64 {
        let Some(lap) = self.trace.laps.get(idx) else { return self.last_slowness() };
        if idx > 0 && self.wait_after(idx - 1).is_some() {
            return RESTART_SLOWNESS;
        }
        let clean_s = self.clean_s(idx, lap);
        (clean_s / self.pace(idx as u16 + 1).lap_s()).clamp(0.95, 2.2)
    }

    fn last_slowness(&self) -> f64 {
        match self.trace.laps.len().checked_sub(1) {
            Some(last) => self.slowness(last),
            None => 1.03,
        }
    }

    /// The lap's time less what start and stops added.
    fn clean_s(&self, idx: usize, lap: &LapRecord) -> f64 {
        let begin_s = if idx == 0 { self.lights_s } else { (self.session_s)(self.trace.laps[idx - 1].end_s) };
        let mut time_s = (self.session_s)(lap.end_s) - begin_s;
        if idx == 0 {
            time_s -= 5.0 + 0.2 * f64::from(self.trace.grid);
        }
        if let Some(stop) = lap.pit {
            time_s -= self.stop_share_s(&stop).0;
        }
        if let Some(stop) = idx.checked_sub(1).and_then(|before| self.trace.laps[before].pit) {
            time_s -= self.stop_share_s(&stop).1;
        }
        time_s
    }

    /// What the simulator added for a stop to the lap in and to the lap out.
    fn stop_share_s(&self, stop: &PitRecord) -> (f64, f64) {
        let (loss_s, stationary_s) = (f64::from(stop.loss_s), f64::from(stop.stationary_s));
        let lane_s = (loss_s - stationary_s) * self.in_lap_share;
        let in_s = if self.in_lap_share > 0.5 { lane_s + stationary_s } else { lane_s };
        (in_s, loss_s - in_s)
    }

    /// What a stop costs up to the line and after it, against driving past on the pace.
    fn stop_losses_s(&self, stationary_s: f64) -> (f64, f64) {
        let (course, pace) = (self.course, &self.course.paces[0]);
        let (to_line_s, whole_s) =
            lane::lane_times(course, (self.box_m)(0), stationary_s, lane::entry_speed_mps(course));
        let past_entry_s = pace.lap_s() - pace.time_at(course.lane_entry_m());
        let past_exit_s = pace.time_at(course.circuit.pit_lane.exit_m);
        (to_line_s - past_entry_s, whole_s - to_line_s - past_exit_s)
    }

    /// Speed at the line between a lap and the next.
    fn line_mps(&self, idx: usize) -> f64 {
        let pace = self.pace(idx as u16 + 1);
        pace.speed_at(pace.length_m()) / (0.5 * (self.slowness(idx) + self.slowness(idx + 1)))
    }

    /// A lap from wherever the car is to the line.
    fn drive_lap(&self, builder: &mut RouteBuilder, idx: usize) {
        let lap = &self.trace.laps[idx];
        let end_s = (self.session_s)(lap.end_s);
        let length_m = self.course.length_m();
        builder.set_gate(length_m, idx as u16 + 2);
        self.flow(builder, idx, length_m, end_s, self.line_mps(idx));
    }

    /// Flows to a place on the lap so as to be there at a moment with a speed.
    fn flow(&self, builder: &mut RouteBuilder, idx: usize, to_m: f64, until_s: f64, to_mps: f64) {
        let number = idx as u16 + 1;
        let pace_idx = (self.pace_of_lap)(number);
        let begun_s = builder.now_s();
        let onset = self.onsets_s.iter().find(|onset| (begun_s + 2.0..until_s - 12.0).contains(*onset));
        let before = idx.checked_sub(1).map_or(1.05, |before| self.slowness(before));
        let shape = LapShape {
            pace: &self.course.paces[pace_idx],
            from_m: builder.at_m(),
            to_m,
            duration_s: until_s - begun_s,
            from_mps: builder.speed_mps(),
            to_mps,
            losses: self.losses(idx, builder.at_m()),
            onset: onset.filter(|_| before < 1.2).map(|onset| Onset { after_s: onset - begun_s, before }),
        };
        builder.flow(&self.course.paces, pace_idx, shape.stretch(), to_m);
    }

    /// Where on the lap time is lost: a mistake in a corner, a fault.
    fn losses(&self, idx: usize, from_m: f64) -> Vec<Loss> {
        let number = idx as u16 + 1;
        let mut losses: Vec<Loss> =
            self.fault_losses.iter().filter(|(lap, _)| *lap == number).map(|(_, loss)| *loss).collect();
        let mistake_s = self.trace.laps.get(idx).map_or(0.0, |lap| lap.mistake_s);
        if mistake_s > VISIBLE_MISTAKE_S && losses.is_empty() {
            losses.extend(self.mistake(number, f64::from(mistake_s), from_m));
        }
        if losses.is_empty() && idx < self.trace.laps.len() {
            losses.extend(self.swings(number, from_m));
        }
        losses
    }

    /// A little time won or lost in the first two sectors, so far as they are ahead.
    fn swings(&self, lap: u16, from_m: f64) -> impl Iterator<Item = Loss> {
        let ends_m = self.course.sector_end_minis.map(|mini| self.course.mini_ends_m[mini]);
        [(0, 0.0, ends_m[0]), (1, ends_m[0], ends_m[1])]
            .into_iter()
            .filter(move |(_, begin_m, _)| *begin_m >= from_m - 1.0)
            .map(move |(sector, begin_m, end_m)| {
                let key = 2 * u32::from(lap) + sector;
                let seconds = self.chance.between(What::Swing, key, self.car_idx, -SWING_S, SWING_S);
                Loss { seconds, from_m: begin_m, to_m: end_m, peak: 0.5 }
            })
    }

    /// A mistake costs its time from the entry of some corner to well down the road.
    fn mistake(&self, lap: u16, seconds: f64, from_m: f64) -> Option<Loss> {
        let pace = self.pace(lap);
        let room = from_m + 300.0..self.course.lane_entry_m() - 500.0;
        let corners: Vec<f64> =
            self.course.circuit.corners.iter().map(|corner| corner.start_m).filter(|at| room.contains(at)).collect();
        let pick = self.chance.one_of(What::Mistake, u32::from(lap), self.car_idx, corners.len());
        let from_m = *corners.get(pick)?;
        let to_s = (pace.time_at(from_m) + 3.0 + 2.5 * seconds).min(pace.time_at(self.course.lane_entry_m()));
        Some(Loss { seconds, from_m, to_m: pace.at_time(to_s).distance_m, peak: 0.25 })
    }

    /// A lap that ends in the pits, the stop, and the way out up to speed. Returns when the car crossed the line.
    fn drive_in_lap(&self, builder: &mut RouteBuilder, idx: usize, run: &mut CarRaceRun) -> f64 {
        let (course, number) = (self.course, idx as u16 + 1);
        let lap = &self.trace.laps[idx];
        let stationary_s = lap.pit.map_or(0.0, |pit| f64::from(pit.stationary_s));
        let (pace, slowness) = (self.pace(number), self.slowness(idx));
        let entry_m = course.lane_entry_m();
        let (brake_m, brake_mps) =
            braking_point(pace, slowness, entry_m, lane::entry_speed_mps(course), TRACK_BRAKING_MPS2);
        let entry_mps = (pace.speed_at(entry_m) / slowness).min(lane::entry_speed_mps(course));
        let brake_s = 2.0 * (entry_m - brake_m) / (brake_mps + entry_mps);
        let box_m = (self.box_m)(number);
        let (to_line_s, whole_s) = lane::lane_times(course, box_m, stationary_s, entry_mps);
        let flow_s = self.in_lap_flow_s(builder, idx, brake_m, brake_s + whole_s, brake_s + to_line_s);
        self.flow(builder, idx, brake_m, builder.now_s() + flow_s, brake_mps);
        builder.change_speed_to(entry_m, entry_mps);
        lane::drive_in(course, builder, box_m, number + 1);
        run.stops.push((number, builder.now_s(), stationary_s));
        builder.stand_until(builder.now_s() + stationary_s);
        lane::drive_out(course, builder);
        launch(builder, self.pace(number + 1), self.slowness(idx + 1), 1.0);
        builder.crossings().last().map_or(0.0, |(_, crossed_s)| *crossed_s)
    }

    fn wait_after(&self, idx: usize) -> Option<&Wait> {
        self.waits.iter().find(|wait| usize::from(wait.lap) == idx + 1)
    }

    /// A lap under a red flag: slowly into the lane, behind the others to its end, and out again when the race goes on.
    fn drive_to_wait(&self, builder: &mut RouteBuilder, idx: usize, wait: &Wait, run: &mut CarRaceRun) -> f64 {
        let (course, number) = (self.course, idx as u16 + 1);
        let pace = self.pace(number);
        let entry_m = course.lane_entry_m();
        let entry_mps = (pace.speed_at(entry_m) / 1.5).min(0.7 * lane::entry_speed_mps(course));
        let (to_line_s, _) = lane::lane_times(course, wait.lane_m, 0.0, entry_mps);
        let way_s = pace.time_at(entry_m) - pace.time_at(builder.at_m());
        let end_s = (self.session_s)(self.trace.laps[idx].end_s);
        let flow_s = (end_s - builder.now_s() - to_line_s).max(1.02 * way_s);
        self.flow(builder, idx, entry_m, builder.now_s() + flow_s, entry_mps);
        lane::drive_in(course, builder, wait.lane_m, number + 1);
        run.stops.push((number, builder.now_s(), (wait.release_s - builder.now_s()).max(1.0)));
        builder.stand_until(wait.release_s.max(builder.now_s() + 1.0));
        lane::drive_out(course, builder);
        launch(builder, self.pace(number + 1), RESTART_SLOWNESS, 1.0);
        builder.crossings().last().map_or(0.0, |(_, crossed_s)| *crossed_s)
    }

    /// How long the in-lap's way to the braking point takes: in-lap and out-lap share out what is left of their time.
    fn in_lap_flow_s(&self, builder: &RouteBuilder, idx: usize, brake_m: f64, stop_s: f64, to_line_s: f64) -> f64 {
        let now_s = builder.now_s();
        let in_s = self.slowness(idx)
            * (self.pace(idx as u16 + 1).time_at(brake_m) - self.pace(idx as u16 + 1).time_at(builder.at_m()));
        let Some(next) = self.trace.laps.get(idx + 1) else {
            return ((self.session_s)(self.trace.laps[idx].end_s) - now_s - to_line_s).max(0.9 * in_s);
        };
        let pace = self.pace(idx as u16 + 2);
        let mut out = RouteBuilder::standing(0.0, 0, Path::Track, self.course.circuit.pit_lane.exit_m);
        out.set_speed(lane::exit_speed_mps(self.course));
        launch(&mut out, pace, self.slowness(idx + 1), 1.0);
        let next_in_s = if next.pit.is_some() { self.stop_losses_s(0.0).0 } else { 0.0 };
        let out_s = self.slowness(idx + 1) * (pace.lap_s() - pace.time_at(out.at_m()));
        let left_s = (self.session_s)(next.end_s) - now_s - stop_s - out.now_s() - next_in_s;
        in_s * left_s / (in_s + out_s)
    }

    /// Out of the race on the lap after the last one completed. Returns when it began to slow and when it stood.
    fn roll_out(
        &self,
        builder: &mut RouteBuilder,
        lap: u16,
        fraction: f64,
        at_s: f64,
        cause: RetirementCause,
    ) -> (f64, f64) {
        let idx = usize::from(lap.saturating_sub(1)).min(self.trace.laps.len());
        let (pace, length_m) = (self.pace(idx as u16 + 1), self.course.length_m());
        let last_m = self.course.lane_entry_m() - 60.0;
        let at_m = (fraction * length_m).max(builder.at_m() + 120.0).min(last_m);
        let slowness = self.last_slowness().clamp(1.0, 1.8);
        let way_s = pace.time_at(at_m) - pace.time_at(builder.at_m());
        // The simulator says when in shares of a lap's time, which are not shares of its way: a car that drove its last
        // yards to that moment would set the best sectors of the race on its way out.
        let duration_s = (at_s - builder.now_s()).clamp(slowness * way_s, 2.0 * slowness * way_s);
        let to_mps = pace.speed_at(at_m) / (duration_s / way_s);
        self.flow(builder, idx, at_m, builder.now_s() + duration_s, to_mps);
        let began_s = builder.now_s();
        let room_m = (length_m - 20.0 - builder.at_m()).max(30.0);
        let least = builder.speed_mps().powi(2) / (2.0 * room_m);
        let deceleration = match cause {
            RetirementCause::Failure => ROLL_OUT_MPS2,
            RetirementCause::Crash => CRASH_MPS2,
        };
        builder.reach_speed(0.0, deceleration.max(least));
        (began_s, builder.now_s())
    }

    /// Past the flag: round slowly, into the lane and to the box.
    fn drive_home(&self, builder: &mut RouteBuilder) {
        let idx = self.trace.laps.len();
        let (course, pace) = (self.course, self.pace(idx as u16));
        let entry_m = course.lane_entry_m();
        let to_mps = (pace.speed_at(entry_m) / COOL_DOWN_SLOWNESS).min(lane::entry_speed_mps(course) * 0.8);
        let slowness = COOL_DOWN_SLOWNESS + self.chance.between(What::Run, 1, self.car_idx, 0.0, 0.1);
        let duration_s = slowness * (pace.time_at(entry_m) - pace.time_at(builder.at_m()));
        self.flow(builder, idx, entry_m, builder.now_s() + duration_s, to_mps);
        lane::drive_in(course, builder, (self.box_m)(0), idx as u16 + 2);
    }
}
