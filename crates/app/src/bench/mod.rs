//! What the `bench` subcommands share.

pub mod fanout;
pub mod figures;
mod folder;
pub mod pipeline;
pub mod record;
pub mod usage;
