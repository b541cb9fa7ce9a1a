//! The REST API: one handler per path, documented where it stands; OpenAPI is made from the handlers.

mod board;
mod docs;
mod health;
mod laps;
mod lists;
pub(crate) mod params;
mod sessions;
mod sql;
mod telemetry;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::problem;
use crate::state::App;
use crate::wire::Problem;

/// The head of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Overcut",
        description = "Timing, laps and telemetry of recorded sessions. Times are whole milliseconds on the session \
                       clock; nothing after the available head of a session leaves. See docs/api.md.",
        license(name = "MIT"),
    ),
    components(schemas(crate::wire::ServerMessage, crate::wire::ClientMessage))
)]
struct ApiDoc;

/// The REST API and its documentation.
pub(crate) fn router() -> (Router<Arc<App>>, utoipa::openapi::OpenApi) {
    let (router, document) = OpenApiRouter::with_openapi(ApiDoc::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(sessions::sessions))
        .routes(routes!(sessions::session))
        .routes(routes!(board::board))
        .routes(routes!(lists::laps))
        .routes(routes!(lists::stints))
        .routes(routes!(lists::pit_stops))
        .routes(routes!(lists::race_control))
        .routes(routes!(lists::weather))
        .routes(routes!(lists::drivers))
        .routes(routes!(lists::alerts))
        .routes(routes!(lists::marks))
        .routes(routes!(lists::feeds))
        .routes(routes!(lists::gaps))
        .routes(routes!(lists::forecast))
        .routes(routes!(telemetry::live))
        .routes(routes!(telemetry::window))
        .routes(routes!(laps::track))
        .routes(routes!(laps::trace))
        .routes(routes!(laps::compare))
        .routes(routes!(sql::sql))
        .routes(routes!(sql::tables))
        .split_for_parts();
    let text = document.to_pretty_json().unwrap_or_else(|error| format!("{{\"error\": {:?}}}", error.to_string()));
    let router = router
        .merge(docs::router(text))
        .route("/api/{*path}", get(nothing_here))
        .route("/api", get(nothing_here))
        .route("/problems/{kind}", get(docs::problem_kind));
    (router, document)
}

async fn nothing_here() -> Problem {
    problem("not-found", "the paths of this API are listed at /api/docs")
}
