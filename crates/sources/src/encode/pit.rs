//! Pit stops: `PitLaneTimeCollection`, `PitStop` and `PitStopSeries`.

use overcut_domain::{Change, DriverNumber, LapTime, PitLaneReport, PitStopReport};

use super::json::JsonWriter;
use super::memory::{Memory, apart, take_idx};
use super::text::push_seconds;

/// Cuts a list where a car comes twice, or where withdrawals follow that do not stand with those before.
pub(super) fn lane_reports_apart(reports: &[PitLaneReport]) -> impl Iterator<Item = &[PitLaneReport]> {
    apart(reports, |before, next| {
        let goes_on = next.removed && before.last().is_some_and(|last| last.removed);
        let is_there = |earlier: &PitLaneReport| {
            earlier.removed == next.removed && (next.removed || earlier.driver == next.driver)
        };
        !goes_on && before.iter().any(is_there)
    })
}

pub(super) fn lane_times(json: &mut JsonWriter<'_>, reports: &[PitLaneReport]) {
    if reports.is_empty() {
        return;
    }
    json.object("PitTimes", |json| {
        for reports in reports.chunk_by(|a, b| a.removed && b.removed) {
            match reports {
                [report] if !report.removed => json.car(report.driver, |json| {
                    json.number_text("RacingNumber", Some(report.driver.0));
                    seconds(json, "Duration", report.lane_time);
                    json.number_or_empty("Lap", report.lap.map(|lap| lap.0));
                }),
                removed => {
                    let drivers: Vec<DriverNumber> = removed.iter().map(|report| report.driver).collect();
                    json.deleted(&drivers);
                }
            }
        }
    });
}

fn seconds(json: &mut JsonWriter<'_>, name: &str, time: Option<LapTime>) {
    json.change(name, Change::from(time), push_seconds);
}

/// One stop. The topic is one flat object: a lap that equals that of the stop before is left out.
pub(super) fn stop(json: &mut JsonWriter<'_>, stop: &PitStopReport, memory: &mut Memory) {
    let before = memory.last_stop.replace(*stop);
    stop_members(json, stop, before.is_none_or(|before| before.lap != stop.lap));
}

fn stop_members(json: &mut JsonWriter<'_>, stop: &PitStopReport, states_lap: bool) {
    json.number_text("RacingNumber", Some(stop.driver.0));
    seconds(json, "PitStopTime", stop.stop_time);
    seconds(json, "PitLaneTime", stop.lane_time);
    if states_lap {
        json.number_or_empty("Lap", stop.lap.map(|lap| lap.0));
    }
}

/// Stops in the list of their cars. A car's first stands in a list, as in the feed.
pub(super) fn stop_series(json: &mut JsonWriter<'_>, stops: &[PitStopReport], memory: &mut Memory) {
    json.object("PitTimes", |json| {
        for stops in stops.chunk_by(|a, b| a.driver == b.driver) {
            let Some(driver) = stops.first().map(|stop| stop.driver) else { continue };
            let n = memory.n_stops.entry(driver).or_default();
            let numbered: Vec<_> = stops.iter().map(|stop| (take_idx(n), stop)).collect();
            json.car_list(driver, &numbered, |json, stop| {
                json.utc("Timestamp", stop.utc);
                json.object("PitStop", |json| stop_members(json, stop, true));
            });
        }
    });
}
