//! Arguments of the commands around synthetic sessions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use overcut_domain::DriverNumber;

use super::ListenArguments;

/// What kind of synthetic session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SyntheticKind {
    /// A Grand Prix.
    #[default]
    Race,
    /// A knock-out qualifying.
    Qualifying,
    /// A free practice.
    Practice,
}

/// What happens in a synthetic session.
#[derive(Debug, Clone, Args)]
pub struct SyntheticArguments {
    /// Seed of everything random: the same seed, the same session.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Circuit: one of our own, or the path of a centre line as a table of x, y and both widths, metres.
    #[arg(long, value_name = "CIRCUIT")]
    pub circuit: Option<String>,

    /// Racing laps [default: a Grand Prix distance].
    #[arg(long, value_name = "LAPS")]
    pub laps: Option<u16>,
}

#[derive(Debug, Args)]
pub struct DemoArguments {
    #[command(flatten)]
    pub what: SyntheticArguments,

    /// Which session.
    #[arg(long, value_enum, default_value_t)]
    pub session: SyntheticKind,

    /// Speed, 0.25 to 60.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f32,

    #[command(flatten)]
    pub listen: ListenArguments,
}

#[derive(Debug, Args)]
pub struct SynthArguments {
    #[command(flatten)]
    pub what: SyntheticArguments,

    /// Which session; `weekend` is practice, qualifying and race, in folders of their own.
    #[arg(long, value_enum, default_value_t)]
    pub session: SynthSession,

    /// Folder to write, or with --channels a .csv, .json or .parquet file; must not be there yet.
    #[arg(short, long, value_name = "PATH", required_unless_present = "sessions")]
    pub out: Option<PathBuf>,

    /// With the habits of a real feed: late batches, stamps out of order, garbage values, repeated lines.
    #[arg(long)]
    pub quirks: bool,

    /// With faults: over-revs, lock-ups, frozen sensors, slow punctures and more.
    #[arg(long)]
    pub faults: bool,

    /// Write the truth, faults included, to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,

    /// Let the folder grow in real time, as the feed's archive does during a session.
    #[arg(long)]
    pub realtime: bool,

    /// So many sessions at once, with the seeds from --seed on: a load generator. Without --out and --bus they go nowhere.
    #[arg(long, value_name = "COUNT", requires = "realtime", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub sessions: Option<u32>,

    /// Tell them on this bus, kafka://HOST:PORT, as an ingest would: raw messages and events. Each is a new session there.
    #[arg(long, value_name = "URL", requires = "sessions", conflicts_with = "out")]
    pub bus: Option<String>,

    /// Stop after so many seconds of real time.
    #[arg(long, value_name = "SECONDS", requires = "realtime")]
    pub seconds: Option<u64>,

    /// Threads that write sessions [default: every core].
    #[arg(long, requires = "sessions", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// Write one car's telemetry with every channel at this rate instead, 60 to 200 a second.
    #[arg(long, value_name = "HZ", requires = "driver", value_parser = clap::value_parser!(u16).range(60..=200), conflicts_with_all = ["realtime", "quirks"])]
    pub channels: Option<u16>,

    /// Whose channels.
    #[arg(long, value_name = "NUMBER", requires = "channels", value_parser = driver_number)]
    pub driver: Option<DriverNumber>,
}

/// What `overcut synth` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SynthSession {
    /// A Grand Prix.
    #[default]
    Race,
    /// A knock-out qualifying.
    Qualifying,
    /// A free practice.
    Practice,
    /// All three.
    Weekend,
}

fn driver_number(text: &str) -> Result<DriverNumber, String> {
    text.parse().map(DriverNumber).map_err(|_| "want a racing number".to_owned())
}
