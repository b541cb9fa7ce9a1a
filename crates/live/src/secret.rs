//! Secrets: from the environment or a file, never printed.

use std::fmt;
use std::path::{Path, PathBuf};

/// Largest secret file, bytes: a token has about a thousand.
const MAX_LEN: u64 = 64 << 10;

/// A password or token. It prints as dots, so that no log, error or diagnostics shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret with that text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret out of the environment variable `name`, or out of the file that `name_FILE` names. Blanks around it
    /// are cut off; `None` if neither is set.
    ///
    /// # Errors
    ///
    /// If the file cannot be read. The error names the file, never its content.
    pub fn from_environment(name: &str) -> Result<Option<Secret>, SecretError> {
        if let Some(text) = std::env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        {
            return Ok(Some(Secret(text)));
        }
        let Some(path) = std::env::var_os(format!("{name}_FILE")).filter(|path| !path.is_empty()) else {
            return Ok(None);
        };
        Secret::from_file(&PathBuf::from(path))
    }

    /// The secret in a file, without the blanks around it; `None` if it is empty.
    ///
    /// # Errors
    ///
    /// If the file cannot be read. The error names the file, never its content.
    pub fn from_file(path: &Path) -> Result<Option<Secret>, SecretError> {
        let failed = |source| SecretError::Io { path: path.to_owned(), source };
        let len = std::fs::metadata(path).map_err(failed)?.len();
        if len > MAX_LEN {
            return Err(SecretError::TooLarge { path: path.to_owned(), len });
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()).map(Secret))
    }

    /// The secret itself, for the one place that must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Its file cannot be read.
    #[error("cannot read the secret in {path:?}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its file is no secret.
    #[error("{path:?} has {len} bytes, too many for a secret")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        len: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("hunter2");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("hunter2"));
    }
}
