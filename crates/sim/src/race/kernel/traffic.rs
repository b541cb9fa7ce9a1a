//! A lap of racing: who catches whom, who passes, who follows.

use super::{Begin, DrivenLap, Field, LANES, Recorder, Run, lane, purpose};
use crate::race::formulas::{Duel, dirty_air_s, pass_probability};
use crate::race::{OvertakingAid, TrackState};
use crate::random::uniform;

/// Laps of racing before the aid may be used: DRS was enabled two laps after a start or restart (2011–2023); the
/// overtake mode after one.
fn laps_without_aid(aid: OvertakingAid) -> u16 {
    match aid {
        OvertakingAid::None => u16::MAX,
        OvertakingAid::Drs => 2,
        OvertakingAid::OvertakeMode => 1,
    }
}

/// Gap to the car ahead within which the aid may be used.
const AID_WITHIN_S: f32 = 1.0;

/// The cars as they come to the line, built up front to back.
struct Line {
    n: usize,
    car: [u8; LANES],
    at_s: [f32; LANES],
}

impl Line {
    fn new() -> Line {
        Line { n: 0, car: [0; LANES], at_s: [0.0; LANES] }
    }

    /// Puts a car at `place`; those from there on come after it, at least `gaps_s` of each behind the one before.
    #[inline(always)]
    fn insert(&mut self, place: usize, car: u8, at_s: f32, gaps_s: &[f32; LANES]) {
        let n = self.n;
        self.car[n] = car;
        self.at_s[n] = at_s;
        self.n = n + 1;
        if place == n {
            return;
        }
        self.car.copy_within(place..n, place + 1);
        self.at_s.copy_within(place..n, place + 1);
        self.car[place] = car;
        self.at_s[place] = at_s;
        for after in place + 1..=n {
            let gap_s = gaps_s[lane(self.car[after])];
            self.at_s[after] = self.at_s[after].max(self.at_s[after - 1] + gap_s);
        }
    }
}

/// By place in the order: the gap at the start of the lap to the car ahead on the same lap, long where there is none.
fn gaps_ahead_s(field: &Field) -> [f32; LANES] {
    const CLEAR_S: f32 = 1e4;
    let mut gaps_s = [CLEAR_S; LANES];
    for (pair, gap_s) in field.order[..field.n_running].windows(2).zip(&mut gaps_s[1..]) {
        let (ahead, behind) = (lane(pair[0]), lane(pair[1]));
        if field.lag[ahead] == field.lag[behind] {
            *gap_s = field.start_s[behind] - field.start_s[ahead];
        }
    }
    gaps_s
}

/// How early a car may end its lap if the one ahead of it in the order ended the same lap in the leader's lap before:
/// the leader is between the two on the road, so one of them is a lap down and the other about to be.
#[inline(always)]
fn closest_across_laps(field: &Field, ahead: usize, i: usize) -> f32 {
    if field.lag[ahead] + 1 == field.lag[i] { field.start_s[ahead] } else { f32::NEG_INFINITY }
}

impl<R: Recorder> Run<'_, '_, R> {
    /// A flying lap, or the first behind a safety car that has left.
    pub(super) fn racing_lap(&mut self, field: &mut Field) {
        let traffic = &self.tables.model.circuit.traffic;
        if field.begin == Begin::Rolling {
            let share = self.tables.model.circuit.neutralisation.restart_shuffle_share;
            self.shuffle(field, share);
        }
        let aid = self.tables.model.rules.aid;
        let is_aid_allowed = field.track_laps >= laps_without_aid(aid)
            && field.wetness < self.tables.model.circuit.weather.slick_crossover;
        let mut line = Line::new();
        let gaps_s = gaps_ahead_s(field);
        // For all lanes at once: this loop vectorises, one car at a time below would not.
        let air_s = gaps_s.map(|gap_s| dirty_air_s(traffic, gap_s));
        let follow_s = field.distance.map(|distance| distance * traffic.following_gap_s);
        // The car that has just fallen a lap behind, and is now ahead of those that had before.
        let mut just_lapped = (u32::MAX, f32::NEG_INFINITY);
        for place in 0..field.n_running {
            let car = field.order[place];
            let i = lane(car);
            let start_s = field.start_s[i];
            if self.is_lapped(field, &line, i) {
                just_lapped = (field.lag[i], start_s);
                continue;
            }
            let has_aid = is_aid_allowed && gaps_s[place] < AID_WITHIN_S;
            let free_s = start_s + field.free_s[i] + air_s[place];
            let (at, mut at_s) = self.duels(field, &line, i, free_s, follow_s[i], has_aid);
            if field.lag[i] == just_lapped.0 {
                at_s = at_s.max(just_lapped.1 + follow_s[i]);
            }
            line.insert(at, car, at_s, &follow_s);
        }
        self.cross(field, &line);
        if field.lag[lane(field.order[field.n_running - 1])] > 0 {
            self.blue_flags(field);
        }
    }

    /// How far forward a car that would be at the line at `free_s` gets, and when it is there.
    #[inline(always)]
    fn duels(
        &mut self,
        field: &mut Field,
        line: &Line,
        i: usize,
        free_s: f32,
        follow_s: f32,
        has_aid: bool,
    ) -> (usize, f32) {
        let tables = self.tables;
        let traffic = &tables.model.circuit.traffic;
        let (mut place, mut at_s) = (line.n, free_s);
        let mut u = uniform(field.pass_word[i]);
        while place > 0 {
            let ahead = lane(line.car[place - 1]);
            let closest_s = line.at_s[place - 1] + follow_s;
            if field.lag[ahead] != field.lag[i] {
                at_s = at_s.max(closest_across_laps(field, ahead, i) + follow_s);
                break;
            }
            if at_s >= closest_s {
                break;
            }
            let p = pass_probability(
                traffic,
                Duel {
                    pace_advantage_s: field.free_s[ahead] - field.free_s[i],
                    tyre_advantage_laps: f32::from(field.age[ahead]) - f32::from(field.age[i]),
                    skill: tables.attack[i] - tables.defence[ahead],
                    has_aid,
                },
            );
            if u >= p {
                at_s = closest_s;
                break;
            }
            // Given that it is below p, u/p is uniform again: good for the next car ahead.
            u /= p;
            at_s += traffic.overtake_cost_s;
            place -= 1;
            field.n_passes += 1;
            self.recorder.passed(i, ahead);
        }
        (place, at_s)
    }

    /// The lap of a start: places are gained and lost by luck and by the launch, then the cars fall into line.
    pub(super) fn start_lap(&mut self, field: &mut Field) {
        let circuit = &self.tables.model.circuit;
        let is_first = field.lap == 1;
        let share = if is_first { 1.0 } else { circuit.neutralisation.restart_shuffle_share.max(0.5) };
        self.shuffle(field, share);
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            let launch_s = circuit.first_lap.standing_start_s + self.tables.start_s[i];
            field.time_s[i] = field.start_s[i] + (field.free_s[i] + launch_s).max(1.0);
        }
        let before = field.order;
        field.sort_by_time();
        let mut line = Line::new();
        let mut last = (u32::MAX, f32::NEG_INFINITY);
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            let follow_s = field.distance[i] * circuit.traffic.following_gap_s;
            let closest_s = if field.lag[i] == last.0 { last.1 + follow_s } else { f32::MIN };
            let at_s = field.time_s[i].max(closest_s);
            last = (field.lag[i], at_s);
            line.insert(place, i as u8, at_s, &[0.0; LANES]);
        }
        if R::LISTENS {
            self.tell_passes(field, &before);
        }
        self.cross(field, &line);
    }

    /// Tells of every pair of cars that is the other way round than it was.
    fn tell_passes(&mut self, field: &Field, before: &[u8; LANES]) {
        for (place, ahead) in before[..field.n_running].iter().enumerate() {
            for behind in &before[place + 1..field.n_running] {
                let now = |car: &u8| field.running().position(|i| i == usize::from(*car));
                if now(behind) < now(ahead) {
                    self.recorder.passed(usize::from(*behind), usize::from(*ahead));
                }
            }
        }
    }

    /// Adds the luck of a start to the lap times.
    fn shuffle(&mut self, field: &mut Field, share: f32) {
        let sigma_s = self.tables.model.circuit.first_lap.shuffle_sigma_s * share;
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            let [luck, ..] = self.words(field.own_lap[i], i, purpose::SHUFFLE);
            field.free_s[i] += sigma_s * self.tables.normal.draw(luck);
        }
    }

    /// True if the leader ends this lap before the car has even begun it: then the car is a lap (more) down, and waits
    /// for the leader's next lap to drive its own.
    #[inline(always)]
    fn is_lapped(&mut self, field: &mut Field, line: &Line, i: usize) -> bool {
        let is_lapped = line.n > 0 && field.start_s[i] > line.at_s[0];
        if is_lapped {
            self.fall_behind(field, i);
        }
        is_lapped
    }

    #[inline(never)]
    pub(super) fn fall_behind(&mut self, field: &mut Field, i: usize) {
        field.lag[i] += 1;
        // It has crossed no line: what its stop still costs stays to be paid.
        field.out_loss_s[i] = field.start_s[i] - field.time_s[i];
        field.fitting[i] = 0;
        field.carried_s[i] += self.tables.model.circuit.traffic.lapped_loss_s;
    }

    /// Everybody on the line crosses it: a lap more on the tyres, the next one to drive.
    fn cross(&mut self, field: &mut Field, line: &Line) {
        let mut n_left = line.n;
        // Cars that fell a lap behind keep their place at the end, which sorting then corrects.
        if n_left < field.n_running {
            let mut order = line.car;
            for place in 0..field.n_running {
                let car = field.order[place];
                if !line.car[..line.n].contains(&car) {
                    order[n_left] = car;
                    n_left += 1;
                }
            }
            field.order = order;
        } else {
            field.order = line.car;
        }
        for place in 0..line.n {
            self.complete(field, lane(line.car[place]), line.at_s[place]);
        }
    }

    /// One car ends a lap.
    #[inline(always)]
    pub(super) fn complete(&mut self, field: &mut Field, i: usize, at_s: f32) {
        let lap_s = at_s - field.start_s[i];
        if field.track == TrackState::Green && field.begin == Begin::Flying {
            field.best_lap_s[i] = field.best_lap_s[i].min(lap_s);
        }
        field.time_s[i] = at_s;
        field.age[i] = field.age[i].saturating_add(1);
        if R::LISTENS {
            self.recorder.driven(DrivenLap {
                car: i,
                tyre: field.tyre_of(i),
                age: field.age[i],
                traffic_s: if field.track == TrackState::Green { (lap_s - field.free_s[i]).max(0.0) } else { 0.0 },
                mistake_s: field.mistake_s[i],
                track: field.track,
            });
        }
        field.own_lap[i] += 1;
    }

    /// Cars that are being lapped lose time by making way, those lapping them by waiting for it; both on the next lap.
    fn blue_flags(&mut self, field: &mut Field) {
        let traffic = &self.tables.model.circuit.traffic;
        for place in 0..field.n_running {
            let slow = lane(field.order[place]);
            if field.lag[slow] == 0 {
                continue;
            }
            for fast in field.order[..place].iter().map(|fast| usize::from(*fast)) {
                let is_ahead_now = field.time_s[fast] < field.time_s[slow];
                let was_behind = field.start_s[fast] > field.start_s[slow];
                if field.lag[fast] < field.lag[slow] && was_behind && is_ahead_now {
                    field.carried_s[slow] += traffic.lapped_loss_s;
                    field.carried_s[fast] += traffic.lapping_loss_s;
                }
            }
        }
    }
}
