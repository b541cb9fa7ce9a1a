//! `overcut board`: the timing screen of any moment, as text.

use anyhow::{Context as _, Result};
use overcut_domain::SessionTime;
use overcut_session::Board;

use crate::cli::BoardArguments;
use crate::commands::Context;
use crate::input::Input;
use crate::output::out;
use crate::pipeline::{Threads, run};

/// Folds the session up to the moment and prints its board.
pub fn board(context: &Context, arguments: &BoardArguments) -> Result<()> {
    let path = context.resolve(&arguments.session)?.path;
    let at = match &arguments.at {
        Some(text) => text.parse().with_context(|| "--at takes session time such as 1:18:10")?,
        None => SessionTime::MAX,
    };
    let mut pipeline = context.pipeline();
    run(Input::open(&path)?, Threads::Two, at, &mut pipeline, |_| {})?;
    out!("{}", Board(&pipeline.session));
    Ok(())
}
