//! Live sessions put together again: a real session told by several sources, cut, repeated and out of order, is the
//! session of its archive.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod any;
mod session;
mod sprint;
mod told;
