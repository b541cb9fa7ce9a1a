//! Tapes of real and of made sessions.
#![cfg(feature = "stubs")]
#![allow(clippy::unwrap_used, reason = "tests")]

use overcut_domain::{SessionTime, UtcTime};
use overcut_testkit::tape::{Tape, TapeClock, TapeState};
use serde_json::json;

const T0: UtcTime = UtcTime::from_millis(1_773_454_632_000);

fn small() -> Tape {
    Tape::of(
        T0,
        &[
            (0, "TimingData", r#"{"Lines":{"1":{"Sectors":[{"Value":"27.9"}]},"2":{}}}"#),
            (1000, "LapCount", r#"{"CurrentLap":1,"TotalLaps":3}"#),
            (2000, "TimingData", r#"{"Lines":{"_deleted":["2"],"1":{"Sectors":{"0":{"Value":""}}}}}"#),
            (5000, "LapCount", r#"{"CurrentLap":2}"#),
        ],
    )
}

#[test]
fn a_real_session_tells_its_own_zero() {
    let Some(folder) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let tape = Tape::from_archive(&folder);
    assert_eq!(tape.sessions()[0].t0.to_string(), "2026-03-14T02:17:12.373Z");
    assert!(tape.messages().is_sorted_by_key(|message| message.at_ms));
    let mut state = TapeState::default();
    state.advance(&tape, tape.messages().len());
    let timing = &state.topics()["TimingData"];
    assert_eq!((&timing["Lines"]["63"]["Position"], &timing["Lines"]["63"]["NumberOfLaps"]), (&json!("1"), &json!(19)));
    assert!(state.topics()["CarData.z"].is_string());
}

#[test]
fn a_cut_begins_with_everything_before_it_already_sent() {
    let tape = small().cut(SessionTime::from_millis(1500), SessionTime::from_millis(4000));
    assert_eq!(tape.messages().iter().map(|message| message.at_ms).collect::<Vec<_>>(), [0, 0, 500]);
    assert_eq!((tape.n_sent(0), tape.n_sent(499), tape.n_sent(500)), (2, 2, 3));
    assert_eq!(tape.utc_at(500).as_millis(), T0.as_millis() + 2000);
    let mut state = TapeState::default();
    state.advance(&tape, 3);
    assert_eq!(state.topics()["TimingData"], json!({"Lines": {"1": {"Sectors": [{"Value": ""}]}}}));
}

#[test]
fn a_second_session_follows_and_starts_from_nothing() {
    let later = UtcTime::from_millis(T0.as_millis() + 7_200_000);
    let tape = small().then(10_000, Tape::of(later, &[(0, "LapCount", r#"{"CurrentLap":1}"#)]));
    let last = tape.messages().last().unwrap();
    assert_eq!((last.at_ms, last.session_idx, last.utc), (15_000, 1, later));
    assert_eq!((tape.utc_at(16_000).as_millis(), tape.clock_at(16_000).as_millis()), (later.as_millis() + 1000, 1000));
    let mut state = TapeState::default();
    state.advance(&tape, 5);
    assert_eq!(state.topics().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_clock_runs_at_its_speed_and_stands_when_told() {
    let clock = TapeClock::start(20.0);
    let begin = tokio::time::Instant::now();
    clock.reached(10_000).await;
    assert_eq!(begin.elapsed().as_millis(), 501);
    clock.pause();
    let position_ms = clock.position_ms();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(clock.position_ms(), position_ms);
    let (waiting, other) = (clock.clone(), clock.clone());
    let reached = tokio::spawn(async move { waiting.reached(60_000).await });
    other.skip_to(60_000);
    reached.await.unwrap();
    assert!(clock.position_ms() >= 60_000);
}
