//! Health.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;

use crate::clock::now_ms;
use crate::live::{live_health, status_word};
use crate::state::App;
use crate::wire::{Health, LiveHealth};

/// Health of the service
///
/// Always 200 while the service answers at all: `status` says `ok` or `degraded`, and `reasons` why.
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, body = Health)))]
pub(super) async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    let live = live_health(&app.library).await;
    let reasons = live.as_ref().map(|live| live.reasons.clone()).unwrap_or_default();
    Json(Health {
        status: status_word(&reasons).to_owned(),
        reasons,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_s: now_ms().saturating_sub(app.started_ms) / 1000,
        clients: app.n_clients.load(Ordering::Relaxed),
        sessions: u32::try_from(app.library.list().await.len()).unwrap_or(u32::MAX),
        current_session: app.library.current(),
        live,
    })
}

/// The live session: its sources, its recorder, its feeds
///
/// `null` unless the program runs a live session. Cheap enough to be asked every few seconds.
#[utoipa::path(get, path = "/api/v1/live", responses((status = 200, body = Option<LiveHealth>)))]
pub(super) async fn live(State(app): State<Arc<App>>) -> Json<Option<LiveHealth>> {
    Json(live_health(&app.library).await)
}
