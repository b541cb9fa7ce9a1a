//! SQL: the application's side of `/api/v1/sql`, as the server sees it.
//!
//! The server knows no engine. It reads the question, hands it on, and passes the answer through as it comes.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::wire::SqlTable;

/// What will be an answer, or why there is none.
pub type SqlFuture = Pin<Box<dyn Future<Output = Result<SqlAnswer, SqlError>> + Send>>;

/// Answers questions in SQL.
pub trait Sql: Send + Sync + 'static {
    /// Answers a question. When its client goes away the future is dropped, and the query should end.
    fn ask(&self, question: SqlQuestion) -> SqlFuture;

    /// The tables that can be asked, whether they have rows or not.
    fn tables(&self) -> Vec<SqlTable>;
}

/// Whether this server answers SQL.
#[derive(Clone)]
pub enum SqlOffer {
    /// It does not; why, and what to do about it.
    Off(String),
    /// It does.
    On(Arc<dyn Sql>),
}

impl Default for SqlOffer {
    fn default() -> Self {
        SqlOffer::Off("this server has no SQL engine".to_owned())
    }
}

impl fmt::Debug for SqlOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SqlOffer::Off(why) => f.debug_tuple("Off").field(why).finish(),
            SqlOffer::On(_) => f.write_str("On"),
        }
    }
}

/// A question in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlQuestion {
    /// The text.
    pub text: String,
    /// How the answer is written.
    pub format: SqlFormat,
    /// Most rows, if fewer than usual are wanted.
    pub max_rows: Option<u32>,
    /// Longest time, if less than usual is wanted.
    pub timeout: Option<Duration>,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlFormat {
    /// An object with `columns`, `rows`, `n_rows` and `is_truncated`.
    Json,
    /// Comma-separated values.
    Csv,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlAnswer {
    /// The answer in the format asked for.
    pub body: Bytes,
    /// True if there were more rows than the limit.
    pub is_truncated: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// What kind of refusal it is.
    pub kind: SqlErrorKind,
    /// What is wrong and what to do, place and suggestions included.
    pub message: String,
    /// Where in the text: line and character in it, both from 1.
    pub place: Option<(u32, u32)>,
    /// Names that were perhaps meant.
    pub near: Vec<String>,
}

/// Kinds of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlErrorKind {
    /// It cannot be understood.
    Invalid,
    /// It does not only read.
    Refused,
    /// There are no tables yet.
    NoTables,
    /// It needs more time, memory or room than it may have.
    TooHeavy,
    /// It was understood and then failed.
    Failed,
    /// Others are asking.
    Busy,
    /// The engine did not answer, which is a bug.
    Broken,
}
