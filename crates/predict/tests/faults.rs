//! Faults put into sane driving must be found, and sane driving must not be.

mod drive;

use overcut_domain::{
    Alert, AlertKind, CarSample, DriverNumber, Drs, Event, SessionStatus, SessionTime, Stamped, TrackStatus,
};
use overcut_predict::Config;
use proptest::prelude::*;

use drive::{Drive, START, batches, conclude, conclude_with, drive, field};

/// Long enough to learn what is usual.
const SECONDS: i64 = 900;

fn at(seconds: i64) -> SessionTime {
    START + seconds * 1000
}

/// The field with a fault put into every sample of car 3 from some second on, for some seconds.
fn with_fault(from_s: i64, for_s: i64, fault: impl Fn(&mut CarSample)) -> Vec<Drive> {
    let mut drives = field(SECONDS);
    let span = at(from_s)..at(from_s + for_s);
    drives[2].cars.iter_mut().filter(|s| span.contains(&s.time)).for_each(fault);
    drives
}

fn kinds(alerts: &[Alert]) -> Vec<(AlertKind, u16)> {
    alerts.iter().map(|alert| (alert.kind, alert.driver.0)).collect()
}

/// The second at which car 3 first does something after a second.
fn first(from_s: i64, what: impl Fn(&CarSample) -> bool) -> SessionTime {
    let cars = drive(3, SECONDS, |_| 1.0).cars;
    cars.iter().find(|s| s.time > at(from_s) && what(s)).expect("the drive does it").time
}

fn seconds(time: SessionTime) -> i64 {
    time.millis_since(START) / 1000
}

#[test]
fn sane_driving_raises_nothing() {
    assert_eq!(conclude(&batches(&field(SECONDS), 1_000)), []);
}

#[test]
fn nothing_fires_while_the_session_does_not_run() {
    let events = batches(&with_fault(600, 20, |s| s.rpm = Some(14_000)), 1_000);
    for (status, track) in [
        (SessionStatus::Inactive, TrackStatus::Clear),
        (SessionStatus::Aborted, TrackStatus::Red),
        (SessionStatus::Finished, TrackStatus::Clear),
        (SessionStatus::Started, TrackStatus::SafetyCar),
        (SessionStatus::Started, TrackStatus::VirtualSafetyCar),
    ] {
        assert_eq!(conclude_with(Config::default(), status, track, &events), [], "{status:?} {track:?}");
    }
    assert!(!conclude(&events).is_empty());
}

#[test]
fn finds_an_over_rev() {
    let shift = first(600, |s| s.gear == Some(3) && s.rpm.is_some_and(|rpm| rpm > 11_000));
    let mut drives = field(SECONDS);
    let span = shift..shift + 800;
    for sample in drives[2].cars.iter_mut().filter(|s| span.contains(&s.time)) {
        sample.rpm = sample.rpm.map(|rpm| rpm + 2_400);
    }
    let alerts = conclude(&batches(&drives, 1_000));
    assert_eq!(kinds(&alerts), [(AlertKind::EngineOverRev, 3)]);
    assert!(alerts[0].started_at >= shift && alerts[0].settled_at < shift + 800);
    assert!(alerts[0].raised_at.millis_since(alerts[0].started_at) < 1_500);
}

#[test]
fn finds_drs_left_open_under_braking() {
    let braking = first(600, |s| s.brake_percent == Some(100) && s.speed_kmh.is_some_and(|v| v > 240));
    let drives = with_fault(seconds(braking) - 2, 6, |s| s.drs = Some(Drs::Open));
    let alerts = conclude(&batches(&drives, 1_000));
    assert!(kinds(&alerts).contains(&(AlertKind::DrsOpenUnderBraking, 3)), "{alerts:#?}");
    assert!(alerts.iter().all(|alert| alert.driver.0 == 3));
}

#[test]
fn finds_drs_open_where_no_other_car_opens_it() {
    let full = first(600, |s| {
        s.speed_kmh.is_some_and(|v| v > 200) && s.throttle_percent == Some(100) && s.drs == Some(Drs::Off)
    });
    let drives = with_fault(seconds(full), 4, |s| s.drs = Some(Drs::Open));
    assert_eq!(kinds(&conclude(&batches(&drives, 1_000))), [(AlertKind::DrsOpenOutOfZone, 3)]);
}

#[test]
fn cars_without_the_channel_have_no_drs_alerts() {
    let mut drives = with_fault(600, 30, |s| s.drs = Some(Drs::Open));
    drives.iter_mut().flat_map(|d| &mut d.cars).for_each(|s| s.drs = None);
    assert_eq!(conclude(&batches(&drives, 1_000)), []);
}

#[test]
fn suspects_a_lock_up() {
    let mut drives = field(SECONDS);
    let cars = &mut drives[2].cars;
    let brakes = |s: &CarSample| s.time > at(600) && s.brake_percent == Some(100);
    let i = cars.windows(6).position(|w| w.iter().all(brakes)).expect("there is a long braking zone");
    cars[i + 3].speed_kmh = cars[i + 3].speed_kmh.map(|v| v / 3);
    let dip_at = cars[i + 3].time;
    let alerts = conclude(&batches(&drives, 1_000));
    assert_eq!(kinds(&alerts), [(AlertKind::LockUp, 3)]);
    assert_eq!(alerts[0].peak_at, dip_at);
}

#[test]
fn a_late_repeat_of_an_old_speed_is_no_lock_up() {
    // 2026 China: 237, 223, 210, 234, 192 under braking.
    let braking = first(600, |s| s.brake_percent == Some(100) && s.speed_kmh.is_some_and(|v| v > 240));
    let mut drives = field(SECONDS);
    let cars = &mut drives[2].cars;
    let i = cars.iter().position(|s| s.time == braking).expect("it is there");
    cars[i + 3].speed_kmh = cars[i].speed_kmh;
    assert_eq!(conclude(&batches(&drives, 1_000)), []);
}

#[test]
fn finds_stuck_channels() {
    let alerts = conclude(&batches(&with_fault(600, 12, |s| s.rpm = Some(9_321)), 1_000));
    assert_eq!(kinds(&alerts), [(AlertKind::SensorStuck, 3)]);
    assert!(alerts[0].text.starts_with("engine speed stuck at 9321"), "{}", alerts[0].text);
    let alerts = conclude(&batches(&with_fault(600, 15, |s| s.speed_kmh = Some(187)), 1_000));
    assert!(kinds(&alerts).contains(&(AlertKind::SensorStuck, 3)), "{alerts:#?}");
}

#[test]
fn finds_a_car_that_falls_silent_but_not_a_silent_feed() {
    let hole = at(600)..at(612);
    let mut drives = field(SECONDS);
    drives[2].cars.retain(|s| !hole.contains(&s.time));
    assert_eq!(kinds(&conclude(&batches(&drives, 1_000))), [(AlertKind::SensorDropOut, 3)]);
    for drive in &mut drives {
        drive.cars.retain(|s| !hole.contains(&s.time));
    }
    assert_eq!(conclude(&batches(&drives, 1_000)), []);
}

#[test]
fn finds_channels_without_valid_values() {
    let blind = with_fault(600, 12, |s| (s.throttle_percent, s.brake_percent) = (None, None));
    assert_eq!(kinds(&conclude(&batches(&blind, 1_000))), [(AlertKind::SensorDropOut, 3)]);
    let zeroed = with_fault(600, 12, |s| (s.rpm, s.speed_kmh) = (Some(0), Some(0)));
    assert_eq!(kinds(&conclude(&batches(&zeroed, 1_000))), [(AlertKind::SensorDropOut, 3)]);
}

#[test]
fn a_car_that_retires_to_zeros_is_no_drop_out() {
    let mut drives = field(SECONDS);
    for sample in drives[2].cars.iter_mut().filter(|s| s.time > at(600)) {
        (sample.rpm, sample.speed_kmh, sample.gear) = (Some(0), Some(0), Some(0));
        (sample.throttle_percent, sample.brake_percent) = (Some(0), Some(0));
    }
    assert_eq!(conclude(&batches(&drives, 1_000)), []);
}

#[test]
fn finds_a_stopped_engine() {
    let full = first(600, |s| s.speed_kmh.is_some_and(|v| v > 260) && s.throttle_percent == Some(100));
    let mut drives = field(SECONDS);
    let cars = &mut drives[2].cars;
    for sample in cars.iter_mut().filter(|s| s.time >= full) {
        let rolled_s = sample.time.millis_since(full) as f64 / 1000.0;
        sample.speed_kmh = Some((260.0 - 18.0 * rolled_s).max(0.0) as u16);
        sample.rpm = Some((11_000.0 - 7_000.0 * rolled_s).max(0.0) as u16);
        (sample.throttle_percent, sample.brake_percent) = (Some(3), Some(0));
    }
    let alerts = conclude(&batches(&drives, 1_000));
    assert_eq!(kinds(&alerts), [(AlertKind::PowerLoss, 3)]);
    assert!(alerts[0].text.contains("engine stopped"), "{}", alerts[0].text);
}

#[test]
fn finds_a_car_that_no_longer_pulls() {
    let full = first(600, |s| s.speed_kmh.is_some_and(|v| v > 180) && s.drs == Some(Drs::Open));
    let mut drives = field(SECONDS);
    drives[2] = drive(3, SECONDS, |time| if (full..full + 5_000).contains(&time) { 0.15 } else { 1.0 });
    let alerts = conclude(&batches(&drives, 1_000));
    assert_eq!(kinds(&alerts), [(AlertKind::PowerLoss, 3)], "{alerts:#?}");
    assert!(alerts[0].text.starts_with("sudden power loss, full throttle"), "{}", alerts[0].text);
}

#[test]
fn detectors_can_be_switched_off() {
    let events = batches(&with_fault(600, 12, |s| s.rpm = Some(9_321)), 1_000);
    let mut config = Config::default();
    config.sensor.enabled = false;
    assert_eq!(conclude_with(config, SessionStatus::Started, TrackStatus::Clear, &events), []);
}

/// A field with a fault of each kind.
fn faulty() -> Vec<Drive> {
    let mut drives = with_fault(600, 12, |s| s.rpm = Some(9_321));
    for sample in drives[4].cars.iter_mut().filter(|s| (at(700)..at(705)).contains(&s.time)) {
        sample.rpm = sample.rpm.map(|rpm| rpm + 3_000);
    }
    let hole = at(500)..at(515);
    drives[6].cars.retain(|s| !hole.contains(&s.time));
    drives
}

/// What is found, and by which sample; not when, which depends on when that sample came and whether it had to wait.
fn found(alerts: &[Alert]) -> Vec<(AlertKind, DriverNumber, SessionTime, SessionTime, &str)> {
    let mut found: Vec<_> =
        alerts.iter().map(|a| (a.kind, a.driver, a.started_at, a.settled_at, a.text.as_str())).collect();
    found.sort();
    found
}

#[test]
fn neither_order_nor_lateness_nor_the_split_into_batches_matters() {
    let drives = faulty();
    let events = batches(&drives, 1_000);
    let want = conclude(&events);
    assert!(want.len() >= 3, "{want:#?}");

    // The same batches backwards.
    let mut backwards = events.clone();
    for event in &mut backwards {
        if let Event::Cars(samples) = &mut event.value {
            samples.reverse();
        }
    }
    assert_eq!(found(&conclude(&backwards)), found(&want));

    // One sample an event.
    let single: Vec<_> = events
        .iter()
        .flat_map(|event| match &event.value {
            Event::Cars(samples) if !samples.is_empty() => {
                samples.iter().map(|s| Stamped { time: event.time, value: Event::Cars(vec![*s]) }).collect()
            }
            _ => vec![event.clone()],
        })
        .collect();
    assert_eq!(found(&conclude(&single)), found(&want));

    // Every third sample comes one batch late.
    let mut late = events.clone();
    let mut held: Vec<CarSample> = Vec::new();
    for event in &mut late {
        if let Event::Cars(samples) = &mut event.value {
            let mut kept = std::mem::take(&mut held);
            for (i, sample) in samples.drain(..).enumerate() {
                if i % 3 == 0 { held.push(sample) } else { kept.push(sample) }
            }
            *samples = kept;
        }
    }
    assert_eq!(found(&conclude(&late)), found(&want));
    assert!(conclude(&late).iter().zip(&want).all(|(late, want)| late.raised_at >= want.raised_at));
}

#[test]
fn nothing_is_concluded_before_it_can_be_known() {
    let events = batches(&faulty(), 1_000);
    let whole = conclude(&events);
    for n in (0..events.len()).step_by(211) {
        let (seen, now) = (&events[..n], events[..n].last().map_or(START, |event| event.time));
        let so_far: Vec<_> = conclude_without_end(seen);
        let want: Vec<_> = whole.iter().filter(|alert| alert.raised_at <= now).cloned().collect();
        assert_eq!(so_far, want, "after {n} events");
    }
}

/// What was concluded while the events came, before anybody says that they are over.
fn conclude_without_end(events: &[Stamped<Event>]) -> Vec<Alert> {
    let now = events.last().map_or(START, |event| event.time);
    let idle = Stamped { time: now, value: Event::Cars(Vec::new()) };
    let with_idle: Vec<_> = events.iter().cloned().chain([idle]).collect();
    conclude(&with_idle).into_iter().filter(|alert| events.iter().any(|e| e.time == alert.raised_at)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn garbage_raises_nothing(values in prop::collection::vec((any::<u16>(), 0u8..4, 0u8..3), 200..600)) {
        // Zeroed rows, gears above 8, channels that come and go, stationary cars, times all over the place.
        let samples: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(i, (bits, kind, car))| CarSample {
                time: START + i as i64 * 270 + i64::from(bits % 900) - 450,
                driver: DriverNumber(u16::from(*car)),
                rpm: (kind % 2 == 0).then_some(0),
                speed_kmh: (kind / 2 == 0).then_some(0),
                gear: Some((bits % 128) as i8),
                throttle_percent: None,
                brake_percent: (bits % 3 == 0).then_some(100),
                drs: None,
            })
            .collect();
        let events: Vec<_> = samples
            .chunks(7)
            .map(|chunk| Stamped { time: chunk[chunk.len() - 1].time + 900, value: Event::Cars(chunk.to_vec()) })
            .collect();
        prop_assert_eq!(conclude(&events), vec![]);
    }

    #[test]
    fn no_samples_panic(
        values in prop::collection::vec((any::<i64>(), any::<u16>(), any::<u16>(), any::<u8>(), any::<u16>()), 0..300),
    ) {
        let events: Vec<_> = values
            .iter()
            .map(|(time, rpm, speed, pedal, driver)| Stamped {
                time: SessionTime::from_millis(time / 8),
                value: Event::Cars(vec![CarSample {
                    time: SessionTime::from_millis(time / 8),
                    driver: DriverNumber(*driver),
                    rpm: Some(*rpm),
                    speed_kmh: Some(*speed),
                    gear: Some(*pedal as i8),
                    throttle_percent: Some(*pedal),
                    brake_percent: Some(*pedal),
                    drs: Some(Drs::Open),
                }]),
            })
            .collect();
        conclude(&events);
    }
}
