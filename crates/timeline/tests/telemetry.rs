//! No telemetry later than a client's clock.

use overcut_domain::{CarSample, DriverNumber, PositionSample, SessionTime};
use overcut_timeline::{LOOK_AHEAD_MS, Timeline};
use proptest::prelude::*;

const CAR: DriverNumber = DriverNumber(44);

fn car(time_ms: i64, speed_kmh: u16) -> CarSample {
    CarSample {
        time: SessionTime::from_millis(time_ms),
        driver: CAR,
        rpm: Some(10_000),
        speed_kmh: Some(speed_kmh),
        gear: Some(7),
        throttle_percent: Some(100),
        brake_percent: Some(0),
        drs: None,
    }
}

fn position(time_ms: i64, x_dm: i32) -> PositionSample {
    PositionSample { time: SessionTime::from_millis(time_ms), driver: CAR, x_dm, y_dm: 900, z_dm: 0, on_track: true }
}

fn timeline(cars: &[CarSample], positions: &[PositionSample]) -> Timeline {
    let mut timeline = Timeline::new();
    timeline.insert_cars(cars);
    timeline.insert_positions(positions);
    timeline
}

proptest! {
    /// A frame is the same whether or not the samples after the clock exist.
    #[test]
    fn a_frame_knows_nothing_after_the_clock(
        steps in prop::collection::vec((1i64..900, 0u16..350, -9000i32..9000), 1..40),
        clock_ms in 0i64..20_000,
    ) {
        let (mut cars, mut positions, mut time_ms) = (Vec::new(), Vec::new(), 0);
        for (step, speed_kmh, x_dm) in steps {
            time_ms += step;
            cars.push(car(time_ms, speed_kmh));
            positions.push(position(time_ms + step / 2, x_dm));
        }
        let clock = SessionTime::from_millis(clock_ms);
        let frame_time = Timeline::frame_time(clock);
        prop_assert!(frame_time + LOOK_AHEAD_MS <= clock);
        let all = timeline(&cars, &positions).frame(CAR, frame_time);
        cars.retain(|sample| sample.time <= clock);
        positions.retain(|sample| sample.time <= clock);
        prop_assert_eq!(timeline(&cars, &positions).frame(CAR, frame_time), all);
    }
}
