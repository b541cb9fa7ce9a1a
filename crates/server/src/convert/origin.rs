//! Where values come from: feeds, gaps and forecasts.

use overcut_domain::{FeedGap, FeedState, Forecast, ForecastStep, SessionTime};

use super::millis;
use crate::wire;

/// `known_at`: when this was concluded.
pub(crate) fn feed_state(state: &FeedState, known_at: SessionTime) -> wire::FeedState {
    wire::FeedState {
        feed: state.feed.name().to_owned(),
        source: state.source.map(|source| source.name().to_owned()),
        liveness: state.liveness.name().to_owned(),
        delay_ms: state.delay_ms,
        last_at_ms: state.last.map(millis),
        reason: state.reason.clone(),
        t_ms: millis(known_at),
    }
}

/// `known_at`: when the gap, or the latest news about it, became known.
pub(crate) fn feed_gap(gap: &FeedGap, known_at: SessionTime) -> wire::FeedGap {
    wire::FeedGap {
        index: gap.index,
        feeds: gap.feeds.iter().map(|feed| feed.name().to_owned()).collect(),
        from_ms: millis(gap.from),
        to_ms: gap.to.map(millis),
        filled_by: gap.filled_by.map(|source| source.name().to_owned()),
        reason: gap.reason.clone(),
        t_ms: millis(known_at),
    }
}

pub(crate) fn forecast(forecast: &Forecast) -> wire::Forecast {
    wire::Forecast {
        // There is one forecaster, and these are its terms: https://open-meteo.com/en/licence.
        attribution: "Weather data by Open-Meteo.com".to_owned(),
        attribution_url: "https://open-meteo.com/".to_owned(),
        licence: "CC BY 4.0".to_owned(),
        fetched_utc_ms: forecast.fetched_at.as_millis(),
        steps: forecast.steps.iter().map(forecast_step).collect(),
    }
}

fn forecast_step(step: &ForecastStep) -> wire::ForecastStep {
    wire::ForecastStep {
        utc_ms: step.utc.as_millis(),
        air_temperature_c: step.air_temperature_c,
        precipitation_mm: step.precipitation_mm,
        precipitation_percent: step.precipitation_percent,
        cloud_percent: step.cloud_percent,
        wind_speed_mps: step.wind_speed_mps,
        wind_direction_deg: step.wind_direction_deg,
        weather_code: step.weather_code,
    }
}
