//! The roles as processes over a real broker, troubled in every way, held against a single program.
//!
//! `make test-services` runs it, with the broker and the database that it starts; elsewhere it says that it skipped.
//! `OVERCUT_CHAOS_SEED` chooses which process dies when.
#![cfg(all(feature = "kafka", feature = "postgres"))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod broker;
mod chaos;
mod cut;
mod restart;
mod secured;
mod stage;
mod tables;
mod wall;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const SPRINT: &str = "f1/livetiming/2026_chinese_gp_sprint";
/// Words that name it, and its id.
const RECORDING: &str = "chinese sprint";
const ID: &str = "2026-chinese-grand-prix-sprint";
const BROKERS: &str = "KAFKA_BOOTSTRAP_SERVERS";
/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(240);
/// How often something is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Lets the tests run one after the other: each starts half a dozen processes.
fn alone() -> MutexGuard<'static, ()> {
    static STAGE: Mutex<()> = Mutex::new(());
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}
