//! Where WebSockets connect.

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use overcut_timeline::{Delay, OutOfRange, Speed};
use serde::Deserialize;

use super::connection::serve_client;
use super::viewer::{MAX_HZ, Opening, subscription};
use crate::message::Format;
use crate::problem::problem;
use crate::rest::params::Query;
use crate::shared::SharedSession;
use crate::state::{App, ClientGuard, moment};
use crate::wire::Problem;

/// Longest command a client may send.
const MAX_COMMAND_BYTES: usize = 4096;

/// Memory per connection to read into: commands are short. A thousand clients then need 4 MB.
const READ_BUFFER_BYTES: usize = 4096;

/// The paths of WebSockets.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new().route("/ws/v1/timeline", get(timeline)).route("/ws/telemetry", get(telemetry))
}

/// What a client of the timeline may ask for in its query.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimelineQuery {
    session: Option<String>,
    #[serde(default)]
    format: Format,
    t_ms: Option<i32>,
    delay_s: Option<f32>,
    speed: Option<f32>,
    follow: Option<bool>,
    #[serde(default)]
    paused: bool,
}

/// What a client of telemetry may ask for in its query.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TelemetryQuery {
    session: Option<String>,
    #[serde(default)]
    format: Format,
    t_ms: Option<i32>,
    delay_s: Option<f32>,
    speed: Option<f32>,
    follow: Option<bool>,
    /// Racing numbers with commas between; all if empty.
    drivers: Option<String>,
    hz: Option<f32>,
}

/// A request to upgrade; anything else at these paths is a problem with a name.
struct Upgrade(WebSocketUpgrade);

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
        upgrade.map(Upgrade).map_err(|error| problem("bad-request", format!("a WebSocket path: {}", error.body_text())))
    }
}

async fn timeline(
    State(app): State<Arc<App>>,
    Query(query): Query<TimelineQuery>,
    Upgrade(upgrade): Upgrade,
) -> Result<Response, Problem> {
    let session = open(&app, query.session.as_deref()).await?;
    let opening = Opening {
        format: query.format,
        time: query.t_ms.map(|t_ms| moment(&session, &session.read(), Some(t_ms))).transpose()?,
        delay: delay(query.delay_s)?,
        speed: speed(query.speed)?,
        follow: query.follow,
        is_paused: query.paused,
        wants_board: true,
        telemetry: None,
    };
    Ok(serve(app, session, opening, upgrade))
}

async fn telemetry(
    State(app): State<Arc<App>>,
    Query(query): Query<TelemetryQuery>,
    Upgrade(upgrade): Upgrade,
) -> Result<Response, Problem> {
    let session = open(&app, query.session.as_deref()).await?;
    let drivers = drivers(query.drivers.as_deref().unwrap_or_default())?;
    let opening = Opening {
        format: query.format,
        time: query.t_ms.map(|t_ms| moment(&session, &session.read(), Some(t_ms))).transpose()?,
        delay: delay(query.delay_s)?,
        speed: speed(query.speed)?,
        follow: query.follow,
        is_paused: false,
        wants_board: false,
        telemetry: subscription(query.hz.unwrap_or(MAX_HZ), drivers).map_err(out_of_range)?,
    };
    Ok(serve(app, session, opening, upgrade))
}

fn serve(app: Arc<App>, session: Arc<SharedSession>, opening: Opening, upgrade: WebSocketUpgrade) -> Response {
    sized(upgrade).on_upgrade(async move |socket| {
        let _counted = ClientGuard::new(app.clone());
        serve_client(socket, session, opening, app.ticker.subscribe(), app.shutdown.clone()).await;
    })
}

/// Bounds what a connection may take.
pub(crate) fn sized(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade.max_message_size(MAX_COMMAND_BYTES).max_frame_size(MAX_COMMAND_BYTES).read_buffer_size(READ_BUFFER_BYTES)
}

/// The session asked for, or the current one.
async fn open(app: &App, id: Option<&str>) -> Result<Arc<SharedSession>, Problem> {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        let current = app.library.open_session("current").await;
        return current.map_err(|_| problem("bad-parameter", "say which session: there is no current one"));
    };
    Ok(app.library.open_session(id).await?)
}

fn delay(seconds: Option<f32>) -> Result<Delay, Problem> {
    seconds.map_or(Ok(Delay::NONE), Delay::from_seconds).map_err(out_of_range)
}

fn speed(times: Option<f32>) -> Result<Option<Speed>, Problem> {
    times.map(Speed::from_times).transpose().map_err(out_of_range)
}

fn out_of_range(error: OutOfRange) -> Problem {
    problem("out-of-range", error.to_string())
}

/// Racing numbers with commas between.
fn drivers(text: &str) -> Result<Vec<u16>, Problem> {
    let numbers = text.split(',').map(str::trim).filter(|number| !number.is_empty()).map(str::parse);
    numbers.collect::<Result<_, _>>().map_err(|_| problem("bad-parameter", format!("drivers is {text:?}, want 1,44")))
}
