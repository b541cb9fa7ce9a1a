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
#[cfg(any(feature = "mysql", feature = "postgres", feature = "s3"))]
mod blocking;
mod error;
mod folder;
mod id;
#[cfg(feature = "redis")]
mod latest;
mod mirror;
#[cfg(feature = "s3")]
mod mirrored;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "s3")]
mod objects;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod shape;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod sql;
mod warehouse;

pub use batch::{Batch, Edits, Rows, TelemetrySpan};
pub use error::WarehouseError;
pub use folder::{ParquetFolder, TABLES};
pub use id::{InvalidSessionId, SessionId};
#[cfg(feature = "redis")]
pub use latest::{Delivery, LatestOptions, LatestRows, LatestState};
pub use mirror::Mirror;
#[cfg(feature = "s3")]
pub use mirrored::Mirrored;
#[cfg(feature = "mysql")]
pub use mysql::MySql;
#[cfg(feature = "s3")]
pub use objects::{ObjectInfo, ObjectMirror, ObjectOptions, Transfer};
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use warehouse::{Progress, Warehouse, Written};
