//! `overcut bench pipeline`: from producing through an engine and a sink, over a bus.

use anyhow::Result;

use super::Context;
use crate::bench::figures::print;
use crate::bench::pipeline::{Load, Pace, pipeline};
use crate::cli::BenchPipelineArguments;

/// Measures and prints.
pub fn bench_pipeline(context: &Context, arguments: &BenchPipelineArguments) -> Result<()> {
    let (n_samples, pace) = match arguments.rate {
        Some(rate) => (u64::from(rate) * u64::from(arguments.seconds), Pace::Rate(rate.into())),
        None => (arguments.samples, Pace::FlatOut),
    };
    let load = Load {
        url: arguments.bus.clone(),
        n_samples,
        pace,
        n_sessions: arguments.sessions.into(),
        parent: arguments.folder.clone().unwrap_or_else(std::env::temp_dir),
    };
    print(&pipeline(&context.config, &load)?, arguments.json)
}
