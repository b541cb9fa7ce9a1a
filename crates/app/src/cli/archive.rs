//! Arguments of the commands that ask for finished sessions.

use clap::Args;

#[derive(Debug, Args)]
pub struct EventsArguments {
    /// Season [default: this year].
    pub year: Option<u16>,

    /// Words of an event or session, such as "monza" or "sprint": with them every session is listed.
    pub words: Vec<String>,

    /// Address of the archive or of a copy of it, or "openf1" for OpenF1, which has the seasons from 2023 on [default: the
    /// archive that is configured under live.archive].
    #[arg(long, value_name = "URL|openf1")]
    pub from: Option<String>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DownloadArguments {
    /// Season.
    pub year: u16,

    /// The event, and the session if it is to be only one: "monza race", "são paulo sprint", "italy fp1".
    pub words: Vec<String>,

    /// The whole season.
    #[arg(long, conflicts_with = "words")]
    pub all: bool,

    /// Address of the archive or of a copy of it, or "openf1" for OpenF1, as it is configured under live.openf1. That has
    /// the seasons from 2023 on, needs no account while no session is live, and takes about four minutes for a race
    /// [default: the archive that is configured under live.archive].
    #[arg(long, value_name = "URL|openf1")]
    pub from: Option<String>,
}
