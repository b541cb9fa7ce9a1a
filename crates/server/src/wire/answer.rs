//! What every answer may be: a page of a list, or a problem.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Page<T> {
    /// The elements.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u32,
    /// Index of the first one here.
    pub offset: u32,
    /// Most that a page may hold.
    pub limit: u32,
}

/// Why a request was refused: RFC 9457 problem details, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Problem {
    /// What kind of problem: a path below this server's `/problems/`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for people, always the same words for one kind.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What is wrong with this request and what to do.
    pub detail: String,
}
