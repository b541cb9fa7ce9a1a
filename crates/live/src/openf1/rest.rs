//! Asking for rows.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use overcut_domain::UtcTime;
use overcut_sources::openf1::Endpoint;
use serde::Deserialize;

use super::account::{Account, NoToken, Tokens};
use super::config::{Config, ms};
use super::slice::{Extent, Slice};
use crate::StatusHandle;
use crate::http::{Content, Fault, HttpClient, HttpError, HttpSettings, Window};

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
    /// Not for us: the service is locked or does not like the account. Why, and when it is worth another try.
    Refused { why: String, pause: Duration },
    /// Later: why, and how long the service asks for, if it does.
    Later { why: String, pause: Option<Duration> },
}

/// How requests are spread over the time that the limits of the service leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As soon as they are wanted: for what is live.
    Prompt,
    /// Evenly, so that two downloads one after the other keep to the limits, too; and pauses are the caller's business.
    Even,
}

impl Pace {
    fn windows(self, per_second: usize, per_minute: usize) -> Vec<Window> {
        let even = |n_requests: usize, per: Duration| per / u32::try_from(n_requests.max(1)).unwrap_or(u32::MAX);
        match self {
            Pace::Prompt => vec![Window::new(per_second, SECOND), Window::new(per_minute, MINUTE)],
            Pace::Even => vec![Window::new(1, even(per_second, SECOND).max(even(per_minute, MINUTE)))],
        }
    }
}

impl Rest {
    pub(super) fn new(
        config: &Config,
        account: Option<Account>,
        pace: Pace,
        status: StatusHandle,
    ) -> Result<Rest, HttpError> {
        let (per_second, per_minute) = match account {
            Some(_) => (config.account_per_second, config.account_per_minute),
            None => (config.anonymous_per_second, config.anonymous_per_minute),
        };
        let http = HttpClient::new(HttpSettings {
            windows: pace.windows(per_second, per_minute),
            connect_timeout: ms(config.connect_timeout_ms),
            read_timeout: ms(config.answer_timeout_ms),
            rest: if pace == Pace::Even { Duration::ZERO } else { ms(config.longest_pause_ms / 2) },
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
            let token = self.token().await.map_err(Trouble::from)?;
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
                Err(Trouble::Refused { why: why.to_owned(), pause: pause.unwrap_or(self.locked_retry) })
            }
            _ => Err(Trouble::Later { why: error.to_string(), pause }),
        }
    }
}

impl From<NoToken> for Trouble {
    fn from(no: NoToken) -> Trouble {
        match no.is_refused {
            true => Trouble::Refused { why: no.why, pause: no.pause },
            false => Trouble::Later { why: no.why, pause: Some(no.pause) },
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

/// Asks for all rows of a slice, in as many answers as the service wants: where it finds one too large, car by car, and
/// then in shorter and shorter times.
pub(super) async fn all_rows(
    rest: &Rest,
    endpoint: Endpoint,
    base: &Query,
    slice: Slice,
    extent: &Extent,
) -> Result<Vec<Bytes>, Trouble> {
    let (mut answers, mut waiting) = (Vec::new(), vec![slice]);
    while let Some(slice) = waiting.pop() {
        match rest.rows(endpoint, &slice.query(endpoint, base)).await {
            Ok(rows) => answers.extend(rows),
            Err(Trouble::TooMuch) => {
                let smaller = slice.divided(endpoint, extent).ok_or(Trouble::TooMuch)?;
                waiting.extend(smaller.into_iter().rev());
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(answers)
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
}

impl Mark {
    /// The marks of an answer; none if it is not as expected: then more is asked for than need be.
    pub(super) fn of(answer: &[u8]) -> Vec<Mark> {
        serde_json::from_slice(answer).unwrap_or_default()
    }

    pub(super) fn date(&self) -> Option<UtcTime> {
        self.date.as_ref().or(self.date_start.as_ref())?.parse().ok()
    }
}
