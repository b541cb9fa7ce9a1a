//! The map of a session's track: from a circuit file where there is one that fits, else drawn by the session's own laps.

use std::path::Path;

use overcut_domain::{Alert, DriverNumber, SessionTime};
use overcut_session::Session;
use overcut_track::{Outline, Span, Telemetry};

/// A circuit file is that of another layout if the cars of the session are further from its line than this, metres.
const MAX_MISFIT_M: f64 = 25.0;
/// An alert is at a corner if it is at most this far before or behind it, metres.
const AT_CORNER_M: f64 = 120.0;

/// Draws the map from what is known so far. `None` if there is neither a file that fits nor a lap with positions.
pub fn draw(session: &Session, telemetry: &Telemetry, circuits: Option<&Path>) -> Option<Outline> {
    let laps = clean_laps(session);
    let from_file = circuits.zip(session.state().info.circuit_key).and_then(|(folder, key)| from_file(key, folder));
    let from_file = from_file.filter(|o| fits(o, telemetry, &laps));
    let mut outline = from_file.or_else(|| {
        let drawn = Outline::derive(telemetry, &laps);
        drawn.inspect_err(|reason| tracing::debug!(%reason, "no map")).ok()
    })?;
    let visits = session
        .pit_stops()
        .filter_map(|stop| Some(Span { driver: stop.driver, start: stop.entered_at?, end: stop.left_at? }));
    outline.find_pit_lane(telemetry, &visits.collect::<Vec<_>>());
    outline.sectors_m =
        [0, 1].into_iter().filter_map(|i| outline.locate(telemetry, &sector_ends(session, i))).collect();
    if outline.sectors_m.len() != 2 {
        outline.sectors_m.clear();
    }
    Some(outline)
}

/// Says where on the track an alert was at its worst.
pub fn place(alert: &mut Alert, outline: &Outline, telemetry: &Telemetry) {
    let Some(fix) = telemetry.latest_position(alert.driver, alert.peak_at) else { return };
    if alert.peak_at.millis_since(fix.time) > 1000 {
        return;
    }
    let distance_m = outline.project(f64::from(fix.x_dm), f64::from(fix.y_dm), None).distance_m;
    alert.distance_m = Some(distance_m as f32);
    let away = |corner: &&overcut_track::Corner| outline.ahead_m(corner.distance_m, distance_m).abs();
    let nearest = outline.corners.iter().min_by(|a, b| away(a).total_cmp(&away(b)));
    if let Some(corner) = nearest.filter(|corner| away(corner) < AT_CORNER_M) {
        alert.text.push_str(&format!(" at T{}{}", corner.number, corner.letter));
    }
}

/// Laps that show the track: timed, without pit lane.
pub fn clean_laps(session: &Session) -> Vec<Span> {
    let laps = session.laps().filter(|lap| lap.is_accurate);
    laps.filter_map(|lap| Some(Span { driver: lap.driver, start: lap.started_at?, end: lap.ended_at? })).collect()
}

fn sector_ends(session: &Session, sector_idx: usize) -> Vec<(DriverNumber, SessionTime)> {
    let laps = session.laps().filter(|lap| lap.is_accurate);
    laps.filter_map(|lap| Some((lap.driver, *lap.sector_ended_at.get(sector_idx)?.as_ref()?))).collect()
}

/// The file of a circuit, named after the publisher's key of it.
pub fn from_file(circuit_key: u32, folder: &Path) -> Option<Outline> {
    let path = folder.join(format!("{circuit_key}.json"));
    let bytes = std::fs::read(&path).ok()?; // most circuits have none
    let read = Outline::from_circuit_json(&bytes);
    read.inspect_err(|reason| tracing::warn!(%reason, path = %path.display(), "cannot use circuit file")).ok()
}

/// True if the cars drove where the outline is: layouts change from year to year.
fn fits(outline: &Outline, telemetry: &Telemetry, laps: &[Span]) -> bool {
    let Some(lap) = laps.first() else { return true };
    let fixes = telemetry.positions(lap.driver, lap.start..lap.end);
    let mut offsets: Vec<f64> =
        fixes.map(|fix| outline.project(f64::from(fix.x_dm), f64::from(fix.y_dm), None).offset_m.abs()).collect();
    offsets.sort_by(f64::total_cmp);
    offsets.get(offsets.len() * 9 / 10).is_none_or(|offset_m| *offset_m < MAX_MISFIT_M)
}
