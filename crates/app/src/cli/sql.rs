//! Arguments of `overcut sql`.

use clap::Args;

const EXAMPLES: &str = "\
Examples:

  The fastest lap of every driver of a session:
    overcut sql \"select d.tla, min(l.lap_time_ms) as best_ms from laps l
      join drivers d on d.session_id = l.session_id and d.driver = l.driver
      where l.session_id = '2026-chinese-grand-prix-sprint' and not l.deleted
      group by d.tla order by best_ms\"

  What each further lap on a set of tyres cost:
    overcut sql \"select driver, stint, compound, count(*) as laps,
      regr_slope(lap_time_ms, tyre_life_laps) as ms_a_lap from laps
      where session_id = '2026-chinese-grand-prix-sprint' and is_accurate
      group by driver, stint, compound having count(*) >= 5 order by ms_a_lap\"

  The top speed of every lap of a car:
    overcut sql \"select lap_number, max(speed_kmh) as top_kmh from telemetry
      where session_id = '2026-chinese-grand-prix-sprint' and driver = 63 and lap_number > 0
      group by lap_number order by lap_number\"

`overcut tables` writes the tables that are asked. docs/guide.md says more.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SqlArguments {
    /// The query: one SELECT, EXPLAIN, SHOW or DESCRIBE; `-` reads it from standard input.
    #[arg(required_unless_present = "tables")]
    pub query: Option<String>,

    /// List the tables, and what their columns mean.
    #[arg(long, conflicts_with = "query")]
    pub tables: bool,

    /// Print JSON, as the API answers.
    #[arg(long)]
    pub json: bool,

    /// Print comma-separated values.
    #[arg(long, conflicts_with_all = ["json", "tables"])]
    pub csv: bool,

    /// Most rows [default: 10000, or max_rows of the configuration].
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,

    /// Longest time in seconds [default: 10, or timeout_s of the configuration].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub timeout: Option<u32>,
}
