//! SQL on the command line and over HTTP: the same answers, right ones, and nothing that a query may do to a server.
#![cfg(feature = "sql")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod answers;
mod bombs;
mod folder;
mod program;
