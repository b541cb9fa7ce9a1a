//! Fetches a finished session, file by file, and proves that nothing is missing.
//!
//! A session becomes a folder of the very files of the archive, with a [`Manifest`] beside them that holds the length and
//! the SHA-256 of each. Until all of it is there and was read back, the folder's name ends in `.part`: it is passed over
//! by whoever looks for recordings, and a download that was cut off, at any byte, goes on in it.

mod manifest;

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use overcut_domain::{Feed, UtcTime};
use overcut_sources::live::topics_of;
use reqwest::header::IF_RANGE;
use sha2::{Digest, Sha256};

use super::config::Config;
use super::index::{Feeds, IndexedSession, Year};
use crate::Backoff;
use crate::http::{Fault, HttpClient, HttpError, Window};
pub use manifest::{Damage, FileEntry, MANIFEST, Manifest};

/// Largest file that is taken. A race's largest has 4 MB.
const MAX_FILE: u64 = 256 << 20;

/// Failures in a row, without a byte between them, after which a download is given up for now.
const MAX_FAILURES: u32 = 6;

/// Longest pause that is waited out within a download; who asks for more is asked again another day.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// An archive that says it is still being made is believed for so long after the session's end.
const GENERATING_MS: i64 = 6 * 3_600_000;

/// Topics that nothing of ours reads, but that the archive has.
const OTHERS: [&str; 10] = [
    "ArchiveStatus",
    "AudioStreams",
    "ContentStreams",
    "CurrentTyres",
    "DriverScore",
    "DriverTracker",
    "RcmSeries",
    "SPFeed",
    "TlaRcm",
    "WeatherDataSeries",
];

/// The archive, or a copy of it, to fetch finished sessions from. Asks gently: four times a second, 150 times a minute.
#[derive(Debug, Clone)]
pub struct Archive {
    client: HttpClient,
    config: Config,
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// So many files are to be fetched, of which so many are there already.
    Files {
        /// All of them.
        n_files: usize,
        /// Those that are there.
        n_there: usize,
    },
    /// A file is being fetched: so many more bytes of it came.
    Bytes {
        /// The topic.
        topic: &'a str,
        /// Bytes since the last word about it.
        n_bytes: u64,
    },
    /// A file is there, or the archive does not have it.
    File,
    /// It failed, and goes on after a pause.
    Waiting {
        /// Why.
        why: &'a HttpError,
        /// How long.
        pause: Duration,
    },
}

/// What a download came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// The folder.
    pub folder: PathBuf,
    /// What is in it.
    pub manifest: Manifest,
    /// It was there already, and whole.
    pub was_there: bool,
    /// Files that were there but damaged, and were fetched again.
    pub damaged: Vec<Damage>,
}

/// Why a session could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The archive does not answer, or not as it should.
    #[error("{0}")]
    Http(#[from] HttpError),
    /// The archive of the session is still being made.
    #[error(
        "the archive of this session is not complete yet; it usually is 15 to 60 minutes after the end. Run the same \
         command again then; until then `overcut live` shows the session"
    )]
    Generating,
    /// The session has no files.
    #[error("the archive has no files of this session at {path}")]
    Empty {
        /// Where they should be.
        path: String,
    },
    /// There is a folder already that did not come from here.
    #[error("{0} is there already, but was not downloaded; move it away to download the session")]
    Foreign(PathBuf),
    /// A file changed while it was fetched, again and again.
    #[error("{0} changes while it is fetched; the archive is still being made. Run the same command again later")]
    Unsteady(String),
    /// What was written reads back otherwise.
    #[error("what was written reads back otherwise: {0}; is the disk all right?")]
    Damaged(Damage),
    /// Nothing can be written.
    #[error("cannot write {path:?}")]
    Io {
        /// What was being written.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl Archive {
    /// The archive, or its copy, at the address in `config`.
    ///
    /// # Errors
    ///
    /// If the configured user agent is none.
    pub fn new(config: Config) -> Result<Archive, HttpError> {
        let mut settings = config.settings();
        // A third of what following takes, and over a minute less than that: 4 and 150 by default.
        let n_requests = config.max_requests_per_s;
        let windows = [(n_requests.div_ceil(3), 1), (n_requests * 25 / 2, 60)];
        settings.windows = windows.map(|(n, seconds)| Window::new(n, Duration::from_secs(seconds))).to_vec();
        // Pauses are waited out here, one request after the other: there is nobody else to protect.
        settings.rest = Duration::ZERO;
        Ok(Archive { client: HttpClient::new(settings)?, config })
    }

    /// The sessions of a year.
    ///
    /// # Errors
    ///
    /// If the archive does not answer, or with something else.
    pub async fn year(&self, year: u16) -> Result<Year, HttpError> {
        let url = self.config.address(&format!("{year}/Index.json"));
        let answer = self.patiently(async || self.client.get(&url).fetch().await).await?;
        Year::read(&answer.body).map_err(|error| HttpError {
            place: url.split_once("://").map_or(url.as_str(), |(_, place)| place).to_owned(),
            fault: Fault::WrongType(error.to_string()),
        })
    }

    /// Fetches a session into a folder below `root`, laid out as the archive is. Goes on where it was cut off; if all is
    /// there, makes sure that it is whole.
    ///
    /// # Errors
    ///
    /// If it cannot be fetched or written now. What came is kept, and the next try goes on with it.
    pub async fn download(
        &self,
        session: &IndexedSession,
        root: &Path,
        now: UtcTime,
        mut tell: impl FnMut(Progress<'_>),
    ) -> Result<Downloaded, DownloadError> {
        let path = session.path.clone().unwrap_or_default();
        let folder = root.join(path.trim_end_matches('/'));
        let part = with_ending(&folder, ".part");
        if folder.exists() {
            let Some(manifest) = Manifest::read(&folder) else { return Err(DownloadError::Foreign(folder)) };
            if manifest.damage(&folder).is_empty() {
                return Ok(Downloaded { folder, manifest, was_there: true, damaged: Vec::new() });
            }
            fs::rename(&folder, &part).map_err(|source| io(&part, source))?;
        }
        self.check_complete(session, &path, now).await?;
        let topics = self.topics(&path).await?;
        fs::create_dir_all(&part).map_err(|source| io(&part, source))?;
        let manifest = Manifest::read(&part).filter(|manifest| manifest.path == path);
        let mut manifest = manifest.unwrap_or_else(|| Manifest::new(&self.config.url, &path));
        let damaged = manifest.drop_damaged(&part)?;

        let n_there = manifest.files.iter().filter(|file| file.sha256.is_some()).count();
        tell(Progress::Files { n_files: topics.len(), n_there });
        for topic in &topics {
            if !manifest.has(topic) {
                self.file(topic, &path, &part, &mut manifest, &mut tell).await?;
                tell(Progress::File);
            }
        }
        finish(&mut manifest, &part, &folder, path)?;
        Ok(Downloaded { folder, manifest, was_there: false, damaged })
    }

    /// Refuses a session whose archive is still being made.
    ///
    /// Some are said to be for ever, so that what the archive says counts for a few hours only.
    async fn check_complete(&self, session: &IndexedSession, path: &str, now: UtcTime) -> Result<(), DownloadError> {
        let ends_at = session.ends_at.or(session.starts_at);
        if ends_at.is_none_or(|end| now.as_millis() > end.as_millis() + GENERATING_MS) {
            return Ok(());
        }
        for topic in ["ArchiveStatus", "SessionInfo"] {
            let url = self.config.address(&format!("{path}{topic}.json"));
            let answer = self.patiently(async || self.client.get(&url).fetch().await).await;
            match answer {
                Ok(answer) if is_generating(&answer.body) => return Err(DownloadError::Generating),
                Ok(_) => return Ok(()),
                Err(HttpError { fault: Fault::Missing(_), .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // A session that has not even that has only just begun.
        Err(DownloadError::Generating)
    }

    /// The topics of a session: those of its list, or all that there could be if it has none.
    async fn topics(&self, path: &str) -> Result<Vec<String>, DownloadError> {
        let url = self.config.address(&format!("{path}Index.json"));
        let answer = self.patiently(async || self.client.get(&url).fetch().await).await;
        let listed = match answer {
            Ok(answer) => Feeds::read(&answer.body).unwrap_or_default().topics,
            Err(HttpError { fault: Fault::Missing(_), .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        if !listed.is_empty() {
            return Ok(listed);
        }
        // Without a list a session may still be there, as many old ones are; but not without this.
        let url = self.config.address(&format!("{path}SessionInfo.jsonStream"));
        match self.patiently(async || self.client.head(&url).fetch().await).await {
            Ok(_) => {}
            Err(HttpError { fault: Fault::Missing(_), .. }) => {
                return Err(DownloadError::Empty { path: path.to_owned() });
            }
            Err(error) => return Err(error.into()),
        }
        let mut topics: Vec<String> =
            Feed::ALL.into_iter().flat_map(topics_of).chain(OTHERS).map(str::to_owned).collect();
        topics.sort();
        topics.dedup();
        Ok(topics)
    }

    /// Fetches one file, or goes on with it, until all of it is there.
    async fn file(
        &self,
        topic: &str,
        path: &str,
        folder: &Path,
        manifest: &mut Manifest,
        tell: &mut impl FnMut(Progress<'_>),
    ) -> Result<(), DownloadError> {
        let name = format!("{topic}.jsonStream");
        let url = self.config.address(&format!("{path}{name}"));
        let mut backoff = self.backoff();
        let mut n_rewritten = 0;
        loop {
            let mut partial = Partial::open(&folder.join(&name), manifest.entry(topic).and_then(|e| e.etag.clone()))?;
            let mut n_new = 0;
            let mut count = |n_bytes| {
                n_new += n_bytes;
                tell(Progress::Bytes { topic, n_bytes });
            };
            let result = self.read(&url, topic, &mut partial, manifest, folder, &mut count).await;
            let error = match result {
                Ok(Read::Whole) => return partial.finish(topic, manifest, folder),
                Ok(Read::Absent) => {
                    manifest.absent.push(topic.to_owned());
                    return manifest.write(folder);
                }
                Ok(Read::Another) => {
                    partial.discard()?;
                    n_rewritten += 1;
                    if n_rewritten > 3 {
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
            tell(Progress::Waiting { why: &error, pause });
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads a file on from where it is.
    async fn read(
        &self,
        url: &str,
        topic: &str,
        partial: &mut Partial,
        manifest: &mut Manifest,
        folder: &Path,
        tell: &mut impl FnMut(u64),
    ) -> Result<Read, DownloadError> {
        // As they are stored: only so can a part be put to a part, and the length be held against what was said.
        let mut request = self.client.get(url).uncompressed().at_most(MAX_FILE);
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
        manifest.begin(topic, partial.etag.clone());
        manifest.write(folder)?;
        while let Some(bytes) = incoming.next().await? {
            partial.write(&bytes)?;
            tell(bytes.len() as u64);
        }
        match whole_len {
            Some(len) if len < partial.len => Ok(Read::Another),
            Some(len) if len > partial.len => Err(cut_off(url).into()),
            _ => Ok(Read::Whole),
        }
    }

    /// Asks again after failures that pass.
    async fn patiently<T>(&self, ask: impl AsyncFn() -> Result<T, HttpError>) -> Result<T, HttpError> {
        let mut backoff = self.backoff();
        loop {
            let error = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let pause = pause_after(&error, &mut backoff)?;
            tracing::debug!("{error}; again in {:.1} s", pause.as_secs_f32());
            tokio::time::sleep(pause).await;
        }
    }

    fn backoff(&self) -> Backoff {
        let ms = Duration::from_millis;
        Backoff::new(ms(self.config.first_pause_ms), ms(self.config.longest_pause_ms))
    }
}

/// How long to wait after a failure; the failure itself if there is no point in waiting.
fn pause_after(error: &HttpError, backoff: &mut Backoff) -> Result<Duration, HttpError> {
    let pause = backoff.pause().max(error.retry_after().unwrap_or_default());
    let is_hopeful = error.is_passing() && backoff.n_failures() < MAX_FAILURES && pause <= LONGEST_PAUSE;
    if is_hopeful { Ok(pause) } else { Err(error.clone()) }
}

fn cut_off(url: &str) -> HttpError {
    let place = url.split_once("://").map_or(url, |(_, place)| place).to_owned();
    HttpError { place, fault: Fault::CutOff }
}

fn is_generating(keyframe: &[u8]) -> bool {
    let text = keyframe.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(keyframe);
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(text) else { return false };
    let status = value.get("ArchiveStatus").unwrap_or(&value).get("Status");
    status.and_then(serde_json::Value::as_str) == Some("Generating")
}

/// Reads everything back, and gives the folder its name.
fn finish(manifest: &mut Manifest, part: &Path, folder: &Path, path: String) -> Result<(), DownloadError> {
    if manifest.files.iter().all(|file| file.sha256.is_none()) {
        return Err(DownloadError::Empty { path });
    }
    if let Some(damage) = manifest.damage(part).into_iter().next() {
        return Err(DownloadError::Damaged(damage));
    }
    manifest.is_complete = true;
    manifest.write(part)?;
    fs::rename(part, folder).map_err(|source| io(folder, source))?;
    sync(folder.parent().unwrap_or(folder))
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
            let len = manifest::digest_into(&mut file, &mut digest)?;
            Ok((file, digest, len))
        };
        let (file, digest, len) = open().map_err(|source| io(&path, source))?;
        Ok(Partial { target: target.to_owned(), path, file, digest, len, etag })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DownloadError> {
        self.file.write_all(bytes).map_err(|source| io(&self.path, source))?;
        self.digest.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Begins anew.
    fn truncate(&mut self) -> Result<(), DownloadError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map_err(|source| io(&self.path, source))?;
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
    fn finish(self, topic: &str, manifest: &mut Manifest, folder: &Path) -> Result<(), DownloadError> {
        let renamed = self.file.sync_all().and_then(|()| fs::rename(&self.path, &self.target));
        renamed.map_err(|source| io(&self.target, source))?;
        manifest.end(topic, self.len, manifest::hex(&self.digest.finalize()));
        manifest.write(folder)
    }
}

fn io(path: &Path, source: std::io::Error) -> DownloadError {
    DownloadError::Io { path: path.to_owned(), source }
}

/// Makes a renaming last through a power cut, where folders can be opened.
fn sync(folder: &Path) -> Result<(), DownloadError> {
    if cfg!(unix) {
        fs::File::open(folder).and_then(|file| file.sync_all()).map_err(|source| io(folder, source))?;
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}
