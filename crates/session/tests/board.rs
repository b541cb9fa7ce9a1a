//! Short feeds, folded and printed.
//!
//! A line of a feed is the session clock in seconds and what the feed says then, such as `101.3 car 63 n=1 s3=42.404`.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not tests to the lint")]

use overcut_domain::{
    CarStints, CarTiming, Change, Compound, DriverNumber, Event, Flag, Lap, LapCountUpdate, LapNumber, PartStats,
    QualifyingPart, RaceControlMessage, SectorUpdate, SessionInfo, SessionKind, SessionStatus, SessionTime, Stamped,
    StintUpdate, StintsUpdate, TimeUpdate, TimingFeed, TimingUpdate, TrackStatus,
};
use overcut_session::{Board, Session};

/// The only place that touches the API: folds a feed.
fn fold(feed: &str) -> Session {
    let mut session = Session::new();
    let mut n_messages = 0;
    for line in feed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (clock, said) = line.split_once(' ').unwrap();
        let time = SessionTime::from_millis((clock.parse::<f64>().unwrap() * 1000.0).round() as i64);
        let (kind, rest) = said.split_once(' ').unwrap_or((said, ""));
        let value = match kind {
            "session" => Event::SessionInfo(Box::new(SessionInfo { kind: session_kind(rest), ..Default::default() })),
            "status" => Event::SessionStatus(SessionStatus::from_name(rest).unwrap()),
            "laps" => Event::LapCount(LapCountUpdate { current: None, total: rest.parse().ok() }),
            "track" => Event::TrackStatus(TrackStatus::from_name(rest).unwrap()),
            "stint" => stint(rest),
            "rc" => {
                n_messages += 1;
                let flag = rest.starts_with("CHEQUERED").then_some(Flag::Chequered);
                let message = RaceControlMessage { index: n_messages, text: rest.into(), flag, ..Default::default() };
                Event::RaceControl(vec![message])
            }
            "part" => {
                let part = Some(QualifyingPart(rest.parse().unwrap()));
                Event::Timing(Box::new(TimingUpdate { part, ..TimingUpdate::default() }))
            }
            "car" | "car_reduced" | "car_full" => Event::Timing(Box::new(TimingUpdate {
                feed: if kind == "car_reduced" { TimingFeed::Reduced } else { TimingFeed::Full },
                is_full: kind == "car_full",
                cars: vec![car(rest)],
                ..TimingUpdate::default()
            })),
            other => panic!("a feed says no {other:?}"),
        };
        session.apply(&Stamped { time, value }, &mut Vec::new());
    }
    session
}

fn session_kind(name: &str) -> SessionKind {
    match name {
        "race" => SessionKind::Race,
        "qualifying" => SessionKind::Qualifying,
        _ => SessionKind::Practice,
    }
}

/// `63 P1 n=2 last=1:37.100+ s1=25.842 gap=+0.674 in`: a `+` behind a time is green, a `*` purple.
fn car(text: &str) -> CarTiming {
    let (number, words) = text.split_once(' ').unwrap();
    let mut car = CarTiming { driver: number.parse().unwrap(), ..CarTiming::default() };
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "n" => car.n_laps = value.parse().ok(),
            "last" => car.last_lap = Some(time(value)),
            "best" => car.best_lap = time(value).time,
            "s1" | "s2" | "s3" => car.sectors.push(SectorUpdate {
                sector_idx: name[1..].parse::<u8>().unwrap() - 1,
                time: time(value),
                ..SectorUpdate::default()
            }),
            "gap" => car.gap_to_leader = Change::Set(value.parse().unwrap_or_else(|_| panic!("{value}"))),
            "lead" => car.gap_to_leader = Change::Set(overcut_domain::Gap::Leader(LapNumber(value.parse().unwrap()))),
            "q1" | "q2" | "q3" => car.parts.push(PartStats {
                part_idx: name[1..].parse::<u8>().unwrap() - 1,
                best_lap: time(value).time,
                ..PartStats::default()
            }),
            "in" => car.in_pit = Some(true),
            "out" => (car.in_pit, car.pit_out) = (Some(false), Some(true)),
            "retired" => car.retired = Some(true),
            "stopped" => car.stopped = Some(true),
            "drop" => car.in_drop_zone = Some(true),
            "knocked_out" => car.knocked_out = Some(true),
            place => car.position = Some(place.strip_prefix('P').unwrap_or_else(|| panic!("{word}")).parse().unwrap()),
        }
    }
    car
}

fn time(text: &str) -> TimeUpdate {
    let value = text.trim_end_matches(['+', '*']);
    TimeUpdate {
        time: if value.is_empty() { Change::Clear } else { Change::Set(value.parse().unwrap()) },
        is_overall_best: Some(text.ends_with('*')),
        is_personal_best: Some(text.ends_with(['+', '*'])),
    }
}

/// `63 1 SOFT 3 new`: car, index, compound, age when fitted.
fn stint(text: &str) -> Event {
    let words: Vec<&str> = text.split(' ').collect();
    let age = words[3].parse().ok();
    let update = StintUpdate {
        stint_idx: words[1].parse().unwrap(),
        compound: Compound::from_name(words[2]),
        fresh: Some(words.contains(&"new")),
        start_laps: age,
        total_laps: age,
        ..StintUpdate::default()
    };
    let car = CarStints { driver: words[0].parse().unwrap(), stints: vec![update], ..CarStints::default() };
    Event::Stints(StintsUpdate { cars: vec![car] })
}

fn board(feed: &str) -> String {
    Board(&fold(feed)).to_string()
}

/// One line per lap: `63 L2 101.100-198.200 1:37.100 [25.842 29.806 41.452] M5#1 P1 in out`.
fn laps(feed: &str) -> String {
    let session = fold(feed);
    let lines: Vec<String> = session.laps().map(lap_line).collect();
    lines.join("\n")
}

fn lap_line(lap: &Lap) -> String {
    let at = |time: Option<SessionTime>| time.map_or("?".to_owned(), |at| format!("{:.3}", at.as_secs_f64()));
    let span = |time: Option<overcut_domain::LapTime>| time.map_or("-".to_owned(), |time| time.to_string());
    let mut line =
        format!("{} L{} {}-{} {}", lap.driver, lap.number, at(lap.started_at), at(lap.ended_at), span(lap.time));
    line += &format!(" [{}]", lap.sectors.map(span).join(" "));
    if let Some(stint) = lap.stint {
        let compound = lap.compound.map_or("?", Compound::name);
        line += &format!(" {compound} {}#{stint}", lap.tyre_life.map_or("?".to_owned(), |life| life.to_string()));
    }
    for (is_so, word) in [
        (lap.pit_in_at.is_some(), " in"),
        (lap.pit_out_at.is_some(), " out"),
        (lap.deleted, " deleted"),
        (lap.is_personal_best, " best"),
        (lap.is_accurate, " accurate"),
    ] {
        line += if is_so { word } else { "" };
    }
    line
}

const RACE: &str = "
    0 session race
    0 status Inactive
    1 laps 50
    2 car 16 P1 
    2 car 44 P2 
    10 status Started
";

fn race(feed: &str) -> String {
    format!("{RACE}{feed}")
}

#[test]
fn a_slower_lap_keeps_the_best_and_purple_has_one_holder() {
    insta::assert_snapshot!(board(&race("
        110 car 16 n=1
        111 car 44 n=1
        200 car 16 n=2 last=1:30.000* best=1:30.000
        200.5 car 44 n=2 last=1:29.500* best=1:29.500
        291 car 16 n=3 last=1:31.000
    ")), @"
    Started | Track clear
    P1  16     L4                      last 1:31.000   best 1:30.000                                           track
    P2  44     L3                      last 1:29.500*  best 1:29.500*                                          track
    ");
}

#[test]
fn crossings_differ_by_exactly_the_lap_times() {
    // The message of lap 2 came only 0.1 s late, the others later: all crossings are late by 0.1 s.
    insta::assert_snapshot!(laps(&race("
        100.3 car 16 n=1
        190.1 car 16 n=2 last=1:30.000
        280.4 car 16 n=3 last=1:30.000
    ")), @"
    16 L1 10.000-100.100 - [- - -]
    16 L2 100.100-190.100 1:30.000 [- - -]
    16 L3 190.100-280.100 1:30.000 [- - -]
    16 L4 280.100-? - [- - -]
    44 L1 10.000-? - [- - -]
    ");
}

#[test]
fn values_behind_the_counter_belong_to_the_lap_before_it() {
    insta::assert_snapshot!(laps(&race("
        100.0 car 16 n=1
        130.0 car 16 s1=30.000
        160.0 car 16 s2=30.000
        190.0 car 16 n=2
        191.0 car 16 s3=30.000
        191.5 car 16 last=1:30.000 best=1:30.000
        220.1 car 16 s1=30.100
    ")), @"
    16 L1 10.000-100.000 - [- - -]
    16 L2 100.000-190.000 1:30.000 [30.000 30.000 30.000] best accurate
    16 L3 190.000-? - [30.100 - -]
    44 L1 10.000-? - [- - -]
    ");
}

#[test]
fn a_value_that_equals_the_one_before_is_not_sent_and_filled_in() {
    insta::assert_snapshot!(laps(&race("
        100.0 car 16 n=1
        130.0 car 16 s1=30.000
        160.0 car 16 s2=30.000
        190.0 car 16 n=2 s3=30.000 last=1:30.000
        250.1 car 16 s2=30.100
        280.2 car 16 n=3 s3=30.100 last=1:30.200
    ")), @"
    16 L1 10.000-100.000 - [- - -]
    16 L2 100.000-190.000 1:30.000 [30.000 30.000 30.000] accurate
    16 L3 190.000-280.200 1:30.200 [30.000 30.100 30.100] accurate
    16 L4 280.200-? - [- - -]
    44 L1 10.000-? - [- - -]
    ");
}

#[test]
fn cars_are_aligned_by_gaps_that_two_laps_agree_on() {
    // 44 is seen 0.2 s too late beside 16; the gap on its lap 4 is one of another place and believed by nobody.
    insta::assert_snapshot!(laps(&race("
        2 car 16 lead=1
        100.0 car 16 n=1
        101.2 car 44 n=1 gap=+1.000
        190.0 car 16 n=2 last=1:30.000
        191.2 car 44 n=2 gap=+1.000 last=1:30.000
        280.0 car 16 n=3 last=1:30.000
        281.2 car 44 n=3 gap=+1.000 last=1:30.000
        370.0 car 16 n=4 last=1:30.000
        371.2 car 44 n=4 gap=+0.700 last=1:30.000
    ")), @"
    16 L1 10.000-100.000 - [- - -]
    16 L2 100.000-190.000 1:30.000 [- - -]
    16 L3 190.000-280.000 1:30.000 [- - -]
    16 L4 280.000-370.000 1:30.000 [- - -]
    16 L5 370.000-? - [- - -]
    44 L1 10.000-101.000 - [- - -]
    44 L2 101.000-191.000 1:30.000 [- - -]
    44 L3 191.000-281.000 1:30.000 [- - -]
    44 L4 281.000-371.000 1:30.000 [- - -]
    44 L5 371.000-? - [- - -]
    ");
}

#[test]
fn a_set_without_a_visit_to_the_pits_corrects_the_stint() {
    insta::assert_snapshot!(laps(&race("
        3 stint 16 0 MEDIUM 2
        12 stint 16 1 SOFT 3
        100 car 16 n=1
        180 car 16 in
        190 car 16 n=2
        200 car 16 out
        205 stint 16 2 UNKNOWN 0
        210 stint 16 2 HARD 0 new
        280 car 16 n=3
    ")), @"
    16 L1 10.000-100.000 - [- - -] SOFT 4#1
    16 L2 100.000-190.000 - [- - -] SOFT 5#1 in
    16 L3 190.000-280.000 - [- - -] HARD 1#2 out
    16 L4 280.000-? - [- - -] HARD 2#2
    44 L1 10.000-? - [- - -]
    ");
}

#[test]
fn tyres_may_change_without_a_visit_under_the_red_flag() {
    insta::assert_snapshot!(laps(&race("
        3 stint 16 0 MEDIUM 0 new
        100 car 16 n=1
        120 track Red
        130 stint 16 1 HARD 0 new
        900 track AllClear
        1000 car 16 n=2
    ")), @"
    16 L1 10.000-100.000 - [- - -] MEDIUM 1#1
    16 L2 100.000-1000.000 - [- - -] HARD 1#2
    16 L3 1000.000-? - [- - -] HARD 2#2
    44 L1 10.000-? - [- - -]
    ");
}

#[test]
fn the_stewards_note_decide_punish_and_forgive() {
    let feed = race("
        100 car 16 n=1
        100 car 44 n=1
        110 rc TURN 6 INCIDENT INVOLVING CARS 16 (LEC) AND 44 (HAM) NOTED - CAUSING A COLLISION
        120 rc FIA STEWARDS: TURN 6 INCIDENT INVOLVING CARS 16 (LEC) AND 44 (HAM) UNDER INVESTIGATION - CAUSING A COLLISION
        125 rc BLACK AND WHITE FLAG FOR CAR 44 (HAM) - TRACK LIMITS
    ");
    insta::assert_snapshot!(board(&feed), @"
    Started | Track clear
    P1  16     L2                      last            best                                                    track investigated 1
    P2  44     L2                      last            best                                                    track investigated 1 warned
    ");
    let feed = feed
        + "
        130 rc FIA STEWARDS: 10 SECOND TIME PENALTY FOR CAR 16 (LEC) - CAUSING A COLLISION
        140 rc FIA STEWARDS: DRIVE THROUGH PENALTY FOR CAR 44 (HAM) - JUMP START
        150 rc FIA STEWARDS: 5 SECOND TIME PENALTY FOR CAR 16 (LEC) - SPEEDING IN THE PIT LANE
    ";
    insta::assert_snapshot!(board(&feed), @"
    Started | Track clear
    P1  16     L2                      last            best                                                    track +15s
    P2  44     L2                      last            best                                                    track DRIVE THROUGH PENALTY warned
    ");
    let feed = feed
        + "
        160 rc FIA STEWARDS: PENALTY SERVED - 10 SECOND TIME PENALTY FOR CAR 16 (LEC) - CAUSING A COLLISION
        170 rc FIA STEWARDS: PENALTY SERVED - DRIVE THROUGH PENALTY FOR CAR 44 (HAM) - JUMP START
    ";
    insta::assert_snapshot!(board(&feed), @"
    Started | Track clear
    P1  16     L2                      last            best                                                    track +5s
    P2  44     L2                      last            best                                                    track warned
    ");
}

#[test]
fn a_lap_is_deleted_and_put_back() {
    let feed = race(
        "
        100.0 car 16 n=1
        190.0 car 16 n=2 last=1:30.000 best=1:30.000
        195.0 rc CAR 16 (LEC) TIME 1:30.000 DELETED - TRACK LIMITS AT TURN 4 LAP 2 15:21:16
    ",
    );
    insta::assert_snapshot!(laps(&feed).lines().nth(1).unwrap(), @"16 L2 100.000-190.000 1:30.000 [- - -] deleted");
    let feed = feed + "205 rc CAR 16 (LEC) TIME 1:30.000 REINSTATED - TRACK LIMITS AT TURN 4 LAP 2 15:21:16";
    insta::assert_snapshot!(laps(&feed).lines().nth(1).unwrap(), @"16 L2 100.000-190.000 1:30.000 [- - -]");
}

#[test]
fn sectors_of_the_lap_before_stay_faint() {
    insta::assert_snapshot!(board(&race("
        100.0 car 16 n=1 s3=31.000
        130.0 car 16 s1=30.000* s2= s3=
        135.0 car 44 stopped
    ")), @"
    Started | Track clear
    P1  16     L2                      last            best            30.000*             (31.000)            track
    P2  44     L1                      last            best                                                    STOPPED
    ");
}

#[test]
fn in_practice_a_run_goes_from_the_exit_to_the_line_in_the_lane() {
    insta::assert_snapshot!(laps("
        0 session practice
        0 status Inactive
        1 car 3 P1 in
        60 status Started
        100 car 3 out n=1
        220 car 3 n=2 s3=34.000
        310.1 car 3 n=3 last=1:30.000 s3=30.000 best=1:30.000
        400 car 3 in
        405 car 3 s3=35.000 last=1:35.000
        1000 car 3 out n=4
        1100 car 3 n=5 last=11:35.000
    "), @"
    3 L1 100.000-220.000 - [- - 34.000] out
    3 L2 220.000-310.000 1:30.000 [- - 30.000] best
    3 L3 310.000-405.000 1:35.000 [- - 35.000] in
    3 L4 1000.000-1100.000 - [- - -] out
    3 L5 1100.000-? - [- - -]
    ");
}

#[test]
fn joined_in_mid_race_the_lap_numbers_are_right_and_the_rest_unknown() {
    insta::assert_snapshot!(laps("
        0 session race
        0 status Started
        0 car_full 16 P1 n=8
        5 stint 16 0 MEDIUM 0
        30 car 16 s2=30.000
        60.2 car 16 n=9 s3=30.000 last=1:30.000
    "), @"
    16 L9 -30.000-60.000 1:30.000 [- 30.000 30.000] MEDIUM 9#1
    16 L10 60.000-? - [- - -] MEDIUM 10#1
    ");
}

#[test]
fn the_reduced_feed_counts_only_until_the_full_one_speaks() {
    insta::assert_snapshot!(board(&(race("") + "
        100 car_reduced 16 P2
        100 car_reduced 81 P3
    ")), @"
    Started | Track clear
    P1  16     L1                      last            best                                                    track
    P2  44     L1                      last            best                                                    track
    ");
    insta::assert_snapshot!(board("
        0 session race
        1 car_reduced 16 P2
        2 car_reduced 81 P1
    "), @"
    Inactive | Track clear
    P1  81     L0                      last            best                                                    track
    P2  16     L0                      last            best                                                    track
    ");
}

#[test]
fn qualifying_has_parts_a_drop_zone_and_knock_outs() {
    let feed = "
        0 session qualifying
        0 part 1
        1 car 1 P1 in
        1 car 2 P2 in
        100 car 1 out n=1
        101 car 2 out n=1
        200 car 1 n=2
        201 car 2 n=2
        290 car 1 n=3 last=1:30.000* best=1:30.000 q1=1:30.000
        292 car 2 n=3 last=1:31.000+ best=1:31.000 q1=1:31.000 drop
    ";
    insta::assert_snapshot!(board(feed), @"
    Inactive | Track clear | Q1
    P1   1     L3                      last 1:30.000*  best 1:30.000*                                          out
    P2   2     L3                      last 1:31.000+  best 1:31.000                                           out drop zone
    ");
    let feed = feed.to_owned()
        + "
        300 car 2 knocked_out
        400 part 2
    ";
    insta::assert_snapshot!(board(&feed), @"
    Inactive | Track clear | Q2
    P1   1     L3                      last 1:30.000*  best 1:30.000*                                          out
    P2   2     L3                      last 1:31.000+  best 1:31.000                                           KNOCKED OUT
    ");
    let session = fold(&feed);
    assert_eq!(session.laps_of(DriverNumber(1))[1].part, Some(QualifyingPart(1)));
}

#[test]
fn the_flag_ends_a_race_whose_length_is_not_known() {
    insta::assert_snapshot!(board("
        0 session race
        0 status Inactive
        2 car 16 P1 
        2 car 44 P2 
        10 status Started
        100 car 16 n=1
        110 car 44 n=1
        190 car 16 n=2
        190.2 rc CHEQUERED FLAG
        205 car 44 retired
    "), @"
    Started | Track clear
    P1  16     L2                      last            best                                                    finished
    P2  44     L2                      last            best                                                    RETIRED
    ");
}

#[test]
fn a_diary_tells_the_status_where_no_topic_does() {
    use overcut_domain::{SeriesEntry, SeriesMark, UtcTime};
    let entry = |second: i64, status| SeriesEntry {
        utc: UtcTime::from_millis(second * 1000),
        mark: SeriesMark::Session(status),
    };
    let diary = vec![entry(10, SessionStatus::Started), entry(20, SessionStatus::Finished)];
    let mut session = Session::new();
    let at = |second: i64, value| Stamped { time: SessionTime::from_millis(second * 1000), value };
    session.apply(&at(0, Event::UtcOfZero(UtcTime::from_millis(0))), &mut Vec::new());
    session.apply(&at(30, Event::Series(diary.clone())), &mut Vec::new());
    let state = session.state();
    assert_eq!((state.status, state.status_since.as_millis()), (SessionStatus::Finished, 20_000));

    // Once the topic has spoken, the diary is a late copy.
    session.apply(&at(40, Event::SessionStatus(SessionStatus::Ends)), &mut Vec::new());
    session.apply(&at(50, Event::Series(diary)), &mut Vec::new());
    assert_eq!(session.state().status, SessionStatus::Ends);
}
