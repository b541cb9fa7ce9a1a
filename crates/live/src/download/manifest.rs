//! What a downloaded folder holds, and whether it still does.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::DownloadError;
use super::folder::{io_error, with_ending};

/// Name of the manifest's file.
pub const MANIFEST: &str = "download.json";

/// What a downloaded folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this layout: 1.
    pub version: u32,
    /// Which archive or service it came from.
    pub url: String,
    /// Where it stands in an archive; for a service, where an archive would have it.
    pub path: String,
    /// All of it was fetched, and read back.
    pub is_complete: bool,
    /// The files.
    pub files: Vec<FileEntry>,
    /// Topics that the archive lists but does not have, or endpoints of which the service has no rows.
    pub absent: Vec<String>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name.
    pub name: String,
    /// Its length in bytes, once all of it is there.
    pub len: u64,
    /// Its SHA-256, once all of it is there.
    pub sha256: Option<String>,
    /// What the archive said it is, so that a part is only put to a part of the same; services say nothing.
    pub etag: Option<String>,
}

/// A file that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.what)
    }
}

impl Manifest {
    pub(crate) fn new(url: &str, path: &str) -> Manifest {
        // An address with a password in front of its host is nothing to write down.
        let url = url.split_once('@').map_or(url, |(_, rest)| rest).to_owned();
        Manifest { version: 1, url, path: path.to_owned(), is_complete: false, files: Vec::new(), absent: Vec::new() }
    }

    /// The manifest of a folder; `None` if there is none that can be read.
    pub fn read(folder: &Path) -> Option<Manifest> {
        let text = fs::read(folder.join(MANIFEST)).ok()?;
        serde_json::from_slice(&text).ok().filter(|manifest: &Manifest| manifest.version == 1)
    }

    /// Writes it so that it is never half there.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), DownloadError> {
        let target = folder.join(MANIFEST);
        let fresh = with_ending(&target, ".part");
        let text = serde_json::to_vec_pretty(self).expect("a manifest is plain data, which always serialises");
        let written = fs::write(&fresh, text).and_then(|()| fs::rename(&fresh, &target));
        written.map_err(|source| io_error(&target, source))
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.name == name)
    }

    /// True if all of a file is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some_and(|file| file.sha256.is_some())
    }

    /// A file begins to come.
    pub(crate) fn begin(&mut self, name: &str, etag: Option<String>) {
        self.put(FileEntry { name: name.to_owned(), len: 0, sha256: None, etag });
    }

    /// A file is there.
    pub(crate) fn end(&mut self, name: &str, len: u64, sha256: String) {
        let etag = self.entry(name).and_then(|file| file.etag.clone());
        self.put(FileEntry { name: name.to_owned(), len, sha256: Some(sha256), etag });
    }

    fn put(&mut self, entry: FileEntry) {
        self.files.retain(|file| file.name != entry.name);
        self.files.push(entry);
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// The files that are not what they were, or not there.
    pub fn damage(&self, folder: &Path) -> Vec<Damage> {
        let damage = |file: &FileEntry| {
            let sha256 = file.sha256.as_ref()?;
            let what = match digest(&folder.join(&file.name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => "is gone",
                Err(_) => "cannot be read",
                Ok((len, _)) if len != file.len => "has another length",
                Ok((_, found)) if found != *sha256 => "has other content",
                Ok(_) => return None,
            };
            Some(Damage { name: file.name.clone(), what })
        };
        self.files.iter().filter_map(damage).collect()
    }

    /// Forgets and removes the files that are damaged, so that they are fetched again. Topics that were not to be had
    /// are tried again, too.
    pub(crate) fn drop_damaged(&mut self, folder: &Path) -> Result<Vec<Damage>, DownloadError> {
        let damage = self.damage(folder);
        for Damage { name, .. } in &damage {
            let path = folder.join(name);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(io_error(&path, source)),
                _ => self.files.retain(|file| file.name != *name),
            }
        }
        self.absent.clear();
        self.is_complete = false;
        Ok(damage)
    }

    /// Bytes of all files.
    pub fn n_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.len).sum()
    }
}

/// Length and SHA-256 of a file.
fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut digest = Sha256::new();
    let len = digest_into(&mut fs::File::open(path)?, &mut digest)?;
    Ok((len, hex(&digest.finalize())))
}

/// Takes what is left of a file into a digest, and returns how much that is.
pub(crate) fn digest_into(file: &mut fs::File, digest: &mut Sha256) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut len = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(len),
            n => {
                digest.update(&buffer[..n]);
                len += n as u64;
            }
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
