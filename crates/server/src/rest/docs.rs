//! The API's own documentation: the OpenAPI document and a page that shows it without the internet.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::params::Path;
use crate::problem::{explanation, problem};
use crate::state::App;
use crate::wire::Problem;

const PAGE: &str = include_str!("docs.html");
const SCRIPT: &str = include_str!("docs.js");

/// The document and the page.
pub(super) fn router(openapi: String) -> Router<Arc<App>> {
    let openapi: Arc<str> = openapi.into();
    let document = move || {
        let openapi = openapi.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], openapi.to_string()) }
    };
    Router::new()
        .route("/api/v1/openapi.json", get(document))
        .route("/api/docs", get(async || Html(PAGE)))
        .route("/api/docs/docs.js", get(async || ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT)))
}

/// What a kind of problem means.
pub(super) async fn problem_kind(Path(kind): Path<String>) -> Result<impl IntoResponse, Problem> {
    explanation(&kind).ok_or_else(|| problem("not-found", format!("there is no kind of problem {kind:?}")))
}
