//! Questions in SQL over the tables of the data folder.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::params::Query;
use crate::problem::{MEDIA_TYPE, problem};
use crate::sql::{Sql, SqlAnswer, SqlError, SqlErrorKind, SqlFormat, SqlOffer, SqlQuestion};
use crate::state::App;
use crate::wire::{Problem, SqlProblem, SqlRows, SqlTable};

/// When to ask again if others are asking, seconds.
const RETRY_AFTER_S: u16 = 1;

/// Whether there were more rows than the limit: CSV has no other place to say so.
const IS_TRUNCATED: &str = "x-overcut-truncated";

/// A question.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SqlParameters {
    /// The query: one `SELECT`, `EXPLAIN`, `SHOW` or `DESCRIBE`, at most 16 kB.
    query: String,
    /// Most rows; the configured limit if not given or higher.
    limit: Option<u32>,
    /// Longest time in milliseconds; the configured limit if not given or higher.
    timeout_ms: Option<u32>,
}

/// Ask the tables of the data folder in SQL
///
/// Only what reads is answered. `Accept: text/csv` gets CSV instead of JSON; the header `x-overcut-truncated` says in either
/// format whether there were more rows than the limit.
#[utoipa::path(get, path = "/api/v1/sql", params(SqlParameters),
    responses((status = 200, body = SqlRows), (status = "4XX", body = SqlProblem), (status = "5XX", body = SqlProblem)))]
pub(super) async fn sql(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(parameters): Query<SqlParameters>,
) -> Result<Response, SqlProblem> {
    let SqlParameters { query: text, limit: max_rows, timeout_ms } = parameters;
    for (name, value) in [("limit", max_rows), ("timeout_ms", timeout_ms)] {
        if value == Some(0) {
            return Err(problem("out-of-range", format!("{name} is 0, want at least 1")).into());
        }
    }
    let timeout = timeout_ms.map(|ms| Duration::from_millis(ms.into()));
    let format = wanted_format(&headers);
    let SqlAnswer { body, is_truncated } = engine(&app)?.ask(SqlQuestion { text, format, max_rows, timeout }).await?;
    let media_type = match format {
        SqlFormat::Json => "application/json",
        SqlFormat::Csv => "text/csv; charset=utf-8; header=present",
    };
    let is_truncated = if is_truncated { "true" } else { "false" };
    let headers = [(header::CONTENT_TYPE, media_type), (header::VARY, "accept")];
    Ok((headers, [(IS_TRUNCATED, is_truncated)], body).into_response())
}

/// The tables that SQL can ask
///
/// Every table, whether it has rows or not, with the meaning of its columns.
#[utoipa::path(get, path = "/api/v1/sql/tables", responses((status = 200, body = Vec<SqlTable>), (status = "4XX", body = Problem)))]
pub(super) async fn tables(State(app): State<Arc<App>>) -> Result<Json<Vec<SqlTable>>, Problem> {
    Ok(Json(engine(&app)?.tables()))
}

fn engine(app: &App) -> Result<Arc<dyn Sql>, Problem> {
    match app.library.sql() {
        SqlOffer::On(sql) => Ok(sql),
        SqlOffer::Off(why) => Err(problem("sql-off", why)),
    }
}

/// The first format in `Accept` that there is; JSON if none is named.
fn wanted_format(headers: &HeaderMap) -> SqlFormat {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let types = accept.flat_map(|value| value.split(',')).filter_map(|range| range.split(';').next());
    let mut known = types.filter_map(|media_type| match media_type.trim().to_ascii_lowercase().as_str() {
        "application/json" | "application/*" | "*/*" => Some(SqlFormat::Json),
        "text/csv" | "text/*" => Some(SqlFormat::Csv),
        _ => None,
    });
    known.next().unwrap_or(SqlFormat::Json)
}

impl From<Problem> for SqlProblem {
    fn from(problem: Problem) -> SqlProblem {
        SqlProblem { problem, line: None, column: None, near: Vec::new() }
    }
}

impl From<SqlError> for SqlProblem {
    fn from(error: SqlError) -> SqlProblem {
        let kind = match error.kind {
            SqlErrorKind::Invalid => "bad-query",
            SqlErrorKind::Refused => "query-refused",
            SqlErrorKind::NoTables => "no-data",
            SqlErrorKind::TooHeavy => "query-too-heavy",
            SqlErrorKind::Failed => "query-failed",
            SqlErrorKind::Busy => "busy",
            SqlErrorKind::Broken => "query-broken",
        };
        let (line, column) = error.place.unzip();
        SqlProblem { problem: problem(kind, error.message), line, column, near: error.near }
    }
}

impl IntoResponse for SqlProblem {
    fn into_response(self) -> Response {
        let is_busy = self.problem.kind.ends_with("/busy");
        let mut response = (self.problem.status_code(), Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if is_busy {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_chooses_the_format() {
        let cases = [
            ("", SqlFormat::Json),
            ("text/csv", SqlFormat::Csv),
            ("text/html, text/csv;q=0.9", SqlFormat::Csv),
            ("application/json, text/csv", SqlFormat::Json),
            ("text/html,*/*;q=0.8", SqlFormat::Json),
        ];
        for (accept, format) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(wanted_format(&headers), format, "{accept:?}");
        }
    }
}
