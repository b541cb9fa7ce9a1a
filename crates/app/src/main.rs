//! Overcut: a race wall in one program.

use std::process::ExitCode;

use clap::Parser;

use crate::output::say;

mod bench;
mod calendar;
mod cli;
mod clock;
mod commands;
mod config;
mod delays;
mod environment;
mod estimate;
mod input;
mod interrupt;
mod library;
mod limits;
mod listen;
mod live;
mod load;
mod map;
mod output;
mod pipeline;
mod plot;
mod progress;
mod roles;
mod rows;
mod shelf;
mod sql;
mod stores;
mod synthetic;
mod table;
mod threads;

fn main() -> ExitCode {
    // Not a command for people: such a process inherits nothing and needs no configuration.
    #[cfg(feature = "sql")]
    if std::env::args_os().nth(1).is_some_and(|word| word == sql::WORKER) {
        return end(sql::work());
    }
    let arguments = cli::Arguments::parse();
    init_log(arguments.verbose);
    end(commands::run(arguments))
}

fn end(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS, // `overcut sessions | head` is not a failure
        Err(error) => {
            say!("overcut: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Logs go to standard error, so that standard output stays clean for tables and JSON.
fn init_log(verbose: u8) {
    let level = match verbose {
        0 => "overcut=info,overcut_live=info,overcut_server=info,warn",
        1 => "overcut=debug,overcut_live=debug,overcut_server=debug,info",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("OVERCUT_LOG").unwrap_or_else(|_| level.into());
    // Where nobody listens any more, that is not worth breaking down for: a recording goes on without words.
    let log = tracing_subscriber::fmt().log_internal_errors(false);
    log.with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe))
}
