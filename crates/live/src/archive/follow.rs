//! Follows a session in the archive while its files grow.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use overcut_domain::{Feed, SessionInfo, UtcTime};
use overcut_sources::live::{Note, topics_of};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::config::Config;
use super::file::{File, Reading};
use super::index::{Year, is_plain_path};
use super::merge;
use crate::http::{Fault, HttpClient, HttpError};
use crate::{Backoff, Closed, Inbox, StatusHandle};

/// What no other source gives without an account, and what everything else about cars hangs on.
const ALWAYS: [&str; 2] = ["CarData.z", "Position.z"];

/// What the push service gives to subscribers at most, and nobody needs at once.
const ALWAYS_SLOW: [&str; 4] = ["PitStopSeries", "ChampionshipPrediction", "LapSeries", "TeamRadio"];

/// Requests that are under way together: as many connections are kept open.
const MAX_AT_ONCE: usize = 4;

/// The channel of notes about all files.
const CHANNEL: &str = "archive";

/// Follows the session that is on, as long as `shutdown` is not cancelled.
///
/// The session is what `session` says, or else what the archive's own list of this year says is on now. Car data,
/// positions and a few slow topics are always followed; the topics of another feed only while `demand` names it. Files
/// are read from their beginning, so that who comes late gets the whole session. Lines of all files are handed over in
/// the order of their session clocks, each as a message on `archive/TOPIC`, exactly as it stands in the file.
pub async fn run(
    config: Config,
    inbox: Inbox,
    status: StatusHandle,
    session: watch::Receiver<Option<Arc<SessionInfo>>>,
    demand: watch::Receiver<BTreeSet<Feed>>,
    shutdown: CancellationToken,
) {
    if !config.follow {
        status.off("not followed; `follow = true` under [live.archive] turns it on (docs/sources/f1-archive.md)");
        shutdown.cancelled().await;
        return;
    }
    let client = match HttpClient::new(config.settings()) {
        Ok(client) => client,
        Err(error) => {
            status.off(error.fault.to_string());
            shutdown.cancelled().await;
            return;
        }
    };
    let backoff = Backoff::new(ms(config.first_pause_ms), ms(config.longest_pause_ms));
    let mut follower = Follower { config, client, inbox, status, session, demand, backoff, is_open: false };
    let stopped = tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        // Nobody listens any more: there is nothing left to do but to wait for the end.
        Err(Closed) = follower.follow() => Err(Closed),
    };
    match stopped {
        // The inbox may be closed already, by whoever cancelled us.
        Ok(()) => drop(follower.close("stopped").await),
        Err(Closed) => shutdown.cancelled().await,
    }
}

struct Follower {
    config: Config,
    client: HttpClient,
    inbox: Inbox,
    status: StatusHandle,
    session: watch::Receiver<Option<Arc<SessionInfo>>>,
    demand: watch::Receiver<BTreeSet<Feed>>,
    backoff: Backoff,
    /// Files of a session are being followed.
    is_open: bool,
}

impl Follower {
    /// One session after the other. Never returns but when nobody listens.
    async fn follow(&mut self) -> Result<std::convert::Infallible, Closed> {
        loop {
            let folder = self.find().await;
            self.inbox.note(&Note::Opened { channel: CHANNEL.to_owned() }).await?;
            self.is_open = true;
            Files::new(folder).follow(self).await?;
            self.close("another session").await?;
        }
    }

    async fn close(&mut self, reason: &str) -> Result<(), Closed> {
        if std::mem::take(&mut self.is_open) {
            let (channel, reason) = (CHANNEL.to_owned(), reason.to_owned());
            self.inbox.note(&Note::Closed { channel, reason }).await?;
        }
        Ok(())
    }

    /// Where the session that is on has its files. Waits until there is one.
    async fn find(&mut self) -> String {
        loop {
            if let Some(folder) = self.told() {
                return folder;
            }
            let pause = match self.listed().await {
                Ok(Some(folder)) => return folder,
                Ok(None) => {
                    self.status.idle("no session is on, as far as the archive's list knows");
                    ms(self.config.index_poll_ms)
                }
                Err(error) => self.failed(&error),
            };
            // Whoever told us of sessions may be gone; the list is still there.
            let _ = tokio::time::timeout(pause, changed(&mut self.session)).await;
        }
    }

    /// The folder of the session that other sources told of.
    fn told(&self) -> Option<String> {
        let session = self.session.borrow();
        session.as_ref().map(|info| info.archive_path.clone()).filter(|path| is_plain_path(path))
    }

    /// The folder of the session that is on now by the archive's list.
    async fn listed(&self) -> Result<Option<String>, HttpError> {
        let now = now();
        let year: String = now.to_string().chars().take(4).collect();
        self.status.connecting("asking for the list of sessions");
        let answer = match self.client.get(&self.config.address(&format!("{year}/Index.json"))).fetch().await {
            Ok(answer) => answer,
            // The list of a new year is not there before its first session.
            Err(HttpError { fault: Fault::Missing(_), .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let year = Year::read(&answer.body).unwrap_or_default();
        Ok(year.on_at(now).and_then(|session| session.path.clone()))
    }

    /// Says that the archive failed, and how long to leave it alone.
    fn failed(&mut self, error: &HttpError) -> Duration {
        let pause = self.backoff.pause().max(error.retry_after().unwrap_or_default());
        self.status.failed(error.to_string(), pause);
        pause
    }
}

/// The files of one session.
struct Files {
    folder: String,
    files: Vec<File>,
    /// When a file last grew.
    grown_at: Instant,
    is_quiet: bool,
    /// When the list was last asked whether another session is on.
    listed_at: Instant,
}

impl Files {
    fn new(folder: String) -> Files {
        let always = ALWAYS.map(|topic| File::new(topic, None, false)).into_iter();
        let slow = ALWAYS_SLOW.map(|topic| File::new(topic, None, true)).into_iter();
        let mut files: Vec<File> = always.chain(slow).collect();
        for feed in Feed::ALL {
            for topic in topics_of(feed) {
                if files.iter().all(|file| file.topic != topic) {
                    files.push(File::new(topic, Some(feed), feed == Feed::Weather));
                }
            }
        }
        // Files are read in this order where all are due: what says most about the session comes first.
        files.sort_by_key(|file| file.feed);
        let now = Instant::now();
        Files { folder, files, grown_at: now, is_quiet: false, listed_at: now }
    }

    /// Reads the files again and again, until another session is on.
    async fn follow(&mut self, follower: &mut Follower) -> Result<(), Closed> {
        follower.status.connecting(format!("asking for the files of {}", self.folder));
        loop {
            if follower.told().is_some_and(|folder| folder != self.folder) || self.is_another_on(follower).await {
                return Ok(());
            }
            let wanted = follower.demand.borrow().clone();
            let is_wanted = |file: &File| !file.is_given_up && file.feed.is_none_or(|feed| wanted.contains(&feed));
            // A file that is no longer wanted must not hold up the others.
            self.files.iter_mut().filter(|file| !is_wanted(file)).for_each(|file| file.waiting.is_behind = false);
            // One whose lines wait for those of another is not read on meanwhile: memory stays bounded.
            let chunk = follower.config.chunk_bytes;
            let is_ready = |file: &File| is_wanted(file) && file.waiting.n_bytes() <= chunk;
            let now = Instant::now();
            let next = self.files.iter().filter(|file| is_ready(file)).map(|file| file.next).min();
            let next = next.unwrap_or(now + ms(follower.config.slow_poll_ms));
            if next > now {
                tokio::select! {
                    () = tokio::time::sleep_until(next) => {}
                    () = changed(&mut follower.demand) => {}
                    () = changed(&mut follower.session) => {}
                }
                continue;
            }
            let due: Vec<bool> = self.files.iter().map(|file| is_ready(file) && file.next <= now).collect();
            let pause = self.round(follower, &due).await?;
            let pause = pause.or_else(|| self.is_over(follower).then(|| ms(follower.config.missing_poll_ms)));
            if let Some(pause) = pause {
                let _ = tokio::time::timeout(pause, changed(&mut follower.session)).await;
            }
        }
    }

    /// Reads the files that are due, and hands over what came. Returns how long to leave the archive alone, if it failed.
    async fn round(&mut self, follower: &mut Follower, due: &[bool]) -> Result<Option<Duration>, Closed> {
        let (config, client, folder) = (&follower.config, &follower.client, self.folder.as_str());
        let files = self.files.iter_mut().enumerate().zip(due).filter(|(_, is_due)| **is_due);
        // Each has its own borrow before anything is awaited, so that they can be under way together.
        let under_way: Vec<BoxFuture<'_, (usize, Reading)>> = files
            .map(|((idx, file), _)| async move { (idx, file.read(client, config, folder).await) }.boxed())
            .collect();
        let readings: Vec<(usize, Reading)> = stream::iter(under_way).buffer_unordered(MAX_AT_ONCE).collect().await;
        let failure = self.judge(&readings, follower).await?;
        self.hand_over(follower).await?;
        let Some(error) = failure else {
            self.say(&readings, follower);
            return Ok(None);
        };
        Ok(Some(follower.failed(&error)))
    }

    /// Writes down what became of the files. Returns the failure of the archive itself, if there was one.
    async fn judge(
        &mut self,
        readings: &[(usize, Reading)],
        follower: &mut Follower,
    ) -> Result<Option<HttpError>, Closed> {
        let mut failure = None;
        for (idx, reading) in readings {
            let Some(file) = self.files.get_mut(*idx) else { continue };
            let channel = format!("{CHANNEL}/{}", file.topic);
            match reading {
                Reading::Lines(_, error) => {
                    (self.grown_at, self.is_quiet) = (Instant::now(), false);
                    if !std::mem::replace(&mut file.has_begun, true) {
                        follower.inbox.note(&Note::Opened { channel }).await?;
                    }
                    failure = failure.or_else(|| error.clone());
                }
                Reading::Restarted(reason) => {
                    tracing::warn!("archive: {} is read again from its beginning: {reason}", file.topic);
                    follower.inbox.note(&Note::Restarted { channel, reason: (*reason).to_owned() }).await?;
                }
                Reading::Hopeless(reason) => {
                    tracing::warn!("archive: {} is given up: {reason}", file.topic);
                    follower.inbox.note(&Note::Closed { channel, reason: (*reason).to_owned() }).await?;
                }
                Reading::Failed(error) => failure = failure.or_else(|| Some(error.clone())),
                Reading::Nothing | Reading::Missing => {}
            }
        }
        if failure.is_some() {
            // What is missing now comes when it comes: the others do not wait for it.
            self.files.iter_mut().for_each(|file| file.waiting.is_behind = false);
        }
        Ok(failure)
    }

    async fn hand_over(&mut self, follower: &Follower) -> Result<(), Closed> {
        let lines = merge::in_order(self.files.iter_mut().map(|file| &mut file.waiting));
        for (idx, line) in lines {
            let Some(file) = self.files.get(idx) else { continue };
            follower.status.heard(line.len());
            follower.inbox.hand_over(format!("{CHANNEL}/{}", file.topic), line).await?;
        }
        Ok(())
    }

    /// Says how it goes, after a round in which the archive answered.
    fn say(&mut self, readings: &[(usize, Reading)], follower: &mut Follower) {
        if readings.is_empty() {
            return;
        }
        follower.backoff.succeeded();
        let n_there = self.files.iter().filter(|file| file.has_begun && !file.is_given_up).count();
        let quiet = ms(follower.config.quiet_ms);
        let name = self.folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let every_s = follower.config.missing_poll_ms / 1000;
        if n_there == 0 {
            follower.status.idle(format!("the files of {name} are not there yet; looked for every {every_s} s"));
        } else if self.grown_at.elapsed() < quiet {
            follower.status.connected(format!("following {name}"));
        } else if self.is_over(follower) {
            follower.status.idle(format!("{name} seems to be over; looked at every {every_s} s"));
        } else if !std::mem::replace(&mut self.is_quiet, true) {
            let why = format!("no file of {name} has grown for {:.0} s", quiet.as_secs_f64());
            follower.status.failed(why, ms(follower.config.poll_ms));
        }
    }

    /// True if nothing has come for so long that the session must be over.
    fn is_over(&self, follower: &Follower) -> bool {
        self.grown_at.elapsed() >= ms(follower.config.over_ms)
    }

    /// True if the session is over and the archive's list knows another one that is on. Asked only if nobody tells us of
    /// sessions, and seldom.
    async fn is_another_on(&mut self, follower: &Follower) -> bool {
        let is_due = self.listed_at.elapsed() >= ms(follower.config.over_ms);
        if !is_due || !self.is_over(follower) || follower.told().is_some() {
            return false;
        }
        self.listed_at = Instant::now();
        matches!(follower.listed().await, Ok(Some(folder)) if folder != self.folder)
    }
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Waits for a change; for ever if nobody is there any more to make one.
async fn changed<T>(watch: &mut watch::Receiver<T>) {
    if watch.changed().await.is_err() {
        std::future::pending().await
    }
}

/// UTC by this machine's clock: which session is on is all that hangs on it.
fn now() -> UtcTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UtcTime::from_millis(since.map_or(0, |since| since.as_millis() as i64))
}
