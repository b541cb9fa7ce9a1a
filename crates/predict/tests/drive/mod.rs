//! Synthetic driving: cars that lap a made-up track in a sane way, for faults to be put into.

use std::f64::consts::TAU;

use overcut_domain::{
    Alert, CarSample, DriverNumber, Drs, Event, PositionSample, SessionStatus, SessionTime, Stamped, TrackStatus,
};
use overcut_predict::{Config, Detectors};
use overcut_session::Session;

/// Where corners begin, metres, and how fast they are, km/h.
const CORNERS: [(f64, f64); 6] =
    [(900.0, 90.0), (1_500.0, 160.0), (2_100.0, 70.0), (3_100.0, 210.0), (3_700.0, 110.0), (4_900.0, 130.0)];
const LAP_M: f64 = 5_200.0;
/// From the beginning of a corner to its exit, metres.
const CORNER_M: f64 = 80.0;
/// The one DRS zone, metres.
const DRS_ZONE: std::ops::Range<f64> = 2_350.0..3_000.0;
/// When the session starts.
pub(crate) const START: SessionTime = SessionTime::from_millis(100_000);

/// Samples of one car: what it reports, in order of time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drive {
    pub(crate) cars: Vec<CarSample>,
    pub(crate) fixes: Vec<PositionSample>,
}

/// A number between −1 and 1 that depends on nothing but `seed`.
fn noise(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x632B_E59B_D9B4_E019);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z >> 11) as f64 / (1u64 << 52) as f64) - 1.0
}

/// Gear and engine speed at a speed.
fn gear_and_rpm(speed_kmh: f64) -> (i8, f64) {
    let tops = [95.0, 130.0, 165.0, 200.0, 235.0, 270.0, 305.0, 345.0];
    let gear = tops.iter().position(|top| speed_kmh < *top).unwrap_or(7);
    (gear as i8 + 1, 11_900.0 * speed_kmh / tops[gear])
}

/// Drives a car for some seconds, from somewhere on the lap, at the feed's four samples a second.
pub(crate) fn drive(driver: u16, seconds: i64, engine: impl Fn(SessionTime) -> f64) -> Drive {
    let mut out = Drive::default();
    let (mut speed, mut distance) = (60.0, f64::from(driver) * 370.0 % LAP_M);
    let mut time = START;
    let step_s = 0.02;
    for step in 0..(seconds * 50) {
        let (to_corner, corner_kmh) = next_corner(distance);
        let braking_m = ((speed * speed - corner_kmh * corner_kmh) / (2.0 * 25.0 * 12.96)).max(0.0);
        let (accelerates, brakes) = match () {
            () if to_corner > 0.0 && to_corner <= braking_m + 4.0 => (false, true),
            () if to_corner <= 0.0 => (speed < corner_kmh, false),
            () => (true, false),
        };
        if brakes {
            speed = (speed - 25.0 * 3.6 * step_s).max(corner_kmh - 2.0);
        } else if accelerates {
            let pull = 13.0 * engine(time) - 13.0 * (speed / 345.0_f64).powi(2);
            speed = (speed + pull * 3.6 * step_s).max(20.0);
        }
        distance = (distance + speed / 3.6 * step_s) % LAP_M;
        time = START + (step + 1) * 20;
        // The feed's steps are uneven: 160 to 360 ms, here in turn.
        if [0, 12, 20, 34].contains(&(step % 50)) {
            let seed = (u64::from(driver) << 40) ^ step as u64;
            out.cars.push(sample(driver, time, (speed, distance), (accelerates, brakes), seed));
            out.fixes.push(fix(driver, time, distance));
        }
    }
    out
}

/// Metres to the next corner, 0 or less inside one, and its speed.
fn next_corner(distance: f64) -> (f64, f64) {
    let inside = CORNERS.iter().find(|(at, _)| (*at..at + CORNER_M).contains(&distance));
    let ahead = CORNERS.iter().find(|(at, _)| *at > distance);
    match (inside, ahead) {
        (Some((at, kmh)), _) => (at - distance, *kmh),
        (None, Some((at, kmh))) => (at - distance, *kmh),
        (None, None) => (CORNERS[0].0 + LAP_M - distance, CORNERS[0].1),
    }
}

fn sample(
    driver: u16,
    time: SessionTime,
    (speed, distance): (f64, f64),
    (accelerates, brakes): (bool, bool),
    seed: u64,
) -> CarSample {
    let (gear, rpm) = gear_and_rpm(speed);
    let in_zone = DRS_ZONE.contains(&distance) && accelerates;
    CarSample {
        time,
        driver: DriverNumber(driver),
        rpm: Some((rpm + 60.0 * noise(seed)) as u16),
        speed_kmh: Some((speed + 0.8 * noise(seed ^ 1)) as u16),
        gear: Some(gear),
        throttle_percent: Some(if accelerates { 100 } else { 0 }),
        brake_percent: Some(if brakes { 100 } else { 0 }),
        drs: Some(if in_zone { Drs::Open } else { Drs::Off }),
    }
}

fn fix(driver: u16, time: SessionTime, distance: f64) -> PositionSample {
    let (angle, radius) = (distance / LAP_M * TAU, LAP_M / TAU * 10.0);
    PositionSample {
        time,
        driver: DriverNumber(driver),
        x_dm: (radius * angle.cos()) as i32,
        y_dm: (radius * angle.sin()) as i32 + 1,
        z_dm: 0,
        on_track: true,
    }
}

/// Eight cars that drive sanely.
pub(crate) fn field(seconds: i64) -> Vec<Drive> {
    (1..=8).map(|driver| drive(driver, seconds, |_| 1.0)).collect()
}

/// The samples as a feed delivers them: batches of about a second, each a little late.
pub(crate) fn batches(drives: &[Drive], batch_ms: i64) -> Vec<Stamped<Event>> {
    let mut events = Vec::new();
    let end = drives.iter().flat_map(|d| d.cars.last()).map(|s| s.time).max().unwrap_or(START);
    let mut from = START;
    while from <= end {
        let to = from + batch_ms;
        let within = |time: SessionTime| from < time && time <= to;
        let fixes = drives.iter().flat_map(|d| &d.fixes).filter(|f| within(f.time)).copied().collect();
        let mut cars: Vec<_> = drives.iter().flat_map(|d| &d.cars).filter(|s| within(s.time)).copied().collect();
        cars.sort_by_key(|s| (s.time, s.driver));
        events.push(Stamped { time: to + 300, value: Event::Positions(fixes) });
        events.push(Stamped { time: to + 300, value: Event::Cars(cars) });
        from = to;
    }
    events
}

/// What the detectors conclude from a session that starts and then sends `events`.
pub(crate) fn conclude(events: &[Stamped<Event>]) -> Vec<Alert> {
    conclude_with(Config::default(), SessionStatus::Started, TrackStatus::Clear, events)
}

/// The same with another configuration, status of the session or status of the track.
pub(crate) fn conclude_with(
    config: Config,
    status: SessionStatus,
    track: TrackStatus,
    events: &[Stamped<Event>],
) -> Vec<Alert> {
    let mut session = Session::new();
    let mut detectors = Detectors::new(config);
    let (mut alerts, mut changed) = (Vec::new(), Vec::new());
    let opening = [Event::SessionStatus(status), Event::TrackStatus(track)];
    let opening = opening.map(|value| Stamped { time: START, value });
    for event in opening.iter().chain(events) {
        session.apply(event, &mut changed);
        detectors.observe(event, &session, &mut alerts);
    }
    detectors.finish(events.last().map_or(START, |event| event.time), &mut alerts);
    alerts
}
