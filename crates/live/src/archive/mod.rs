//! The publisher's archive: what is over can be fetched from it, and what is on can be followed while its files grow.
//!
//! It asks for no account and we never show it one. What is known of it is in `docs/sources/f1-archive.md`.

mod config;
mod download;
mod fetch;
mod file;
mod follow;
mod index;
mod merge;

pub use config::Config;
pub use download::Archive;
pub use follow::run;
pub(crate) use index::offset_ms;
pub use index::{Feeds, IndexError, IndexedMeeting, IndexedSession, Year, is_plain_path};
