//! Arguments of the commands around the race simulator.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct SimulateArguments {
    /// Circuit, such as "monza", or a parameter file.
    #[arg(value_name = "RACE", required_unless_present = "from")]
    pub race: Option<String>,

    /// Start from this recorded race instead: its id, words of its name, or the path of a recording.
    #[arg(long, value_name = "SESSION", conflicts_with = "race")]
    pub from: Option<String>,

    /// Laps that the leader of the recorded race has driven; 0 is the grid.
    #[arg(
        long,
        value_name = "LAP",
        requires = "from",
        default_value_if("from", clap::builder::ArgPredicate::IsPresent, "0")
    )]
    pub lap: Option<u16>,

    /// Racing laps, if not those of the circuit or the session.
    #[arg(long)]
    pub laps: Option<u16>,

    /// Seed of the random numbers: the same seed, the same races, on any number of threads.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// How many races.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub runs: u32,

    /// Threads to run them on [default: every core].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Folder of fitted parameters [default: those in the program].
    #[arg(long, value_name = "FOLDER")]
    pub model: Option<PathBuf>,

    /// Compare two plans of stops for one car in the same races: car, colon, the stops of the first plan as lap and tyre,
    /// a bar, those of the second. A plan without stops is `stay`.
    #[arg(
        long,
        value_name = "CAR: PLAN | PLAN",
        help = "Compare two plans for one car, such as \"NOR: 18 hard, 36 medium | 22 hard\""
    )]
    pub compare: Option<String>,

    /// Draw where each car may finish, as .svg or .png.
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,

    /// Draw how the race may run, lap by lap, as .svg or .png.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,

    /// Cars whose spread is drawn in the trace, such as "NOR,VER" [default: the first three].
    #[arg(long, value_name = "CARS", value_delimiter = ',', requires = "trace")]
    pub focus: Vec<String>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct FitArguments {
    /// Folder of the history tables [default: `history` in $OVERCUT_DATA].
    #[arg(long, value_name = "FOLDER")]
    pub history: Option<PathBuf>,

    /// Seasons to learn from.
    #[arg(long, value_name = "FIRST-LAST", default_value = "2018-2023")]
    pub seasons: Seasons,

    /// Folder to write the parameter files and their card to.
    #[arg(long, value_name = "FOLDER", default_value = "models/sim")]
    pub out: PathBuf,
}

/// Seasons from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seasons {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl std::str::FromStr for Seasons {
    type Err = String;

    fn from_str(text: &str) -> Result<Seasons, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let year = |text: &str| text.trim().parse().ok().filter(|year| (1950..2100).contains(year));
        match (year(first), year(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Seasons { first, last }),
            _ => Err("want a season such as 2023, or the first and the last such as 2018-2023".to_owned()),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum ScoreCommand {
    /// Hold the simulator against real races it has not seen, from the grid and from shares of the distance.
    Sim(ScoreSimArguments),
    /// Hold the detectors against the faults put into synthetic races.
    Anomalies(ScoreAnomaliesArguments),
    /// Hold the estimated positions of cars against a recording that has real ones.
    Positions(ScorePositionsArguments),
}

#[derive(Debug, Args)]
pub struct ScoreSimArguments {
    /// Folder of the history tables [default: `history` in $OVERCUT_DATA].
    #[arg(long, value_name = "FOLDER")]
    pub history: Option<PathBuf>,

    /// Season to predict; the parameters must not have seen it.
    #[arg(long, default_value_t = 2024)]
    pub season: u16,

    /// Folder of fitted parameters [default: those in the program].
    #[arg(long, value_name = "FOLDER")]
    pub model: Option<PathBuf>,

    /// Simulated races for each prediction.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub runs: u32,

    /// Seed of the random numbers.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Write the score to this file too, as JSON.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ScoreAnomaliesArguments {
    /// Races with faults; as many again are run without.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub races: u32,

    /// Seed of the first race; the others follow.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// With the habits of a real feed, which holds values, loses samples and delivers them late.
    #[arg(long)]
    pub quirks: bool,

    /// Threads to run them on [default: every core].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ScorePositionsArguments {
    /// Session with positions: its id, words of its name, or the path of a recording.
    #[arg(default_value = "chinese sprint")]
    pub session: String,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchSimArguments {
    /// Races in each run.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub races: u32,

    /// How often.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub runs: u32,

    /// Print one JSON object per figure.
    #[arg(long)]
    pub json: bool,
}
