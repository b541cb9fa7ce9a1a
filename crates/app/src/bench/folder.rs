//! A folder to measure in.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A folder of this process, removed with all that is in it.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one for a bench.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn make(parent: &Path, bench: &str) -> Result<Folder> {
        let path = parent.join(format!("overcut-bench-{bench}-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Folder(path))
    }

    /// An empty folder in it.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn fresh(&self, name: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "what was measured with could not be removed");
        }
    }
}
