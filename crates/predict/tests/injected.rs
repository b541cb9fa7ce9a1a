//! Faults put into a real race: how many are found, and whether anything else is.
//!
//! The 2023 São Paulo Grand Prix raises no alert of its own, so whatever fires comes from what was put in.

use std::collections::BTreeMap;

use overcut_domain::{Alert, AlertKind, CarSample, DriverNumber, Drs, Event, SessionTime, Stamped};
use overcut_predict::{Config, Detectors};
use overcut_session::Session;

/// Between the restart and the flag, on the session's clock.
const RACE: std::ops::Range<i64> = 5_700_000..10_500_000;
/// Faults a car gets, one in each stretch of the race.
const STRETCHES: i64 = 8;

type Channels = BTreeMap<DriverNumber, Vec<CarSample>>;

/// One fault: which car, and from when to when.
type Fault = (DriverNumber, SessionTime, SessionTime);

fn events() -> Option<Vec<Stamped<Event>>> {
    let path = overcut_testkit::recording("f1/fastf1_2023/2023_sao_paulo_gp_race")?;
    let mut events = Vec::new();
    overcut_sources::read_events(path, |event| events.push(event)).expect("the recording opens");
    Some(events)
}

fn channels(events: &[Stamped<Event>]) -> Channels {
    let mut channels = Channels::new();
    for event in events {
        let Event::Cars(samples) = &event.value else { continue };
        for sample in samples {
            channels.entry(sample.driver).or_default().push(*sample);
        }
    }
    channels
}

/// Puts a fault into every stretch of every car's race at the first place that `suits`, and says where.
fn inject(
    channels: &mut Channels,
    suits: impl Fn(&[CarSample]) -> bool,
    change: impl Fn(&mut Vec<CarSample>, usize) -> i64,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (driver, samples) in channels {
        for stretch in 0..STRETCHES {
            let length = (RACE.end - RACE.start) / STRETCHES;
            // Not at the same moment for all cars: a feed that is silent for all is no fault.
            let from = RACE.start + stretch * length + i64::from(driver.0) * 4_000;
            let wanted = |w: &[CarSample]| w[0].time.as_millis() > from && w[0].time.as_millis() < from + length / 2;
            let moves = |w: &[CarSample]| w.iter().all(|s| s.speed_kmh.is_some_and(|v| v > 90));
            let Some(i) = samples.windows(24).position(|w| wanted(w) && moves(w) && suits(w)) else { continue };
            let start = samples[i].time;
            let lasts_ms = change(samples, i);
            faults.push((*driver, start, start + lasts_ms));
        }
    }
    faults
}

/// Runs the detectors with the samples replaced.
fn conclude(events: &[Stamped<Event>], channels: &Channels) -> Vec<Alert> {
    let by_time: BTreeMap<_, _> = channels.values().flatten().map(|s| ((s.time, s.driver), *s)).collect();
    let (mut session, mut detectors) = (Session::new(), Detectors::new(Config::default()));
    let (mut alerts, mut changed) = (Vec::new(), Vec::new());
    for event in events {
        let event = match &event.value {
            Event::Cars(samples) => {
                let changed = samples.iter().filter_map(|s| by_time.get(&(s.time, s.driver))).copied().collect();
                &Stamped { time: event.time, value: Event::Cars(changed) }
            }
            _ => event,
        };
        changed.clear();
        session.apply(event, &mut changed);
        detectors.observe(event, &session, &mut alerts);
    }
    alerts
}

/// Faults, faults found, and alerts that no fault explains.
fn score(kind: AlertKind, faults: &[Fault], alerts: &[Alert]) -> (usize, usize, usize) {
    let explains = |fault: &Fault, alert: &Alert| {
        let near = fault.1 - 2_500..fault.2 + 2_500;
        alert.driver == fault.0 && near.contains(&alert.started_at)
    };
    let found = |fault: &&Fault| alerts.iter().any(|alert| alert.kind == kind && explains(fault, alert));
    let n_found = faults.iter().filter(found).count();
    let n_extra = alerts.iter().filter(|alert| !faults.iter().any(|fault| explains(fault, alert))).count();
    (faults.len(), n_found, n_extra)
}

fn full(s: &CarSample) -> bool {
    s.throttle_percent.is_some_and(|t| t >= 98) && s.brake_percent == Some(0)
}

fn brakes(s: &CarSample) -> bool {
    s.brake_percent == Some(100) && s.throttle_percent.is_some_and(|t| t < 5)
}

/// Changes the samples of some milliseconds from a place on.
fn change_for(samples: &mut [CarSample], from: usize, lasts_ms: i64, change: impl Fn(&mut CarSample, i64)) -> i64 {
    let start = samples[from].time;
    let within = samples[from..].iter_mut().take_while(|s| s.time.millis_since(start) <= lasts_ms);
    within.for_each(|s| change(s, s.time.millis_since(start)));
    lasts_ms
}

#[test]
fn faults_in_a_real_race_are_found() {
    let Some(events) = events() else { return };
    let clean = channels(&events);
    let speed = |s: &CarSample| i64::from(s.speed_kmh.unwrap_or(0));
    let mut table = format!("{:22}{}\n", "", "faults found extra");
    let mut run =
        |name: &str, kind, suits: &dyn Fn(&[CarSample]) -> bool, change: &dyn Fn(&mut Vec<CarSample>, usize) -> i64| {
            let mut channels = clean.clone();
            let faults = inject(&mut channels, suits, change);
            let (n, found, extra) = score(kind, &faults, &conclude(&events, &channels));
            table += &format!("{name:22}{n:6} {found:5} {extra:5}\n");
        };

    run(
        "over-rev 0.8 s",
        AlertKind::EngineOverRev,
        &|w| w[..6].iter().all(|s| s.rpm.is_some_and(|r| r > 11_000)),
        &|c, i| change_for(c, i, 800, |s, _| s.rpm = s.rpm.map(|rpm| rpm + 2_500)),
    );
    run(
        "DRS open, braking",
        AlertKind::DrsOpenUnderBraking,
        &|w| full(&w[0]) && w[1..8].iter().all(brakes) && speed(&w[0]) > 220,
        &|c, i| change_for(c, i, 3_000, |s, _| s.drs = Some(Drs::Open)),
    );
    run("lock-up, half speed", AlertKind::LockUp, &|w| w[..7].iter().all(brakes), &|c, i| {
        c[i + 3].speed_kmh = c[i + 3].speed_kmh.map(|v| v / 2);
        2_000
    });
    run("rpm stuck 10 s", AlertKind::SensorStuck, &|w| full(&w[0]), &|c, i| {
        let held = c[i].rpm;
        change_for(c, i, 10_000, |s, _| s.rpm = held)
    });
    run("silent 10 s", AlertKind::SensorDropOut, &|w| full(&w[0]), &|c, i| {
        let span = c[i].time..c[i].time + 10_000;
        c.retain(|s| !span.contains(&s.time));
        10_000
    });
    run("no pedals 10 s", AlertKind::SensorDropOut, &|w| full(&w[0]), &|c, i| {
        change_for(c, i, 10_000, |s, _| (s.throttle_percent, s.brake_percent) = (None, None))
    });
    run("engine stops", AlertKind::PowerLoss, &|w| full(&w[0]) && speed(&w[0]) > 200, &|c, i| {
        let from = c[i].speed_kmh.unwrap_or(0);
        change_for(c, i, 6_000, |s, ms| {
            s.rpm = Some((11_000 - ms * 7).max(0) as u16);
            s.speed_kmh = Some((i64::from(from) - ms * 18 / 1000).max(0) as u16);
        })
    });
    run(
        "no pull for 4 s",
        AlertKind::PowerLoss,
        &|w| w[..24].iter().all(full) && (150..240).contains(&speed(&w[0])),
        &|c, i| {
            let from = i64::from(c[i].speed_kmh.unwrap_or(0));
            let (gear, rpm) = (c[i].gear, i64::from(c[i].rpm.unwrap_or(0)));
            let was: Vec<_> = c[i..].iter().take(40).map(|s| (s.time, speed(s))).collect();
            change_for(c, i, 4_000, |s, _| {
                let then = was.iter().find(|(time, _)| *time == s.time).map_or(from, |(_, v)| *v);
                let now = from + (then - from) / 6;
                (s.speed_kmh, s.gear) = (Some(now as u16), gear);
                s.rpm = Some((rpm * now / from + i64::from(s.rpm.unwrap_or(0)) % 23) as u16);
            })
        },
    );
    insta::assert_snapshot!(table);
}
