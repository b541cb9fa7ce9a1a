//! `overcut export`: writes one table of a session.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use overcut_domain::{DriverNumber, SessionTime};
use overcut_session::Session;
use overcut_store::{self as store, TableFormat};
use overcut_track::Telemetry;

use super::Context;
use crate::cli::{self, ExportArguments};
use crate::input::Input;
use crate::output::say;
use crate::pipeline::{self, Pipeline, Threads};
use crate::rows::{self, ALWAYS, Notes};

/// Writes a table to the file that was asked for, or to standard output.
pub fn export(context: &Context, arguments: &ExportArguments) -> Result<()> {
    let format = match arguments.format {
        cli::TableFormat::Csv => TableFormat::Csv,
        cli::TableFormat::Json => TableFormat::Json,
        cli::TableFormat::Parquet => TableFormat::Parquet,
    };
    if format == TableFormat::Parquet && arguments.output.is_none() && io::stdout().is_terminal() {
        bail!("a Parquet file is not for terminals: name a file with --output");
    }
    let entry = context.resolve(&arguments.session)?;
    let tables = Tables::read(&entry.path, context.pipeline())?;
    let driver = arguments.driver.map(DriverNumber);
    if let Some(driver) = driver {
        ensure!(tables.knows(driver), "no car {driver} in this session; there are {}", tables.numbers());
    }
    match &arguments.output {
        None => tables.write(arguments.table, format, driver, BufWriter::new(io::stdout())).map(drop),
        Some(path) => {
            let n_rows = write_file(path, |out| tables.write(arguments.table, format, driver, out))?;
            say!("{n_rows} rows in {}", path.display());
            Ok(())
        }
    }
}

/// Writes a file under a temporary name and renames it when it is whole.
pub(super) fn write_file(path: &Path, write: impl FnOnce(BufWriter<File>) -> Result<u64>) -> Result<u64> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let file = File::create(part).with_context(|| format!("cannot write {}", part.display()))?;
    let written = write(BufWriter::new(file)).and_then(|n_rows| Ok(std::fs::rename(part, path).map(|()| n_rows)?));
    written.inspect_err(|_| {
        if let Err(error) = std::fs::remove_file(part) {
            tracing::warn!(path = %part.display(), %error, "an unfinished file could not be removed");
        }
    })
}

/// Everything that tables are made of.
pub struct Tables {
    session: Session,
    telemetry: Telemetry,
    notes: Notes,
}

impl Tables {
    /// Reads a recording to its end.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn read(path: &Path, mut pipeline: Pipeline) -> Result<Tables> {
        let mut notes = Notes::default();
        let input = Input::open(path)?;
        pipeline::run(input, Threads::Two, SessionTime::MAX, &mut pipeline, |step| notes.take(&step))?;
        Ok(Tables { session: pipeline.session, telemetry: pipeline.telemetry, notes })
    }

    /// Writes a table, of one car if a driver is given, and returns the number of rows.
    pub fn write(
        &self,
        table: cli::Table,
        format: TableFormat,
        driver: Option<DriverNumber>,
        out: impl Write + Send,
    ) -> Result<u64> {
        let is_wanted = |of: DriverNumber| driver.is_none_or(|driver| driver == of);
        let session = &self.session;
        let n_rows = match table {
            cli::Table::Laps => {
                store::laps_table().write(format, session.laps().filter(|lap| is_wanted(lap.driver)), out)
            }
            cli::Table::Stints => {
                store::stints_table().write(format, session.stints().filter(|stint| is_wanted(stint.driver)), out)
            }
            cli::Table::PitStops => {
                store::pit_stops_table().write(format, session.pit_stops().filter(|stop| is_wanted(stop.driver)), out)
            }
            cli::Table::RaceControl => {
                let rows = self.notes.race_control.values();
                let rows = rows.filter(|row| driver.is_none() || row.value.driver == driver);
                store::race_control_table().write(format, rows, out)
            }
            cli::Table::Weather => store::weather_table().write(format, &self.notes.weather, out),
            cli::Table::Drivers => {
                let rows = session
                    .drivers()
                    .keys()
                    .filter(|driver| is_wanted(**driver))
                    .map(|n| rows::driver_row(session, *n));
                store::drivers_table().write(format, rows, out)
            }
            cli::Table::Alerts => store::alerts_table().write(
                format,
                self.notes.alerts.iter().filter(|alert| is_wanted(alert.driver)),
                out,
            ),
            cli::Table::Telemetry => {
                let drivers = self.telemetry.drivers().filter(|driver| is_wanted(*driver));
                let rows = drivers.flat_map(|driver| rows::telemetry(session, &self.telemetry, driver, ALWAYS));
                store::telemetry_table().write(format, rows, out)
            }
            cli::Table::Results => {
                let order = session.board_order().into_iter().filter(|driver| is_wanted(*driver));
                let rows = order.filter_map(|driver| Some(rows::result_row(session, session.car(driver)?)));
                store::results_table().write(format, rows, out)
            }
        };
        Ok(n_rows?)
    }

    fn knows(&self, driver: DriverNumber) -> bool {
        self.session.cars().contains_key(&driver) || self.telemetry.drivers().any(|known| known == driver)
    }

    fn numbers(&self) -> String {
        let numbers: Vec<String> = self.session.cars().keys().map(DriverNumber::to_string).collect();
        numbers.join(", ")
    }
}

#[cfg(test)]
mod tests;
