//! `overcut sessions`: what recordings there are.

use std::io::Write;

use anyhow::Result;
use overcut_server::wire::SessionSummary;

use super::Context;
use crate::cli::SessionsArguments;
use crate::library::{Entry, Library};
use crate::table;

/// Lists recordings, the latest session first.
pub fn sessions(context: &Context, arguments: &SessionsArguments) -> Result<()> {
    let library = Library::scan(&context.config.data);
    let entries: Vec<&Entry> = library.matching(&arguments.words).collect();
    let mut out = std::io::stdout().lock();
    if arguments.json {
        let summaries: Vec<SessionSummary> = entries.iter().map(|entry| entry.summary()).collect();
        serde_json::to_writer_pretty(&mut out, &summaries)?;
        writeln!(out)?;
    } else if library.entries().is_empty() {
        writeln!(out, "No recordings yet. `overcut import FILE` takes one in; OVERCUT_DATA names a folder with some.")?;
    } else if entries.is_empty() {
        writeln!(out, "None of {} recordings fits {:?}.", library.entries().len(), arguments.words.join(" "))?;
    } else {
        writeln!(out, "{}", rows(&entries))?;
    }
    Ok(())
}

fn rows(entries: &[&Entry]) -> comfy_table::Table {
    let mut table = table::new(&["id", "session", "start", "cars", "format", "size"]);
    for entry in entries {
        let start = entry.title.starts_at.map(|utc| utc.to_string().chars().take(10).collect());
        let cars = match entry.has_car_data {
            Some(true) => "telemetry",
            Some(false) => "timing only",
            None => "",
        };
        table.add_row([
            entry.id.clone(),
            entry.title.text(),
            start.unwrap_or_else(String::new),
            cars.to_owned(),
            entry.format.clone(),
            indicatif::HumanBytes(entry.size_bytes).to_string(),
        ]);
    }
    table
}
