//! The board at a moment.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::params::{At, Path, Query};
use crate::convert;
use crate::state::{App, moment};
use crate::wire::{Board, Problem};

/// The board at a moment
#[utoipa::path(get, path = "/api/v1/sessions/{id}/board",
    params(("id" = String, Path, description = "Key of the session"), At),
    responses((status = 200, body = Board), (status = "4XX", body = Problem)))]
pub(super) async fn board(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(at): Query<At>,
) -> Result<Json<Board>, Problem> {
    let session = app.library.open_session(&id).await?;
    let timeline = session.read();
    let time = moment(&session, &timeline, at.t_ms)?;
    Ok(Json(convert::board(time, &timeline.snapshot_at(time))))
}
