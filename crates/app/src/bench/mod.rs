//! What the `bench` subcommands share.

pub mod figures;
pub mod usage;
