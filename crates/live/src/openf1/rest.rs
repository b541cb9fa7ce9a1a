//! Asking for rows.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use overcut_domain::UtcTime;
use overcut_sources::openf1::Endpoint;
use serde::Deserialize;

use super::account::{Account, NoToken, Tokens};
use super::config::{Config, ms};
use crate::http::{Content, Fault, HttpClient, HttpError, HttpSettings, Window};
use crate::{Backoff, StatusHandle};

/// Shortest slice of time that is asked for when the service finds that too much.
const SHORTEST_SLICE_MS: i64 = 60_000;

/// The windows of the limits, a little longer than they are: the service counts when requests arrive, and one that was
/// slow on its way comes closer to the next than it was sent.
const SECOND: Duration = Duration::from_millis(1_200);
const MINUTE: Duration = Duration::from_millis(60_500);

/// The REST API.
#[derive(Clone)]
pub(super) struct Rest {
    http: HttpClient,
    base: String,
    pub(super) tokens: Arc<Tokens>,
    locked_retry: Duration,
    max_answer: u64,
}

/// What to ask an endpoint for, besides its name.
pub(super) type Query = Vec<(String, String)>;

/// Why there is no answer, by what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It was too much at once.
    TooMuch,
    /// Later: why, and how long the service asks for, if it does.
    Later { why: String, pause: Option<Duration> },
}

impl Rest {
    pub(super) fn new(config: &Config, account: Option<Account>, status: StatusHandle) -> Result<Rest, HttpError> {
        let (per_second, per_minute) = match account {
            Some(_) => (config.account_per_second, config.account_per_minute),
            None => (config.anonymous_per_second, config.anonymous_per_minute),
        };
        let http = HttpClient::new(HttpSettings {
            windows: vec![Window::new(per_second, SECOND), Window::new(per_minute, MINUTE)],
            connect_timeout: ms(config.connect_timeout_ms),
            read_timeout: ms(config.answer_timeout_ms),
            rest: ms(config.longest_pause_ms / 2),
            certificates: config.certificates.clone(),
            ..HttpSettings::default()
        })?;
        Ok(Rest {
            http,
            base: config.base_url.trim_end_matches('/').to_owned(),
            tokens: Arc::new(Tokens::new(config, account, status)),
            locked_retry: ms(config.locked_retry_ms),
            max_answer: config.max_answer_bytes,
        })
    }

    /// The token to show now.
    pub(super) async fn token(&self) -> Result<Option<super::account::Token>, NoToken> {
        self.tokens.token(&self.http, self.locked_retry).await
    }

    /// The rows that match, as the service sent them; `None` if there are none.
    pub(super) async fn rows(&self, endpoint: Endpoint, query: &Query) -> Result<Option<Bytes>, Trouble> {
        let mut was_refused = false;
        loop {
            let token = self.token().await.map_err(|no| Trouble::Later { why: no.why, pause: Some(no.pause) })?;
            let url = format!("{}/v1/{}", self.base, endpoint.name());
            let pairs: Vec<(&str, &str)> = query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            let mut request = self.http.get(&url).query(&pairs).expecting(Content::Json).at_most(self.max_answer);
            if let Some(token) = &token {
                request = request.bearer(&token.secret);
            }
            match (request.fetch().await, token) {
                (Ok(answer), _) => return rows_of(answer.body),
                // A token may end early: another one is worth one try.
                (Err(HttpError { fault: Fault::Unauthorized(_), .. }), Some(token)) if !was_refused => {
                    was_refused = true;
                    self.tokens.refused(&token).await;
                }
                (Err(error), token) => return self.judge(error, token.is_some()),
            }
        }
    }

    fn judge(&self, error: HttpError, had_token: bool) -> Result<Option<Bytes>, Trouble> {
        let pause = error.retry_after();
        match &error.fault {
            // Nothing matches; some servers say so with an empty list.
            Fault::Missing(refusal) if refusal.status == 404 => Ok(None),
            Fault::TooMuch(_) | Fault::TooLarge { .. } => Err(Trouble::TooMuch),
            Fault::Unauthorized(_) => {
                let why = if had_token {
                    "the service refuses the account"
                } else {
                    "locked during live sessions without an account"
                };
                Err(Trouble::Later { why: why.to_owned(), pause: Some(pause.unwrap_or(self.locked_retry)) })
            }
            _ => Err(Trouble::Later { why: error.to_string(), pause }),
        }
    }
}

/// Rows are a list; anything else that comes with success is a proxy's or a broken server's.
fn rows_of(body: Bytes) -> Result<Option<Bytes>, Trouble> {
    match body.trim_ascii() {
        b"[]" => Ok(None),
        rows if rows.starts_with(b"[") => Ok(Some(body)),
        _ => Err(Trouble::Later { why: "the service sent no rows".to_owned(), pause: None }),
    }
}

/// A stretch of time to ask for, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slice {
    driver: Option<u16>,
    from_ms: i64,
    to_ms: i64,
}

/// Asks for all rows of a session that match, in as many answers as the service wants: where it finds one too large,
/// car by car, and then in shorter and shorter times.
pub(super) async fn all_rows(
    rest: &Rest,
    endpoint: Endpoint,
    base: &Query,
    drivers: &[u16],
    span: (UtcTime, UtcTime),
) -> Result<Vec<Bytes>, Trouble> {
    let mut answers = Vec::new();
    let first = match rest.rows(endpoint, base).await {
        Err(Trouble::TooMuch) => None,
        rows => Some(rows?),
    };
    if let Some(rows) = first {
        return Ok(rows.into_iter().collect());
    }
    let (from_ms, to_ms) = (span.0.as_millis(), span.1.as_millis());
    let whole = |driver| Slice { driver, from_ms, to_ms };
    let mut waiting: Vec<Slice> = match drivers {
        [] => halves(whole(None)),
        drivers => drivers.iter().rev().map(|driver| whole(Some(*driver))).collect(),
    };
    while let Some(slice) = waiting.pop() {
        let mut query = base.clone();
        query.extend(slice.driver.map(|driver| ("driver_number".to_owned(), driver.to_string())));
        if (slice.from_ms, slice.to_ms) != (from_ms, to_ms) {
            let stamp = |millis| UtcTime::from_millis(millis).to_string();
            let member = date_member(endpoint).unwrap_or("date");
            query.push((format!("{member}>"), stamp(slice.from_ms)));
            // `<` takes no end with it, and none is lost: the next slice begins there.
            query.push((format!("{member}<{}", stamp(slice.to_ms)), String::new()));
        }
        match rest.rows(endpoint, &query).await {
            Ok(rows) => answers.extend(rows),
            Err(Trouble::TooMuch) if slice.to_ms - slice.from_ms > SHORTEST_SLICE_MS => waiting.extend(halves(slice)),
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(answers)
}

/// Both halves, the later one first: the other is asked for next.
fn halves(slice: Slice) -> Vec<Slice> {
    let middle = slice.from_ms + (slice.to_ms - slice.from_ms) / 2;
    vec![Slice { from_ms: middle, ..slice }, Slice { to_ms: middle, ..slice }]
}

/// The member that says when a row's thing happened.
pub(super) const fn date_member(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::Laps => Some("date_start"),
        Endpoint::RaceControl
        | Endpoint::Pit
        | Endpoint::Position
        | Endpoint::Intervals
        | Endpoint::Weather
        | Endpoint::TeamRadio
        | Endpoint::Overtakes
        | Endpoint::CarData
        | Endpoint::Location => Some("date"),
        Endpoint::Sessions
        | Endpoint::Meetings
        | Endpoint::Drivers
        | Endpoint::StartingGrid
        | Endpoint::Stints
        | Endpoint::ChampionshipDrivers
        | Endpoint::ChampionshipTeams
        | Endpoint::SessionResult => None,
    }
}

/// What of a row steers what is asked for next.
#[derive(Debug, Deserialize)]
pub(super) struct Mark {
    #[serde(default)]
    pub(super) session_key: Option<u32>,
    #[serde(default)]
    pub(super) meeting_key: Option<u32>,
    #[serde(default)]
    pub(super) driver_number: Option<u16>,
    #[serde(default)]
    date: Option<String>,
    #[serde(default)]
    date_start: Option<String>,
    #[serde(default)]
    date_end: Option<String>,
}

impl Mark {
    /// The marks of an answer; none if it is not as expected: then more is asked for than need be.
    pub(super) fn of(answer: &[u8]) -> Vec<Mark> {
        serde_json::from_slice(answer).unwrap_or_default()
    }

    pub(super) fn date(&self) -> Option<UtcTime> {
        self.date.as_ref().or(self.date_start.as_ref())?.parse().ok()
    }

    pub(super) fn ends_at(&self) -> Option<UtcTime> {
        self.date_end.as_ref()?.parse().ok()
    }
}

/// Fetches all that the service has of a finished session, endpoint by endpoint, and hands out each answer as it is.
///
/// # Errors
///
/// In words for a person, if the service stays away for good.
pub async fn fetch_session(
    config: &Config,
    account: Option<Account>,
    session_key: u32,
    status: StatusHandle,
    mut each: impl FnMut(Endpoint, Bytes),
) -> Result<(), FetchError> {
    let rest = Rest::new(config, account, status).map_err(|error| FetchError(error.to_string()))?;
    let (mut drivers, mut span) = (Vec::new(), (UtcTime::from_millis(0), UtcTime::from_millis(0)));
    let mut meeting = None;
    for endpoint in Endpoint::ALL {
        let query = match (endpoint, meeting) {
            (Endpoint::Meetings | Endpoint::StartingGrid, Some(key)) => {
                vec![("meeting_key".to_owned(), format!("{key}"))]
            }
            (Endpoint::Meetings | Endpoint::StartingGrid, None) => continue,
            _ => vec![("session_key".to_owned(), session_key.to_string())],
        };
        let mut backoff = Backoff::new(ms(config.first_pause_ms), ms(config.longest_pause_ms));
        let answers = loop {
            match all_rows(&rest, endpoint, &query, &drivers, span).await {
                Ok(answers) => break answers,
                Err(Trouble::Later { pause, .. }) if backoff.n_failures() < MAX_TRIES => {
                    let drawn = backoff.pause();
                    tokio::time::sleep(pause.unwrap_or(drawn)).await;
                }
                Err(Trouble::Later { why, .. }) => return Err(FetchError(format!("{}: {why}", endpoint.name()))),
                Err(Trouble::TooMuch) => {
                    return Err(FetchError(format!("{}: too much for the service in any slice", endpoint.name())));
                }
            }
        };
        for answer in answers {
            let marks = Mark::of(&answer);
            match endpoint {
                Endpoint::Sessions => {
                    meeting = marks.iter().find_map(|mark| mark.meeting_key);
                    let starts = marks.iter().find_map(Mark::date);
                    let ends = marks.iter().find_map(Mark::ends_at);
                    // Red flags make sessions longer than planned, and rows begin before.
                    span = starts.zip(ends).map_or(span, |(starts, ends)| {
                        let hour = 3_600_000;
                        (
                            UtcTime::from_millis(starts.as_millis() - hour),
                            UtcTime::from_millis(ends.as_millis() + 3 * hour),
                        )
                    });
                }
                Endpoint::Drivers => drivers = marks.iter().filter_map(|mark| mark.driver_number).collect(),
                _ => {}
            }
            each(endpoint, answer);
        }
    }
    Ok(())
}

/// How often an endpoint is tried again.
const MAX_TRIES: u32 = 6;

/// A session could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot fetch the session from OpenF1: {0}")]
pub struct FetchError(String);
