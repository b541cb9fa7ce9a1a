//! The lists of a session, each as of a moment, narrowed and paged.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use overcut_domain::{DriverNumber, SessionTime};
use overcut_timeline::{Entry, Item, Timeline};

use super::params::{About, At, Path, Query, Rows};
use crate::convert;
use crate::problem::problem;
use crate::shared::SharedSession;
use crate::state::{App, moment};
use crate::wire::{self, Page, Problem};

/// Lists of rows: what stands on them as of the moment asked for.
struct Asked {
    session: Arc<SharedSession>,
    rows: Rows,
}

impl Asked {
    async fn read(app: &App, id: &str, rows: Rows) -> Result<Asked, Problem> {
        Ok(Asked { session: app.library.open_session(id).await?, rows })
    }

    /// A page of the entries that `pick` takes from the snapshot.
    fn page<T>(&self, pick: impl Fn(&Entry) -> Option<(About, T)>) -> Result<Json<Page<T>>, Problem> {
        let timeline = self.session.read();
        let time = moment(&self.session, &timeline, self.rows.t_ms)?;
        check_driver(&timeline, time, self.rows.driver)?;
        let rows = timeline.snapshot_at(time);
        let picked = rows.into_iter().filter_map(pick);
        self.rows.page(picked, |(about, _)| *about, |(_, row)| row).map(Json)
    }
}

/// Refuses a driver that the session does not know by then.
pub(super) fn check_driver(timeline: &Timeline, time: SessionTime, driver: Option<u16>) -> Result<(), Problem> {
    let Some(driver) = driver.map(DriverNumber) else { return Ok(()) };
    let names_driver = |entry: &&Entry| match &entry.item {
        Item::Driver(entry) => entry.driver == driver,
        Item::Car(row) => row.driver == driver,
        _ => false,
    };
    if timeline.snapshot_at(time).iter().any(names_driver) || timeline.telemetry().drivers().any(|d| d == driver) {
        return Ok(());
    }
    Err(problem("unknown-driver", format!("no car {driver} in this session by then; see its drivers")))
}

/// Laps
#[utoipa::path(get, path = "/api/v1/sessions/{id}/laps",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::Lap>), (status = "4XX", body = Problem)))]
pub(super) async fn laps(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::Lap>>, Problem> {
    Asked::read(&app, &id, rows).await?.page(|entry| match &entry.item {
        Item::Lap(lap) => {
            let laps = Some((lap.number, lap.number));
            let about = About { driver: Some(lap.driver), laps, time: lap.started_at.or(lap.ended_at) };
            Some((about, convert::lap(lap)))
        }
        _ => None,
    })
}

/// Stints
#[utoipa::path(get, path = "/api/v1/sessions/{id}/stints",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::Stint>), (status = "4XX", body = Problem)))]
pub(super) async fn stints(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::Stint>>, Problem> {
    Asked::read(&app, &id, rows).await?.page(|entry| match &entry.item {
        Item::Stint(stint) => {
            let laps = Some((stint.first_lap, stint.last_lap));
            Some((About { driver: Some(stint.driver), laps, time: Some(entry.time) }, convert::stint(stint)))
        }
        _ => None,
    })
}

/// Pit stops
#[utoipa::path(get, path = "/api/v1/sessions/{id}/pit-stops",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::PitStop>), (status = "4XX", body = Problem)))]
pub(super) async fn pit_stops(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::PitStop>>, Problem> {
    Asked::read(&app, &id, rows).await?.page(|entry| match &entry.item {
        Item::PitStop(stop) => {
            let time = stop.entered_at.or(Some(entry.time));
            let about = About { driver: Some(stop.driver), laps: Some((stop.lap, stop.lap)), time };
            Some((about, convert::pit_stop(stop)))
        }
        _ => None,
    })
}

/// Messages of race control
#[utoipa::path(get, path = "/api/v1/sessions/{id}/race-control",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::RaceControl>), (status = "4XX", body = Problem)))]
pub(super) async fn race_control(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::RaceControl>>, Problem> {
    Asked::read(&app, &id, rows).await?.page(|entry| match &entry.item {
        Item::RaceControl(message) => {
            let row = convert::race_control(message, entry.time);
            // About the driver asked for if it is one of several named.
            let named = rows.driver.filter(|driver| row.drivers.contains(driver)).or(row.driver);
            let laps = message.lap.map(|lap| (lap, lap));
            Some((About { driver: named.map(DriverNumber), laps, time: Some(entry.time) }, row))
        }
        _ => None,
    })
}

/// The entry list
#[utoipa::path(get, path = "/api/v1/sessions/{id}/drivers",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::Driver>), (status = "4XX", body = Problem)))]
pub(super) async fn drivers(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::Driver>>, Problem> {
    Asked::read(&app, &id, rows).await?.page(|entry| match &entry.item {
        Item::Driver(driver) => {
            let about = About { driver: Some(driver.driver), time: Some(entry.time), ..About::default() };
            Some((about, convert::driver(driver)))
        }
        _ => None,
    })
}

/// Anomalies on cars
#[utoipa::path(get, path = "/api/v1/sessions/{id}/alerts",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::Alert>), (status = "4XX", body = Problem)))]
pub(super) async fn alerts(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::Alert>>, Problem> {
    Asked::read(&app, &id, rows).await?.page(|entry| match &entry.item {
        Item::Alert(index, alert) => {
            let laps = alert.lap.map(|lap| (lap, lap));
            let about = About { driver: Some(alert.driver), laps, time: Some(alert.raised_at) };
            Some((about, convert::alert(*index, alert)))
        }
        _ => None,
    })
}

/// Readings of the weather station, one per change
#[utoipa::path(get, path = "/api/v1/sessions/{id}/weather",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::WeatherReading>), (status = "4XX", body = Problem)))]
pub(super) async fn weather(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::WeatherReading>>, Problem> {
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let time = moment(&session, &timeline, rows.t_ms)?;
    let readings = timeline.since(0, time).iter().filter_map(|entry| match &entry.item {
        Item::Weather(reading) => Some((entry.time, reading)),
        _ => None,
    });
    let about = |(time, _): &(SessionTime, _)| About { time: Some(*time), ..About::default() };
    let page = rows.page(readings, about, |(time, reading)| wire::WeatherReading {
        t_ms: convert::millis(time),
        weather: convert::weather(reading),
    })?;
    Ok(Json(page))
}

/// Marks on the scrubber
#[utoipa::path(get, path = "/api/v1/sessions/{id}/marks",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::Mark>), (status = "4XX", body = Problem)))]
pub(super) async fn marks(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::Mark>>, Problem> {
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let time = moment(&session, &timeline, rows.t_ms)?;
    let marks = convert::marks(timeline.marks_at(time));
    let about = |mark: &wire::Mark| About { time: Some(convert::time(mark.t_ms)), ..About::default() };
    rows.page(marks.into_iter(), about, |mark| mark).map(Json)
}

/// Where each feed comes from and how fresh it is
///
/// Empty for a recording of one feed alone: only a live session, or the recording of one, has several sources.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/feeds",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::FeedState>), (status = "4XX", body = Problem)))]
pub(super) async fn feeds(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::FeedState>>, Problem> {
    Asked::read(&app, &id, rows).await?.page(|entry| match &entry.item {
        Item::Feed(state) => {
            let about = About { time: Some(entry.time), ..About::default() };
            Some((about, convert::feed_state(state, entry.time)))
        }
        _ => None,
    })
}

/// Times without some feeds
#[utoipa::path(get, path = "/api/v1/sessions/{id}/gaps",
    params(("id" = String, Path, description = "Key of the session"), Rows),
    responses((status = 200, body = Page<wire::FeedGap>), (status = "4XX", body = Problem)))]
pub(super) async fn gaps(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(rows): Query<Rows>,
) -> Result<Json<Page<wire::FeedGap>>, Problem> {
    Asked::read(&app, &id, rows).await?.page(|entry| match &entry.item {
        Item::Gap(gap) => {
            let about = About { time: Some(gap.from), ..About::default() };
            Some((about, convert::feed_gap(gap, entry.time)))
        }
        _ => None,
    })
}

/// The latest weather forecast for the circuit
#[utoipa::path(get, path = "/api/v1/sessions/{id}/forecast",
    params(("id" = String, Path, description = "Key of the session"), At),
    responses((status = 200, body = wire::Forecast), (status = "4XX", body = Problem)))]
pub(super) async fn forecast(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(at): Query<At>,
) -> Result<Json<wire::Forecast>, Problem> {
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let time = moment(&session, &timeline, at.t_ms)?;
    let forecast = timeline.snapshot_at(time).into_iter().find_map(|entry| match &entry.item {
        Item::Forecast(forecast) => Some(convert::forecast(forecast)),
        _ => None,
    });
    let none = || problem("no-data", "this session has no weather forecast by then");
    forecast.map(Json).ok_or_else(none)
}
