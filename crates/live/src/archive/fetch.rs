//! Fetches one file of the archive, or goes on with it, until all of it is there.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use reqwest::header::IF_RANGE;
use sha2::{Digest, Sha256};

use super::download::{Archive, pause_after};
use crate::download::{DownloadError, Part, Progress, digest_into, io_error, with_ending};
use crate::http::{Fault, HttpError};

/// Largest file that is taken. A race's largest has 4 MB.
const MAX_FILE: u64 = 256 << 20;

/// How often a file may turn out to be another one than it was when its first part came.
const MAX_REWRITTEN: u32 = 3;

impl Archive {
    /// Fetches the file of a topic into a folder.
    pub(super) async fn file(
        &self,
        topic: &str,
        part: &mut Part,
        tell: &mut impl FnMut(Progress<'_>),
    ) -> Result<(), DownloadError> {
        let name = format!("{topic}.jsonStream");
        let mut backoff = self.backoff();
        let mut n_rewritten = 0;
        loop {
            let etag = part.manifest.entry(&name).and_then(|entry| entry.etag.clone());
            let mut partial = Partial::open(&part.file(&name), etag)?;
            let mut n_new = 0;
            let mut count = |n_bytes| {
                n_new += n_bytes;
                tell(Progress::Bytes { topic, n_bytes });
            };
            let error = match self.read(&name, &mut partial, part, &mut count).await {
                Ok(Read::Whole) => return partial.finish(&name, part),
                Ok(Read::Absent) => {
                    part.manifest.absent.push(topic.to_owned());
                    return part.note();
                }
                Ok(Read::Another) => {
                    partial.discard()?;
                    n_rewritten += 1;
                    if n_rewritten > MAX_REWRITTEN {
                        return Err(DownloadError::Unsteady(name));
                    }
                    continue;
                }
                Err(DownloadError::Http(error)) => error,
                Err(error) => return Err(error),
            };
            if n_new > 0 {
                backoff.succeeded();
            }
            let pause = pause_after(&error, &mut backoff)?;
            tell(Progress::Waiting { why: &error.to_string(), pause });
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads a file on from where it is.
    async fn read(
        &self,
        name: &str,
        partial: &mut Partial,
        part: &mut Part,
        tell: &mut impl FnMut(u64),
    ) -> Result<Read, DownloadError> {
        let url = self.config.address(&format!("{}{name}", part.manifest.path));
        // As they are stored: only so can a part be put to a part, and the length be held against what was said.
        let mut request = self.client.get(&url).uncompressed().at_most(MAX_FILE);
        if partial.len > 0 {
            request = request.range(partial.len, None);
            if let Some(etag) = &partial.etag {
                request = request.header(IF_RANGE, etag);
            }
        }
        let mut incoming = match request.open().await {
            Ok(incoming) => incoming,
            Err(error) => return partial.refused(error),
        };
        let head = incoming.head().clone();
        let whole_len = match (head.status, head.range) {
            (206, Some(range)) if range.first == partial.len => range.len,
            (206, _) => return Ok(Read::Another),
            // The whole again: the file is another one, or the server serves no parts.
            _ => {
                partial.truncate()?;
                head.len
            }
        };
        partial.etag = head.etag;
        part.manifest.begin(name, partial.etag.clone());
        part.note()?;
        while let Some(bytes) = incoming.next().await? {
            partial.write(&bytes)?;
            tell(bytes.len() as u64);
        }
        match whole_len {
            Some(len) if len < partial.len => Ok(Read::Another),
            Some(len) if len > partial.len => Err(cut_off(&url).into()),
            _ => Ok(Read::Whole),
        }
    }
}

fn cut_off(url: &str) -> HttpError {
    let place = url.split_once("://").map_or(url, |(_, place)| place).to_owned();
    HttpError { place, fault: Fault::CutOff }
}

/// What came of reading a file.
enum Read {
    Whole,
    /// The archive does not have it.
    Absent,
    /// What is there is not the beginning of what the archive has.
    Another,
}

/// A file of which a part is there, at `NAME.part`.
struct Partial {
    target: PathBuf,
    path: PathBuf,
    file: fs::File,
    digest: Sha256,
    len: u64,
    /// What the archive said of the file when its first part was fetched.
    etag: Option<String>,
}

impl Partial {
    fn open(target: &Path, etag: Option<String>) -> Result<Partial, DownloadError> {
        let path = with_ending(target, ".part");
        let open = || -> std::io::Result<(fs::File, Sha256, u64)> {
            let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            let mut digest = Sha256::new();
            let len = digest_into(&mut file, &mut digest)?;
            Ok((file, digest, len))
        };
        let (file, digest, len) = open().map_err(|source| io_error(&path, source))?;
        Ok(Partial { target: target.to_owned(), path, file, digest, len, etag })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DownloadError> {
        self.file.write_all(bytes).map_err(|source| io_error(&self.path, source))?;
        self.digest.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Begins anew.
    fn truncate(&mut self) -> Result<(), DownloadError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map_err(|source| io_error(&self.path, source))?;
        (self.digest, self.len) = (Sha256::new(), 0);
        Ok(())
    }

    fn discard(mut self) -> Result<(), DownloadError> {
        self.truncate()
    }

    fn refused(&self, error: HttpError) -> Result<Read, DownloadError> {
        match error.fault {
            // All of it is there, or it has become shorter.
            Fault::NothingNew { len: Some(len) } if len == self.len => Ok(Read::Whole),
            Fault::NothingNew { .. } => Ok(Read::Another),
            Fault::Missing(_) => {
                let _ = fs::remove_file(&self.path); // an empty file more or less
                Ok(Read::Absent)
            }
            _ => Err(error.into()),
        }
    }

    /// Makes sure that it is on the disk, and gives it its name.
    fn finish(self, name: &str, part: &mut Part) -> Result<(), DownloadError> {
        let renamed = self.file.sync_all().and_then(|()| fs::rename(&self.path, &self.target));
        renamed.map_err(|source| io_error(&self.target, source))?;
        part.end(name, self.len, self.digest)
    }
}
