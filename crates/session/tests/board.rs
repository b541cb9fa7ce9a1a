//! Short feeds, folded and printed as boards.

use overcut_domain::{
    CarTiming, Change, DriverNumber, Event, LapCountUpdate, SessionInfo, SessionKind, SessionStatus, SessionTime,
    Stamped, TimeUpdate, TimingUpdate,
};
use overcut_session::{Board, Session};

#[test]
fn a_lap_ends_when_the_counter_rises() {
    let mut session = Session::new();
    let mut changed = Vec::new();
    let mut at = |ms, value| session.apply(&Stamped { time: SessionTime::from_millis(ms), value }, &mut changed);
    let info = SessionInfo { kind: SessionKind::Sprint, name: "Sprint".into(), ..SessionInfo::default() };
    at(0, Event::SessionInfo(Box::new(info)));
    at(0, Event::SessionStatus(SessionStatus::Inactive));
    at(10, Event::LapCount(LapCountUpdate { current: Some(1), total: Some(19) }));
    let car = CarTiming { driver: DriverNumber(63), position: Some(1), ..CarTiming::default() };
    at(20, Event::Timing(Box::new(TimingUpdate { is_full: true, cars: vec![car.clone()], ..TimingUpdate::default() })));
    at(1000, Event::SessionStatus(SessionStatus::Started));
    let lap = |n, ms: Option<u32>| CarTiming {
        n_laps: Some(n),
        last_lap: ms.map(|ms| TimeUpdate {
            time: Change::Set(overcut_domain::LapTime::from_millis(ms)),
            ..TimeUpdate::default()
        }),
        ..car.clone()
    };
    let feed = |car| Event::Timing(Box::new(TimingUpdate { cars: vec![car], ..TimingUpdate::default() }));
    at(101_300, feed(lap(1, None)));
    at(198_200, feed(lap(2, Some(97_100))));
    let ends: Vec<_> =
        session.laps_of(DriverNumber(63)).iter().map(|lap| lap.ended_at.map(SessionTime::as_millis)).collect();
    assert_eq!(ends, [Some(101_100), Some(198_200), None]);
    insta::assert_snapshot!(Board(&session).to_string());
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
