//! Settings of the forecast.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the weather forecast, `[live.weather]`. Waits are in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether forecasts are fetched at all.
    pub enabled: bool,
    /// Where Open-Meteo, or a server of your own that runs it, answers.
    pub url: String,
    /// A file of certificates in PEM that are trusted besides those of the system, such as that of a company's proxy.
    pub certificates: Option<PathBuf>,
    /// How many hours ahead to ask for, at most 48.
    pub hours: u16,
    /// How often to ask. Forecasts are made anew every hour, the nearest hours more often.
    pub every_ms: u64,
    /// Latitude of the circuit in degrees, north positive, where the program does not know it or knows it wrong.
    pub latitude: Option<f64>,
    /// Longitude in degrees, east positive. Both or none.
    pub longitude: Option<f64>,
    /// Longest wait for a connection.
    pub connect_timeout_ms: u64,
    /// Longest wait for an answer.
    pub answer_timeout_ms: u64,
    /// Shortest pause after a failure.
    pub first_pause_ms: u64,
    /// Longest pause after a failure.
    pub longest_pause_ms: u64,
    /// Pause after the server said that its limit for a minute is reached.
    pub minute_limit_pause_ms: u64,
    /// Pause after it said so of an hour.
    pub hour_limit_pause_ms: u64,
    /// Pause after it said so of a day, or refused the question.
    pub day_limit_pause_ms: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            enabled: true,
            url: "https://api.open-meteo.com/v1/forecast".to_owned(),
            certificates: None,
            hours: 6,
            every_ms: 15 * 60_000,
            latitude: None,
            longitude: None,
            connect_timeout_ms: 10_000,
            answer_timeout_ms: 20_000,
            first_pause_ms: 5_000,
            longest_pause_ms: 10 * 60_000,
            minute_limit_pause_ms: 65_000,
            hour_limit_pause_ms: 20 * 60_000,
            day_limit_pause_ms: 6 * 3_600_000,
        }
    }
}

impl Config {
    /// The same with all waits that much shorter, for rehearsals and tests.
    #[must_use]
    pub fn faster(self, factor: f64) -> Config {
        let shorter = |ms: u64| ((ms as f64 / factor.max(f64::EPSILON)) as u64).max(1);
        Config {
            every_ms: shorter(self.every_ms),
            connect_timeout_ms: shorter(self.connect_timeout_ms).max(1000),
            answer_timeout_ms: shorter(self.answer_timeout_ms).max(1000),
            first_pause_ms: shorter(self.first_pause_ms),
            longest_pause_ms: shorter(self.longest_pause_ms),
            minute_limit_pause_ms: shorter(self.minute_limit_pause_ms),
            hour_limit_pause_ms: shorter(self.hour_limit_pause_ms),
            day_limit_pause_ms: shorter(self.day_limit_pause_ms),
            ..self
        }
    }

    /// How long to wait after a refusal, by its words; `None` if they name no limit.
    pub(super) fn pause_for(&self, reason: &str) -> Option<Duration> {
        let reason = reason.to_ascii_lowercase();
        let pauses = [
            ("minutely", self.minute_limit_pause_ms),
            ("hourly", self.hour_limit_pause_ms),
            ("daily", self.day_limit_pause_ms),
        ];
        let named = pauses.into_iter().find(|(word, _)| reason.contains(&format!("{word} api request limit")));
        named.map(|(_, ms)| Duration::from_millis(ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_refusal_say_how_long_to_wait() {
        let config = Config::default();
        let pause =
            |span: &str| config.pause_for(&format!("{span} API request limit exceeded. Please try again later."));
        assert_eq!(pause("Minutely"), Some(Duration::from_secs(65)));
        assert_eq!(pause("Hourly"), Some(Duration::from_secs(1200)));
        assert_eq!(pause("Daily"), Some(Duration::from_secs(21_600)));
        assert_eq!(config.pause_for("Data corrupted at path ''"), None);
    }
}
