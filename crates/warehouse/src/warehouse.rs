//! What every store of tables promises.

use std::fmt::Debug;

use overcut_domain::UtcTime;

use crate::{Batch, SessionId, TABLES, WarehouseError};

/// How far a session has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Revision of the log that the rows are of.
    pub revision: u64,
    /// Number of the last event that is in them.
    pub sequence: u64,
    /// True once the log has ended: nothing may follow in this revision.
    pub is_finished: bool,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Its rows are kept.
    Now,
    /// It was there already, or belongs to an older revision: nothing was changed.
    Before,
}

/// A store of the tables of many sessions. Calls block, so they belong on a thread that may wait; several threads may
/// share one.
///
/// **Taking over.** Whoever begins to write a session asks for its [`progress`](Warehouse::progress), folds the log from
/// its start, and hands over what differs from there on. A batch must begin where the progress ends, or at 0 and say
/// everything; any other is refused as [`Misaligned`](WarehouseError::Misaligned), so two writers of one session cannot
/// spoil it. Batches that are there already change nothing.
pub trait Warehouse: Debug + Send + Sync {
    /// Name of the kind of store, for logs and messages.
    fn name(&self) -> &'static str;

    /// True if it keeps a table; the rows of others are left out.
    fn keeps(&self, table: &str) -> bool {
        TABLES.contains(&table)
    }

    /// Makes the store ready: tables that are missing are made, and columns that are new are added. To be called
    /// before anything else; again whenever one likes.
    ///
    /// # Errors
    ///
    /// If a newer Overcut made the tables, or the store cannot be had.
    fn prepare(&self) -> Result<(), WarehouseError>;

    /// From where a session has to be written on. `None`: from its start, even if some of it is kept already.
    ///
    /// # Errors
    ///
    /// If the store cannot be had.
    fn progress(&self, session: &SessionId) -> Result<Option<Progress>, WarehouseError>;

    /// Writes a batch and moves the progress to its end: both or neither. A batch of a higher revision takes the place
    /// of everything that was there of the session.
    ///
    /// # Errors
    ///
    /// If it does not follow what is there, or the store does not take it. Nothing of it is kept then.
    fn write(&self, session: &SessionId, batch: &Batch) -> Result<Written, WarehouseError>;

    /// The log has ended: what is held back is written, and nothing more is taken in this revision. A session that is
    /// not there stays so.
    ///
    /// # Errors
    ///
    /// If the store does not take it.
    fn finish(&self, session: &SessionId) -> Result<(), WarehouseError>;

    /// Another writer goes on with the session: what is held back in memory is written as far as it goes, and let go.
    ///
    /// # Errors
    ///
    /// If the store does not take it.
    fn release(&self, session: &SessionId) -> Result<(), WarehouseError>;

    /// Removes a session from all tables.
    ///
    /// # Errors
    ///
    /// If the store cannot be had. It may have to be called again.
    fn forget(&self, session: &SessionId) -> Result<(), WarehouseError>;

    /// Removes the finished sessions that were to start before a moment, and returns which. Those of unknown start stay.
    ///
    /// # Errors
    ///
    /// As for [`forget`](Warehouse::forget).
    fn forget_before(&self, moment: UtcTime) -> Result<Vec<SessionId>, WarehouseError>;
}
