//! Any events and insights that our own types can hold, whether or not a feed has words for them.

use overcut_domain::{
    Alert, AlertKind, CarSample, Drs, Event, Evidence, Feed, FeedGap, FeedState, Forecast, ForecastStep, Insight,
    Liveness, PositionSample, SessionTime, SourceKind, Stamped, UtcTime,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::{array, option};

use crate::any_events::{driver, event, lap, text};

/// Moments on any session clock.
fn time() -> impl Strategy<Value = SessionTime> {
    let limit = SessionTime::MAX.as_millis();
    prop_oneof![4 => -10_000_000i64..100_000_000, 1 => -limit..=limit].prop_map(SessionTime::from_millis)
}

fn utc() -> impl Strategy<Value = UtcTime> {
    time().prop_map(|time| UtcTime::from_millis(time.as_millis()))
}

fn real() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |number| number.is_finite())
}

fn source() -> impl Strategy<Value = Option<SourceKind>> {
    use SourceKind::{Archive, Estimate, OpenF1, OpenMeteo, SignalR};
    option::of(select(vec![SignalR, Archive, OpenF1, OpenMeteo, Estimate]))
}

/// Samples of any moments and values, with any channels.
fn samples() -> impl Strategy<Value = Event> {
    let channels = (any::<Option<u16>>(), any::<Option<u16>>(), any::<Option<i8>>(), any::<Option<u8>>());
    let drs = option::of(select(vec![Drs::Off, Drs::Eligible, Drs::Open]));
    let car =
        (time(), driver(), channels, any::<Option<u8>>(), drs).prop_map(|(time, driver, channels, brake, drs)| {
            let (rpm, speed_kmh, gear, throttle_percent) = channels;
            CarSample { time, driver, rpm, speed_kmh, gear, throttle_percent, brake_percent: brake, drs }
        });
    let position = (time(), driver(), array::uniform3(any::<i32>()), any::<bool>()).prop_map(
        |(time, driver, [x_dm, y_dm, z_dm], on_track)| PositionSample { time, driver, x_dm, y_dm, z_dm, on_track },
    );
    prop_oneof![
        // As real feeds have them, too: every sample lacks the same channel.
        (vec(car, 0..40), any::<bool>()).prop_map(|(cars, has_drs)| {
            Event::Cars(cars.into_iter().map(|car| CarSample { drs: car.drs.filter(|_| has_drs), ..car }).collect())
        }),
        vec(position, 0..40).prop_map(Event::Positions),
    ]
}

fn feeds() -> impl Strategy<Value = Event> {
    let feed = || select(Feed::ALL.to_vec());
    let liveness = select(vec![Liveness::Live, Liveness::Late, Liveness::Estimated, Liveness::Missing]);
    let state = (feed(), source(), liveness, any::<Option<u32>>(), option::of(time()), text()).prop_map(
        |(feed, source, liveness, delay_ms, last, reason)| FeedState { feed, source, liveness, delay_ms, last, reason },
    );
    let gap = (any::<u16>(), vec(feed(), 0..4), time(), option::of(time()), source(), text())
        .prop_map(|(index, feeds, from, to, filled_by, reason)| FeedGap { index, feeds, from, to, filled_by, reason });
    let percents = array::uniform3(any::<Option<u8>>());
    let reals = array::uniform3(option::of(real()));
    let step = (utc(), reals, percents, any::<Option<u16>>()).prop_map(|(utc, reals, percents, wind)| ForecastStep {
        utc,
        air_temperature_c: reals[0],
        precipitation_mm: reals[1],
        precipitation_percent: percents[0],
        cloud_percent: percents[1],
        wind_speed_mps: reals[2],
        wind_direction_deg: wind,
        weather_code: percents[2],
    });
    let forecast = (utc(), vec(step, 0..4)).prop_map(|(fetched_at, steps)| Forecast { fetched_at, steps });
    prop_oneof![
        vec(state, 0..4).prop_map(Event::Feeds),
        gap.prop_map(Event::Gap),
        forecast.prop_map(|forecast| Event::Forecast(Box::new(forecast))),
        utc().prop_map(Event::UtcOfZero),
    ]
}

/// Any event at any moment.
pub fn any_event() -> impl Strategy<Value = Stamped<Event>> {
    (time(), prop_oneof![3 => event(), 1 => samples(), 1 => feeds()]).prop_map(|(time, value)| Stamped { time, value })
}

/// Any insight at any moment.
pub fn any_insight() -> impl Strategy<Value = Stamped<Insight>> {
    use AlertKind::{
        DrsOpenOutOfZone, DrsOpenUnderBraking, EngineOverRev, LockUp, PowerLoss, SensorDropOut, SensorStuck,
        SlowPuncture, TyreCliff,
    };
    let kind = select(vec![
        EngineOverRev,
        DrsOpenOutOfZone,
        DrsOpenUnderBraking,
        LockUp,
        SensorStuck,
        SensorDropOut,
        PowerLoss,
        SlowPuncture,
        TyreCliff,
    ]);
    let evidence = (text(), real(), real(), text()).prop_map(|(what, value, reference, unit)| Evidence {
        what,
        value,
        reference,
        unit,
    });
    let times = (time(), time(), time(), time(), option::of(time()), any::<u32>());
    let figures = (option::of(real()), vec(evidence, 0..3), real(), text());
    (time(), kind, driver(), lap(), times, figures).prop_map(|(time, kind, driver, lap, times, figures)| {
        let (raised_at, settled_at, started_at, peak_at, ended_at, waited_ms) = times;
        let (distance_m, evidence, confidence, text) = figures;
        let alert = Alert {
            kind,
            driver,
            lap,
            raised_at,
            settled_at,
            waited_ms,
            started_at,
            peak_at,
            ended_at,
            distance_m,
            evidence,
            confidence,
            text,
        };
        Stamped { time, value: Insight::Alert(alert) }
    })
}
