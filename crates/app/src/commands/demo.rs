//! `overcut demo`: the synthetic Grand Prix on the wall, generated as it plays.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use overcut_server::Library;
use overcut_timeline::Speed;

use crate::cli::DemoArguments;
use crate::commands::Context;
use crate::listen;
use crate::shelf::DataFolder;
use crate::sql;
use crate::synthetic::Synthetic;

/// Plays it until Ctrl-C. Recordings are listed beside it.
pub fn demo(context: &Context, arguments: &DemoArguments) -> Result<()> {
    let speed = Speed::from_times(arguments.speed).context("--speed")?;
    let synthetic = Synthetic::new(&arguments.what, arguments.session)?;
    let library = Library::new(DataFolder::new(context.config.data.clone(), context.pipeline_config()));
    library.put(synthetic.play(context.pipeline_config(), speed)?);
    library.offer_sql(sql::offer(&context.config, &arguments.listen));
    listen::serve(&context.config, &arguments.listen, Arc::new(library), Some(synthetic.id()))
}
