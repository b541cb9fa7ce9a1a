//! The folder and where each table lies in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::error::HistoryError;
use crate::table::read_table;
use crate::tumftm::parse_priors;
use crate::{
    CompoundSelectionRow, GrandPrixRow, GridRow, LapRow, MonteCarloPriors, PitStopRow, QualifyingRow, RaceRow,
    RedFlagRow, ResultRow, SafetyCarRow, TrackParamsRow, TrackStatusRow, VirtualSafetyCarRow, WeatherRow,
};

/// A folder of history tables.
///
/// Needed: `results/races.csv`, and `race_results`, `qualifying` and `starting_grid` beside it, and a
/// `laps/laps_<season>` per season; `.csv` or `.csv.gz`. The rest is optional: its tables are `None` where the file is
/// not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    folder: PathBuf,
}

impl History {
    /// Files without which a folder is of no use, without `.csv` or `.csv.gz`.
    pub const NEEDED: [&'static str; 4] =
        ["results/races", "results/race_results", "results/qualifying", "results/starting_grid"];

    /// Opens a folder.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Io`] with the first needed file that is not there.
    pub fn open(folder: impl Into<PathBuf>) -> Result<History, HistoryError> {
        let history = History { folder: folder.into() };
        for name in History::NEEDED {
            history.needed(name)?;
        }
        Ok(history)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Seasons with laps, in order.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Io`] if there is no folder `laps`.
    pub fn seasons(&self) -> Result<Vec<u16>, HistoryError> {
        let names = names_in(&self.folder.join("laps"))?;
        let season = |name: &String| table_name(name)?.strip_prefix("laps_")?.parse().ok();
        let mut seasons: Vec<u16> = names.iter().filter_map(season).collect();
        seasons.sort_unstable();
        seasons.dedup();
        Ok(seasons)
    }

    /// Every Grand Prix.
    ///
    /// # Errors
    ///
    /// [`HistoryError`], like every reader here.
    pub fn races(&self) -> Result<Vec<RaceRow>, HistoryError> {
        read_table(&self.needed("results/races")?)
    }

    /// The names of the Grands Prix.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn grands_prix(&self) -> Result<Option<Vec<GrandPrixRow>>, HistoryError> {
        self.optional("results/grands_prix")
    }

    /// Every classification, in its order.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn results(&self) -> Result<Vec<ResultRow>, HistoryError> {
        read_table(&self.needed("results/race_results")?)
    }

    /// Every qualifying.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn qualifying(&self) -> Result<Vec<QualifyingRow>, HistoryError> {
        read_table(&self.needed("results/qualifying")?)
    }

    /// Every grid, in its order.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn grids(&self) -> Result<Vec<GridRow>, HistoryError> {
        read_table(&self.needed("results/starting_grid")?)
    }

    /// Every pit stop.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn pit_stops(&self) -> Result<Option<Vec<PitStopRow>>, HistoryError> {
        self.optional("results/pit_stops")
    }

    /// The laps of every race of a season.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn laps(&self, season: u16) -> Result<Vec<LapRow>, HistoryError> {
        read_table(&self.needed(&format!("laps/laps_{season}"))?)
    }

    /// Which compounds were brought to which race.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn compound_selection(&self) -> Result<Option<Vec<CompoundSelectionRow>>, HistoryError> {
        self.optional("laps/compound_selection")
    }

    /// The weather, from every `conditions/weather*` table.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn weather(&self) -> Result<Option<Vec<WeatherRow>>, HistoryError> {
        self.every("conditions", "weather")
    }

    /// The state of the track, from every `conditions/track_status*` table.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn track_status(&self) -> Result<Option<Vec<TrackStatusRow>>, HistoryError> {
        self.every("conditions", "track_status")
    }

    /// Every safety car.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn safety_cars(&self) -> Result<Option<Vec<SafetyCarRow>>, HistoryError> {
        self.optional("events/safety_cars")
    }

    /// Every red flag.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn red_flags(&self) -> Result<Option<Vec<RedFlagRow>>, HistoryError> {
        self.optional("events/red_flags")
    }

    /// Every lap under a virtual safety car.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn virtual_safety_car_laps(&self) -> Result<Option<Vec<VirtualSafetyCarRow>>, HistoryError> {
        self.optional("events/virtual_safety_car_laps")
    }

    /// Parameters of the Munich race simulation per race.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn track_params(&self) -> Result<Option<Vec<TrackParamsRow>>, HistoryError> {
        self.every("tumftm", "track_params")
    }

    /// What the Munich race simulation draws from.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub fn monte_carlo_priors(&self) -> Result<Option<MonteCarloPriors>, HistoryError> {
        let path = self.folder.join("tumftm/params/pars_mcs.ini");
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(|source| HistoryError::Io { path: path.clone(), source })?;
        parse_priors(&text)
            .map(Some)
            .map_err(|(line, reason)| HistoryError::Table { path, reason: format!("line {line}: {reason}") })
    }

    /// The file of a table, packed or not.
    fn find(&self, name: &str) -> Option<PathBuf> {
        [".csv.gz", ".csv"].into_iter().map(|end| self.folder.join(format!("{name}{end}"))).find(|path| path.is_file())
    }

    fn needed(&self, name: &str) -> Result<PathBuf, HistoryError> {
        self.find(name).ok_or_else(|| HistoryError::Io {
            path: self.folder.join(format!("{name}.csv.gz")),
            source: std::io::ErrorKind::NotFound.into(),
        })
    }

    fn optional<Row: DeserializeOwned>(&self, name: &str) -> Result<Option<Vec<Row>>, HistoryError> {
        self.find(name).map(|path| read_table(&path)).transpose()
    }

    /// The rows of every table in `folder` whose name starts with `prefix`: the years in the names differ.
    fn every<Row: DeserializeOwned>(&self, folder: &str, prefix: &str) -> Result<Option<Vec<Row>>, HistoryError> {
        let folder = self.folder.join(folder);
        if !folder.is_dir() {
            return Ok(None);
        }
        let mut rows = None;
        for name in names_in(&folder)? {
            if table_name(&name).is_some_and(|table| table.starts_with(prefix)) {
                rows.get_or_insert_with(Vec::new).extend(read_table::<Row>(&folder.join(name))?);
            }
        }
        Ok(rows)
    }
}

/// The names of the files in a folder, sorted.
fn names_in(folder: &Path) -> Result<Vec<String>, HistoryError> {
    let failed = |source| HistoryError::Io { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// A file's name without `.csv` or `.csv.gz`; `None` for other files.
fn table_name(file: &str) -> Option<&str> {
    file.strip_suffix(".csv.gz").or_else(|| file.strip_suffix(".csv"))
}
