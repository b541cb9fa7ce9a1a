//! The track, the trace of a lap, and two laps held against each other.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use overcut_domain::{DriverNumber, Lap, LapNumber, SessionTime};
use overcut_timeline::{Item, Key, Timeline};
use overcut_track::{Course, LapTrace, Span, compare as compare_laps};
use serde::Deserialize;
use utoipa::IntoParams;

use super::lists::check_driver;
use super::params::{At, Path, Query};
use crate::convert;
use crate::problem::problem;
use crate::state::{App, moment};
use crate::wire::{Comparison, Problem, Trace, TrackMap};

/// A trace looks at samples up to this long after the end of its lap, so it can be had from then on.
const TRACE_MARGIN_MS: i64 = 3000;

/// The map of the track
#[utoipa::path(get, path = "/api/v1/sessions/{id}/track",
    params(("id" = String, Path, description = "Key of the session")),
    responses((status = 200, body = TrackMap), (status = "4XX", body = Problem)))]
pub(super) async fn track(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<TrackMap>, Problem> {
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let outline = timeline.outline();
    let outline = outline.ok_or_else(|| problem("no-data", "the recording has no positions to draw the track from"))?;
    Ok(Json(convert::track_map(outline)))
}

/// The channels of one lap on distance
#[utoipa::path(get, path = "/api/v1/sessions/{id}/laps/{driver}/{lap}/trace",
    params(("id" = String, Path, description = "Key of the session"),
        ("driver" = u16, Path, description = "Racing number"), ("lap" = u16, Path, description = "Lap"), At),
    responses((status = 200, body = Trace), (status = "4XX", body = Problem)))]
pub(super) async fn trace(
    State(app): State<Arc<App>>,
    Path((id, driver, lap)): Path<(String, u16, u16)>,
    Query(at): Query<At>,
) -> Result<Json<Trace>, Problem> {
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let time = moment(&session, &timeline, at.t_ms)?;
    let lap = ended_lap(&timeline, time, DriverNumber(driver), LapNumber(lap))?;
    let traced = traced(&timeline, &lap, &lap)?;
    Ok(Json(convert::trace(lap.number.0, lap.time, traced)))
}

/// Which two laps.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareQuery {
    /// The reference, as driver and lap: `1:12`.
    a: String,
    /// The lap held against it: `44:12`.
    b: String,
    /// As of this moment on the session clock, milliseconds; the available head if not given.
    t_ms: Option<i32>,
}

/// Two laps aligned by distance, with the time delta
#[utoipa::path(get, path = "/api/v1/sessions/{id}/compare",
    params(("id" = String, Path, description = "Key of the session"), CompareQuery),
    responses((status = 200, body = Comparison), (status = "4XX", body = Problem)))]
pub(super) async fn compare(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(query): Query<CompareQuery>,
) -> Result<Json<Comparison>, Problem> {
    let (a, b) = (driver_and_lap("a", &query.a)?, driver_and_lap("b", &query.b)?);
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let time = moment(&session, &timeline, query.t_ms)?;
    let (a, b) = (ended_lap(&timeline, time, a.0, a.1)?, ended_lap(&timeline, time, b.0, b.1)?);
    let (trace_a, trace_b) = (traced(&timeline, &a, &a)?, traced(&timeline, &b, &a)?);
    let corners = timeline.outline().map_or(&[][..], |outline| &outline.corners);
    let compared = compare_laps(&trace_a, &trace_b, corners).map_err(|error| problem("no-data", error.to_string()))?;
    let (trace_a, trace_b) = (convert::trace(a.number.0, a.time, trace_a), convert::trace(b.number.0, b.time, trace_b));
    Ok(Json(convert::comparison(trace_a, trace_b, compared)))
}

/// A driver and a lap as `1:12`.
fn driver_and_lap(name: &str, text: &str) -> Result<(DriverNumber, LapNumber), Problem> {
    let parts = text.split_once(':').and_then(|(driver, lap)| Some((driver.parse().ok()?, lap.parse().ok()?)));
    let (driver, lap) = parts.ok_or_else(|| {
        problem("bad-parameter", format!("{name} is {text:?}, want driver and lap with a colon between, such as 44:12"))
    })?;
    Ok((DriverNumber(driver), LapNumber(lap)))
}

/// A lap that was over by then, samples around its end included.
fn ended_lap(
    timeline: &Timeline,
    time: SessionTime,
    driver: DriverNumber,
    number: LapNumber,
) -> Result<Arc<Lap>, Problem> {
    check_driver(timeline, time, Some(driver.0))?;
    let key = Key::Lap(driver, number);
    let entry = timeline.snapshot_at(time).into_iter().find(|entry| entry.item.key() == key);
    let unknown = |what: &str| problem("unknown-lap", format!("lap {number} of car {driver} {what}"));
    let Some(Item::Lap(lap)) = entry.map(|entry| &entry.item) else { return Err(unknown("is not there by then")) };
    let is_last_word = timeline.is_complete() && time >= timeline.head();
    let is_over = lap.ended_at.is_some_and(|end| end + TRACE_MARGIN_MS <= time || is_last_word);
    if is_over { Ok(lap.clone()) } else { Err(unknown("is not over by then")) }
}

/// The trace of a lap. Without an outline laps are as long as `reference` by its speed.
fn traced(timeline: &Timeline, lap: &Lap, reference: &Lap) -> Result<LapTrace, Problem> {
    let no_data = |reason: String| problem("no-data", reason);
    let untimed = || no_data(format!("lap {} of car {} has no start", lap.number, lap.driver));
    let telemetry = timeline.telemetry();
    let (own, reference) = (span(lap).ok_or_else(untimed)?, span(reference).ok_or_else(untimed)?);
    let course = match timeline.outline() {
        Some(outline) => Course::Outline(outline),
        None => Course::Length(telemetry.driven_m(reference)),
    };
    LapTrace::of(telemetry, own, lap.time, course).map_err(|error| no_data(error.to_string()))
}

fn span(lap: &Lap) -> Option<Span> {
    Some(Span { driver: lap.driver, start: lap.started_at?, end: lap.ended_at? })
}
