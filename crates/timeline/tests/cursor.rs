//! A client's clock never shows more than it may.

use overcut_domain::SessionTime;
use overcut_timeline::{Cursor, Delay, House, Limits, Speed};
use proptest::prelude::*;

const START: i64 = 10_000;
const END: i64 = 3_000_000;

fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

fn finished() -> Limits {
    House::AtEnd.limits(0, at(START), at(END), false)
}

/// A replay as if live that began at the start of the log at monotonic time 0.
fn as_live(now_ms: u64) -> Limits {
    let house = House::Running { since_ms: 0, from: at(START), speed: Speed::NORMAL, is_as_live: true };
    house.limits(now_ms, at(START), at(END), false)
}

#[test]
fn plays_at_its_speed_and_pauses_at_the_end() {
    let mut cursor = Cursor::playing_from(at(20_000), 500, finished());
    cursor.set_speed(Speed::from_times(0.25).unwrap(), 500, finished());
    for now_ms in 500..=1500 {
        cursor.advance(now_ms, finished());
    }
    assert_eq!(cursor.time(), at(20_250), "a thousand small steps lose nothing");
    cursor.set_speed(Speed::MAX, 1500, finished());
    cursor.advance(100_000, finished());
    assert_eq!((cursor.time(), cursor.is_playing(finished())), (at(END), false));
    cursor.play(100_000, finished());
    assert_eq!(cursor.time(), at(START), "play at the end begins again");
}

#[test]
fn a_pause_while_live_stays_behind_until_told_to_follow() {
    let mut cursor = Cursor::following(Delay::from_seconds(30.0).unwrap(), 60_000, as_live(60_000));
    assert_eq!(cursor.time(), at(START + 30_000));
    cursor.pause(60_000, as_live(60_000));
    cursor.advance(90_000, as_live(90_000));
    assert_eq!(cursor.time(), at(START + 30_000));
    cursor.play(90_000, as_live(90_000));
    cursor.advance(95_000, as_live(95_000));
    assert_eq!((cursor.time(), cursor.is_following()), (at(START + 35_000), false));
    cursor.set_speed(Speed::from_times(60.0).unwrap(), 95_000, as_live(95_000));
    cursor.advance(96_000, as_live(96_000));
    assert_eq!((cursor.time(), cursor.is_following()), (at(START + 66_000), true), "caught up: 30 s behind the house");
}

#[test]
fn a_delayed_client_sees_the_end_of_a_live_replay() {
    let mut cursor = Cursor::following(Delay::MAX, 0, as_live(0));
    let over = (END - START) as u64;
    cursor.advance(over + 299_000, as_live(over + 299_000));
    assert_eq!((cursor.time(), cursor.is_playing(as_live(over + 299_000))), (at(END - 1000), true));
    cursor.advance(over + 400_000, as_live(over + 400_000));
    assert_eq!((cursor.time(), cursor.is_playing(as_live(over + 400_000))), (at(END), false));
}

#[test]
fn speeds_and_delays_out_of_range_are_refused() {
    assert!(Speed::from_times(f32::NAN).is_err());
    assert_eq!(Speed::from_times(0.1).unwrap_err().to_string(), "speed is 0.1, want 0.25 to 60");
    assert!(Delay::from_seconds(300.5).is_err());
}

#[derive(Debug, Clone)]
enum Command {
    Play,
    Pause,
    Seek(i64),
    Speed(f32),
    Delay(f32),
    Follow,
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Play),
        Just(Command::Pause),
        (-10_000i64..4_000_000).prop_map(Command::Seek),
        (0.25f32..60.0).prop_map(Command::Speed),
        (0.0f32..300.0).prop_map(Command::Delay),
        Just(Command::Follow),
    ]
}

fn obey(cursor: &mut Cursor, command: &Command, now_ms: u64, limits: Limits) {
    match command {
        Command::Play => cursor.play(now_ms, limits),
        Command::Pause => cursor.pause(now_ms, limits),
        Command::Seek(time) => cursor.seek(at(*time), now_ms, limits),
        Command::Speed(times) => cursor.set_speed(Speed::from_times(*times).expect("in range"), now_ms, limits),
        Command::Delay(seconds) => cursor.set_delay(Delay::from_seconds(*seconds).expect("in range"), now_ms, limits),
        Command::Follow => cursor.follow(now_ms, limits),
    }
}

proptest! {
    #[test]
    fn a_live_clock_stays_its_delay_behind_the_house(
        commands in prop::collection::vec((0u64..200_000, command()), 1..40),
    ) {
        let (mut now_ms, mut cursor) = (0, Cursor::following(Delay::NONE, 0, as_live(0)));
        for (wait_ms, command) in commands {
            now_ms += wait_ms;
            let limits = as_live(now_ms);
            obey(&mut cursor, &command, now_ms, limits);
            for _ in 0..2 {
                prop_assert!(cursor.time() <= limits.head);
                let most = (limits.house - cursor.delay().as_millis()).max(limits.start);
                prop_assert!(cursor.time() <= most, "{:?} after {most:?} on {command:?}", cursor.time());
                prop_assert!(cursor.time() >= limits.start);
                cursor.advance(now_ms, limits);
            }
        }
    }

    #[test]
    fn a_replay_ends_at_the_end_whatever_was_done_before(
        commands in prop::collection::vec((0u64..100_000, command()), 0..40),
    ) {
        let (mut now_ms, mut cursor) = (0, Cursor::playing_from(at(START), 0, finished()));
        for (wait_ms, command) in commands {
            now_ms += wait_ms;
            obey(&mut cursor, &command, now_ms, finished());
            cursor.advance(now_ms, finished());
        }
        cursor.set_delay(Delay::NONE, now_ms, finished());
        cursor.seek(at(END - 1), now_ms, finished());
        cursor.play(now_ms, finished());
        cursor.advance(now_ms + 100, finished());
        prop_assert_eq!(cursor.time(), at(END));
    }
}
