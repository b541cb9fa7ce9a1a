//! `overcut bench fanout`: one session to many clients.

use std::time::Duration;

use anyhow::Result;

use crate::bench::fanout::{Load, fanout};
use crate::bench::figures::print;
use crate::cli::BenchFanoutArguments;
use crate::commands::Context;
use crate::shelf::open;

/// Measures and prints.
pub fn bench_fanout(context: &Context, arguments: &BenchFanoutArguments) -> Result<()> {
    let session = open(&context.resolve(&arguments.session)?, context.pipeline_config())?;
    let duration = Duration::from_secs(arguments.seconds);
    let load = Load { n_clients: arguments.clients, hz: arguments.hz, duration };
    print(&fanout(session, load)?, arguments.json)
}
