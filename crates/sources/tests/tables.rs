//! Tables that people already have, decoded from the real files: what comes out, in numbers and a few rows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use overcut_domain::{CarTiming, DriverNumber, Event, SessionStatus, SessionTime, Stamped};
use overcut_sources::{DecodeReport, Format, Garbage, probe, read_events};

/// What the timing screen last said of a car.
#[derive(Default)]
struct Car {
    position: Option<u8>,
    n_laps: u16,
    n_pit_stops: u8,
    best_lap: String,
    out_at: Option<SessionTime>,
}

impl Car {
    fn apply(&mut self, timing: &CarTiming, time: SessionTime) {
        self.position = timing.position.or(self.position);
        self.n_laps = timing.n_laps.unwrap_or(self.n_laps);
        self.n_pit_stops = timing.n_pit_stops.unwrap_or(self.n_pit_stops);
        if let Some(best) = timing.best_lap.set() {
            self.best_lap = best.to_string();
        }
        if timing.retired == Some(true) {
            self.out_at = Some(time);
        }
    }
}

/// What a recording's events say, in short.
#[derive(Default)]
struct Summary {
    counts: BTreeMap<&'static str, usize>,
    n_car_samples: usize,
    n_positions: usize,
    cars: BTreeMap<DriverNumber, Car>,
    names: BTreeMap<DriverNumber, String>,
    lines: String,
    last: Option<SessionTime>,
}

impl Summary {
    fn apply(&mut self, event: &Stamped<Event>) {
        let time = event.time;
        assert!(self.last.is_none_or(|last| last <= time), "events go back in time");
        self.last = Some(time);
        *self.counts.entry(kind(&event.value)).or_default() += 1;
        match &event.value {
            Event::Cars(samples) => self.n_car_samples += samples.len(),
            Event::Positions(samples) => self.n_positions += samples.len(),
            Event::Drivers(update) => {
                let names = update.drivers.iter().map(|d| (d.driver, d.tla.clone().unwrap_or_default()));
                self.names = names.collect();
            }
            Event::Timing(update) => {
                for timing in &update.cars {
                    self.cars.entry(timing.driver).or_default().apply(timing, time);
                }
            }
            Event::SessionStatus(status) => writeln!(self.lines, "{time} {status:?}").unwrap(),
            Event::TrackStatus(status) => writeln!(self.lines, "{time} {status}").unwrap(),
            Event::SessionInfo(info) => {
                writeln!(self.lines, "{} | {} | {:?} | {:?}", info.meeting_name, info.name, info.kind, info.key)
                    .unwrap();
            }
            _ => {}
        }
    }

    fn text(&self, report: &DecodeReport) -> String {
        let mut out = self.lines.clone();
        writeln!(out, "{:?}", self.counts).unwrap();
        writeln!(out, "{} car samples, {} positions", self.n_car_samples, self.n_positions).unwrap();
        writeln!(out, "garbage {:?}", report.garbage()).unwrap();
        for (kind, tally) in &report.skipped {
            writeln!(out, "skipped {kind:?} {}: {}", tally.count, tally.example).unwrap();
        }
        let mut cars: Vec<_> = self.cars.iter().collect();
        cars.sort_by_key(|(driver, car)| (car.position.unwrap_or(u8::MAX), **driver));
        for (driver, car) in cars {
            let position = car.position.map_or("-".to_owned(), |position| position.to_string());
            let name = self.names.get(driver).map_or("", String::as_str);
            write!(out, "P{position} {driver} {name}: {} laps, {} stops", car.n_laps, car.n_pit_stops).unwrap();
            let out_at = car.out_at.map_or(String::new(), |at| format!(", out at {at}"));
            writeln!(out, ", best {}{out_at}", car.best_lap).unwrap();
        }
        out
    }
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::UtcOfZero(_) => "zero",
        Event::SessionInfo(_) => "info",
        Event::SessionStatus(_) => "session",
        Event::LapCount(_) => "lap count",
        Event::TrackStatus(_) => "track",
        Event::RaceControl(_) => "race control",
        Event::Weather(_) => "weather",
        Event::Drivers(_) => "drivers",
        Event::Timing(_) => "timing",
        Event::Stints(_) => "stints",
        Event::Cars(_) => "cars",
        Event::Positions(_) => "positions",
        Event::PitStops(_) => "pit stops",
        _ => "other",
    }
}

/// Reads a real recording and sums it up.
fn summary(path: &str) -> Option<String> {
    let path = overcut_testkit::recording(path)?;
    let mut summary = Summary::default();
    let report = read_events(path, |event| summary.apply(&event)).unwrap();
    Some(summary.text(&report))
}

#[test]
fn fastf1_monaco_gp() {
    let Some(text) = summary("f1/fastf1_2023/2023_monaco_gp_race") else { return };
    insta::assert_snapshot!(text);
}

#[test]
fn fastf1_sao_paulo_gp_with_a_red_flag() {
    let Some(text) = summary("f1/fastf1_2023/2023_sao_paulo_gp_race") else { return };
    insta::assert_snapshot!(text);
}

/// Only one lap of channels, but positions of all cars on a clock of their own, and race control.
#[test]
fn fastf1_italian_gp_in_pieces() {
    let Some(text) = summary("f1/fastf1_2024_italian_gp_race") else { return };
    insta::assert_snapshot!(text);
}

#[test]
fn tracinginsights_dutch_gp() {
    let Some(text) = summary("f1/tracinginsights/2025_dutch_gp_race") else { return };
    insta::assert_snapshot!(text);
}

/// No session times at all: the clock is added up from the samples of each lap.
#[test]
fn tracinginsights_australian_gp_without_a_clock() {
    let Some(text) = summary("f1/tracinginsights/2025_australian_gp_race") else { return };
    insta::assert_snapshot!(text);
}

/// Cars of a qualifying go out when they like, so nothing relates their clocks: refused, and said why.
#[test]
fn tracinginsights_qualifying_without_a_clock_is_refused() {
    let Some(text) = summary("f1/tracinginsights/2025_australian_gp_qualifying") else { return };
    insta::assert_snapshot!(text);
}

#[test]
fn a_cheap_look_tells_session_and_channels() {
    let Some(path) = overcut_testkit::recording("f1/fastf1_2023/2023_monaco_gp_race") else { return };
    let probe = probe(path).unwrap();
    let info = probe.info.unwrap();
    assert_eq!((probe.format, probe.has_car_data), (Format::FastF1Tables, true));
    assert_eq!((info.meeting_name.as_str(), info.name.as_str()), ("Monaco Grand Prix", "Race"));
    assert_eq!(info.season(), Some(2023));
}

mod by_hand {
    //! Short tables written for the test.

    use overcut_domain::{Change, Gap, LapTime, RawMessage};
    use overcut_sources::{Decoder, Skip};

    use super::*;

    /// Decodes files given as (name, text).
    fn decode(files: &[(&str, &str)]) -> (Vec<Stamped<Event>>, DecodeReport) {
        let mut decoder = Decoder::new(Format::FastF1Tables);
        let mut events = Vec::new();
        for (channel, text) in files {
            let raw = RawMessage { time: SessionTime::ZERO, channel, payload: text.as_bytes() };
            decoder.decode(raw, &mut events);
        }
        decoder.finish(&mut events);
        (events, decoder.report().clone())
    }

    /// The timing screen, one line per car and update, only what a reader wants to follow.
    fn screen(events: &[Stamped<Event>]) -> String {
        let mut out = String::new();
        for event in events {
            match &event.value {
                Event::Timing(update) if !update.is_full => {
                    update.cars.iter().for_each(|car| writeln!(out, "{} {}", event.time, line(car)).unwrap());
                }
                Event::Stints(update) => {
                    for (car, stint) in update.cars.iter().flat_map(|car| car.stints.iter().map(move |s| (car, s))) {
                        let compound = stint.compound.map_or("", |compound| compound.name());
                        let (idx, age) = (stint.stint_idx, stint.total_laps);
                        writeln!(out, "{} {} set {idx} {compound} age {age:?}", event.time, car.driver).unwrap();
                    }
                }
                Event::SessionStatus(status) => writeln!(out, "{} {status:?}", event.time).unwrap(),
                Event::RaceControl(messages) => writeln!(out, "{} {}", event.time, messages[0].text).unwrap(),
                _ => {}
            }
        }
        out
    }

    fn line(car: &CarTiming) -> String {
        let mut line = car.driver.to_string();
        let mut add = |text: String| write!(line, " {text}").unwrap();
        car.position.iter().for_each(|position| add(format!("P{position}")));
        car.n_laps.iter().for_each(|laps| add(format!("laps {laps}")));
        car.last_lap.iter().for_each(|lap| add(format!("last {}", change(&lap.time))));
        if let Change::Set(best) = car.best_lap {
            add(format!("best {best}"));
        }
        for sector in &car.sectors {
            add(format!("S{} {}", sector.sector_idx + 1, change(&sector.time.time)));
        }
        for (name, gap) in [("gap", car.gap_to_leader), ("int", car.interval)] {
            if let Change::Set(gap) = gap {
                add(format!("{name} {gap}"));
            }
        }
        for (name, flag) in [("in pit", car.in_pit), ("out lap", car.pit_out), ("retired", car.retired)] {
            flag.iter().for_each(|flag| add(format!("{name} {flag}")));
        }
        line
    }

    fn change(time: &Change<LapTime>) -> String {
        time.set().map_or("-".to_owned(), |time| time.to_string())
    }

    const RACE: &str = "\
,Time,Driver,DriverNumber,LapTime,LapNumber,Stint,PitOutTime,PitInTime,Sector1Time,Sector2Time,Sector3Time,\
Sector1SessionTime,Sector2SessionTime,Sector3SessionTime,Compound,TyreLife,FreshTyre,LapStartTime,Position,Deleted,\
DeletedReason
0,0 days 00:11:30,AAA,1,0 days 00:01:30,1,1,,,,,,,,,SOFT,1,True,0 days 00:10:00,1,False,
1,0 days 00:13:00,AAA,1,0 days 00:01:30,2,1,,0 days 00:12:58,0 days 00:00:30,0 days 00:00:30,0 days 00:00:30,\
0 days 00:12:00,0 days 00:12:30,0 days 00:13:00.200,SOFT,2,True,0 days 00:11:30,2,False,
2,0 days 00:14:50,AAA,1,0 days 00:01:50,3,2,0 days 00:13:20,,,,,,,,HARD,1,True,0 days 00:13:00,2,False,
3,0 days 00:11:31,BBB,2,0 days 00:01:31,1,1,,,,,,,,,HARD,4,False,0 days 00:10:00,2,False,
4,0 days 00:12:59,BBB,2,0 days 00:01:28,2,1,,,,,,,,,HARD,5,False,0 days 00:11:31,1,True,TRACK LIMITS AT TURN 4
5,0 days 00:14:30,BBB,2,0 days 00:01:31,3,1,,,,,,,,,HARD,6,False,0 days 00:12:59,1,False,
6,0 days 00:11:50,CCC,3,,1,1,,,,,,,,,SOFT,1,True,0 days 00:10:00,,False,
";

    #[test]
    fn a_race_of_three_laps_plays_on_the_screen() {
        let (events, report) = decode(&[("laps.csv", RACE)]);
        assert!(report.skipped.is_empty(), "{:?}", report.skipped);
        insta::assert_snapshot!(screen(&events), @"
        0:00:00.000 Inactive
        0:10:00.000 Started
        0:10:00.000 1 set 0 SOFT age Some(0)
        0:10:00.000 2 set 0 HARD age Some(3)
        0:10:00.000 3 set 0 SOFT age Some(0)
        0:11:30.000 1 set 0  age Some(1)
        0:11:30.000 1 P1 laps 1 last 1:30.000 best 1:30.000 gap LAP 2 int LAP 2
        0:11:31.000 2 set 0  age Some(4)
        0:11:31.000 2 P2 laps 1 last 1:31.000 best 1:31.000 gap +1.000 int +1.000
        0:12:00.000 1 S1 30.000 S2 - S3 -
        0:12:16.500 3 retired true
        0:12:30.000 1 S2 30.000
        0:12:58.000 1 in pit true
        0:12:59.000 2 set 0  age Some(5)
        0:12:59.000 2 P1 laps 2 last 1:28.000 gap LAP 3 int LAP 3
        0:12:59.000 1 P2
        0:12:59.000 CAR 2 (BBB) TIME 1:28.000 DELETED - TRACK LIMITS AT TURN 4 LAP 2
        0:13:00.000 1 set 0  age Some(2)
        0:13:00.000 1 laps 2 last 1:30.000 S3 30.000 gap +1.000 int +1.000
        0:13:20.000 1 set 1 HARD age Some(0)
        0:13:20.000 1 in pit false out lap true
        0:14:30.000 2 set 0  age Some(6)
        0:14:30.000 2 laps 3 last 1:31.000
        0:14:30.000 Finished
        0:14:50.000 1 set 1  age Some(1)
        0:14:50.000 1 laps 3 last 1:50.000 gap +20.000 int +20.000 out lap false
        0:14:50.000 Ends
        ");
    }

    #[test]
    fn garbage_becomes_no_value() {
        let table = "\
Date,RPM,Speed,nGear,Throttle,Brake,DRS,Source,SessionTime
2023-05-28 12:00:01.000,11000,300,8,100,False,12,car,0 days 00:00:01
2023-05-28 12:00:02.000,11000,300,9,104,True,16,car,0 days 00:00:02
2023-05-28 12:00:03.000,,,,,,,car,0 days 00:00:03
2023-05-28 12:00:04.000,11000,300,8,100,True,8,car,
";
        let (events, report) = decode(&[("16_telemetry.csv", table)]);
        let samples: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.value {
                Event::Cars(samples) => Some(samples.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        assert_eq!(samples.len(), 3);
        let second = &samples[1];
        assert_eq!((second.gear, second.throttle_percent, second.brake_percent, second.drs), (None, None, None, None));
        assert_eq!((second.rpm, second.speed_kmh), (Some(11_000), Some(300)));
        assert_eq!(samples[2].speed_kmh, None);
        let expected = [Garbage::Throttle, Garbage::Brake, Garbage::Gear, Garbage::Drs].map(|kind| (kind, 1));
        assert_eq!(report.garbage(), BTreeMap::from(expected));
        assert_eq!(report.skipped[&Skip::BadRow].count, 1);
        let zero = events.iter().find_map(|event| match event.value {
            Event::UtcOfZero(utc) => Some(utc.to_string()),
            _ => None,
        });
        assert_eq!(zero.as_deref(), Some("2023-05-28T12:00:00.000Z"));
    }

    #[test]
    fn a_missing_column_is_named_with_its_file() {
        let (_, report) = decode(&[("7_telemetry.csv", "SessionTime,RPM,Speed,nGear\n")]);
        let example = &report.skipped[&Skip::BadTable].example;
        assert!(example.starts_with(r#"table "7_telemetry.csv" has no column "Throttle""#), "{example}");
    }

    #[test]
    fn a_table_of_a_whole_season_is_refused() {
        let table = "Time,Driver,LapNumber,LapTime,EventName\n1,AAA,1,90,Here\n1,AAA,1,91,There\n";
        let (events, report) = decode(&[("laps.csv", table)]);
        assert!(events.is_empty());
        assert!(report.skipped[&Skip::BadTable].example.contains("several sessions"));
    }

    #[test]
    fn gaps_count_laps_for_lapped_cars() {
        let mut table = "Time,Driver,DriverNumber,LapTime,LapNumber,Position\n".to_owned();
        for (driver, number, lap_s) in [("AAA", 1, 60), ("BBB", 2, 100)] {
            for lap in 1..=3 {
                let position = if driver == "AAA" { 1 } else { 2 };
                writeln!(table, "{},{driver},{number},{lap_s},{lap},{position}", 600 + lap * lap_s).unwrap();
            }
        }
        let (events, _) = decode(&[("laps.csv", &table)]);
        let gaps: Vec<Gap> = events
            .iter()
            .filter_map(|event| match &event.value {
                Event::Timing(update) => update.cars.iter().find(|car| car.driver.0 == 2)?.gap_to_leader.set(),
                _ => None,
            })
            .collect();
        // When car 2 completes its second lap, the other has completed three.
        let time = |seconds: u32| Gap::Time(LapTime::from_millis(seconds * 1000));
        assert_eq!(gaps, [time(40), Gap::Laps(1), time(120)]);
    }

    #[test]
    fn nothing_at_all_says_nothing() {
        let (events, report) = decode(&[("laps.csv", ""), ("x", "\u{feff}"), ("y.csv", "a,b\n1,2\n")]);
        assert!(events.iter().all(|event| event.value != Event::SessionStatus(SessionStatus::Started)));
        assert_eq!(report.unknown_topics.len(), 3);
    }

    /// A little of every kind of table.
    const FILES: [(&str, &str); 10] = [
        ("laps.csv", RACE),
        (
            "1_telemetry.csv",
            "Date,RPM,Speed,nGear,Throttle,Brake,DRS,SessionTime\n2023-05-28 12:00:01,9,9,1,9,True,1,0 days 00:10:01\n",
        ),
        ("results.csv", "DriverNumber,Abbreviation,TeamName,GridPosition,LastName\n1,AAA,One,2.0,A\n2,BBB,Two,1.0,B\n"),
        (
            "track_status.csv",
            "Time,Status,Message\n0 days 00:00:00,1,AllClear\n0 days 00:12:00,5,Red\n0 days 00:12:10,1,AllClear\n",
        ),
        ("weather_data.csv", "Time,AirTemp,TrackTemp,Rainfall\n0 days 00:00:42,25.8,47.4,False\n"),
        ("race_info.csv", ",20\nRoundNumber,20\nEventName,Here\nSession5,Race\nSession5DateUtc,2023-05-28 12:10:00\n"),
        (
            "race_control.csv",
            "date,category,flag,scope,message\n2023-05-28T12:00:01+00:00,Flag,GREEN,Track,GREEN LIGHT\n",
        ),
        ("pitstops.csv", "Pos.,Driver,Time (sec),Lap\n1,A,2.5,2\n"),
        ("locations.csv", "t,driver,x,y\n0,AAA,1,2\n2,AAA,3,4\n"),
        (
            "telemetry.csv",
            "driver,lap,t,rpm,speed,gear,throttle,brake,drs,x,y,z\nAAA,1,0,9,0,1,9,0,0,1,2,3\nAAA,1,90,9,200,8,100,0,1,4,5,6\n",
        ),
    ];

    proptest::proptest! {
        /// Cut anywhere, with bytes changed anywhere: no panic, events in order, the same again.
        #[test]
        fn damaged_tables_are_survived(
            cut in 0usize..2000,
            changes in proptest::collection::vec((0usize..10, 0usize..2000, proptest::prelude::any::<u8>()), 0..30),
        ) {
            let mut files = FILES.map(|(name, text)| (name, text.as_bytes().to_vec()));
            for (file, at, byte) in changes {
                if let Some(slot) = files[file].1.get_mut(at) {
                    *slot = byte;
                }
            }
            let decode = || {
                let mut decoder = Decoder::new(Format::TracingInsights);
                let mut events = Vec::new();
                for (channel, bytes) in &files {
                    let payload = &bytes[..bytes.len().min(cut)];
                    decoder.decode(RawMessage { time: SessionTime::ZERO, channel, payload }, &mut events);
                }
                decoder.finish(&mut events);
                events
            };
            let events = decode();
            proptest::prop_assert!(events.is_sorted_by_key(|event| event.time));
            proptest::prop_assert_eq!(events, decode());
        }
    }
}
