//! The engine on small tables in the layout of the data folder.
#![cfg(feature = "engine")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod engine;
mod folder;
