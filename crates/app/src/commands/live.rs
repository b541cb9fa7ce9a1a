//! `overcut live` and `overcut record`: the session that happens now, shown and recorded.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use overcut_live::{Audience, Clock, Conductor, LiveConfig, Source, StatusBoard, openf1};
use overcut_server::Library;
use overcut_store::Written;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::cli::{LiveArguments, RecordArguments, SourceArguments};
use crate::commands::Context;
use crate::interrupt::cancel_on_signal;
use crate::live::{RecordingProgress, Wall, report};
use crate::output::{out, say};
use crate::shelf::DataFolder;
use crate::{limits, listen, sql};

/// How long nothing may come before it is said what is waited for.
const SAY_AFTER: Duration = Duration::from_secs(8);

/// Records and tells an audience until the token is cancelled.
pub(super) fn tell(
    context: &Context,
    arguments: &SourceArguments,
    audience: &mut dyn Audience,
    shutdown: CancellationToken,
) -> Result<Option<Written>> {
    let stage = Stage { shutdown, ..Stage::set(context, arguments)? };
    Ok(stage.play(audience)?.1)
}

/// Shows and records until Ctrl-C.
pub fn live(context: &Context, arguments: &LiveArguments) -> Result<()> {
    if arguments.record_only {
        return record_from(context, &arguments.sources);
    }
    limits::raise_open_files();
    let stage = Stage::set(context, &arguments.sources)?;
    stage.end_on_signal();
    let shelf = DataFolder::new(context.config.data.clone(), context.pipeline_config());
    let recording = shelf.recording();
    let library = Arc::new(Library::new(shelf));
    library.offer_sql(sql::offer(&context.config, &arguments.listen));
    let board = stage.board.clone();
    let (pipeline, data) = (context.pipeline_config(), context.config.data.clone());
    let mut wall = Wall::new(library.clone(), pipeline, data, recording);
    let (recorder, current) = (stage.conductor.recorder_status(), wall.current());
    library.watch_live(move || report(&board, &recorder, &current));
    let listening = listen::listen(&context.config, &arguments.listen, library, None, &stage.shutdown);
    let serving = stage.runtime.spawn(stage.runtime.block_on(listening)?.run());
    let (runtime, written) = stage.play(&mut wall)?;
    runtime.block_on(serving).context("the server broke down")?;
    say_where(written)
}

/// Records until Ctrl-C.
pub fn record(context: &Context, arguments: &RecordArguments) -> Result<()> {
    record_from(context, &arguments.sources)
}

fn record_from(context: &Context, arguments: &SourceArguments) -> Result<()> {
    let stage = Stage::set(context, arguments)?;
    stage.end_on_signal();
    let mut progress = RecordingProgress::new(stage.conductor.recorder_status());
    let (_, written) = stage.play(&mut progress)?;
    say_where(written)
}

pub(super) fn say_where(written: Option<Written>) -> Result<()> {
    match written {
        Some(written) => {
            let (path, n, mb) = (written.path.display(), written.content.n_messages, written.size_bytes as f64 / 1e6);
            out!("recorded {path}: {n} messages, {mb:.1} MB");
        }
        None => out!("nothing was heard, so nothing was recorded"),
    }
    Ok(())
}

/// All that a live session needs but an audience.
struct Stage {
    runtime: Runtime,
    conductor: Conductor,
    sources: Vec<Source>,
    board: StatusBoard,
    shutdown: CancellationToken,
}

impl Stage {
    fn set(context: &Context, arguments: &SourceArguments) -> Result<Stage> {
        let runtime = Runtime::new().context("cannot start the runtime")?;
        let config = chosen(context.config.live.clone(), arguments);
        let sources = config.sources().context("cannot read a secret")?;
        let conductor = Conductor::new(&context.config.data.folder, config.recorder, Clock::system())?;
        let (board, shutdown) = (StatusBoard::default(), CancellationToken::new());
        Ok(Stage { runtime, conductor, sources, board, shutdown })
    }

    fn end_on_signal(&self) {
        self.runtime.spawn(cancel_on_signal(self.shutdown.clone()));
    }

    /// Runs until its token is cancelled. Gives the runtime back, on which others may still have to end.
    fn play(self, audience: &mut dyn Audience) -> Result<(Runtime, Option<Written>)> {
        let Stage { runtime, conductor, sources, board, shutdown } = self;
        runtime.spawn(say_what_is_waited_for(board.clone(), conductor.session()));
        let written = conductor.run(sources, &board, audience, runtime.handle(), &shutdown)?;
        Ok((runtime, written))
    }
}

/// Says how each source is, if no session is known after a while.
async fn say_what_is_waited_for(
    board: StatusBoard,
    mut session: tokio::sync::watch::Receiver<Option<Arc<overcut_domain::SessionInfo>>>,
) {
    let is_known = session.wait_for(Option::is_some);
    if tokio::time::timeout(SAY_AFTER, is_known).await.is_ok() {
        return;
    }
    say!("waiting for a session:");
    for (source, status) in board.all() {
        say!("  {source}: {}", status.in_words());
    }
}

/// The configuration with what the command line says.
fn chosen(config: LiveConfig, arguments: &SourceArguments) -> LiveConfig {
    let mut config = config;
    config.signalr.enabled &= !arguments.no_signalr;
    if let Some(url) = &arguments.signalr_url {
        config.signalr.url.clone_from(url);
    }
    config.archive.follow = (config.archive.follow || arguments.archive) && !arguments.no_archive;
    if let Some(url) = &arguments.archive_url {
        config.archive.url.clone_from(url);
    }
    if arguments.no_openf1 {
        config.openf1.enabled = openf1::Use::Never;
    }
    if let Some(url) = &arguments.openf1_url {
        config.openf1.base_url.clone_from(url);
    }
    config.weather.enabled &= !arguments.no_weather;
    if let Some(url) = &arguments.weather_url {
        config.weather.url.clone_from(url);
    }
    config.faster(arguments.faster)
}
