//! One suite for every store.
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]
#![allow(unreachable_pub, reason = "a test has no readers of its public items")]

mod log;
#[cfg(feature = "mysql")]
mod mysql;
mod parquet;
#[cfg(feature = "postgres")]
mod postgres;
mod rig;
mod suite;
