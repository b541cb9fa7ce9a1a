//! How often each kind of alert fires on every real recording with car channels.
//!
//! Whoever changes a detector sees here what it does to real races; `docs/alerts.md` says what a look at the alerts
//! showed.

use std::collections::BTreeMap;
use std::fmt::Write;

use overcut_domain::{Alert, AlertKind};
use overcut_predict::{Config, Detectors};
use overcut_session::Session;

const RECORDINGS: [&str; 8] = [
    "livetiming/2023_monaco_gp_fp2_websocket",
    "livetiming/2024_mexico_city_gp_fp3_fastf1client",
    "livetiming/2026_chinese_gp_sprint",
    "fastf1_2023/2023_monaco_gp_race",
    "fastf1_2023/2023_sao_paulo_gp_race",
    "tracinginsights/2025_australian_gp_qualifying",
    "tracinginsights/2025_australian_gp_race",
    "tracinginsights/2025_dutch_gp_race",
];

const KINDS: [AlertKind; 9] = [
    AlertKind::EngineOverRev,
    AlertKind::DrsOpenOutOfZone,
    AlertKind::DrsOpenUnderBraking,
    AlertKind::LockUp,
    AlertKind::SensorStuck,
    AlertKind::SensorDropOut,
    AlertKind::PowerLoss,
    AlertKind::SlowPuncture,
    AlertKind::TyreCliff,
];

fn alerts_of(path: &std::path::Path) -> Vec<Alert> {
    let (mut session, mut detectors) = (Session::new(), Detectors::new(Config::default()));
    let (mut alerts, mut changed) = (Vec::new(), Vec::new());
    let read = overcut_sources::read_events(path, |event| {
        changed.clear();
        session.apply(&event, &mut changed);
        let n_before = alerts.len();
        detectors.observe(&event, &session, &mut alerts);
        assert!(alerts[n_before..].iter().all(|alert| alert.raised_at == event.time && alert.peak_at <= event.time));
    });
    read.expect("the recording opens");
    alerts
}

#[test]
fn each_kind_fires_as_often_as_we_know() {
    let mut table = format!("{:46}{}\n", "", "rev  zone brake lock stuck lost power tyre cliff");
    let mut lines = String::new();
    for name in RECORDINGS {
        let Some(path) = overcut_testkit::recording(&format!("f1/{name}")) else { return };
        let alerts = alerts_of(&path);
        let mut counts: BTreeMap<AlertKind, usize> = BTreeMap::new();
        alerts.iter().for_each(|alert| *counts.entry(alert.kind).or_default() += 1);
        let cells: Vec<_> = KINDS.iter().map(|kind| format!("{:4}", counts.get(kind).copied().unwrap_or(0))).collect();
        writeln!(table, "{name:46}{}", cells.join(" ")).expect("text takes text");
        for Alert { driver, lap, started_at, text, .. } in &alerts {
            let lap = lap.map_or("?".to_owned(), |lap| lap.to_string());
            writeln!(lines, "{name} {started_at} car {driver} lap {lap}: {text}").expect("text takes text");
        }
    }
    insta::assert_snapshot!(format!("{table}\n{lines}"));
}
