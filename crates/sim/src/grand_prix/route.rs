//! Where one car is at every moment of a session, as a list of pieces laid end to end.
//!
//! A piece stands, rolls with constant acceleration, or flows along the racing line on a stretched pace. Each begins
//! where and as fast as the one before ends, so distance and speed are continuous by construction.

use super::pace::Pace;
use super::stretch::Stretch;

/// What a distance is measured along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// The racing line, from the start and finish line.
    Track,
    /// The pit lane, from its entry.
    Lane,
}

/// How a piece is driven.
#[derive(Debug, Clone)]
enum Law {
    Stand,
    Roll { speed_mps: f64, acceleration_mps2: f64 },
    Flow { pace: usize, stretch: Stretch },
}

/// A piece of a route.
#[derive(Debug, Clone)]
struct Piece {
    start_s: f64,
    /// The lap it belongs to: 0 before the start.
    lap: u16,
    path: Path,
    /// Where it begins. On the track this counts from the line at the beginning of the lap.
    from_m: f64,
    law: Law,
}

/// A car on its route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RoutePoint {
    pub(super) lap: u16,
    pub(super) path: Path,
    pub(super) distance_m: f64,
    pub(super) speed_mps: f64,
    pub(super) acceleration_mps2: f64,
    /// Slowness against the pace, where the car flows along one: which pace, and how slow.
    pub(super) flow: Option<(usize, f64)>,
}

/// Where one car is at every moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    pieces: Vec<Piece>,
}

impl Route {
    /// The car at a moment. Before its first piece it stands where that begins; after the last it stands for good.
    pub(super) fn at(&self, paces: &[Pace], time_s: f64) -> RoutePoint {
        let idx = self.pieces.partition_point(|piece| piece.start_s <= time_s).saturating_sub(1);
        self.pieces[idx].at(paces, time_s)
    }

    /// Seconds to the nearest change between track and lane, before or after a moment, if one is within a few pieces.
    pub(super) fn to_change_of_path(&self, time_s: f64) -> f64 {
        let idx = self.pieces.partition_point(|piece| piece.start_s <= time_s).saturating_sub(1);
        let near = idx.saturating_sub(3)..(idx + 4).min(self.pieces.len());
        let changes = near.skip(1).filter(|next| self.pieces[*next].path != self.pieces[next - 1].path);
        changes.map(|next| (self.pieces[next].start_s - time_s).abs()).fold(f64::INFINITY, f64::min)
    }

    /// When the car first passes a distance on a lap, on the track or in the lane, if it does.
    pub(super) fn time_at(&self, paces: &[Pace], lap: u16, path: Path, distance_m: f64) -> Option<f64> {
        let first = self.pieces.partition_point(|piece| piece.lap < lap);
        let of_lap = self.pieces[first..].iter().take_while(|piece| piece.lap == lap);
        let mut found = None;
        for (offset, piece) in of_lap.enumerate().filter(|(_, piece)| piece.path == path) {
            let end_s = self.pieces.get(first + offset + 1).map_or(f64::INFINITY, |next| next.start_s);
            if let Some(time_s) = piece.time_at(paces, distance_m, end_s) {
                found = Some(time_s);
                break;
            }
        }
        found
    }
}

impl Piece {
    fn at(&self, paces: &[Pace], time_s: f64) -> RoutePoint {
        let passed_s = (time_s - self.start_s).max(0.0);
        let point = |distance_m, speed_mps, acceleration_mps2, flow| RoutePoint {
            lap: self.lap,
            path: self.path,
            distance_m,
            speed_mps,
            acceleration_mps2,
            flow,
        };
        match &self.law {
            Law::Stand => point(self.from_m, 0.0, 0.0, None),
            Law::Roll { speed_mps: v, acceleration_mps2: a } => {
                point(self.from_m + (v + 0.5 * a * passed_s) * passed_s, v + a * passed_s, *a, None)
            }
            Law::Flow { pace, stretch } => {
                let (profile_s, slowness, rate) = stretch.at(passed_s);
                let on = paces[*pace].at_time(profile_s);
                // v = v_p/q, and profile time passes at 1/q.
                let acceleration = (on.acceleration_mps2 - on.speed_mps * rate / slowness) / (slowness * slowness);
                point(on.distance_m, on.speed_mps / slowness, acceleration, Some((*pace, slowness)))
            }
        }
    }

    /// When the piece passes a distance, if it does before it ends.
    fn time_at(&self, paces: &[Pace], distance_m: f64, end_s: f64) -> Option<f64> {
        let way_m = distance_m - self.from_m;
        if way_m < -1e-6 {
            return None;
        }
        let passed_s = match &self.law {
            Law::Stand => (way_m.abs() < 1e-6).then_some(0.0)?,
            Law::Roll { speed_mps: v, acceleration_mps2: a } => roll_time(*v, *a, way_m.max(0.0))?,
            Law::Flow { pace, stretch } => stretch.passed_at(paces[*pace].time_at(distance_m))?,
        };
        Some(self.start_s + passed_s).filter(|time_s| *time_s <= end_s + 1e-6)
    }
}

/// Time to roll a way, if the speed lasts that far.
fn roll_time(speed_mps: f64, acceleration_mps2: f64, way_m: f64) -> Option<f64> {
    let square = speed_mps * speed_mps + 2.0 * acceleration_mps2 * way_m;
    let end_mps = if square < -1e-6 { return None } else { square.max(0.0).sqrt() };
    let sum_mps = speed_mps + end_mps;
    if sum_mps > 0.0 { Some(2.0 * way_m / sum_mps) } else { (way_m == 0.0).then_some(0.0) }
}

/// Lays pieces end to end.
#[derive(Debug, Clone)]
pub(super) struct RouteBuilder {
    route: Route,
    lap: u16,
    path: Path,
    now_s: f64,
    at_m: f64,
    speed_mps: f64,
    /// Where the next lap begins, on the path the car is on, and its number.
    gate: Option<(f64, u16)>,
    crossings: Vec<(u16, f64)>,
}

impl RouteBuilder {
    /// A car that stands somewhere.
    pub(super) fn standing(now_s: f64, lap: u16, path: Path, at_m: f64) -> RouteBuilder {
        let mut builder = RouteBuilder {
            route: Route::default(),
            lap,
            path,
            now_s,
            at_m,
            speed_mps: 0.0,
            gate: None,
            crossings: Vec::new(),
        };
        builder.push(Law::Stand);
        builder
    }

    fn push(&mut self, law: Law) {
        self.route.pieces.push(Piece { start_s: self.now_s, lap: self.lap, path: self.path, from_m: self.at_m, law });
    }

    pub(super) fn now_s(&self) -> f64 {
        self.now_s
    }

    pub(super) fn at_m(&self) -> f64 {
        self.at_m
    }

    pub(super) fn speed_mps(&self) -> f64 {
        self.speed_mps
    }

    /// Stands until a moment, if that is still to come.
    pub(super) fn stand_until(&mut self, time_s: f64) {
        debug_assert!(self.speed_mps < 1e-6, "a rolling car cannot stand");
        self.speed_mps = 0.0;
        self.push(Law::Stand);
        self.now_s = self.now_s.max(time_s);
    }

    /// The speed that the car comes with.
    pub(super) fn set_speed(&mut self, speed_mps: f64) {
        self.speed_mps = speed_mps;
    }

    /// Where on its path the car begins its next lap. On the track that is the line, after which distances count anew.
    pub(super) fn set_gate(&mut self, at_m: f64, next_lap: u16) {
        self.gate = Some((at_m, next_lap));
    }

    /// No lap begins on the way.
    pub(super) fn clear_gate(&mut self) {
        self.gate = None;
    }

    /// The same place called differently: a lap and a distance that count from another line.
    pub(super) fn rebase(&mut self, lap: u16, at_m: f64) {
        (self.lap, self.at_m) = (lap, at_m);
    }

    /// Laps begun, with the moment.
    pub(super) fn crossings(&self) -> &[(u16, f64)] {
        &self.crossings
    }

    /// Begins the next lap if the car stands at the gate.
    fn pass_gate(&mut self) {
        let Some((at_m, lap)) = self.gate.filter(|(at_m, _)| self.at_m >= at_m - 1e-9) else { return };
        self.gate = None;
        self.lap = lap;
        self.crossings.push((lap, self.now_s));
        if self.path == Path::Track {
            self.at_m -= at_m;
        }
    }

    /// The car changes from the track to the lane or back, where both run side by side.
    pub(super) fn change_path(&mut self, path: Path, at_m: f64) {
        (self.path, self.at_m) = (path, at_m);
    }

    /// Rolls on at the speed it has.
    pub(super) fn roll_to(&mut self, at_m: f64) {
        self.roll_way(at_m - self.at_m, self.speed_mps);
    }

    /// Rolls to a place on the same path (past the gate, counted from the new line), arriving at a speed. One of both
    /// speeds is above zero.
    pub(super) fn change_speed_to(&mut self, at_m: f64, speed_mps: f64) {
        self.roll_way(at_m - self.at_m, speed_mps);
    }

    fn roll_way(&mut self, way_m: f64, end_mps: f64) {
        let sum_mps = self.speed_mps + end_mps;
        if way_m <= 1e-9 || sum_mps <= 1e-9 {
            self.speed_mps = end_mps;
            return;
        }
        let acceleration = (end_mps * end_mps - self.speed_mps * self.speed_mps) / (2.0 * way_m);
        let to_gate_m = self.gate.map(|(at_m, _)| at_m - self.at_m).filter(|to_gate_m| *to_gate_m < way_m - 1e-9);
        if let Some(to_gate_m) = to_gate_m {
            let gate_mps = (self.speed_mps * self.speed_mps + 2.0 * acceleration * to_gate_m.max(0.0)).sqrt();
            self.roll_piece(to_gate_m.max(0.0), gate_mps, acceleration);
            self.pass_gate();
            self.roll_piece(way_m - to_gate_m.max(0.0), end_mps, acceleration);
        } else {
            self.roll_piece(way_m, end_mps, acceleration);
            self.pass_gate();
        }
    }

    fn roll_piece(&mut self, way_m: f64, end_mps: f64, acceleration_mps2: f64) {
        if way_m > 0.0 {
            self.push(Law::Roll { speed_mps: self.speed_mps, acceleration_mps2 });
            self.now_s += 2.0 * way_m / (self.speed_mps + end_mps);
            self.at_m += way_m;
        }
        self.speed_mps = end_mps;
    }

    /// Reaches a speed with a given acceleration or deceleration (positive both), wherever that is.
    pub(super) fn reach_speed(&mut self, speed_mps: f64, acceleration_mps2: f64) {
        let way_m = (speed_mps * speed_mps - self.speed_mps * self.speed_mps).abs() / (2.0 * acceleration_mps2);
        self.roll_way(way_m, speed_mps);
    }

    /// Flows along a pace to a place on the track.
    pub(super) fn flow(&mut self, paces: &[Pace], pace: usize, stretch: Stretch, to_m: f64) {
        let duration_s = stretch.duration_s();
        let (_, slowness, _) = stretch.at(duration_s);
        self.push(Law::Flow { pace, stretch });
        self.now_s += duration_s;
        (self.at_m, self.speed_mps) = (to_m, paces[pace].speed_at(to_m) / slowness);
        self.pass_gate();
    }

    /// The route, its last piece standing where the car came to rest.
    pub(super) fn finish(mut self) -> Route {
        if self.speed_mps > 1e-6 {
            self.reach_speed(0.0, 6.0);
        }
        self.push(Law::Stand);
        self.route
    }
}
