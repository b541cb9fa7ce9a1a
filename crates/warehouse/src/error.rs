//! Why a store refuses.

use std::error::Error;

use crate::{Progress, SessionId};

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// A batch does not begin where the rows end: somebody else has written, or something was left out. Ask for the
    /// progress and fold again.
    #[error("{session}: a batch behind event {after} does not follow what is kept ({have:?})")]
    Misaligned {
        /// The session.
        session: SessionId,
        /// Where the batch begins.
        after: u64,
        /// How far the rows go.
        have: Option<Progress>,
    },
    /// The session's log had ended. More of it needs a higher revision.
    #[error("{session} is finished; more of it needs a higher revision")]
    Finished {
        /// The session.
        session: SessionId,
    },
    /// A newer Overcut made the tables.
    #[error("the tables have layout {found}, this Overcut knows up to {known}")]
    Newer {
        /// Version found.
        found: i64,
        /// Version known.
        known: i64,
    },
    /// The store cannot be had at the moment: the same call may succeed later.
    #[error("{what}: the store cannot be reached")]
    Unavailable {
        /// What was being done.
        what: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store does not take it, now or later.
    #[error("could not {what}")]
    Refused {
        /// What was being done.
        what: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl WarehouseError {
    pub(crate) fn refused(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> WarehouseError {
        WarehouseError::Refused { what: what.into(), source: source.into() }
    }
}
