//! One file per subcommand.

mod alerts;
mod bench_fanout;
mod bench_pipeline;
mod bench_record;
mod bench_replay;
mod bench_sim;
mod bench_start;
mod board;
mod demo;
mod download;
mod events;
mod export;
mod fit;
mod history;
mod import;
mod inspect;
mod live;
mod roles;
mod score_anomalies;
mod score_positions;
mod score_sim;
mod serve;
mod sessions;
mod simulate;
mod sources;
#[cfg(feature = "sql")]
mod sql;
mod synth;
mod tables;

use anyhow::Result;

use crate::cli::{Arguments, BenchCommand, Command, ScoreCommand};
use crate::config::Config;
use crate::library::{Entry, Library};
use crate::pipeline::{Pipeline, PipelineConfig};

#[cfg(test)]
pub use export::Tables;

/// What every command may need: the configuration and where the recordings are.
pub struct Context {
    /// The configuration.
    pub config: Config,
}

impl Context {
    /// The recording that a command line means: a path, an id, or words of a name.
    fn resolve(&self, query: &str) -> Result<Entry> {
        Library::resolve(&self.config.data, query)
    }

    /// What pipelines are told.
    fn pipeline_config(&self) -> PipelineConfig {
        PipelineConfig {
            alerts: self.config.alerts.clone(),
            estimate: self.config.estimate.clone(),
            circuits: Some(self.config.data.circuits.clone()),
            is_told_alerts: false,
        }
    }

    /// An empty pipeline as configured.
    fn pipeline(&self) -> Pipeline {
        self.pipeline_config().build()
    }
}

/// Runs the command that was asked for.
pub fn run(arguments: Arguments) -> Result<()> {
    let mut context = Context { config: Config::load(arguments.config.as_deref(), arguments.data.as_deref())? };
    context.config.estimate.enabled &= !arguments.command.leaves_positions_out();
    match &arguments.command {
        Command::Serve(arguments) => serve::serve(&context, arguments),
        Command::Replay(arguments) => serve::replay(&context, arguments),
        Command::Live(arguments) => live::live(&context, arguments),
        Command::Record(arguments) => live::record(&context, arguments),
        Command::Sessions(arguments) => sessions::sessions(&context, arguments),
        Command::Events(arguments) => events::events(&context, arguments),
        Command::Download(arguments) => download::download(&context, arguments),
        Command::Import(arguments) => import::import(&context, arguments),
        Command::Export(arguments) => export::export(&context, arguments),
        Command::Tables(arguments) => tables::tables(&context, arguments),
        #[cfg(feature = "sql")]
        Command::Sql(arguments) => sql::sql(&context, arguments),
        #[cfg(not(feature = "sql"))]
        Command::Sql(_) => anyhow::bail!(crate::sql::NOT_BUILT),
        Command::Inspect(arguments) => inspect::inspect(&context, arguments),
        Command::Board(arguments) => board::board(&context, arguments),
        Command::Alerts(arguments) => alerts::alerts(&context, arguments),
        Command::Demo(arguments) => demo::demo(&context, arguments),
        Command::Synth(arguments) => synth::synth(&context, arguments),
        Command::Simulate(arguments) => simulate::simulate(&context, arguments),
        Command::Fit(arguments) => fit::fit(arguments),
        Command::Ingest(arguments) => roles::ingest(&context, arguments),
        Command::Engine(arguments) => roles::engine(&context, arguments),
        Command::Gateway(arguments) => roles::gateway(&context, arguments),
        Command::Sink(arguments) => roles::sink(&context, arguments),
        Command::Score(ScoreCommand::Sim(arguments)) => score_sim::score_sim(arguments),
        Command::Score(ScoreCommand::Anomalies(arguments)) => score_anomalies::score_anomalies(&context, arguments),
        Command::Score(ScoreCommand::Positions(arguments)) => score_positions::score_positions(&context, arguments),
        Command::Bench(BenchCommand::Sim(arguments)) => bench_sim::bench_sim(arguments),
        Command::Bench(BenchCommand::Replay(arguments)) => bench_replay::bench_replay(&context, arguments),
        Command::Bench(BenchCommand::Start(arguments)) => bench_start::bench_start(&context, arguments),
        Command::Bench(BenchCommand::Record(arguments)) => bench_record::bench_record(&context, arguments),
        Command::Bench(BenchCommand::Pipeline(arguments)) => bench_pipeline::bench_pipeline(&context, arguments),
        Command::Bench(BenchCommand::Fanout(arguments)) => bench_fanout::bench_fanout(&context, arguments),
    }
}
