//! The publisher's own conclusions: `DriverRaceInfo`, `ChampionshipPrediction`, `OvertakeSeries` and `LapSeries`.

use overcut_domain::{CarRaceInfo, ChampionshipEntry, ChampionshipUpdate, LapPosition, OvertakeReport};

use super::json::JsonWriter;
use super::memory::{Memory, apart, take_idx};
use super::text::push_long_gap;

/// Values of `OvertakeState` of a car that has just overtaken, and of one that has not.
const OVERTAKING: u8 = 2;
const NOT_OVERTAKING: u8 = 1;

/// Cuts a list before a car that is there already.
pub(super) fn infos_apart(cars: &[CarRaceInfo]) -> impl Iterator<Item = &[CarRaceInfo]> {
    apart(cars, |before, next| before.iter().any(|earlier| earlier.driver == next.driver))
}

pub(super) fn race_info(json: &mut JsonWriter<'_>, cars: &[CarRaceInfo]) {
    for car in cars {
        json.car(car.driver, |json| {
            json.number_text("RacingNumber", json.is_full().then_some(car.driver.0));
            json.number_text("Position", car.position);
            json.change("Gap", car.gap_to_leader, push_long_gap);
            json.change("Interval", car.interval, push_long_gap);
            json.number("PitStops", car.n_pit_stops);
            let state = |is_overtaking| if is_overtaking { OVERTAKING } else { NOT_OVERTAKING };
            json.number("OvertakeState", car.is_overtaking.map(state));
            json.flag("IsOut", car.is_out);
        });
    }
}

pub(super) fn championship(json: &mut JsonWriter<'_>, update: &ChampionshipUpdate) {
    for (name, entries) in [("Drivers", &update.drivers), ("Teams", &update.teams)] {
        if !entries.is_empty() {
            json.object(name, |json| {
                for entry in entries {
                    json.object_named(&entry.key, |json| championship_entry(json, entry));
                }
            });
        }
    }
}

fn championship_entry(json: &mut JsonWriter<'_>, entry: &ChampionshipEntry) {
    json.text("TeamName", entry.name.as_deref());
    json.number("CurrentPosition", entry.current_position);
    json.number("PredictedPosition", entry.predicted_position);
    json.real("CurrentPoints", entry.current_points, false);
    json.real("PredictedPoints", entry.predicted_points, false);
}

/// Overtakes in the list of their cars. A car's first stands in a list, as in the feed.
pub(super) fn overtakes(json: &mut JsonWriter<'_>, overtakes: &[OvertakeReport], memory: &mut Memory) {
    json.object("Overtakes", |json| {
        for overtakes in overtakes.chunk_by(|a, b| a.driver == b.driver) {
            let Some(driver) = overtakes.first().map(|overtake| overtake.driver) else { continue };
            let n = memory.n_overtakes.entry(driver).or_default();
            let numbered: Vec<_> = overtakes.iter().map(|overtake| (take_idx(n), overtake)).collect();
            json.car_list(driver, &numbered, |json, overtake| {
                json.utc("Timestamp", overtake.utc);
                json.number("count", Some(overtake.n_passed));
            });
        }
    });
}

/// Places at the end of laps; index 0 is the grid.
pub(super) fn lap_series(json: &mut JsonWriter<'_>, laps: &[LapPosition]) {
    for laps in laps.chunk_by(|a, b| a.driver == b.driver) {
        let Some(driver) = laps.first().map(|lap| lap.driver) else { continue };
        let positions: Vec<(u16, u8)> = laps.iter().map(|lap| (lap.lap.0, lap.position)).collect();
        json.car(driver, |json| {
            json.number_text("RacingNumber", json.is_full().then_some(driver.0));
            json.numbers("LapPosition", true, &positions);
        });
    }
}
