//! The engine behind the server's seam: each question in a process of its own, which is this program again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use overcut_server::wire::{SqlTable, SqlTableColumn};
use overcut_server::{Sql, SqlAnswer, SqlError, SqlErrorKind, SqlFormat, SqlFuture, SqlQuestion};
use overcut_sql::{Answer, Format, Limits, Query, QueryError, Runner};

use crate::config::Config;
use crate::stores;

/// The first argument of a process that answers one question.
pub const WORKER: &str = "sql-worker";

/// Answers one question: what a process does that was started as a [`WORKER`].
///
/// # Errors
///
/// If it is not asked one, or nobody takes the answer.
pub fn work() -> Result<()> {
    Ok(overcut_sql::work(std::io::stdin(), std::io::stdout())?)
}

/// Asks the tables of the data folder.
///
/// # Errors
///
/// If this program does not know where it is itself.
pub fn runner(config: &Config) -> Result<Runner> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let folder = stores::folder(config).root().to_owned();
    Ok(Runner::new(program, &[WORKER], folder, config.sql.at_once.max(1)))
}

/// Every table that can be asked, in the server's words.
pub fn tables() -> Vec<SqlTable> {
    let column = |overcut_sql::ColumnInfo { name, type_name, about }| SqlTableColumn { name, type_name, about };
    let table = |overcut_sql::TableInfo { name, columns }| SqlTable {
        name,
        columns: columns.into_iter().map(column).collect(),
    };
    overcut_sql::tables().into_iter().map(table).collect()
}

/// The tables of the data folder, for the server.
pub struct Tables {
    runner: Arc<Runner>,
    limits: Limits,
}

impl Tables {
    /// The tables as configured.
    ///
    /// # Errors
    ///
    /// As [`runner`].
    pub fn new(config: &Config) -> Result<Tables> {
        Ok(Tables { runner: Arc::new(runner(config)?), limits: config.sql.limits() })
    }

    /// What a question may use: never more than is configured.
    fn limits(&self, max_rows: Option<u32>, timeout: Option<Duration>) -> Limits {
        let most = self.limits;
        let n_rows = max_rows.and_then(|n| usize::try_from(n).ok()).map_or(most.n_rows, |n| n.min(most.n_rows));
        Limits { n_rows, time: timeout.map_or(most.time, |time| time.min(most.time)), ..most }
    }
}

impl Sql for Tables {
    fn ask(&self, question: SqlQuestion) -> SqlFuture {
        let SqlQuestion { text, format, max_rows, timeout } = question;
        let format = match format {
            SqlFormat::Json => Format::Json,
            SqlFormat::Csv => Format::Csv,
        };
        let query = Query { text, format, limits: self.limits(max_rows, timeout) };
        let runner = self.runner.clone();
        Box::pin(async move {
            let Answer { is_truncated, body, .. } = runner.ask(query).await.map_err(refusal)?;
            Ok(SqlAnswer { body: body.into(), is_truncated })
        })
    }

    fn tables(&self) -> Vec<SqlTable> {
        tables()
    }
}

/// An error in the server's words.
fn refusal(error: QueryError) -> SqlError {
    let kind = match &error {
        QueryError::Invalid { .. } => SqlErrorKind::Invalid,
        QueryError::Refused(_) => SqlErrorKind::Refused,
        QueryError::NoTables(_) => SqlErrorKind::NoTables,
        QueryError::TooSlow(_) | QueryError::TooMuchMemory(_) | QueryError::TooLong(_) => SqlErrorKind::TooHeavy,
        QueryError::Failed(_) => SqlErrorKind::Failed,
        QueryError::Busy => SqlErrorKind::Busy,
        QueryError::Broken(_) => SqlErrorKind::Broken,
    };
    let message = error.to_string();
    let (place, near) = match error {
        QueryError::Invalid { place, near, .. } => (place.map(|place| (place.line, place.column)), near),
        _ => (None, Vec::new()),
    };
    SqlError { kind, message, place, near }
}
