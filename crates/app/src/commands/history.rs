//! Where the tables of past seasons are.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use overcut_history::History;

/// The folder that was named, or `history` in `$OVERCUT_DATA`.
///
/// # Errors
///
/// If there is none; the message says where it was looked for.
pub fn open(named: Option<&Path>) -> Result<(History, PathBuf)> {
    let from_environment = || {
        let data = std::env::var_os("OVERCUT_DATA").filter(|value| !value.is_empty())?;
        Some(PathBuf::from(data).join("history"))
    };
    let folder = named.map(Path::to_path_buf).or_else(from_environment);
    let folder = folder.context("where are the tables of past seasons? name their folder with --history")?;
    ensure!(folder.join("laps").is_dir(), "no tables of past seasons in {}: it has no folder laps", folder.display());
    let history = History::open(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    Ok((history, folder))
}
