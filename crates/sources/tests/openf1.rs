//! Rows of OpenF1 against the fold: what the tables say in the end is what the session holds in the end.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

use std::collections::BTreeMap;
use std::path::Path;

use overcut_domain::{DriverNumber, Event, LapNumber, Stamped};
use overcut_session::Session;
use overcut_sources::{DecodeReport, Format, Recording, read_events};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const SESSIONS: [&str; 3] = ["practice_2_11301", "practice_3_11302", "qualifying_11303"];

#[derive(Deserialize)]
struct LapRow {
    driver_number: u16,
    lap_number: u16,
    lap_duration: Option<f64>,
    duration_sector_1: Option<f64>,
    duration_sector_2: Option<f64>,
    duration_sector_3: Option<f64>,
    i1_speed: Option<u16>,
    i2_speed: Option<u16>,
    st_speed: Option<u16>,
    is_pit_out_lap: bool,
}

impl LapRow {
    /// The times as the session has them. The time of a lap out of the garage counts from the line that was crossed
    /// before, garage and all, and is no lap time.
    fn times(&self) -> (Option<u32>, [Option<u32>; 3]) {
        let sectors = [self.duration_sector_1, self.duration_sector_2, self.duration_sector_3].map(millis);
        (millis(self.lap_duration).filter(|_| !self.is_pit_out_lap), sectors)
    }

    /// The one sector that the row leaves out, from the lap time: the fold fills it in where it is that of the lap
    /// before, which a feed does not repeat.
    fn fill(&self, got: [Option<u32>; 3]) -> [Option<u32>; 3] {
        let (time, sectors) = self.times();
        let sum: u32 = sectors.iter().flatten().sum();
        let rest = time.and_then(|time| time.checked_sub(sum));
        let n_missing = sectors.iter().filter(|sector| sector.is_none()).count();
        std::array::from_fn(|idx| sectors[idx].or(rest.filter(|_| n_missing == 1 && got[idx].is_some())))
    }
}

fn fold(folder: &Path) -> (Session, DecodeReport) {
    let (mut session, mut changed) = (Session::new(), Vec::new());
    let mut last = None;
    let report = read_events(folder, |event: Stamped<Event>| {
        assert!(last.is_none_or(|last| last <= event.time), "events are in order of time");
        last = Some(event.time);
        session.apply(&event, &mut changed);
    });
    (session, report.unwrap())
}

fn rows<T: DeserializeOwned>(folder: &Path, endpoint: &str) -> Vec<T> {
    let plain = folder.join(format!("openf1_{endpoint}.json"));
    let bytes = match std::fs::read(&plain) {
        Ok(bytes) => bytes,
        Err(_) => zstd::decode_all(std::fs::File::open(plain.with_extension("json.zst")).unwrap()).unwrap(),
    };
    serde_json::from_slice(&bytes).unwrap()
}

fn millis(seconds: Option<f64>) -> Option<u32> {
    seconds.map(|seconds| (seconds * 1000.0).round() as u32)
}

#[test]
fn a_folder_of_answers_is_a_recording() {
    let Some(folder) = overcut_testkit::recording("f1/openf1/raw_2026_spain/qualifying_11303") else { return };
    let recording = Recording::open(&folder).unwrap();
    assert_eq!(recording.format(), Format::OpenF1);
    let probe = overcut_sources::probe(&folder).unwrap();
    let info = probe.info.unwrap();
    assert_eq!((info.key, info.name.as_str(), info.circuit_key), (Some(11303), "Qualifying", Some(15)));
    assert!(!probe.has_car_data);
}

#[test]
fn the_fold_has_the_laps_of_the_rows() {
    for name in SESSIONS {
        let Some(folder) = overcut_testkit::recording(&format!("f1/openf1/raw_2026_spain/{name}")) else { return };
        let (session, report) = fold(&folder);
        assert!(report.is_clean(), "{report:#?}");
        let laps: Vec<LapRow> = rows(&folder, "laps");
        let mut wrong = Vec::new();
        for row in &laps {
            let Some(lap) = session.lap(DriverNumber(row.driver_number), LapNumber(row.lap_number)) else {
                wrong.push(format!("{} lap {} is missing", row.driver_number, row.lap_number));
                continue;
            };
            let ms = |time: Option<overcut_domain::LapTime>| time.map(|time| time.as_millis());
            let sectors = lap.sectors.map(ms);
            let got = (ms(lap.time), sectors, lap.speeds.i1_kmh, lap.speeds.i2_kmh, lap.speeds.speed_trap_kmh);
            let want = (row.times().0, row.fill(sectors), row.i1_speed, row.i2_speed, row.st_speed);
            if got != want {
                wrong.push(format!("{} lap {}: {got:?}, want {want:?}", row.driver_number, row.lap_number));
            }
        }
        assert!(wrong.is_empty(), "{name}: {} of {} laps\n{}", wrong.len(), laps.len(), wrong.join("\n"));
        assert_eq!(session.laps().count(), laps.len(), "{name}: laps that no row tells of");
    }
}

#[test]
fn the_fold_ends_in_the_order_of_the_result() {
    #[derive(Deserialize)]
    struct Result {
        driver_number: u16,
        position: Option<u8>,
    }
    for name in SESSIONS {
        let Some(folder) = overcut_testkit::recording(&format!("f1/openf1/raw_2026_spain/{name}")) else { return };
        let (session, _) = fold(&folder);
        let result: Vec<Result> = rows(&folder, "session_result");
        for row in &result {
            let car = session.car(DriverNumber(row.driver_number)).unwrap();
            assert_eq!(car.position, row.position, "{name}: car {}", row.driver_number);
        }
    }
}

#[test]
fn the_fold_has_the_stints_of_the_rows() {
    #[derive(Deserialize)]
    struct Row {
        driver_number: u16,
        stint_number: u8,
        lap_start: u16,
        lap_end: u16,
        compound: String,
        tyre_age_at_start: u16,
    }
    for name in SESSIONS {
        let Some(folder) = overcut_testkit::recording(&format!("f1/openf1/raw_2026_spain/{name}")) else { return };
        let (session, _) = fold(&folder);
        let rows: Vec<Row> = rows(&folder, "stints");
        let mut wrong = Vec::new();
        let mut n: BTreeMap<u16, usize> = BTreeMap::new();
        for row in &rows {
            *n.entry(row.driver_number).or_default() += 1;
            let stint = session.stint(DriverNumber(row.driver_number), row.stint_number);
            let got = stint.map(|s| (s.first_lap.0, s.last_lap.0, s.compound.name().to_owned(), s.age_at_start));
            let want = (row.lap_start, row.lap_end, row.compound.clone(), row.tyre_age_at_start);
            if got != Some(want.clone()) {
                wrong.push(format!("{} stint {}: {got:?}, want {want:?}", row.driver_number, row.stint_number));
            }
        }
        assert!(wrong.is_empty(), "{name}: {} of {} stints\n{}", wrong.len(), rows.len(), wrong.join("\n"));
        for (driver, n) in n {
            assert_eq!(session.stints_of(DriverNumber(driver)).len(), n, "{name}: car {driver}");
        }
    }
}

/// Rows made by hand.
mod by_hand {
    use overcut_domain::{Event, Gap, LapTime, SessionTime, Stamped};
    use overcut_session::Session;
    use overcut_sources::DecodeReport;
    use overcut_sources::openf1::{Told, Translator, put_on_clock};
    use serde_json::{Value, json};

    use super::*;

    /// Folds messages, each an endpoint and what came of it, in the order of what they tell.
    fn fold(messages: &[(&str, Value)]) -> Session {
        let (mut translator, mut told, mut report) = (Translator::new(), Vec::new(), DecodeReport::default());
        for (endpoint, rows) in messages {
            translator.take(endpoint, rows.to_string().as_bytes(), &mut report, &mut told);
        }
        translator.finish(&mut told);
        assert!(report.is_clean(), "{report:#?}");
        told.sort_by_key(|told: &Told| told.utc);
        let zero = translator.opening().unwrap();
        let (mut session, mut changed) = (Session::new(), Vec::new());
        session.apply(&Stamped { time: SessionTime::ZERO, value: Event::UtcOfZero(zero) }, &mut changed);
        for told in told {
            let mut value = told.event;
            put_on_clock(&mut value, zero);
            let time = SessionTime::from_millis(told.utc.as_millis() - zero.as_millis());
            session.apply(&Stamped { time, value }, &mut changed);
        }
        session
    }

    fn at(seconds: f64) -> String {
        let (minutes, seconds) = ((seconds / 60.0) as u32, seconds % 60.0);
        format!("2026-06-14T13:{minutes:02}:{seconds:06.3}+00:00")
    }

    fn row(mut row: Value) -> Value {
        row["session_key"] = json!(7);
        row
    }

    /// A race of laps of 90 s that starts at 60 s; the car comes in at the end of lap 3, 20 s lost.
    fn lap(n: u32) -> Value {
        let start = 60.0 + f64::from(n - 1) * 90.0 + if n > 4 { 20.0 } else { 0.0 };
        let time = if n == 4 { 110.0 } else { 90.0 };
        row(
            json!({"driver_number": 4, "lap_number": n, "date_start": if n == 1 { json!(null) } else { json!(at(start)) },
            "lap_duration": if n == 1 { json!(null) } else { json!(time) },
            "duration_sector_1": if n == 1 { json!(null) } else { json!(time - 60.5) },
            "duration_sector_2": 30.2, "duration_sector_3": 30.3, "i1_speed": 280 + n, "i2_speed": 270, "st_speed": 310,
            "is_pit_out_lap": n == 4, "segments_sector_1": [2048, 2049], "segments_sector_2": [2051],
            "segments_sector_3": [2048, if n == 3 { 2064 } else { 2048 }]}),
        )
    }

    fn around() -> Vec<(&'static str, Value)> {
        let control = |seconds: f64, category: &str, message: &str, flag: Value| {
            row(json!({"date": at(seconds), "category": category, "message": message, "flag": flag, "scope": "Track"}))
        };
        vec![
            (
                "sessions",
                json!([row(json!({"session_name": "Race", "session_type": "Race",
                "date_start": "2026-06-14T13:00:00+00:00"}))]),
            ),
            (
                "drivers",
                json!([
                    row(json!({"driver_number": 4, "name_acronym": "NOR"})),
                    row(json!({"driver_number": 81, "name_acronym": null}))
                ]),
            ),
            (
                "race_control",
                json!([
                    control(60.04, "SessionStatus", "SESSION STARTED", json!(null)),
                    control(620.0, "Flag", "CHEQUERED FLAG", json!("CHEQUERED"))
                ]),
            ),
            (
                "pit",
                json!([row(json!({"date": at(345.0), "driver_number": 4, "lap_number": 3, "lane_duration": 22.5,
                "stop_duration": 2.4}))]),
            ),
        ]
    }

    fn stints() -> (&'static str, Value) {
        let stint = |n: u8, start: u16, end: Value, compound: Value, age: u16| {
            row(json!({"driver_number": 4, "stint_number": n, "lap_start": start, "lap_end": end, "compound": compound,
                "tyre_age_at_start": age}))
        };
        // The first never was, the last of lap 4 takes the place of another that was written before.
        let rows = [
            stint(1, 1, json!(0), json!("HARD"), 0),
            stint(2, 1, json!(4), json!("SOFT"), 3),
            stint(3, 4, json!(4), json!(null), 0),
            stint(4, 4, json!(null), json!("MEDIUM"), 0),
        ];
        ("stints", json!(rows))
    }

    fn lap_table(session: &Session) -> Vec<(u16, Option<u32>, [Option<u32>; 3])> {
        let ms = |time: Option<LapTime>| time.map(LapTime::as_millis);
        let laps = session.laps_of(DriverNumber(4)).iter().filter(|lap| lap.ended_at.is_some());
        laps.map(|lap| (lap.number.0, ms(lap.time), lap.sectors.map(ms))).collect()
    }

    #[test]
    fn a_race_has_laps_stops_and_stints() {
        let mut messages = around();
        messages.push(("laps", json!((1..=6).map(lap).collect::<Vec<_>>())));
        messages.push(stints());
        let session = fold(&messages);
        let laps = lap_table(&session);
        assert_eq!(laps.len(), 6, "{laps:?}");
        assert_eq!(laps[0], (1, None, [None, Some(30_200), Some(30_300)]));
        assert_eq!(laps[3], (4, Some(110_000), [Some(49_500), Some(30_200), Some(30_300)]));
        let stops = session.pit_stops_of(DriverNumber(4));
        assert_eq!(stops.len(), 1, "{stops:?}");
        assert_eq!(
            (stops[0].lap.0, stops[0].lane_time, stops[0].stop_time),
            (3, Some(LapTime::from_millis(22_500)), Some(LapTime::from_millis(2_400)))
        );
        let told: Vec<_> = session
            .stints_of(DriverNumber(4))
            .iter()
            .map(|stint| (stint.first_lap.0, stint.compound.name(), stint.age_at_start))
            .collect();
        assert_eq!(told, [(1, "SOFT", 3), (4, "MEDIUM", 0)]);
    }

    #[test]
    fn rows_that_grow_tell_the_same_laps_as_whole_ones() {
        let mut whole = around();
        whole.push(("laps", json!((1..=6).map(lap).collect::<Vec<_>>())));
        let mut growing = around();
        let mut id = 0;
        for n in 1..=6 {
            let full = lap(n);
            let steps: [&[&str]; 4] = [
                &[
                    "lap_duration",
                    "duration_sector_1",
                    "duration_sector_2",
                    "duration_sector_3",
                    "i1_speed",
                    "i2_speed",
                ],
                &["lap_duration", "duration_sector_2", "duration_sector_3", "i2_speed"],
                &["lap_duration", "duration_sector_3"],
                &[],
            ];
            for missing in steps {
                let mut row = full.clone();
                missing.iter().for_each(|member| row[*member] = json!(null));
                id += 1;
                (row["_id"], row["_key"]) = (json!(id), json!(format!("7_{n}_4")));
                growing.push(("laps", row));
            }
        }
        assert_eq!(lap_table(&fold(&growing)), lap_table(&fold(&whole)));
    }

    #[test]
    fn a_lost_lap_leaves_a_hole_and_renumbers_nothing() {
        let mut messages = around();
        messages.push(("laps", json!([1, 2, 3, 4, 6].map(lap))));
        let laps = lap_table(&fold(&messages));
        assert_eq!(laps.iter().map(|lap| lap.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(laps[4], (5, None, [None; 3]));
        assert_eq!(laps[5].1, Some(90_000));
    }

    #[test]
    fn laps_behind_stand_until_a_number_comes_and_the_leader_leads() {
        let interval = |seconds: f64, driver: u16, gap: Value, interval: Value| {
            row(json!({"date": at(seconds), "driver_number": driver, "gap_to_leader": gap, "interval": interval}))
        };
        let mut messages = around();
        messages.push(("laps", json!([lap(1), lap(2)])));
        messages.push((
            "intervals",
            json!([
                interval(160.0, 81, json!("+1 LAP"), json!(1.5)),
                interval(164.0, 81, json!(null), json!(null)),
                interval(164.0, 4, json!(0), json!(0))
            ]),
        ));
        let session = fold(&messages);
        assert_eq!(session.car(DriverNumber(81)).unwrap().gap, Some(Gap::Laps(1)));
        assert_eq!(session.car(DriverNumber(81)).unwrap().interval, None);
        assert_eq!(session.car(DriverNumber(4)).unwrap().gap, Some(Gap::Leader(LapNumber(2))));
        assert_eq!(session.driver(DriverNumber(81)).unwrap().tla, "81", "a driver without texts has a number");
    }

    #[test]
    fn rows_of_another_session_are_left_out_until_it_begins() {
        let weather = |key: u32, seconds: f64, air: f64| json!([{"session_key": key, "date": at(seconds), "air_temperature": air}]);
        let (mut translator, mut told, mut report) = (Translator::new(), Vec::new(), DecodeReport::default());
        for (key, seconds, air) in [(7, 100.0, 20.0), (6, 50.0, 10.0), (8, 200.0, 30.0), (7, 150.0, 21.0)] {
            translator.take("weather", weather(key, seconds, air).to_string().as_bytes(), &mut report, &mut told);
        }
        assert_eq!((translator.session_key(), report.n_rows_of_others), (Some(8), 2));
        let airs = told.iter().filter_map(|told| match &told.event {
            Event::Weather(weather) => weather.air_temperature_c,
            _ => None,
        });
        assert_eq!(airs.collect::<Vec<_>>(), [20.0, 30.0]);
    }

    #[test]
    fn hostile_rows_are_counted_and_skipped() {
        let (mut translator, mut told, mut report) = (Translator::new(), Vec::new(), DecodeReport::default());
        for bytes in [&b"[{\"lap_number\":"[..], b"<html>", b"[1,[2],null]", b"\xff", b"{}", b"[{\"lap_number\":{}}]"] {
            translator.take("laps", bytes, &mut report, &mut told);
        }
        translator.take("tyres", b"[]", &mut report, &mut told);
        assert!(told.is_empty());
        assert!(report.n_skipped() >= 7, "{report:?}");
        assert_eq!((report.unknown_topics.len(), report.bad_values.len()), (1, 1));
    }
}
