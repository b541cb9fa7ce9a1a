//! Arguments of the commands on live sessions.

use clap::Args;

use super::ListenArguments;

#[derive(Debug, Args)]
pub struct LiveArguments {
    #[command(flatten)]
    pub sources: SourceArguments,

    /// Only record: the same as `overcut record`.
    #[arg(long)]
    pub record_only: bool,

    /// Leave cars without positions off the map instead of estimating where they are.
    #[arg(long)]
    pub no_estimates: bool,

    #[command(flatten)]
    pub listen: ListenArguments,
}

#[derive(Debug, Args)]
pub struct RecordArguments {
    #[command(flatten)]
    pub sources: SourceArguments,
}

/// Which sources of live sessions, if not as configured.
#[derive(Debug, Args)]
pub struct SourceArguments {
    /// Also follow the publisher's archive while it grows: car data and positions without an account, some seconds late.
    #[arg(long, overrides_with = "no_archive")]
    pub archive: bool,

    /// Leave the publisher's archive alone.
    #[arg(long)]
    pub no_archive: bool,

    /// Leave Formula 1's live timing alone.
    #[arg(long)]
    pub no_signalr: bool,

    /// Leave OpenF1 alone.
    #[arg(long)]
    pub no_openf1: bool,

    /// Leave the weather forecast alone.
    #[arg(long)]
    pub no_weather: bool,

    /// Where live timing is, such as a rehearsal's [default: Formula 1's].
    #[arg(long, value_name = "URL")]
    pub signalr_url: Option<String>,

    /// Where the archive is, such as a mirror's [default: Formula 1's].
    #[arg(long, value_name = "URL")]
    pub archive_url: Option<String>,

    /// Where OpenF1 is, such as one of your own [default: the public one].
    #[arg(long, value_name = "URL")]
    pub openf1_url: Option<String>,

    /// Where forecasts come from [default: Open-Meteo].
    #[arg(long, value_name = "URL")]
    pub weather_url: Option<String>,

    /// Shorten all waits so many times, for rehearsals that run faster than the session did.
    #[arg(long, value_name = "TIMES", hide = true, default_value_t = 1.0)]
    pub faster: f64,
}
