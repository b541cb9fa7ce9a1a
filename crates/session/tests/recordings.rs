//! Every other recording folds to a sensible board: whole and partial archives, captures that start in mid-session.

use overcut_domain::{DriverNumber, SessionTime};
use overcut_session::{Board, Session};

fn fold(name: &str) -> Option<Session> {
    let path = overcut_testkit::recording(&format!("f1/livetiming/{name}"))?;
    let mut session = Session::new();
    let mut changed = Vec::new();
    let report = overcut_sources::read_events(path, |event| {
        changed.clear();
        session.apply(&event, &mut changed);
    });
    assert!(report.is_ok());
    Some(session)
}

/// The board's heading and a few of its lines, and how much the tables hold.
fn summary(session: &Session, lines: &[usize]) -> String {
    let board = Board(session).to_string();
    let mut text: Vec<&str> =
        board.lines().enumerate().filter(|(idx, _)| lines.contains(idx)).map(|(_, line)| line).collect();
    let count = format!(
        "laps {} timed {} placed {} | stints {} | stops {} left {} measured {}",
        session.laps().count(),
        session.laps().filter(|lap| lap.time.is_some()).count(),
        session.laps().filter(|lap| lap.position.is_some()).count(),
        session.stints().count(),
        session.pit_stops().count(),
        session.pit_stops().filter(|stop| stop.left_at.is_some()).count(),
        session.pit_stops().filter(|stop| stop.stop_time.is_some()).count(),
    );
    text.push(&count);
    text.join("\n")
}

/// What holds of every table, whatever the recording.
fn check(session: &Session) {
    for lap in session.laps() {
        let (start, end) = (lap.started_at, lap.ended_at);
        assert!(start.zip(end).is_none_or(|(start, end)| start < end), "{lap:?}");
        assert!(end.is_none_or(|end| end > SessionTime::ZERO), "{lap:?}");
        let stint = lap.stint.and_then(|number| session.stint(lap.driver, number));
        assert!(stint.is_none_or(|stint| stint.first_lap <= lap.number), "{lap:?} {stint:?}");
    }
    for stop in session.pit_stops() {
        assert!(stop.entered_at.zip(stop.left_at).is_none_or(|(entered, left)| entered < left), "{stop:?}");
    }
    let mut places: Vec<_> = session.cars().values().filter_map(|row| row.position).collect();
    places.sort_unstable();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "two cars in one place: {places:?}");
}

macro_rules! recordings {
    ($($test:ident: $name:literal, lines $lines:expr;)*) => {
        $(#[test]
        fn $test() {
            let Some(session) = fold($name) else { return };
            check(&session);
            insta::assert_snapshot!(stringify!($test), summary(&session, &$lines));
        })*
    };
}

recordings! {
    a_race_with_the_reduced_feed_only: "2026_australian_gp_race_partial", lines [0, 1, 2, 7, 18, 21];
    a_race_without_a_timing_screen: "2026_japanese_gp_race_partial", lines [0, 1, 2, 20, 22];
    a_race_with_neither_screen_nor_summary: "2025_singapore_gp_race_partial", lines [0, 1, 2, 3, 4, 20];
    a_sprint_joined_on_its_ninth_lap_without_a_snapshot: "2025_sao_paulo_gp_sprint_fastf1client", lines [0, 1, 2, 13];
    a_whole_qualifying: "2024_imola_qualifying_signalr", lines [0, 1, 2, 11, 20];
    a_practice_joined_in_the_middle: "2024_silverstone_fp1_undercut", lines [0, 1, 2, 20];
    a_whole_practice: "2020_70th_anniversary_gp_fp2_fastf1", lines [0, 1, 2, 20];
    the_end_of_a_practice_without_a_snapshot: "2024_mexico_city_gp_fp3_fastf1client", lines [0, 1, 2];
    five_minutes_of_a_practice_with_a_snapshot: "2023_monaco_gp_fp2_websocket", lines [0, 1, 2];
}

#[test]
fn qualifying_laps_belong_to_their_parts() {
    let Some(session) = fold("2024_imola_qualifying_signalr") else { return };
    let best = session.lap(DriverNumber(1), session.car(DriverNumber(1)).unwrap().best_lap_number.unwrap()).unwrap();
    assert_eq!((best.time.unwrap().to_string(), best.part.map(|part| part.0)), ("1:14.746".to_owned(), Some(3)));
    for row in session.cars().values() {
        // A car's best of a part is the best of the laps that the table files under it, unless that was struck off.
        for (part_idx, cell) in row.parts.iter().enumerate() {
            let in_part = session
                .laps_of(row.driver)
                .iter()
                .filter(|lap| lap.part.is_some_and(|p| usize::from(p.0) == part_idx + 1));
            let best = in_part.filter(|lap| !lap.deleted).filter_map(|lap| lap.time).min();
            if let (Some(stated), Some(best)) = (cell.best_lap, best) {
                assert_eq!(stated, best, "car {} part {}", row.driver, part_idx + 1);
            }
        }
    }
}
