//! Seeded faults in synthetic Grands Prix, scored against their truth, and races without any.

use overcut_domain::{Alert, Event, Stamped};
use overcut_predict::{AnomalyReport, AnomalyScore, Config, Detectors};
use overcut_session::Session;
use overcut_sim::fault::FaultRates;
use overcut_sim::grand_prix::{N_CARS, SessionConfig, SyntheticSession};

fn conclude(events: impl Iterator<Item = Stamped<Event>>) -> Vec<Alert> {
    let (mut session, mut detectors) = (Session::new(), Detectors::new(Config::default()));
    let (mut alerts, mut changed) = (Vec::new(), Vec::new());
    for event in events {
        changed.clear();
        session.apply(&event, &mut changed);
        detectors.observe(&event, &session, &mut alerts);
    }
    alerts
}

/// Two races with cars of 2025, which have every channel.
fn score(faults: Option<FaultRates>) -> AnomalyReport {
    let mut score = AnomalyScore::default();
    for seed in 1..3 {
        let config = SessionConfig { faults, season: 2025, ..SessionConfig::race(seed) };
        let mut session = SyntheticSession::new(config).expect("the race can be run");
        let alerts = conclude(session.by_ref());
        score.add(&session.truth().faults, &alerts, N_CARS as u32);
    }
    score.report()
}

#[test]
fn faults_of_a_synthetic_race_are_found() {
    let report = score(Some(FaultRates::default()));
    let at_once = &report.at_once;
    assert!(at_once.n_faults > 60 && at_once.f1 >= 0.85, "{at_once:#?}");
    assert!(at_once.delay_p50_ms.is_some_and(|ms| ms <= 1_000), "{at_once:#?}");
    assert!(report.all.f1 >= 0.8 && report.all.false_alarms_per_car <= 0.3, "{:#?}", report.all);
}

#[test]
fn races_without_faults_raise_next_to_nothing() {
    let report = score(None);
    assert!(report.all.false_alarms_per_car <= 0.1, "{report:#?}");
}
