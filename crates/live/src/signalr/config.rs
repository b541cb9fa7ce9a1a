//! Settings of the client.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the client, `[live.signalr]`. Waits are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether live timing is listened to at all.
    pub enabled: bool,
    /// Where the service is.
    pub url: String,
    /// How we present ourselves. The service is known to like the name of the client that its own pages once used.
    pub user_agent: String,
    /// A file of certificates in PEM that are trusted besides those of the system, such as that of a company's proxy.
    pub certificates: Option<PathBuf>,
    /// What is asked for; what the service does not have, or does not give without a token, is simply not there.
    pub topics: Vec<String>,
    /// Longest wait for the address of the host.
    pub resolve_timeout_ms: u64,
    /// Longest wait for a connection, its encryption included.
    pub connect_timeout_ms: u64,
    /// Longest wait for the answer to a request, the upgrade, or the handshake.
    pub answer_timeout_ms: u64,
    /// Longest wait for the snapshot after subscribing.
    pub snapshot_timeout_ms: u64,
    /// How often we say that we are there.
    pub ping_ms: u64,
    /// A connection on which nothing comes for this long, not even a ping, is dead.
    pub silence_ms: u64,
    /// A connection on which nothing of the feed comes for this long while a session runs is dead, too.
    pub no_feed_ms: u64,
    /// After this long a second connection is opened. The service cuts every connection after two hours.
    pub renew_ms: u64,
    /// How long both connections are handed over, once the second has sent its snapshot.
    pub overlap_ms: u64,
    /// A connection that lasts this long was a success: the next failure is the first one again.
    pub steady_ms: u64,
    /// Shortest and longest pause after a failure.
    pub first_pause_ms: u64,
    /// Longest pause after a failure, unless the service itself asks for a longer one.
    pub longest_pause_ms: u64,
    /// Longest pause that the service may ask for.
    pub longest_retry_after_ms: u64,
    /// How often the token is read again and its end is looked at.
    pub token_check_ms: u64,
    /// A token that was refused is not shown again for this long.
    pub token_retry_ms: u64,
    /// Largest message that is taken, bytes. Snapshots have up to 250 kB.
    pub max_message_bytes: usize,
}

/// All that something is made of. The others of the archive repeat what these say.
const TOPICS: [&str; 26] = [
    "Heartbeat",
    "SessionInfo",
    "SessionStatus",
    "SessionData",
    "ExtrapolatedClock",
    "TrackStatus",
    "LapCount",
    "WeatherData",
    "DriverList",
    "TimingData",
    "TimingDataF1",
    "TimingAppData",
    "TimingStats",
    "TopThree",
    "TyreStintSeries",
    "RaceControlMessages",
    "LapSeries",
    "TeamRadio",
    "CarData.z",
    "Position.z",
    "DriverRaceInfo",
    "PitLaneTimeCollection",
    "PitStop",
    "PitStopSeries",
    "ChampionshipPrediction",
    "OvertakeSeries",
];

impl Default for Config {
    fn default() -> Config {
        Config {
            enabled: true,
            url: "https://livetiming.formula1.com/signalrcore".to_owned(),
            user_agent: "BestHTTP".to_owned(),
            certificates: None,
            topics: TOPICS.map(str::to_owned).to_vec(),
            resolve_timeout_ms: 5_000,
            connect_timeout_ms: 10_000,
            answer_timeout_ms: 15_000,
            snapshot_timeout_ms: 20_000,
            ping_ms: 15_000,
            silence_ms: 30_000,
            no_feed_ms: 60_000,
            renew_ms: 105 * 60_000,
            overlap_ms: 5_000,
            steady_ms: 10_000,
            first_pause_ms: 1_000,
            longest_pause_ms: 60_000,
            longest_retry_after_ms: 10 * 60_000,
            token_check_ms: 60_000,
            token_retry_ms: 10 * 60_000,
            max_message_bytes: 16 << 20,
        }
    }
}

impl Config {
    /// The same with all waits so many times shorter: for rehearsals that run faster than the session did.
    pub fn faster(mut self, factor: f64) -> Config {
        for wait in [
            &mut self.resolve_timeout_ms,
            &mut self.connect_timeout_ms,
            &mut self.answer_timeout_ms,
            &mut self.snapshot_timeout_ms,
            &mut self.ping_ms,
            &mut self.silence_ms,
            &mut self.no_feed_ms,
            &mut self.renew_ms,
            &mut self.overlap_ms,
            &mut self.steady_ms,
            &mut self.first_pause_ms,
            &mut self.longest_pause_ms,
            &mut self.longest_retry_after_ms,
            &mut self.token_check_ms,
            &mut self.token_retry_ms,
        ] {
            *wait = ((*wait as f64 / factor) as u64).max(1);
        }
        self
    }
}

/// A wait of the settings. One of nothing would be a busy loop.
pub(super) fn wait(millis: u64) -> Duration {
    Duration::from_millis(millis.max(1))
}
