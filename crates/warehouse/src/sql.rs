//! What the SQL stores have in common: limits, how their errors are told, and how progress is read.

use std::time::Duration;

use crate::blocking::Told;
use crate::{Progress, SessionId, WarehouseError};

/// Longest wait for a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at most. Every session is written by one thread, and few run at the same time.
pub(crate) const MAX_CONNECTIONS: u32 = 8;
/// Version of the tables' layout. Columns that are added do not count: they are added when the store is prepared.
pub(crate) const LAYOUT: i64 = 1;

/// Why something did not work out, before it is known what was being done.
#[derive(Debug)]
pub(crate) enum Failure {
    Sql(sqlx::Error),
    Warehouse(WarehouseError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Failure {
        Failure::Sql(error)
    }
}

impl From<WarehouseError> for Failure {
    fn from(error: WarehouseError) -> Failure {
        Failure::Warehouse(error)
    }
}

impl Told for Failure {
    fn told(self, what: &str) -> WarehouseError {
        match self {
            Failure::Warehouse(error) => error,
            Failure::Sql(error) if is_passing(&error) => {
                WarehouseError::Unavailable { what: what.to_owned(), source: Box::new(error) }
            }
            Failure::Sql(error) => WarehouseError::refused(what, error),
        }
    }
}

/// True if the same may succeed later: the connection broke, the server is going down or full, or two transactions met.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["08", "53", "57P", "40"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

/// Progress as the table of sessions has it.
pub(crate) fn progress(revision: i64, sequence: i64, state: &str) -> Progress {
    Progress {
        revision: revision.try_into().unwrap_or_default(),
        sequence: sequence.try_into().unwrap_or_default(),
        is_finished: state == "finished",
    }
}

/// Sessions by the ids that a store has. What is no id was not written by us, and is left alone.
pub(crate) fn ids(texts: Vec<(String,)>) -> Vec<SessionId> {
    texts.into_iter().filter_map(|(text,)| text.parse().ok()).collect()
}
