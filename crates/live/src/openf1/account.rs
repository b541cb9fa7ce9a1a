//! The account: its token, and when that is renewed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use overcut_domain::UtcTime;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::config::{Config, ms};
use crate::http::{Content, Fault, HttpClient, HttpError};
use crate::{Backoff, Credential, CredentialState, Secret, SecretError, StatusHandle};

/// Where name and password of the account are.
const USERNAME: &str = "OVERCUT_OPENF1_USERNAME";
const PASSWORD: &str = "OVERCUT_OPENF1_PASSWORD";

/// Life of a token whose answer does not say it: the documented hour.
const USUAL_LIFE_S: u64 = 3600;
/// Longest life that is believed.
const MAX_LIFE_S: u64 = 7 * 24 * 3600;
/// Largest answer with a token: one has about 900 characters.
const MAX_TOKEN_ANSWER: u64 = 64 << 10;

/// Name and password of an account.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name, which is nobody's business either.
    pub username: Secret,
    /// The password.
    pub password: Secret,
}

impl Account {
    /// The account that the environment names, if it names one: `OVERCUT_OPENF1_USERNAME` and
    /// `OVERCUT_OPENF1_PASSWORD`, each also with `_FILE`.
    ///
    /// # Errors
    ///
    /// If the file of a secret cannot be read.
    pub fn from_environment() -> Result<Option<Account>, SecretError> {
        let (username, password) = (Secret::from_environment(USERNAME)?, Secret::from_environment(PASSWORD)?);
        Ok(username.zip(password).map(|(username, password)| Account { username, password }))
    }
}

/// A token and its end.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    pub(super) ends_at: Instant,
}

/// Gets tokens, one at a time, and keeps the one there is.
pub(super) struct Tokens {
    account: Option<Account>,
    url: String,
    renew_before: Duration,
    state: Mutex<State>,
    status: StatusHandle,
}

struct State {
    token: Option<Token>,
    backoff: Backoff,
    /// No token is asked for before.
    not_before: Option<Instant>,
}

/// Why there is no token to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoToken {
    /// In words for a person.
    pub(super) why: String,
    /// When it is worth another try.
    pub(super) pause: Duration,
    /// True if the service does not like the account.
    pub(super) is_refused: bool,
}

/// As the service sends it: the life is a text.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    expires_in: Life,
}

/// Seconds, as a number or a text.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Life {
    Number(f64),
    Text(String),
    #[default]
    Unknown,
}

impl Life {
    fn seconds(&self) -> u64 {
        let stated = match self {
            Life::Number(seconds) if *seconds >= 0.0 => Some(*seconds as u64),
            Life::Text(text) => text.trim().parse().ok(),
            Life::Number(_) | Life::Unknown => None,
        };
        stated.unwrap_or(USUAL_LIFE_S).min(MAX_LIFE_S)
    }
}

impl Tokens {
    pub(super) fn new(config: &Config, account: Option<Account>, status: StatusHandle) -> Tokens {
        let backoff = Backoff::new(ms(config.first_pause_ms), ms(config.longest_pause_ms));
        Tokens {
            account,
            url: config.token_url.clone(),
            renew_before: ms(config.renew_before_ms),
            state: Mutex::new(State { token: None, backoff, not_before: None }),
            status,
        }
    }

    pub(super) fn has_account(&self) -> bool {
        self.account.is_some()
    }

    /// The token to show: `None` without an account. One that ends soon is renewed; while that fails the old one is
    /// used until it really ends.
    pub(super) async fn token(&self, http: &HttpClient, locked_retry: Duration) -> Result<Option<Token>, NoToken> {
        let Some(account) = &self.account else { return Ok(None) };
        let mut state = self.state.lock().await;
        let now = Instant::now();
        let current = state.token.clone().filter(|token| token.ends_at > now);
        // A token that lives no longer than the margin is renewed in the middle of its life.
        if current.as_ref().is_some_and(|token| token.ends_at > now + self.renew_before) {
            return Ok(current);
        }
        if let Some(left) = state.not_before.and_then(|until| until.checked_duration_since(now)) {
            return match current {
                Some(token) => Ok(Some(token)),
                None => Err(NoToken { why: "no token yet".to_owned(), pause: left, is_refused: false }),
            };
        }
        match fetch(http, &self.url, account).await {
            Ok((secret, life)) => {
                let ends_at = Instant::now() + life;
                self.say(CredentialState::Good, Some(life));
                state.backoff.succeeded();
                // Not before half of its life, or a short-lived one would be renewed with every request.
                state.not_before = Some(Instant::now() + life / 2);
                state.token = Some(Token { secret, ends_at });
                Ok(state.token.clone())
            }
            Err(error) => {
                let is_refused = matches!(error.fault, Fault::Unauthorized(_) | Fault::Missing(_));
                let pause = error.retry_after().unwrap_or_else(|| match is_refused {
                    true => locked_retry,
                    false => state.backoff.pause(),
                });
                state.not_before = Some(Instant::now() + pause);
                if is_refused {
                    self.say(CredentialState::Rejected, None);
                }
                match current {
                    Some(token) => Ok(Some(token)),
                    None if is_refused => Err(NoToken { why: "the account was refused".to_owned(), pause, is_refused }),
                    None => Err(NoToken { why: format!("no token: {error}"), pause, is_refused }),
                }
            }
        }
    }

    /// The service refused this token: it is not shown again.
    pub(super) async fn refused(&self, token: &Token) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|known| known.secret == token.secret) {
            (state.token, state.not_before) = (None, None);
            self.say(CredentialState::Expired, None);
        }
    }

    fn say(&self, state: CredentialState, life: Option<Duration>) {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        let expires_at = life.map(|life| UtcTime::from_millis(now_ms + life.as_millis() as i64));
        self.status.credential(Some(Credential { state, expires_at }));
    }
}

async fn fetch(http: &HttpClient, url: &str, account: &Account) -> Result<(Secret, Duration), HttpError> {
    let form = [("username", account.username.reveal()), ("password", account.password.reveal())];
    let answer = http.post(url).form(&form).expecting(Content::Json).at_most(MAX_TOKEN_ANSWER).fetch().await?;
    let read: Result<TokenAnswer, _> = serde_json::from_slice(&answer.body);
    match read {
        Ok(token) if !token.access_token.is_empty() => {
            Ok((Secret::new(token.access_token), Duration::from_secs(token.expires_in.seconds())))
        }
        // The parser's words could quote the answer, and with it a token.
        _ => Err(HttpError { place: "the token".to_owned(), fault: Fault::WrongType("no token in it".to_owned()) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_numbers_or_texts() {
        let seconds = |json: &str| serde_json::from_str::<TokenAnswer>(json).unwrap().expires_in.seconds();
        assert_eq!(seconds(r#"{"access_token":"x","expires_in":"3600"}"#), 3600);
        assert_eq!(seconds(r#"{"access_token":"x","expires_in":1800}"#), 1800);
        assert_eq!(seconds(r#"{"access_token":"x"}"#), 3600);
        assert_eq!(seconds(r#"{"access_token":"x","expires_in":"soon"}"#), 3600);
        assert_eq!(seconds(r#"{"access_token":"x","expires_in":null}"#), 3600);
    }

    #[test]
    fn an_account_does_not_print() {
        let account = Account { username: Secret::new("somebody"), password: Secret::new("hunter2") };
        let printed = format!("{account:?}");
        assert!(!printed.contains("somebody") && !printed.contains("hunter2"));
    }
}
