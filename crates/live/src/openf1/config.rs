//! Settings of the client.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where the hosted service is.
const HOSTED: &str = "https://api.openf1.org";

/// Settings of the client, `[live.openf1]`. Waits are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the service is used: `auto` if there is an account or a server of one's own, as the hosted service
    /// answers nobody else while a session runs.
    pub enabled: Use,
    /// Where the service is, without `/v1`.
    pub base_url: String,
    /// Where an account gets its token; only asked if there is an account.
    pub token_url: String,
    /// Brokers, tried in turn: `mqtts://HOST:PORT`, `wss://HOST:PORT/PATH`, or `mqtt://` and `ws://` for servers of
    /// one's own. Those of the hosted service are used only with an account. None: rows are polled.
    pub brokers: Vec<String>,
    /// A file of certificates in PEM that are trusted besides those of the system, such as that of a company's proxy or
    /// of a broker of one's own.
    pub certificates: Option<PathBuf>,
    /// Requests in a second that are allowed without an account.
    pub anonymous_per_second: usize,
    /// Requests in a minute that are allowed without an account.
    pub anonymous_per_minute: usize,
    /// Requests in a second that are allowed with one.
    pub account_per_second: usize,
    /// Requests in a minute that are allowed with one.
    pub account_per_minute: usize,
    /// How often an endpoint is asked, at most, while there is no broker. The service itself holds answers for 3 s.
    pub poll_ms: u64,
    /// How often rows that are rewritten are asked for while there is a broker, in case a message was lost.
    pub refresh_ms: u64,
    /// How much of the past is asked for of samples.
    pub samples_ms: u64,
    /// Longest wait for a connection, its encryption included.
    pub connect_timeout_ms: u64,
    /// Longest wait for the broker's answer to a greeting, a subscription or a ping.
    pub answer_timeout_ms: u64,
    /// How often we ask the broker whether it is there.
    pub ping_ms: u64,
    /// A broker that sends no row for this long is taken for dead: in a session something changes every few seconds.
    pub silence_ms: u64,
    /// How long before its end a token is renewed, and the broker's connection with it.
    pub renew_before_ms: u64,
    /// How long until it is tried again when the service is locked, or refuses the account.
    pub locked_retry_ms: u64,
    /// Shortest pause after a failure.
    pub first_pause_ms: u64,
    /// Longest pause after a failure, unless the service itself asks for a longer one.
    pub longest_pause_ms: u64,
    /// Largest answer that is taken, bytes.
    pub max_answer_bytes: u64,
    /// Largest message of the broker that is taken, bytes.
    pub max_message_bytes: usize,
}

/// Whether something is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// If it can be of use.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            enabled: Use::Auto,
            base_url: HOSTED.to_owned(),
            token_url: format!("{HOSTED}/token"),
            brokers: vec!["mqtts://mqtt.openf1.org:8883".to_owned(), "wss://mqtt.openf1.org:8084/mqtt".to_owned()],
            certificates: None,
            anonymous_per_second: 3,
            anonymous_per_minute: 30,
            account_per_second: 6,
            account_per_minute: 60,
            poll_ms: 5_000,
            refresh_ms: 60_000,
            samples_ms: 20_000,
            connect_timeout_ms: 10_000,
            answer_timeout_ms: 10_000,
            ping_ms: 20_000,
            silence_ms: 60_000,
            renew_before_ms: 60_000,
            locked_retry_ms: 60_000,
            first_pause_ms: 1_000,
            longest_pause_ms: 60_000,
            max_answer_bytes: 64 << 20,
            max_message_bytes: 1 << 20,
        }
    }
}

impl Config {
    /// The same with all waits that much shorter, for rehearsals that run faster than the session did.
    #[must_use]
    pub fn faster(mut self, factor: f64) -> Config {
        let waits = [
            &mut self.poll_ms,
            &mut self.refresh_ms,
            &mut self.connect_timeout_ms,
            &mut self.answer_timeout_ms,
            &mut self.ping_ms,
            &mut self.silence_ms,
            &mut self.renew_before_ms,
            &mut self.locked_retry_ms,
            &mut self.first_pause_ms,
            &mut self.longest_pause_ms,
        ];
        for wait in waits {
            *wait = ((*wait as f64 / factor.max(1e-6)) as u64).max(1);
        }
        let limits = [
            &mut self.anonymous_per_second,
            &mut self.anonymous_per_minute,
            &mut self.account_per_second,
            &mut self.account_per_minute,
        ];
        for limit in limits {
            *limit = ((*limit as f64 * factor) as usize).max(1);
        }
        self
    }

    /// True for the service that everybody shares.
    pub(super) fn is_hosted(&self) -> bool {
        self.base_url.trim_end_matches('/') == HOSTED
    }

    /// Why the service is not used; `None` if it is.
    pub(super) fn why_off(&self, has_account: bool) -> Option<&'static str> {
        match self.enabled {
            Use::Never => Some("switched off"),
            Use::Auto if self.is_hosted() && !has_account => {
                Some("not used without an account: it answers nobody else while a session runs")
            }
            Use::Auto | Use::Always => None,
        }
    }
}

/// Milliseconds of the configuration as a span.
pub(super) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
