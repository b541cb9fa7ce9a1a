//! Answers to questions in SQL. The dashboard asks none, so these types have no TypeScript.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Problem;

/// An answer in JSON.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct SqlRows {
    /// Columns, in order.
    pub columns: Vec<SqlColumn>,
    /// Rows: one value per column, absent ones `null`.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Number of rows.
    pub n_rows: u64,
    /// True if there were more than the limit.
    pub is_truncated: bool,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct SqlColumn {
    /// Name.
    pub name: String,
    /// `integer`, `number`, `boolean`, `text`, `timestamp`, `date` or the engine's own word.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// A table that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SqlTable {
    /// Name, such as `laps`.
    pub name: String,
    /// Columns, in order.
    pub columns: Vec<SqlTableColumn>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SqlTableColumn {
    /// Name, with the unit last.
    pub name: String,
    /// `integer`, `number`, `boolean`, `text` or `timestamp`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What it holds.
    pub about: String,
}

/// Why a question has no answer: problem details, with the place in the query where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SqlProblem {
    /// What every problem says.
    #[serde(flatten)]
    pub problem: Problem,
    /// Line of the query, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Character in the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Names that were perhaps meant, the likeliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<String>,
}
