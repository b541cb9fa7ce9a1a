//! The lap table of the Chinese GP sprint of 2026 against FastF1's, column by column.

use std::collections::BTreeMap;

use overcut_domain::{DriverNumber, Lap, LapNumber, LapTime, SessionTime};
use overcut_session::Session;

type Row = BTreeMap<String, String>;

fn fold(path: &str) -> Option<Session> {
    let mut session = Session::new();
    let mut changed = Vec::new();
    overcut_sources::read_events(overcut_testkit::recording(path)?, |event| {
        changed.clear();
        session.apply(&event, &mut changed);
    })
    .unwrap();
    Some(session)
}

fn golden() -> Option<Vec<Row>> {
    let path = overcut_testkit::recording("f1/golden/2026_chinese_gp_sprint_laps_fastf1.csv")?;
    let mut reader = csv::Reader::from_path(path).unwrap();
    Some(reader.deserialize().map(|row| row.unwrap()).collect())
}

fn ms(text: &str) -> Option<i64> {
    (!text.is_empty()).then(|| (text.parse::<f64>().unwrap() * 1000.0).round() as i64)
}

fn at(time: Option<SessionTime>) -> Option<i64> {
    time.map(SessionTime::as_millis)
}

fn long(time: Option<LapTime>) -> Option<i64> {
    time.map(|time| i64::from(time.as_millis()))
}

fn flag(b: bool) -> String {
    if b { "True".into() } else { "False".into() }
}

#[test]
fn explore() {
    let (Some(session), Some(golden)) = (fold("f1/livetiming/2026_chinese_gp_sprint"), golden()) else { return };
    let mut diffs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut n = 0;
    for row in &golden {
        let driver: DriverNumber = row["DriverNumber"].parse().unwrap();
        let number = LapNumber(row["LapNumber"].parse::<f64>().unwrap() as u16);
        let Some(lap) = session.lap(driver, number) else {
            diffs.entry("lap".into()).or_default().push(format!("{driver} {number}"));
            continue;
        };
        n += 1;
        let int = |v: Option<u16>| v.map(|v| format!("{v}.0")).unwrap_or_default();
        let b = |v: bool| if v { "True" } else { "False" }.to_owned();
        let mut cmp = |col: &str, ours: String, theirs: &str| {
            if ours != theirs {
                diffs.entry(col.into()).or_default().push(format!("{}/{number}: {ours:?} {theirs:?}", row["Driver"]))
            }
        };
        cmp("Stint", int(lap.stint.map(u16::from)), &row["Stint"]);
        cmp("Compound", lap.compound.map(|c| c.name().to_owned()).unwrap_or_default(), &row["Compound"]);
        cmp("TyreLife", int(lap.tyre_life), &row["TyreLife"]);
        cmp("FreshTyre", lap.fresh_tyre.map(b).unwrap_or_default(), &row["FreshTyre"]);
        cmp("I1", int(lap.speeds.i1_kmh), &row["SpeedI1"]);
        cmp("I2", int(lap.speeds.i2_kmh), &row["SpeedI2"]);
        cmp("FL", int(lap.speeds.finish_line_kmh), &row["SpeedFL"]);
        cmp("ST", int(lap.speeds.speed_trap_kmh), &row["SpeedST"]);
        cmp("Position", int(lap.position.map(u16::from)), &row["Position"]);
        cmp("IsPersonalBest", b(lap.is_personal_best), &row["IsPersonalBest"]);
        cmp("IsAccurate", b(lap.is_accurate), &row["IsAccurate"]);
        cmp("Deleted", b(lap.deleted), &row["Deleted"]);
        let codes: String = lap.track_status.iter().map(|s| s.code().to_string()).collect();
        cmp("TrackStatus", codes, &row["TrackStatus"]);
        let mut time = |col: &str, ours: Option<i64>| {
            let theirs = ms(&row[col]);
            if ours != theirs {
                diffs.entry(col.into()).or_default().push(format!(
                    "{}/{number}: {ours:?} {theirs:?} {:?}",
                    row["Driver"],
                    ours.zip(theirs).map(|(a, b)| a - b)
                ))
            }
        };
        time("LapTime", long(lap.time));
        time("Sector1Time", long(lap.sectors[0]));
        time("Sector2Time", long(lap.sectors[1]));
        time("Sector3Time", long(lap.sectors[2]));
        time("Time", at(lap.ended_at));
        time("LapStartTime", at(lap.started_at));
        time("Sector1SessionTime", at(lap.sector_ended_at[0]));
        time("Sector2SessionTime", at(lap.sector_ended_at[1]));
        time("Sector3SessionTime", at(lap.sector_ended_at[2]));
        time("PitInTime", at(lap.pit_in_at));
        time("PitOutTime", at(lap.pit_out_at));
    }
    println!("{n} laps; ours {}", session.laps().filter(|l| l.ended_at.is_some()).count());
    for (col, list) in &diffs {
        println!("{col} {}: {:?}", list.len(), &list[..list.len().min(if col.contains("Time") { 12 } else { 40 })]);
    }
    let mut shifts: BTreeMap<(String, i64), usize> = BTreeMap::new();
    let mut gaps: BTreeMap<i64, usize> = BTreeMap::new();
    for row in &golden {
        let driver: DriverNumber = row["DriverNumber"].parse().unwrap();
        let number = LapNumber(row["LapNumber"].parse::<f64>().unwrap() as u16);
        let Some(lap) = session.lap(driver, number) else { continue };
        if let Some(end) = at(lap.ended_at) {
            *shifts.entry((row["Driver"].clone(), end - ms(&row["Time"]).unwrap())).or_default() += 1;
        }
    }
    println!("{shifts:?}");
    let mut feed: BTreeMap<(DriverNumber, u16), u8> = BTreeMap::new();
    overcut_sources::read_events(
        overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint").unwrap(),
        |event| {
            if let overcut_domain::Event::LapPositions(list) = event.value {
                for p in list {
                    feed.insert((p.driver, p.lap.0), p.position);
                }
            }
        },
    )
    .unwrap();
    for lap in session.laps() {
        if let (Some(ours), Some(theirs)) = (lap.position, feed.get(&(lap.driver, lap.number.0))) {
            if ours != *theirs {
                println!("{}/{} ours {ours} feed {theirs}", lap.driver, lap.number);
            }
        } else {
            println!("{}/{} {:?} {:?}", lap.driver, lap.number, lap.position, feed.get(&(lap.driver, lap.number.0)));
        }
    }
    println!("feed {}", feed.len());
    let _ = &mut gaps;
    let _: Option<&Lap> = None;
    let _ = flag(true);
}
