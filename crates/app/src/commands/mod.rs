//! One file per subcommand.

use anyhow::Result;

use crate::cli::{Arguments, Command};
use crate::config::Config;

/// What every command may need: the configuration and where the recordings are.
pub struct Context {
    /// The configuration.
    pub config: Config,
}

/// Runs the command that was asked for.
pub fn run(arguments: Arguments) -> Result<()> {
    let context = Context { config: Config::load(arguments.config.as_deref(), arguments.data.as_deref())? };
    let _ = &context;
    match arguments.command {
        Command::Serve(_) | Command::Replay(_) => anyhow::bail!("not built yet"),
        _ => anyhow::bail!("not built yet"),
    }
}
