//! `overcut bench record`: what the recorder can take, and what killing it costs.

use anyhow::Result;

use super::Context;
use crate::bench::figures::print;
use crate::bench::record::{Load, be_killed, record};
use crate::cli::BenchRecordArguments;
use crate::input::Input;

/// Measures and prints.
pub fn bench_record(context: &Context, arguments: &BenchRecordArguments) -> Result<()> {
    let parent = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    if arguments.victim {
        return be_killed(&parent);
    }
    let input = Input::open(&context.resolve(&arguments.session)?.path)?;
    let load = Load {
        n_bytes: arguments.megabytes * 1_000_000,
        n_runs: arguments.runs,
        n_kills: arguments.kills,
        seconds: arguments.seconds,
    };
    print(&record(input, &parent, load)?, arguments.json)
}
