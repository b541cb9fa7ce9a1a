//! The folder of a session, from its first file to its name.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::{self, Damage, Manifest};
use super::{DownloadError, Downloaded};

/// Where a session is downloaded to.
#[derive(Debug)]
pub(crate) struct Folder {
    /// With the name that it gets in the end.
    whole: PathBuf,
    /// With the name that it has until then.
    part: PathBuf,
    /// Where the session stands in the archive.
    path: String,
}

/// A folder in which files are still missing.
#[derive(Debug)]
pub(crate) struct Part {
    folder: Folder,
    pub(crate) manifest: Manifest,
    damaged: Vec<Damage>,
}

impl Folder {
    /// The folder of a session below `root`, laid out as the archive is.
    pub(crate) fn new(root: &Path, path: &str) -> Folder {
        let whole = root.join(path.trim_end_matches('/'));
        Folder { part: with_ending(&whole, ".part"), whole, path: path.to_owned() }
    }

    /// The session, if it is there already and whole. Where it is damaged it loses its name, and is to be completed.
    pub(crate) fn whole(&self) -> Result<Option<Downloaded>, DownloadError> {
        if !self.whole.exists() {
            return Ok(None);
        }
        let Some(manifest) = Manifest::read(&self.whole) else {
            return Err(DownloadError::Foreign(self.whole.clone()));
        };
        if manifest.damage(&self.whole).is_empty() {
            let folder = self.whole.clone();
            return Ok(Some(Downloaded { folder, manifest, was_there: true, damaged: Vec::new() }));
        }
        fs::rename(&self.whole, &self.part).map_err(|source| io_error(&self.part, source))?;
        Ok(None)
    }

    /// Begins to fill the folder, or goes on with what is there. What is damaged is dropped.
    pub(crate) fn fill(self, url: &str) -> Result<Part, DownloadError> {
        fs::create_dir_all(&self.part).map_err(|source| io_error(&self.part, source))?;
        let manifest = Manifest::read(&self.part).filter(|manifest| manifest.path == self.path);
        let mut manifest = manifest.unwrap_or_else(|| Manifest::new(url, &self.path));
        let damaged = manifest.drop_damaged(&self.part)?;
        Ok(Part { folder: self, manifest, damaged })
    }
}

impl Part {
    /// Where a file is, or will be.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.part.join(name)
    }

    /// Writes down what is there.
    pub(crate) fn note(&self) -> Result<(), DownloadError> {
        self.manifest.write(&self.folder.part)
    }

    /// A file is there and on the disk.
    pub(crate) fn end(&mut self, name: &str, len: u64, digest: Sha256) -> Result<(), DownloadError> {
        self.manifest.end(name, len, manifest::hex(&digest.finalize()));
        self.note()
    }

    /// Keeps an answer that came whole.
    pub(crate) fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<(), DownloadError> {
        let target = self.file(name);
        let fresh = with_ending(&target, ".part");
        let write = || -> io::Result<()> {
            let mut file = fs::File::create(&fresh)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&fresh, &target)
        };
        write().map_err(|source| io_error(&target, source))?;
        self.end(name, bytes.len() as u64, Sha256::new_with_prefix(bytes))
    }

    /// Reads everything back, and gives the folder its name.
    pub(crate) fn finish(mut self) -> Result<Downloaded, DownloadError> {
        let Folder { whole, part, path } = self.folder;
        if self.manifest.files.iter().all(|file| file.sha256.is_none()) {
            return Err(DownloadError::Empty { path });
        }
        if let Some(damage) = self.manifest.damage(&part).into_iter().next() {
            return Err(DownloadError::Damaged(damage));
        }
        self.manifest.is_complete = true;
        self.manifest.write(&part)?;
        fs::rename(&part, &whole).map_err(|source| io_error(&whole, source))?;
        sync(whole.parent().unwrap_or(&whole))?;
        Ok(Downloaded { folder: whole, manifest: self.manifest, was_there: false, damaged: self.damaged })
    }
}

pub(crate) fn io_error(path: &Path, source: io::Error) -> DownloadError {
    DownloadError::Io { path: path.to_owned(), source }
}

/// The same path with something behind its name.
pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// Makes a renaming last through a power cut, where folders can be opened.
fn sync(folder: &Path) -> Result<(), DownloadError> {
    if cfg!(unix) {
        fs::File::open(folder).and_then(|file| file.sync_all()).map_err(|source| io_error(folder, source))?;
    }
    Ok(())
}
