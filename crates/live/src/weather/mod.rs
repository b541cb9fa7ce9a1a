//! The weather forecast for the circuit, from Open-Meteo.
//!
//! Once it is known which session runs, the forecast for its circuit is fetched and handed over as it came; then again
//! every quarter of an hour. Data by Open-Meteo.com, CC BY 4.0: whoever shows it says so ([`ATTRIBUTION`]).

mod config;
mod place;

use std::sync::Arc;
use std::time::Duration;

use overcut_domain::SessionInfo;
use overcut_sources::open_meteo;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use place::Place;

use crate::http::{Content, Fault, HttpClient, HttpError, HttpSettings, Window};
use crate::{Backoff, Inbox, StatusHandle};

/// What must stand beside the data, by its licence.
pub const ATTRIBUTION: &str = "Weather forecast by Open-Meteo.com (CC BY 4.0)";

/// The channel of a live recording that forecasts are on.
const CHANNEL: &str = "open_meteo";

/// Variables for each quarter of an hour.
const MINUTELY_15: &str = "temperature_2m,precipitation,weather_code,cloud_cover,wind_speed_10m,wind_direction_10m";

/// Variables for each hour: rain is given a probability for whole hours.
const HOURLY: &str = "precipitation_probability";

/// Longest forecast that is asked for, hours.
const MAX_HOURS: u16 = 48;

/// Fetches forecasts until it is told to stop.
pub async fn run(
    config: Config,
    inbox: Inbox,
    status: StatusHandle,
    session: watch::Receiver<Option<Arc<SessionInfo>>>,
    shutdown: CancellationToken,
) {
    if !config.enabled {
        status.off("forecasts are switched off");
        return shutdown.cancelled().await;
    }
    let client = match HttpClient::new(settings(&config)) {
        Ok(client) => client,
        Err(error) => {
            status.off(error.to_string());
            return shutdown.cancelled().await;
        }
    };
    let backoff =
        Backoff::new(Duration::from_millis(config.first_pause_ms), Duration::from_millis(config.longest_pause_ms));
    let mut forecaster = Forecaster { config, client, inbox, status, session, backoff };
    shutdown.run_until_cancelled(forecaster.follow()).await;
}

fn settings(config: &Config) -> HttpSettings {
    HttpSettings {
        // A hundredth of what the free tier allows in a minute.
        windows: vec![Window::new(6, Duration::from_millis(config.minute_limit_pause_ms))],
        connect_timeout: Duration::from_millis(config.connect_timeout_ms),
        read_timeout: Duration::from_millis(config.answer_timeout_ms),
        whole_timeout: Duration::from_millis(config.answer_timeout_ms),
        rest: Duration::from_millis(config.first_pause_ms),
        certificates: config.certificates.clone(),
        max_body: open_meteo::MAX_ANSWER as u64,
        ..HttpSettings::default()
    }
}

/// What one round needs.
struct Forecaster {
    config: Config,
    client: HttpClient,
    inbox: Inbox,
    status: StatusHandle,
    session: watch::Receiver<Option<Arc<SessionInfo>>>,
    backoff: Backoff,
}

impl Forecaster {
    /// Round after round, until nobody listens any more.
    async fn follow(&mut self) {
        loop {
            let place = self.place();
            let pause = match place {
                Some(place) => match self.fetch(place).await {
                    Some(pause) => pause,
                    None => return,
                },
                None => Duration::MAX, // only another session can help
            };
            if !self.rest(pause, place).await {
                return;
            }
        }
    }

    /// Waits out a pause, or until the session is elsewhere. False if no session will ever be named.
    async fn rest(&mut self, pause: Duration, place: Option<Place>) -> bool {
        let deadline = tokio::time::Instant::now().checked_add(pause);
        loop {
            let changed = self.session.changed();
            let is_open = match deadline {
                Some(deadline) => match tokio::time::timeout_at(deadline, changed).await {
                    Ok(changed) => changed.is_ok(),
                    Err(_) => return true,
                },
                None => changed.await.is_ok(),
            };
            if !is_open {
                // Whoever names sessions is gone: the place stays what it is.
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => return false,
                }
                return true;
            }
            if self.place() != place {
                return true;
            }
        }
    }

    /// Where the session is, as configured or as its circuit says. Says so if nobody knows.
    fn place(&mut self) -> Option<Place> {
        if let (Some(latitude), Some(longitude)) = (self.config.latitude, self.config.longitude) {
            return Some(Place { latitude, longitude });
        }
        let session = self.session.borrow_and_update().clone();
        let Some(session) = session else {
            self.status.idle("waits to hear which session it is");
            return None;
        };
        let place = Place::of(&session);
        if place.is_none() {
            let circuit = if session.circuit_name.is_empty() { &session.location } else { &session.circuit_name };
            let how = "set latitude and longitude under [live.weather]";
            self.status.idle(format!("it is not known where {circuit:?} is: {how}"));
        }
        place
    }

    /// Fetches the forecast for a place and hands it over. Returns how long to wait before the next; `None` if nobody
    /// listens any more.
    async fn fetch(&mut self, place: Place) -> Option<Duration> {
        self.status.connecting("");
        let hours = self.config.hours.clamp(1, MAX_HOURS);
        let [latitude, longitude] = [place.latitude, place.longitude].map(|degrees| format!("{degrees:.3}"));
        let request = self.client.get(&self.config.url).expecting(Content::Json).query(&[
            ("latitude", &latitude),
            ("longitude", &longitude),
            ("minutely_15", MINUTELY_15),
            ("hourly", HOURLY),
            ("forecast_minutely_15", &(4 * hours).to_string()),
            ("forecast_hours", &(hours + 1).to_string()),
            ("timezone", "UTC"),
            ("timeformat", "unixtime"),
            ("wind_speed_unit", "ms"),
        ]);
        let answer = match request.fetch().await {
            Ok(answer) => answer,
            Err(error) => return Some(self.failed(&error)),
        };
        // Handed over whatever it says: a recording holds what came.
        let read = open_meteo::forecast(&answer.body, overcut_domain::UtcTime::default());
        self.status.heard(answer.body.len());
        self.inbox.hand_over(CHANNEL, answer.body).await.ok()?;
        match read {
            Ok(forecast) => {
                self.backoff.succeeded();
                self.status.connected(format!("{} steps ahead; {ATTRIBUTION}", forecast.steps.len()));
                Some(Duration::from_millis(self.config.every_ms))
            }
            Err(error) => {
                let pause = self.backoff.pause();
                self.status.failed(format!("the forecast cannot be read: {error}"), pause);
                Some(pause)
            }
        }
    }

    /// Says what went wrong and how long to leave the server alone.
    fn failed(&mut self, error: &HttpError) -> Duration {
        let said = match &error.fault {
            Fault::RateLimited(refusal) | Fault::Unexpected(refusal) => refusal.said.as_str(),
            _ => "",
        };
        let limit = self.config.pause_for(said);
        let pause = match (limit, error.retry_after(), error.is_passing()) {
            (Some(limit), asked, _) => limit.max(asked.unwrap_or_default()),
            (None, Some(asked), _) => asked.max(self.backoff.pause()),
            (None, None, true) => self.backoff.pause(),
            // The question itself is refused: asking again soon changes nothing.
            (None, None, false) => Duration::from_millis(self.config.day_limit_pause_ms),
        };
        self.status.failed(error.to_string(), pause);
        pause
    }
}
