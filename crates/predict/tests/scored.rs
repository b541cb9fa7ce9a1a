//! Seeded faults in the real channels of a real race, scored against their truth.
//!
//! Only what shows in the channels at once: what costs lap time cannot be put into a race that was driven.

use std::fmt::Write;

use overcut_domain::{Change, DriverNumber, Event, Gap, Lap, LapTime, SessionTime, Stamped, TrackStatus};
use overcut_predict::{AnomalyRow, AnomalyScore, Config, Detectors};
use overcut_session::Session;
use overcut_sim::fault::{FaultKind, FaultPlan, FaultRates, Injector, LapLoss, Moment, Places, Stage, Stretch};

/// Faults of each kind that a car gets, on average.
const RATE: f32 = 1.0;

fn events(name: &str) -> Option<Vec<Stamped<Event>>> {
    let path = overcut_testkit::recording(name)?;
    let mut events = Vec::new();
    overcut_sources::read_events(path, |event| events.push(event)).expect("the recording opens");
    Some(events)
}

/// The race as it was, for the lap and place of every sample.
fn folded(events: &[Stamped<Event>]) -> Session {
    let (mut session, mut changed) = (Session::new(), Vec::new());
    for event in events {
        changed.clear();
        session.apply(event, &mut changed);
    }
    session
}

fn moment(session: &Session, driver: DriverNumber, time: SessionTime) -> Option<Moment> {
    let laps = session.laps_of(driver);
    let lap = laps.get(laps.partition_point(|lap| lap.ended_at.is_some_and(|end| end <= time)))?;
    let (from, to) = (lap.started_at?, lap.ended_at?);
    let fraction = time.millis_since(from) as f32 / to.millis_since(from) as f32;
    Some(Moment { time, lap: lap.number.0, fraction, is_racing: is_clean(lap) && lap.number.0 > 4 })
}

fn is_clean(lap: &Lap) -> bool {
    let is_green = |status: &TrackStatus| matches!(status, TrackStatus::Clear | TrackStatus::Yellow);
    lap.track_status.iter().all(is_green) && lap.pit_in_at.is_none() && lap.pit_out_at.is_none()
}

fn stage() -> Stage {
    // Where wings are closed and the throttle is open on most tracks; the injector waits for the occasion.
    let straights = vec![Stretch { from: 0.3, to: 0.9, seconds: 5.0 }];
    let drs_zones = vec![Stretch { from: 0.0, to: 0.05, seconds: 5.0 }];
    Stage { n_laps: 71, lap_s: 75.0, places: Places { straights, drs_zones }, busy: Vec::new() }
}

fn score(events: &[Stamped<Event>], whole: &Session, seed: u64, rates: &FaultRates, score: &mut AnomalyScore) {
    let drivers: Vec<_> = whole.cars().keys().copied().collect();
    let plan = FaultPlan::seeded(seed, rates, &stage(), &drivers);
    let mut injector = Injector::new(&plan);
    let (mut session, mut detectors) = (Session::new(), Detectors::new(Config::default()));
    let (mut alerts, mut changed) = (Vec::new(), Vec::new());
    for event in events {
        let mut event = event.clone();
        slow_down(&mut event, whole, &plan);
        if let Event::Cars(samples) = &mut event.value {
            samples.retain_mut(|sample| {
                moment(whole, sample.driver, sample.time).is_none_or(|moment| injector.apply(moment, sample))
            });
        }
        changed.clear();
        session.apply(&event, &mut changed);
        detectors.observe(&event, &session, &mut alerts);
    }
    if std::env::var_os("SHOW_FAULTS").is_some() {
        for truth in injector.truths() {
            println!("{truth:?}");
            for a in alerts.iter().filter(|a| {
                a.driver == truth.driver && a.started_at > truth.start - 10_000 && a.started_at < truth.end + 10_000
            }) {
                println!("      {:?} started {} settled {} {}", a.kind, a.started_at, a.settled_at, a.text);
            }
        }
    }
    score.add(&injector.truths(), &alerts, drivers.len() as u32);
}

/// Adds what faults cost to the sector times of the cars; everything else stays as it was driven.
fn slow_down(event: &mut Stamped<Event>, whole: &Session, plan: &FaultPlan) {
    let Event::Timing(update) = &mut event.value else { return };
    for car in &mut update.cars {
        let laps = whole.laps_of(car.driver);
        for sector in &mut car.sectors {
            let idx = usize::from(sector.sector_idx);
            let ended = |lap: &&Lap| {
                let at = lap.sector_ended_at.get(idx).copied().flatten();
                at.is_some_and(|at| at.millis_since(event.time).abs() < 5_000)
            };
            let (Some(lap), Change::Set(time)) = (laps.iter().find(ended), sector.time.time) else { continue };
            let losses = plan.losses.iter().filter(|loss| (loss.driver, loss.lap) == (car.driver, lap.number.0));
            let share = |loss: &LapLoss| loss.accrued_s((idx + 1) as f32 / 3.0) - loss.accrued_s(idx as f32 / 3.0);
            let lost_ms: f32 = losses.map(|loss| share(loss) * 1000.0).sum();
            if lost_ms > 0.0 {
                // A slower car falls away from the one ahead.
                car.interval = Change::Set(Gap::Time(LapTime::from_millis(9_000)));
            }
            sector.time.time = Change::Set(LapTime::from_millis(time.as_millis() + lost_ms as u32));
        }
    }
}

fn line(row: &AnomalyRow) -> String {
    let name = row.kind.map_or("all".to_owned(), |kind| format!("{kind:?}"));
    let ms = |ms: Option<i64>| ms.map_or("-".to_owned(), |ms| ms.to_string());
    format!(
        "{name:16}{:7} {:6} {:6} {:6.3} {:6} {:6}",
        row.n_faults,
        row.n_found,
        row.n_wrong,
        row.f1,
        ms(row.delay_p50_ms),
        ms(row.delay_p95_ms)
    )
}

#[test]
fn faults_in_real_channels_are_found_soon() {
    let mut figures = AnomalyScore::default();
    // A loss of power is in the speed of the car, which was driven as it was.
    let rates = FaultRates::even(RATE).with(FaultKind::PowerLoss, 0.0);
    // Places differ from track to track, so that a wing opened early needs a circuit of its own.
    let rates = rates.with(FaultKind::DrsEarly, 0.0);
    // The race raises no alert of its own.
    let Some(events) = events("f1/fastf1_2023/2023_sao_paulo_gp_race") else { return };
    let whole = folded(&events);
    for seed in 1..=2 {
        score(&events, &whole, seed, &rates, &mut figures);
    }
    let report = figures.report();
    let mut table = format!("{:16}{}\n", "", " faults  found  wrong     F1    p50    p95");
    for row in report.rows.iter().chain([&report.all]) {
        writeln!(table, "{}", line(row)).expect("text takes text");
    }
    for confusion in &report.confusions {
        writeln!(table, "{:?} called {:?}: {}", confusion.fault, confusion.alert, confusion.n)
            .expect("text takes text");
    }
    insta::assert_snapshot!(table);
}
