//! Samples as measured.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use overcut_domain::{DriverNumber, SessionTime};
use overcut_timeline::{Item, Key, Limits, Timeline};
use overcut_track::is_race_car;
use serde::Deserialize;
use utoipa::IntoParams;

use super::lists::check_driver;
use super::params::{Path, Query};
use crate::convert;
use crate::problem::problem;
use crate::shared::SharedSession;
use crate::state::{App, moment};
use crate::wire::{LiveSample, Problem, TelemetryWindow};

/// Longest window that can be asked for, milliseconds.
const MAX_WINDOW_MS: i32 = 180_000;

/// Which samples.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WindowQuery {
    /// Racing number.
    driver: u16,
    /// First moment, milliseconds on the session clock.
    from_ms: i32,
    /// The moment before which it ends, at most 180,000 ms later.
    to_ms: i32,
}

/// Samples of one car in a window, as measured
#[utoipa::path(get, path = "/api/v1/sessions/{id}/telemetry",
    params(("id" = String, Path, description = "Key of the session"), WindowQuery),
    responses((status = 200, body = TelemetryWindow), (status = "4XX", body = Problem)))]
pub(super) async fn window(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(query): Query<WindowQuery>,
) -> Result<Json<TelemetryWindow>, Problem> {
    let WindowQuery { driver, from_ms, to_ms } = query;
    let length_ms = to_ms.saturating_sub(from_ms);
    if !(0..=MAX_WINDOW_MS).contains(&length_ms) {
        let detail = format!("to_ms is {length_ms} ms after from_ms, want 0 to {MAX_WINDOW_MS}");
        return Err(problem("out-of-range", detail));
    }
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let head = moment(&session, &timeline, None)?;
    moment(&session, &timeline, Some(from_ms))?;
    check_driver(&timeline, head, Some(driver))?;
    // The head itself may leave, what is after it may not.
    let range = convert::time(from_ms)..convert::time(to_ms).min(head + 1);
    let telemetry = timeline.telemetry();
    Ok(Json(TelemetryWindow {
        driver,
        from_ms,
        to_ms,
        cars: telemetry.car_samples(DriverNumber(driver), range.clone()).map(convert::car_sample).collect(),
        positions: telemetry.positions(DriverNumber(driver), range).map(convert::position_sample).collect(),
    }))
}

/// The latest sample of every car of the current session
///
/// As of the house clock: where clients are that follow without delay.
#[utoipa::path(get, path = "/api/v1/telemetry/live",
    responses((status = 200, body = Vec<LiveSample>), (status = "4XX", body = Problem)))]
pub(super) async fn live(State(app): State<Arc<App>>) -> Result<Json<Vec<LiveSample>>, Problem> {
    let session = app.library.open_session("current").await?;
    let timeline = session.read();
    let Limits { house, head, .. } = session.limits(&timeline);
    let now = house.min(head);
    let cars = timeline.telemetry().drivers().filter(|driver| is_race_car(*driver));
    Ok(Json(cars.filter_map(|driver| live_sample(&session, &timeline, driver, now)).collect()))
}

/// A car's latest sample at a moment, with its latest fix.
fn live_sample(
    session: &SharedSession,
    timeline: &Timeline,
    driver: DriverNumber,
    now: SessionTime,
) -> Option<LiveSample> {
    let telemetry = timeline.telemetry();
    let (sample, fix) = (telemetry.latest_car(driver, now), telemetry.latest_position(driver, now));
    let time = sample.map(|sample| sample.time).or(fix.map(|fix| fix.time))?;
    let tla = match timeline.log().latest(&Key::Driver(driver)).map(|entry| &entry.item) {
        Some(Item::Driver(entry)) => entry.tla.clone(),
        _ => driver.to_string(),
    };
    Some(LiveSample {
        driver: driver.0,
        tla,
        t_ms: convert::millis(time),
        age_ms: i32::try_from(now.millis_since(time)).unwrap_or(i32::MAX),
        source: session.summary().format.clone(),
        is_measured: true,
        speed_kmh: sample.and_then(|sample| sample.speed_kmh),
        rpm: sample.and_then(|sample| sample.rpm),
        gear: sample.and_then(|sample| sample.gear),
        throttle_percent: sample.and_then(|sample| sample.throttle_percent),
        brake_percent: sample.and_then(|sample| sample.brake_percent),
        drs: sample.and_then(|sample| sample.drs).map(convert::drs_code),
        x_dm: fix.map(|fix| fix.x_dm),
        y_dm: fix.map(|fix| fix.y_dm),
    })
}
