//! Health.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;

use crate::clock::now_ms;
use crate::state::App;
use crate::wire::Health;

/// Health of the service
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, body = Health)))]
pub(super) async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_s: now_ms().saturating_sub(app.started_ms) / 1000,
        clients: app.n_clients.load(Ordering::Relaxed),
        sessions: u32::try_from(app.library.list().await.len()).unwrap_or(u32::MAX),
        current_session: app.library.current(),
    })
}
