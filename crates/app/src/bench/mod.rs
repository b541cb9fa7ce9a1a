//! What the `bench` subcommands share.

pub mod fanout;
pub mod figures;
pub mod record;
pub mod usage;
