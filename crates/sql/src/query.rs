//! What is asked and what comes back.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use datafusion::common::utils::datafusion_strsim::levenshtein;
use serde::{Deserialize, Serialize};

/// Longest text of a query, bytes.
pub const MAX_QUERY_BYTES: usize = 16 * 1024;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The text, in SQL.
    pub text: String,
    /// How the answer is written.
    pub format: Format,
    /// What it may use.
    pub limits: Limits,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// An object with `columns`, `rows` (arrays of values), `n_rows` and `is_truncated`.
    Json,
    /// Comma-separated values with the names of the columns in the first line.
    Csv,
}

/// What a query may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest time.
    pub time: Duration,
    /// Most rows; the answer ends there, and says so.
    pub n_rows: usize,
    /// Most memory for what the engine sorts, joins and groups, bytes. The process as a whole may have a fixed amount
    /// more.
    pub memory_bytes: usize,
    /// Longest answer as written, bytes.
    pub answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { time: Duration::from_secs(10), n_rows: 10_000, memory_bytes: 256 << 20, answer_bytes: 64 << 20 }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Rows.
    pub n_rows: usize,
    /// True if there were more rows than the limit.
    pub is_truncated: bool,
    /// The answer, in the format that was asked for.
    pub body: Vec<u8>,
}

/// A place in the text of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Character in the line, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum QueryError {
    /// It cannot be understood.
    #[error("{message}{}{}", at(*place), suggestion(near, known))]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where.
        place: Option<Place>,
        /// Names that are there and look alike, the likeliest first.
        near: Vec<String>,
        /// Names that there are, if it is a name that is wrong.
        known: Vec<String>,
    },
    /// It does not only read.
    #[error("{0} is not answered: the tables can only be read, with SELECT, EXPLAIN, SHOW or DESCRIBE")]
    Refused(String),
    /// There are no tables yet.
    #[error("there are no tables in {} yet; `overcut tables --all` writes those of every recording", .0.display())]
    NoTables(PathBuf),
    /// It took too long.
    #[error("the query was stopped after {} s; ask for less, such as one season or one session", .0.as_secs_f32())]
    TooSlow(Duration),
    /// It needs too much memory.
    #[error("the query needs more memory than the {} MiB it may have; ask for less, or sort and join fewer rows", .0 >> 20)]
    TooMuchMemory(usize),
    /// The answer is too long.
    #[error("the answer is longer than {} MiB; ask for fewer or shorter rows", .0 >> 20)]
    TooLong(usize),
    /// It was understood and then failed, for example on a division by zero or a damaged file.
    #[error("the query failed: {0}")]
    Failed(String),
    /// Others are asking.
    #[error("other queries are running; try again in a moment")]
    Busy,
    /// The process that was to answer did not.
    #[error("the query broke the process that ran it: {0}")]
    Broken(String),
}

fn at(place: Option<Place>) -> String {
    place.map(|place| format!(" at {place}")).unwrap_or_default()
}

fn suggestion(near: &[String], known: &[String]) -> String {
    match (near, known) {
        ([], []) => String::new(),
        ([], known) => format!("; there are {}", known.join(", ")),
        (near, _) => format!("; did you mean {}?", near.join(" or ")),
    }
}

impl QueryError {
    /// It cannot be understood, and no name would help.
    pub(crate) fn invalid(message: impl Into<String>, place: Option<Place>) -> QueryError {
        QueryError::Invalid { message: message.into(), place, near: Vec::new(), known: Vec::new() }
    }

    /// A name in it is wrong.
    pub(crate) fn unknown(message: String, place: Option<Place>, wanted: &str, known: Vec<String>) -> QueryError {
        QueryError::Invalid { message, place, near: near(wanted, &known), known }
    }
}

/// Names to suggest at most.
const MAX_NEAR: usize = 3;

/// The names that look like `wanted`, the likeliest first.
fn near(wanted: &str, names: &[String]) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(usize, &String)> = names
        .iter()
        .filter_map(|name| {
            let distance = levenshtein(&wanted, name);
            let is_part = wanted.len() >= 3 && (name.contains(&wanted) || wanted.contains(name.as_str()));
            let is_near = is_part || distance <= 1 + wanted.chars().count() / 5;
            is_near.then_some((distance, name))
        })
        .collect();
    scored.sort_unstable();
    scored.into_iter().take(MAX_NEAR).map(|(_, name)| name.clone()).collect()
}
