//! Where the tables of many sessions are kept beside the recordings.
//!
//! A writer folds the numbered events of a session and hands over, batch by batch, what differs from what it handed
//! over before. A [`Warehouse`] keeps the rows and how far they go, in one step, so that a writer that was killed at
//! any moment is followed by another that folds the session again and goes on: nothing is missing and nothing is there
//! twice. The columns are those of [`overcut_store::Table`]; nothing here names one a second time.
//!
//! Nothing here knows an event, a bus or where the data folder is.

mod admission;
mod batch;
mod error;
mod folder;
mod id;
mod mirror;
mod warehouse;

pub use batch::{Batch, Edits, Rows, TelemetrySpan};
pub use error::WarehouseError;
pub use folder::{ParquetFolder, TABLES};
pub use id::{InvalidSessionId, SessionId};
pub use mirror::Mirror;
pub use warehouse::{Progress, Warehouse, Written};
