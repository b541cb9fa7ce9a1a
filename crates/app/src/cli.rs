//! The command line.

mod archive;
mod live;
mod race;
mod roles;
mod sql;
mod synth;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use archive::{DownloadArguments, EventsArguments};
pub use live::{LiveArguments, RecordArguments, SourceArguments};
pub use race::{
    BenchSimArguments, FitArguments, ScoreAnomaliesArguments, ScoreCommand, ScorePositionsArguments, ScoreSimArguments,
    SimulateArguments,
};
pub use roles::{BusArguments, EngineArguments, GatewayArguments, IngestArguments, SinkArguments};
pub use sql::SqlArguments;
pub use synth::{DemoArguments, SynthArguments, SynthSession, SyntheticArguments, SyntheticKind};

/// A race wall in one program: replay real motorsport timing and telemetry, look at it in a browser, read it over an
/// open API.
///
/// Unofficial, and not associated in any way with the Formula 1 companies.
#[derive(Debug, Parser)]
#[command(name = "overcut", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Arguments {
    /// Say more on standard error; twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,

    /// Configuration file [default: config.toml in the data folder, if there is one].
    #[arg(long, global = true, env = "OVERCUT_CONFIG", value_name = "FILE", hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Folder that recordings are imported into and listed from.
    #[arg(long, global = true, env = "OVERCUT_HOME", value_name = "FOLDER", hide_env_values = true)]
    pub data: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the dashboard and the API on every recording there is, or on a synthetic race where there is none.
    Serve(ServeArguments),
    /// Play one recording as if it happened now, and serve the dashboard on it.
    Replay(ReplayArguments),
    /// Show the session that happens now, and record it.
    ///
    /// Connects to Formula 1's live timing, with or without an account, follows its growing archive if asked to, and
    /// OpenF1, takes each value from the best source that has it, and fills gaps from the others. What comes is recorded
    /// before it is read. Delay, pause and rewind work while the session runs; Ctrl-C finishes the recording.
    ///
    /// An account is not needed. Tokens and passwords come from the environment or a file, never from the command line:
    /// OVERCUT_F1TV_TOKEN, OVERCUT_OPENF1_USERNAME, OVERCUT_OPENF1_PASSWORD, or each with _FILE behind it.
    Live(Box<LiveArguments>),
    /// Record the session that happens now, without showing it.
    ///
    /// As `overcut live`, but without the wall. What was recorded is listed by `overcut sessions`, also while it grows.
    Record(Box<RecordArguments>),
    /// List recordings.
    Sessions(SessionsArguments),
    /// List the sessions of a season that Formula 1's archive or OpenF1 has, and which of them are here.
    Events(EventsArguments),
    /// Fetch finished sessions from Formula 1's archive or from OpenF1.
    ///
    /// One session (`overcut download 2025 monza race`), a weekend (`overcut download 2025 monza`) or a season
    /// (`overcut download 2025 --all`), as the archive's own files, or OpenF1's answers, with their checksums. Cut off, the
    /// same command goes on where it stopped; run again, it checks what is there. For personal use:
    /// docs/sources/f1-archive.md, docs/sources/openf1.md.
    Download(DownloadArguments),
    /// Take a recording into the data folder.
    Import(ImportArguments),
    /// Write a table of a session: laps, stints, pit stops, telemetry, …
    Export(ExportArguments),
    /// Keep the tables of recordings in a store: Parquet files in the data folder, or a database.
    ///
    /// Every session is written once: what the store has already is passed over, what has grown since is written anew.
    /// Where databases are comes from the environment: DATABASE_URL, MYSQL_URL, and for object stores AWS_*.
    Tables(TablesArguments),
    /// Ask the tables of the data folder in SQL.
    ///
    /// Every session that `overcut tables` has written, in one query: laps, stints, pit stops, telemetry, … It only reads.
    Sql(SqlArguments),
    /// Say what a recording holds, and what in it could not be read.
    Inspect(InspectArguments),
    /// Print the board of a session, as it was at any moment.
    Board(BoardArguments),
    /// List the anomalies found on the cars of a session.
    Alerts(AlertsArguments),
    /// Play a synthetic Grand Prix on the wall: no data, no network.
    ///
    /// Twenty-two cars that exist nowhere else race on a circuit of our own, generated as it plays. What they do goes
    /// through the same decoder, fold and detectors as a real feed, and its name says that it is synthetic.
    Demo(DemoArguments),
    /// Write synthetic sessions in the format of a real feed, or play many as a load.
    ///
    /// A whole race is written in seconds, as an archive folder that every other command reads. The same seed gives the
    /// same bytes. Nothing is overwritten.
    Synth(SynthArguments),
    /// Say how a race may end, by running it thousands of times.
    ///
    /// The race is a circuit with fitted parameters (`overcut simulate monza`), a parameter file, or a recorded race up to
    /// the end of a lap of its leader (`overcut simulate --from "china sprint" --lap 8`): of that nothing later is read.
    Simulate(SimulateArguments),
    /// Estimate what races are run with from past seasons.
    ///
    /// Writes one file of parameters for all circuits and one for each, every value with its interval.
    Fit(FitArguments),
    /// Tell sessions on a bus, for engines, gateways and sinks to follow.
    ///
    /// Raw messages and events are numbered and keyed by session. Started again, or elsewhere, it goes on where the bus
    /// ends. Of several that tell one session one is at work, the others stand by.
    Ingest(IngestArguments),
    /// Conclude from the events on a bus: start as many as there is work for.
    Engine(EngineArguments),
    /// Serve the dashboard and the API on the sessions of a bus: start as many as there are clients for.
    Gateway(GatewayArguments),
    /// Write the sessions of a bus into tables: start as many as the store takes.
    ///
    /// Rows are written every second, each session by one sink; killed at any moment, another goes on where the rows end.
    Sink(SinkArguments),
    /// Hold simulator and detectors against the truth.
    #[command(subcommand)]
    Score(ScoreCommand),
    /// Measure how fast Overcut is on this machine.
    #[command(subcommand)]
    Bench(BenchCommand),
}

impl Command {
    /// True if the command line says that cars without positions are to be left out.
    pub fn leaves_positions_out(&self) -> bool {
        match self {
            Command::Serve(arguments) => arguments.no_estimates,
            Command::Replay(arguments) => arguments.no_estimates,
            Command::Live(arguments) => arguments.no_estimates,
            _ => false,
        }
    }
}

/// Where the server listens.
#[derive(Debug, Args)]
pub struct ListenArguments {
    /// Address to listen on; anything but loopback opens the server to the network [default: 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<std::net::IpAddr>,

    /// Port of dashboard and API; 0 picks a free one [default: 8722].
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,

    /// Open the dashboard in the browser.
    #[arg(long)]
    pub open: bool,

    /// Also stream samples of every driver as JSON on this port, for programs of the "telemetry server" convention.
    #[arg(long, value_name = "PORT")]
    pub feed_port: Option<u16>,

    /// Samples a second and car on the feed port.
    #[arg(long, value_name = "HZ", default_value_t = 10.0, requires = "feed_port")]
    pub hz: f32,
}

#[derive(Debug, Args)]
pub struct ServeArguments {
    #[command(flatten)]
    pub listen: ListenArguments,

    /// Session to open first: its id or words of its name, such as "china sprint"; `demo` is the synthetic race.
    #[arg(long, value_name = "SESSION")]
    pub session: Option<String>,

    /// Narrow the choice to a season.
    #[arg(long)]
    pub year: Option<u16>,

    /// Narrow the choice to an event, such as "monza".
    #[arg(long)]
    pub event: Option<String>,

    /// Leave cars without positions off the map instead of estimating where they are.
    #[arg(long)]
    pub no_estimates: bool,
}

#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Recording: a folder, a file, or a session of `overcut sessions`.
    pub recording: String,

    /// Moment to start from: session time such as 0:46:30, or `start` [default: half a minute before the start].
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,

    /// Speed of the replay, 0.25 to 60.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f32,

    /// Nothing later than the replay's own clock leaves the server, as if the session were live.
    #[arg(long)]
    pub as_live: bool,

    /// Leave cars without positions off the map instead of estimating where they are.
    #[arg(long)]
    pub no_estimates: bool,

    #[command(flatten)]
    pub listen: ListenArguments,
}

#[derive(Debug, Args)]
pub struct SessionsArguments {
    /// Words that must occur in the name, such as "2025 monza".
    pub words: Vec<String>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Recording: a folder or a file in any format that `overcut inspect` knows.
    pub path: PathBuf,

    /// Name of the file in the data folder [default: made from season, event and session].
    #[arg(long)]
    pub name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Table {
    Laps,
    Stints,
    PitStops,
    RaceControl,
    Weather,
    Drivers,
    Alerts,
    Telemetry,
    Results,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Csv,
    Json,
    Parquet,
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Session: its id, words of its name, or the path of a recording.
    pub session: String,

    /// Which table.
    pub table: Table,

    /// Format of the table.
    #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
    pub format: TableFormat,

    /// File to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Only this driver.
    #[arg(long, value_name = "NUMBER")]
    pub driver: Option<u16>,
}

#[derive(Debug, Args)]
pub struct TablesArguments {
    /// Sessions: ids, words of names in quotes, or paths of recordings.
    #[arg(value_name = "SESSION", required_unless_present = "all")]
    pub sessions: Vec<String>,

    /// Every recording there is.
    #[arg(long, conflicts_with = "sessions")]
    pub all: bool,

    /// Where to.
    #[arg(long, value_enum, default_value_t = StoreKind::Parquet)]
    pub to: StoreKind,

    /// Write also what is there already.
    #[arg(long)]
    pub again: bool,
}

/// A store of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StoreKind {
    /// Parquet files in the data folder.
    Parquet,
    /// PostgreSQL, with TimescaleDB where it is installed.
    Postgres,
    /// MariaDB or MySQL; without telemetry.
    Mysql,
    /// Parquet files in the data folder, and from there in an object store, with the recordings.
    S3,
}

#[derive(Debug, Args)]
pub struct InspectArguments {
    /// Recording: a folder or a file.
    pub path: PathBuf,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BoardArguments {
    /// Session: its id, words of its name, or the path of a recording.
    pub session: String,

    /// Moment: session time such as 1:18:10 [default: the end].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

#[derive(Debug, Args)]
pub struct AlertsArguments {
    /// Sessions: ids, words of names, or paths of recordings.
    #[arg(required = true)]
    pub sessions: Vec<String>,

    /// Only count how often each kind fires.
    #[arg(long)]
    pub count: bool,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Decode, fold and analyse a whole session as fast as possible.
    Replay(BenchReplayArguments),
    /// Start the program and wait for the first frame at a client.
    Start(BenchStartArguments),
    /// Serve telemetry to many clients at once and measure how late it arrives.
    Fanout(BenchFanoutArguments),
    /// Record as fast as possible, kill the recorder, and measure what that costs.
    Record(BenchRecordArguments),
    /// Produce telemetry onto a bus, through an engine and a sink, and measure how much goes through and how late it is.
    Pipeline(BenchPipelineArguments),
    /// Run ten thousand races, of several distances, on one core and on all.
    Sim(BenchSimArguments),
}

#[derive(Debug, Args)]
pub struct BenchReplayArguments {
    /// Session: its id, words of its name, or the path of a recording.
    pub session: String,

    /// How often.
    #[arg(long, default_value_t = 5)]
    pub runs: u32,

    /// Threads to read with: 1, as the reference did, or 2 to decode on one and fold on the other, as the wall does. What
    /// comes out is the same.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub threads: u8,

    /// Print one JSON object per figure.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchStartArguments {
    /// Session: its id, words of its name, or the path of a recording.
    #[arg(default_value = "chinese sprint")]
    pub session: String,

    /// How often.
    #[arg(long, default_value_t = 5)]
    pub runs: u32,

    /// Print one JSON object per figure.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchFanoutArguments {
    /// Session: its id, words of its name, or the path of a recording.
    #[arg(default_value = "chinese sprint")]
    pub session: String,

    /// WebSocket clients.
    #[arg(long, default_value_t = 1000)]
    pub clients: usize,

    /// Frames a second and client.
    #[arg(long, default_value_t = 50.0)]
    pub hz: f32,

    /// Seconds to measure.
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,

    /// Print one JSON object per figure.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchPipelineArguments {
    /// Broker to go over, as kafka://HOST:PORT: engine and sink are processes of their own then [default: a bus in this
    /// process, and threads].
    #[arg(long, value_name = "URL")]
    pub bus: Option<String>,

    /// Tell so many samples as fast as the bus takes them. A sample is what one car sent at one moment.
    #[arg(long, default_value_t = 2_000_000, conflicts_with_all = ["rate", "seconds"])]
    pub samples: u64,

    /// Tell so many samples a second instead, whatever happens, and measure how late they are.
    #[arg(long, value_name = "SAMPLES", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// With --rate, for so many seconds.
    #[arg(long, default_value_t = 30, requires = "rate", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,

    /// Synthetic sessions that are told at once.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub sessions: u16,

    /// Folder for the tables; what is written is removed [default: a new folder in the system's temporary one].
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    /// Print one JSON object per figure.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchRecordArguments {
    /// Session whose messages are recorded over and over: its id, words of its name, or the path of a recording.
    #[arg(default_value = "chinese sprint")]
    pub session: String,

    /// Payload of a run, in MB.
    #[arg(long, default_value_t = 500)]
    pub megabytes: u64,

    /// How often to measure the throughput.
    #[arg(long, default_value_t = 5)]
    pub runs: u32,

    /// How often to kill a recorder.
    #[arg(long, default_value_t = 10)]
    pub kills: u32,

    /// Seconds to record at the session's own pace.
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,

    /// Folder to record into; what is recorded is removed [default: a new folder in the system's temporary one].
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    /// Be the recorder that is killed.
    #[arg(long, hide = true)]
    pub victim: bool,

    /// Print one JSON object per figure.
    #[arg(long)]
    pub json: bool,
}
