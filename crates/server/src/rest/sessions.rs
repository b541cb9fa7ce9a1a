//! The sessions there are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::params::{Path, Query, paged};
use crate::convert;
use crate::state::App;
use crate::wire::{Page, Problem, SessionDetail, SessionSummary};

/// Which sessions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionsQuery {
    /// Year.
    season: Option<u16>,
    /// `practice`, `qualifying`, `sprint_qualifying`, `sprint`, `race` or `unknown`.
    kind: Option<String>,
    /// Words to find in meeting, name, circuit, country or id, in any order and case.
    text: Option<String>,
    /// Sessions to skip.
    offset: Option<u32>,
    /// Sessions to list, 1–5000; 100 if not given.
    limit: Option<u32>,
}

impl SessionsQuery {
    fn want(&self, session: &SessionSummary) -> bool {
        let season_fits = self.season.is_none_or(|season| session.season == Some(season));
        let kind_fits = self.kind.as_ref().is_none_or(|kind| session.kind == *kind);
        let SessionSummary { meeting, name, circuit, country, id, .. } = session;
        let all = format!("{meeting} {name} {circuit} {country} {id}").to_lowercase();
        let text = self.text.as_deref().unwrap_or_default().to_lowercase();
        season_fits && kind_fits && text.split_whitespace().all(|word| all.contains(word))
    }
}

/// Sessions in the data folder
#[utoipa::path(get, path = "/api/v1/sessions", params(SessionsQuery),
    responses((status = 200, body = Page<SessionSummary>), (status = "4XX", body = Problem)))]
pub(super) async fn sessions(
    State(app): State<Arc<App>>,
    Query(query): Query<SessionsQuery>,
) -> Result<Json<Page<SessionSummary>>, Problem> {
    let all = app.library.list().await.into_iter();
    paged(all.filter(|session| query.want(session)), query.offset, query.limit, |session| session).map(Json)
}

/// One session and how far it goes
///
/// Opens the recording if nobody did before. `current` stands for the current session, here and in every other path.
#[utoipa::path(get, path = "/api/v1/sessions/{id}", params(("id" = String, Path, description = "Key of the session")),
    responses((status = 200, body = SessionDetail), (status = "4XX", body = Problem)))]
pub(super) async fn session(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<SessionDetail>, Problem> {
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let limits = session.limits(&timeline);
    Ok(Json(SessionDetail {
        summary: session.summary().clone(),
        start_ms: convert::millis(limits.start),
        head_ms: convert::millis(limits.head),
        house_ms: convert::millis(limits.house.min(limits.head)),
        is_live: limits.is_live,
        version: timeline.version_at(limits.head),
    }))
}
