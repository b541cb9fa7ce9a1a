//! Fetches all rows of a finished session, answer by answer.
//!
//! A session becomes a [folder](crate::download) of answers as they came, which is a recording. Most endpoints are one
//! answer; samples are asked for car by car and hour by hour, and what is still too large in shorter times. A download
//! that was cut off goes on with the first answer that is missing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use overcut_domain::{SourceKind, UtcTime};
use overcut_sources::openf1::Endpoint;

use super::account::Account;
use super::config::{Config, ms};
use super::rest::{Mark, Pace, Query, Rest, Trouble};
use super::season::season;
use super::slice::{Extent, Slice};
use crate::archive::{IndexedSession, Year};
use crate::download::{DownloadError, Downloaded, Folder, LONGEST_PAUSE, MAX_FAILURES, Part, Progress, UNFINISHED_MS};
use crate::http::HttpError;
use crate::{Backoff, StatusBoard};

/// The first season that the service has.
const FIRST_SEASON: u16 = 2023;

/// How much of a car's samples is asked for at once: about 13 000 rows, 3 MB.
const SAMPLES_MS: i64 = 3_600_000;

/// Red flags make sessions longer than planned, and rows begin before: where to look for them, at most.
const BEFORE_MS: i64 = 3_600_000;
const AFTER_MS: i64 = 3 * 3_600_000;

/// The finished sessions that OpenF1 has. Asks evenly, as often as the limits of the service allow.
#[derive(Clone)]
pub struct History {
    rest: Rest,
    config: Config,
    has_account: bool,
}

impl History {
    /// The service that is configured, with an account if there is one; none is needed while no session is live.
    ///
    /// # Errors
    ///
    /// If the configured certificates cannot be read.
    pub fn new(config: Config, account: Option<Account>) -> Result<History, HttpError> {
        let has_account = account.is_some();
        // Nobody looks at a board while a command runs: what goes wrong is said in its answer.
        let status = StatusBoard::default().handle(SourceKind::OpenF1);
        Ok(History { rest: Rest::new(&config, account, Pace::Even, status)?, config, has_account })
    }

    /// The sessions of a year. Those that were not over by `now` have no path.
    ///
    /// # Errors
    ///
    /// If the year is before the service's first, or the service does not answer.
    pub async fn year(&self, year: u16, now: UtcTime) -> Result<Year, DownloadError> {
        if year < FIRST_SEASON {
            return Err(DownloadError::BeforeFirstSeason { season: year });
        }
        let query = vec![("year".to_owned(), year.to_string())];
        let mut quiet = |_: Progress<'_>| {};
        let mut answers = [Bytes::new(), Bytes::new()];
        for (endpoint, answer) in [Endpoint::Meetings, Endpoint::Sessions].into_iter().zip(&mut answers) {
            let asked = self.patiently(endpoint, &query, &mut quiet).await;
            *answer = asked.map_err(|trouble| self.error(endpoint, trouble))?.unwrap_or_default();
        }
        Ok(season(year, &answers[0], &answers[1], now))
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
        tell: impl FnMut(Progress<'_>),
    ) -> Result<Downloaded, DownloadError> {
        let path = session.path.clone().unwrap_or_default();
        let Some(key) = session.key else { return Err(DownloadError::Empty { path }) };
        let folder = Folder::new(root, &path);
        if let Some(whole) = folder.whole()? {
            return Ok(whole);
        }
        let by_session = vec![("session_key".to_owned(), key.to_string())];
        let mut fetch = Fetch { history: self, by_session, tell, n_files: Endpoint::ALL.len(), n_done: 0 };
        fetch.check_result(session, now).await?;
        let mut part = folder.fill(&self.config.base_url)?;
        let extent = extent(session);
        fetch.all(&mut part, session, extent).await?;
        part.finish()
    }

    /// Asks again after failures that pass.
    async fn patiently(
        &self,
        endpoint: Endpoint,
        query: &Query,
        tell: &mut impl FnMut(Progress<'_>),
    ) -> Result<Option<Bytes>, Trouble> {
        let mut backoff = Backoff::new(ms(self.config.first_pause_ms), ms(self.config.longest_pause_ms));
        loop {
            let (why, asked_for) = match self.rest.rows(endpoint, query).await {
                Err(Trouble::Later { why, pause }) => (why, pause),
                rows => return rows,
            };
            let pause = backoff.pause().max(asked_for.unwrap_or(Duration::ZERO));
            if backoff.n_failures() >= MAX_FAILURES || pause > LONGEST_PAUSE {
                return Err(Trouble::Later { why, pause: asked_for });
            }
            tell(Progress::Waiting { why: &why, pause });
            tokio::time::sleep(pause).await;
        }
    }

    fn error(&self, endpoint: Endpoint, trouble: Trouble) -> DownloadError {
        let service = |why: String| DownloadError::Service { what: endpoint.name().to_owned(), why };
        match trouble {
            Trouble::TooMuch => service("too much for the service in any slice".to_owned()),
            Trouble::Later { why, .. } => service(why),
            Trouble::Refused { why, .. } if self.has_account => DownloadError::Refused(why),
            Trouble::Refused { .. } => DownloadError::Refused(
                "while a session is live, from about half an hour before it to half an hour after, it is locked for \
                 everybody without an account, past seasons included. Run the same command again later, put an \
                 account into OVERCUT_OPENF1_USERNAME and OVERCUT_OPENF1_PASSWORD, or ask the archive, which needs \
                 none, by leaving out `--from openf1`"
                    .to_owned(),
            ),
        }
    }
}

/// Where rows of a session are looked for, at most; its cars are not known yet.
fn extent(session: &IndexedSession) -> Extent {
    let shifted = |utc: UtcTime, ms: i64| UtcTime::from_millis(utc.as_millis() + ms);
    let span = session.starts_at.zip(session.ends_at);
    Extent { drivers: Vec::new(), span: span.map(|(start, end)| (shifted(start, -BEFORE_MS), shifted(end, AFTER_MS))) }
}

/// A session that is being fetched.
struct Fetch<'a, F> {
    history: &'a History,
    by_session: Query,
    tell: F,
    n_files: usize,
    n_done: usize,
}

impl<F: FnMut(Progress<'_>)> Fetch<'_, F> {
    /// Refuses a session that was over only just now and has no result: its rows are still coming.
    async fn check_result(&mut self, session: &IndexedSession, now: UtcTime) -> Result<(), DownloadError> {
        let ends_at = session.ends_at.or(session.starts_at);
        if ends_at.is_none_or(|end| now.as_millis() > end.as_millis() + UNFINISHED_MS) {
            return Ok(());
        }
        let endpoint = Endpoint::SessionResult;
        let asked = self.history.patiently(endpoint, &self.by_session, &mut self.tell).await;
        let result = asked.map_err(|trouble| self.history.error(endpoint, trouble))?;
        result.map(drop).ok_or(DownloadError::NoResult)
    }

    async fn all(
        &mut self,
        part: &mut Part,
        session: &IndexedSession,
        mut extent: Extent,
    ) -> Result<(), DownloadError> {
        let cuts = cuts(session);
        let mut by_meeting = None;
        for endpoint in Endpoint::ALL {
            let query = match endpoint {
                Endpoint::Meetings => by_meeting.clone(),
                // The grid stands under the key of the session that decided it.
                Endpoint::StartingGrid => by_meeting.clone().filter(|_| is_race(session)),
                _ => Some(self.by_session.clone()),
            };
            let slices = match endpoint {
                Endpoint::CarData | Endpoint::Location => samples(&extent.drivers, &cuts),
                _ => vec![Slice::default()],
            };
            self.plan(slices.len() - 1);
            match query {
                Some(query) => self.endpoint(endpoint, &query, slices, &extent, part).await?,
                None => self.done(),
            }
            let marks = marks(part, endpoint);
            match endpoint {
                Endpoint::Sessions => {
                    let key = marks.iter().find_map(|mark| mark.meeting_key);
                    by_meeting = key.map(|key| vec![("meeting_key".to_owned(), key.to_string())]);
                }
                Endpoint::Drivers => extent.drivers = marks.iter().filter_map(|mark| mark.driver_number).collect(),
                _ => {}
            }
        }
        Ok(())
    }

    /// Fetches the slices of an endpoint that are not there yet.
    async fn endpoint(
        &mut self,
        endpoint: Endpoint,
        query: &Query,
        slices: Vec<Slice>,
        extent: &Extent,
        part: &mut Part,
    ) -> Result<(), DownloadError> {
        let mut waiting: Vec<Slice> = slices.into_iter().rev().collect();
        let mut has_rows = false;
        while let Some(slice) = waiting.pop() {
            let name = slice.file_name(endpoint);
            if part.manifest.has(&name) {
                has_rows = true;
                self.done();
                continue;
            }
            let topic = match slice.driver {
                Some(driver) => format!("{}, car {driver}", endpoint.name()),
                None => endpoint.name().to_owned(),
            };
            (self.tell)(Progress::Bytes { topic: &topic, n_bytes: 0 });
            let slice_query = slice.query(endpoint, query);
            match self.history.patiently(endpoint, &slice_query, &mut self.tell).await {
                Ok(None) => self.done(),
                Ok(Some(rows)) => {
                    part.keep(&name, &rows)?;
                    (self.tell)(Progress::Bytes { topic: &topic, n_bytes: rows.len() as u64 });
                    has_rows = true;
                    self.done();
                }
                Err(Trouble::TooMuch) => {
                    let smaller = slice.divided(endpoint, extent);
                    let smaller = smaller.ok_or_else(|| self.history.error(endpoint, Trouble::TooMuch))?;
                    self.plan(smaller.len() - 1);
                    waiting.extend(smaller.into_iter().rev());
                }
                Err(trouble) => return Err(self.history.error(endpoint, trouble)),
            }
        }
        if !has_rows {
            part.manifest.absent.push(endpoint.name().to_owned());
        }
        Ok(())
    }

    /// So many more answers are wanted than was known.
    fn plan(&mut self, n_more: usize) {
        self.n_files += n_more;
        (self.tell)(Progress::Files { n_files: self.n_files, n_there: self.n_done });
    }

    fn done(&mut self) {
        self.n_done += 1;
        (self.tell)(Progress::File);
    }
}

fn is_race(session: &IndexedSession) -> bool {
    matches!(session.name.as_str(), "Race" | "Sprint")
}

/// Where a session's samples are cut: every hour of the plan.
fn cuts(session: &IndexedSession) -> Vec<UtcTime> {
    let Some((start, end)) = session.starts_at.zip(session.ends_at) else { return Vec::new() };
    let hours = (1..).map(|n: i64| start.as_millis() + n * SAMPLES_MS);
    hours.take_while(|cut| *cut < end.as_millis()).take(24).map(UtcTime::from_millis).collect()
}

/// Samples car by car; of all cars together where none is known.
fn samples(drivers: &[u16], cuts: &[UtcTime]) -> Vec<Slice> {
    let cars: Vec<Slice> = match drivers {
        [] => vec![Slice::default()],
        drivers => drivers.iter().map(|driver| Slice::of_driver(*driver)).collect(),
    };
    cars.into_iter().flat_map(|car| car.cut_at(cuts)).collect()
}

/// What the rows of an endpoint that is one answer say about what to ask next.
fn marks(part: &Part, endpoint: Endpoint) -> Vec<Mark> {
    if !matches!(endpoint, Endpoint::Sessions | Endpoint::Drivers) {
        return Vec::new();
    }
    let answer = fs::read(part.file(&Slice::default().file_name(endpoint))).unwrap_or_default();
    Mark::of(&answer)
}
