//! Refusals, as RFC 9457 problem details.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::library::LibraryError;
use crate::wire::Problem;

/// Every kind of problem, with its status and title. The kind is the last part of the problem's `type`.
const KINDS: [(&str, StatusCode, &str); 19] = [
    ("bad-parameter", StatusCode::BAD_REQUEST, "A parameter is missing, unknown or unreadable"),
    ("out-of-range", StatusCode::BAD_REQUEST, "A value is out of range"),
    ("unknown-session", StatusCode::NOT_FOUND, "There is no such session"),
    ("unknown-driver", StatusCode::NOT_FOUND, "There is no such driver in this session"),
    ("unknown-lap", StatusCode::NOT_FOUND, "There is no such lap in this session"),
    ("no-data", StatusCode::NOT_FOUND, "What this needs is not there"),
    ("unreadable-session", StatusCode::UNPROCESSABLE_ENTITY, "The recording cannot be read"),
    ("not-found", StatusCode::NOT_FOUND, "There is nothing at this path"),
    ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "The API is read only"),
    ("forbidden-origin", StatusCode::FORBIDDEN, "This origin may not connect"),
    ("wrong-host", StatusCode::MISDIRECTED_REQUEST, "The server does not answer under this name"),
    ("bad-query", StatusCode::BAD_REQUEST, "The query cannot be understood"),
    ("query-refused", StatusCode::FORBIDDEN, "The query does more than read"),
    ("query-too-heavy", StatusCode::UNPROCESSABLE_ENTITY, "The query needs more than it may have"),
    ("query-failed", StatusCode::UNPROCESSABLE_ENTITY, "The query failed while it ran"),
    ("query-broken", StatusCode::INTERNAL_SERVER_ERROR, "The query broke the process that ran it"),
    ("busy", StatusCode::SERVICE_UNAVAILABLE, "Too many are asking at once"),
    ("sql-off", StatusCode::FORBIDDEN, "This server answers no SQL"),
    ("bad-request", StatusCode::BAD_REQUEST, "The request is not what this path takes"),
];

/// A problem of a kind.
///
/// # Panics
///
/// If the kind is not in the list above, which is a bug.
pub(crate) fn problem(kind: &str, detail: impl Into<String>) -> Problem {
    let known = KINDS.iter().find(|(name, ..)| *name == kind);
    let (name, status, title) = known.expect("every kind is in the list");
    Problem {
        kind: format!("/problems/{name}"),
        title: (*title).to_owned(),
        status: status.as_u16(),
        detail: detail.into(),
    }
}

/// What a kind of problem means, for `/problems/{kind}`.
pub(crate) fn explanation(kind: &str) -> Option<String> {
    let (name, status, title) = KINDS.iter().find(|(name, ..)| *name == kind)?;
    Some(format!("{name} ({status}): {title}.\nThe member \"detail\" of the response says what to do.\n"))
}

/// The media type of problem details.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

impl Problem {
    /// The status to answer with.
    pub(crate) fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status_code(), Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response
    }
}

impl From<LibraryError> for Problem {
    fn from(error: LibraryError) -> Problem {
        match &error {
            LibraryError::Unknown(_) => {
                problem("unknown-session", format!("{error}; /api/v1/sessions lists those there are"))
            }
            LibraryError::Unreadable { .. } => problem("unreadable-session", error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_says_what_it_means() {
        for (kind, status, _) in KINDS {
            assert_eq!(problem(kind, "x").status, status.as_u16());
            assert!(explanation(kind).is_some_and(|text| text.starts_with(kind)));
        }
        assert_eq!(explanation("nonsense"), None);
    }
}
