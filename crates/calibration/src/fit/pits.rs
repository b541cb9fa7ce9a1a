//! What a stop costs: under green, and behind either safety car; and how long cars stand.

use overcut_sim::race::TrackState;

use super::laps::RaceLaps;
use super::{Priors, Sheet};
use crate::archive::{PastCar, PastRace};
use crate::linear::{median, quantile, robust_sigma};
use crate::parameters::Estimate;

/// Shortest time to change four tyres (TUM: 1.9 s).
const MINIMUM_STOP_S: f64 = 1.9;
/// Median time standing still: crews' own figures of 2018–2023 lie between 2.3 and 2.8 s.
const MEDIAN_STOP_S: f64 = 2.55;
/// The fastest stops of a race stand about this long.
const FAST_STOP_S: f64 = 2.2;

pub(super) fn observe(sheet: &mut Sheet, races: &[&PastRace], laps: &[Option<RaceLaps>], priors: &Priors) {
    for (race, laps) in races.iter().zip(laps) {
        if let Some(laps) = laps {
            observe_green(sheet, race, laps);
            observe_neutral(sheet, race);
        }
    }
    for row in &priors.tracks {
        let source = || format!("tum {}", row.location);
        let green = row.pit_in_lap_s + row.pit_out_lap_s;
        sheet.add_elsewhere(source(), "pit", "lane_loss_s", green, 4.0);
        let shares = [
            ("sc_share", row.pit_in_lap_sc_s.zip(row.pit_out_lap_sc_s)),
            ("vsc_share", row.pit_in_lap_vsc_s.zip(row.pit_out_lap_vsc_s)),
        ];
        for (name, loss) in shares {
            if let Some((on_way_in, on_way_out)) = loss {
                sheet.add_elsewhere(source(), "pit", name, (on_way_in + on_way_out) / green, 0.09);
            }
        }
    }
    observe_stop_times(sheet, races);
}

/// A stop: the lap into the lane, and the places of both laps in the car's list.
fn stops(car: &PastCar) -> impl Iterator<Item = usize> {
    (1..car.laps.len().saturating_sub(1)).filter(|idx| {
        let (before, lap, after) = (&car.laps[idx - 1], &car.laps[*idx], &car.laps[idx + 1]);
        lap.is_in_lap && after.is_out_lap && !after.is_in_lap && before.lap + 2 == after.lap && lap.lap > 1
    })
}

fn duration_s(car: &PastCar, idx: usize) -> f64 {
    car.laps[idx].end_s - car.laps[idx - 1].end_s
}

fn observe_green(sheet: &mut Sheet, race: &PastRace, laps: &RaceLaps) {
    let mut losses = Vec::new();
    for (car_idx, car) in race.cars.iter().enumerate() {
        for idx in stops(car) {
            let (lap, after) = (&car.laps[idx], &car.laps[idx + 1]);
            if lap.track != TrackState::Green || after.track != TrackState::Green {
                continue;
            }
            let expected = |it: &overcut_sim::estimate::LapSoFar| {
                let tyre = it.tyre.filter(|tyre| tyre.is_slick())?;
                laps.expected_s(race, car_idx, it.lap, tyre.index(), f64::from(it.tyre_age.saturating_sub(1)))
            };
            if let (Some(way_in), Some(way_out)) = (expected(lap), expected(after)) {
                losses.push((duration_s(car, idx) - way_in, duration_s(car, idx + 1) - way_out));
            }
        }
    }
    let mut totals: Vec<f64> = losses.iter().map(|(way_in, way_out)| way_in + way_out).collect();
    if totals.len() < 5 {
        return;
    }
    let middle = median(&mut totals);
    let off: Vec<f64> = totals.iter().map(|total| total - middle).collect();
    let sigma = robust_sigma(&off).max(0.3);
    let n = totals.len();
    let lane = middle - MEDIAN_STOP_S;
    sheet.add(race, "pit", "lane_loss_s", lane, 1.6 * sigma * sigma / n as f64, n);
    let way_in = median(&mut losses.iter().map(|(way_in, _)| *way_in).collect::<Vec<_>>());
    // Where most is lost on the way in, the boxes are before the line, and so is the time standing there.
    let share = if way_in > middle / 2.0 { (way_in - MEDIAN_STOP_S) / lane } else { way_in / lane };
    sheet.add(race, "pit", "in_lap_share", share.clamp(0.0, 1.0), 0.01 / n as f64, n);
}

/// Stops behind either safety car, against the cars that stayed out on the same two laps.
fn observe_neutral(sheet: &mut Sheet, race: &PastRace) {
    for (track, name) in [(TrackState::SafetyCar, "sc_share"), (TrackState::VirtualSafetyCar, "vsc_share")] {
        let mut shares = Vec::new();
        for car in &race.cars {
            for idx in
                stops(car).filter(|idx| car.laps[*idx].track == track && car.laps[*idx - 1].track != TrackState::Red)
            {
                let lap = car.laps[idx].lap;
                let Some(others) = two_laps_without_stop(race, lap) else { continue };
                let loss = duration_s(car, idx) + duration_s(car, idx + 1) - others - MEDIAN_STOP_S;
                shares.push(loss / GREEN_LOSS_S);
            }
        }
        shares.retain(|share| (-0.5..1.5).contains(share));
        if shares.len() >= 2 {
            let n = shares.len();
            sheet.add(race, "pit", name, median(&mut shares).clamp(0.1, 1.0), 0.06 / n as f64, n);
        }
    }
}

/// Lane loss that shares are of: the median of all circuits; a circuit's own differs by a tenth.
const GREEN_LOSS_S: f64 = 19.5;

/// Median time that cars which stayed out took for a lap and the next one; `None` where fewer than four did.
fn two_laps_without_stop(race: &PastRace, lap: u16) -> Option<f64> {
    let time = |car: &PastCar| {
        let idx = car.laps.iter().position(|it| it.lap == lap).filter(|idx| *idx > 0 && idx + 1 < car.laps.len())?;
        let is_out = !car.laps[idx - 1].is_in_lap && !car.laps[idx].is_in_lap && !car.laps[idx + 1].is_in_lap;
        is_out.then(|| duration_s(car, idx) + duration_s(car, idx + 1))
    };
    let mut times: Vec<f64> = race.cars.iter().filter_map(time).collect();
    (times.len() >= 4).then(|| median(&mut times))
}

/// Time standing still: that in the lane beyond what the fast ones of the race needed. Heilmeier's Fisk distribution
/// above a minimum, by its median and its upper fifth.
fn observe_stop_times(sheet: &mut Sheet, races: &[&PastRace]) {
    let mut above = Vec::new();
    for race in races {
        let mut lanes: Vec<f64> = race.stops.iter().map(|stop| stop.lane_s).filter(|lane| *lane < 60.0).collect();
        if lanes.len() < 10 {
            continue;
        }
        let fast = quantile(&mut lanes, 0.05);
        above.extend(
            lanes.iter().map(|lane| lane - fast + FAST_STOP_S - MINIMUM_STOP_S).filter(|it| (0.0..25.0).contains(it)),
        );
    }
    if above.len() < 100 {
        return;
    }
    let n = above.len();
    let scale = median(&mut above);
    // The odds of the upper fifth are 4, so its value over the median is 4 to the inverse of the shape. What is beyond
    // are mostly served penalties and new front wings, which are no part of changing tyres.
    let shape = 4.0_f64.ln() / (quantile(&mut above, 0.8) / scale).ln();
    let spread = 1.96 * scale / shape / (n as f64).sqrt() * 2.0;
    sheet.set("pit", "stop_minimum_s", Estimate::fixed(MINIMUM_STOP_S));
    sheet.set("pit", "stop_scale_s", Estimate::normal(scale, spread, n));
    sheet.set("pit", "stop_shape", Estimate::normal(shape, 1.96 * shape / (n as f64).sqrt(), n));
}
