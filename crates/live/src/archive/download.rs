//! Fetches a finished session, file by file, and proves that nothing is missing.
//!
//! A session becomes a [folder](crate::download) of the very files of the archive. A download that was cut off goes on
//! at the very byte.

use std::path::Path;
use std::time::Duration;

use overcut_domain::{Feed, UtcTime};
use overcut_sources::live::topics_of;

use super::config::Config;
use super::index::{Feeds, IndexedSession, Year};
use crate::Backoff;
use crate::download::{DownloadError, Downloaded, Folder, LONGEST_PAUSE, MAX_FAILURES, Progress, UNFINISHED_MS};
use crate::http::{Fault, HttpClient, HttpError, Window};

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
    pub(super) client: HttpClient,
    pub(super) config: Config,
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
        let folder = Folder::new(root, &path);
        if let Some(whole) = folder.whole()? {
            return Ok(whole);
        }
        self.check_complete(session, &path, now).await?;
        let topics = self.topics(&path).await?;
        let mut part = folder.fill(&self.config.url)?;
        let n_there = part.manifest.files.iter().filter(|file| file.sha256.is_some()).count();
        tell(Progress::Files { n_files: topics.len(), n_there });
        for topic in &topics {
            if !part.manifest.has(&format!("{topic}.jsonStream")) {
                self.file(topic, &mut part, &mut tell).await?;
                tell(Progress::File);
            }
        }
        part.finish()
    }

    /// Refuses a session whose archive is still being made.
    ///
    /// Some are said to be for ever, so that what the archive says counts for a few hours only.
    async fn check_complete(&self, session: &IndexedSession, path: &str, now: UtcTime) -> Result<(), DownloadError> {
        let ends_at = session.ends_at.or(session.starts_at);
        if ends_at.is_none_or(|end| now.as_millis() > end.as_millis() + UNFINISHED_MS) {
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

    pub(super) fn backoff(&self) -> Backoff {
        let ms = Duration::from_millis;
        Backoff::new(ms(self.config.first_pause_ms), ms(self.config.longest_pause_ms))
    }
}

/// How long to wait after a failure; the failure itself if there is no point in waiting.
pub(super) fn pause_after(error: &HttpError, backoff: &mut Backoff) -> Result<Duration, HttpError> {
    let pause = backoff.pause().max(error.retry_after().unwrap_or_default());
    let is_hopeful = error.is_passing() && backoff.n_failures() < MAX_FAILURES && pause <= LONGEST_PAUSE;
    if is_hopeful { Ok(pause) } else { Err(error.clone()) }
}

fn is_generating(keyframe: &[u8]) -> bool {
    let text = keyframe.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(keyframe);
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(text) else { return false };
    let status = value.get("ArchiveStatus").unwrap_or(&value).get("Status");
    status.and_then(serde_json::Value::as_str) == Some("Generating")
}
