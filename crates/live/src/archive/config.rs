//! Settings of the client.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::http::{HttpSettings, Window};

/// A file is never asked for more often than this.
const LEAST_POLL_MS: u64 = 500;

/// Settings of the client, `[live.archive]`. Waits are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether a session that is on is followed in the archive. Off unless somebody wants it.
    pub follow: bool,
    /// Where the archive is.
    pub url: String,
    /// A copy of the archive that is asked for sessions which the archive itself does not have; empty for none.
    pub mirror: String,
    /// How we present ourselves. The service is known to like the name of the client that its own pages once used.
    pub user_agent: String,
    /// A file of certificates in PEM that are trusted besides those of the system, such as that of a company's proxy.
    pub certificates: Option<PathBuf>,
    /// How often a growing file is asked for; at least 500.
    #[serde(deserialize_with = "gentle")]
    pub poll_ms: u64,
    /// The same for files that matter less.
    #[serde(deserialize_with = "gentle")]
    pub slow_poll_ms: u64,
    /// The same for files that are not there yet.
    #[serde(deserialize_with = "gentle")]
    pub missing_poll_ms: u64,
    /// How often the list of sessions is asked for while no session is on.
    #[serde(deserialize_with = "gentle")]
    pub index_poll_ms: u64,
    /// If no file grows for this long, something is wrong.
    pub quiet_ms: u64,
    /// If no file grows for this long, the session is over, and files are asked for slowly.
    pub over_ms: u64,
    /// Longest wait for the address of the host.
    pub resolve_timeout_ms: u64,
    /// Longest wait for a connection, its encryption included.
    pub connect_timeout_ms: u64,
    /// Longest wait for the next byte of an answer.
    pub answer_timeout_ms: u64,
    /// Shortest pause after a failure.
    pub first_pause_ms: u64,
    /// Longest pause after a failure, unless the service itself asks for a longer one.
    pub longest_pause_ms: u64,
    /// Requests in any second, all files together.
    pub max_requests_per_s: usize,
    /// How much of a file is asked for at once, bytes.
    pub chunk_bytes: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            follow: false,
            url: "https://livetiming.formula1.com/static/".to_owned(),
            mirror: String::new(),
            user_agent: "BestHTTP".to_owned(),
            certificates: None,
            poll_ms: 2000,
            slow_poll_ms: 10_000,
            missing_poll_ms: 30_000,
            index_poll_ms: 60_000,
            quiet_ms: 60_000,
            over_ms: 30 * 60_000,
            resolve_timeout_ms: 5000,
            connect_timeout_ms: 10_000,
            answer_timeout_ms: 15_000,
            first_pause_ms: 1000,
            longest_pause_ms: 60_000,
            max_requests_per_s: 12,
            chunk_bytes: 1 << 20,
        }
    }
}

impl Config {
    /// The same with all waits that much shorter, for rehearsals that run faster than the session did.
    #[must_use]
    pub fn faster(self, factor: f64) -> Config {
        let shorter = |ms: u64| ((ms as f64 / factor) as u64).max(1);
        Config {
            poll_ms: shorter(self.poll_ms),
            slow_poll_ms: shorter(self.slow_poll_ms),
            missing_poll_ms: shorter(self.missing_poll_ms),
            index_poll_ms: shorter(self.index_poll_ms),
            quiet_ms: shorter(self.quiet_ms),
            over_ms: shorter(self.over_ms),
            resolve_timeout_ms: shorter(self.resolve_timeout_ms),
            connect_timeout_ms: shorter(self.connect_timeout_ms),
            answer_timeout_ms: shorter(self.answer_timeout_ms),
            first_pause_ms: shorter(self.first_pause_ms),
            longest_pause_ms: shorter(self.longest_pause_ms),
            max_requests_per_s: (self.max_requests_per_s as f64 * factor).ceil() as usize,
            ..self
        }
    }

    /// The address of something in the archive.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.url.trim_end_matches('/'))
    }

    /// How the archive is to be asked.
    pub fn settings(&self) -> HttpSettings {
        HttpSettings {
            user_agent: Cow::Owned(self.user_agent.clone()),
            windows: vec![Window::new(self.max_requests_per_s, Duration::from_secs(1))],
            resolve_timeout: Duration::from_millis(self.resolve_timeout_ms),
            connect_timeout: Duration::from_millis(self.connect_timeout_ms),
            read_timeout: Duration::from_millis(self.answer_timeout_ms),
            whole_timeout: Duration::from_millis(self.answer_timeout_ms.saturating_mul(8)),
            rest: Duration::from_millis(self.longest_pause_ms / 2),
            certificates: self.certificates.clone(),
            ..HttpSettings::default()
        }
    }
}

/// A pause between two requests for one file. Too short a one is refused, not repaired: whoever sets it should know.
fn gentle<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let pause_ms = u64::deserialize(deserializer)?;
    if pause_ms < LEAST_POLL_MS {
        let why = format!("{pause_ms} ms between two requests is not gentle; at least {LEAST_POLL_MS}");
        return Err(de::Error::custom(why));
    }
    Ok(pause_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_too_often() {
        let error = serde_json::from_str::<Config>(r#"{"poll_ms":100}"#).unwrap_err().to_string();
        assert!(error.contains("at least 500"), "{error}");
        assert_eq!(serde_json::from_str::<Config>(r#"{"poll_ms":500}"#).unwrap().poll_ms, 500);
        assert!(!Config::default().follow);
    }

    #[test]
    fn addresses_join_with_and_without_a_slash() {
        for url in ["http://x/static", "http://x/static/"] {
            let config = Config { url: url.to_owned(), ..Config::default() };
            assert_eq!(config.address("Index.json"), "http://x/static/Index.json");
        }
    }
}
