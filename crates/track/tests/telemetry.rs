//! Laws of the columns and of the resampler.

use overcut_domain::{CarSample, DriverNumber, PositionSample, SessionTime};
use overcut_track::{Outline, Quality, Telemetry};
use proptest::prelude::*;

const DRIVER: DriverNumber = DriverNumber(4);
const END: SessionTime = SessionTime::from_millis(i64::MAX / 8);

fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

fn car(millis: i64, speed_kmh: u16, throttle: u8) -> CarSample {
    CarSample {
        time: at(millis),
        driver: DRIVER,
        rpm: Some(10_000 + speed_kmh),
        speed_kmh: Some(speed_kmh),
        gear: Some((speed_kmh / 50) as i8),
        throttle_percent: (throttle <= 100).then_some(throttle),
        brake_percent: Some(0),
        drs: None,
    }
}

fn fix(millis: i64, x_dm: i32, y_dm: i32) -> PositionSample {
    PositionSample { time: at(millis), driver: DRIVER, x_dm, y_dm, z_dm: 0, on_track: true }
}

fn telemetry(cars: &[CarSample], positions: &[PositionSample]) -> Telemetry {
    let mut telemetry = Telemetry::new();
    telemetry.insert_cars(cars);
    telemetry.insert_positions(positions);
    telemetry
}

#[test]
fn speed_runs_straight_and_gear_holds() {
    let telemetry = telemetry(&[car(1000, 100, 0), car(1240, 220, 60)], &[]);
    let frame = |t, not_after| telemetry.frame_at(DRIVER, at(t), at(not_after)).unwrap();
    let halfway = frame(1120, 1240);
    assert_eq!((halfway.speed_kmh, halfway.throttle_percent, halfway.gear), (Some(160), Some(30), Some(2)));
    assert_eq!(halfway.channels, Some(Quality::Estimated));
    assert_eq!(frame(1240, 1240).channels, Some(Quality::Measured));
    assert_eq!(frame(1120, 1239).speed_kmh, Some(100), "the next sample is not known yet");
    assert_eq!(frame(2241, 9000).channels, Some(Quality::Old));
    assert_eq!(telemetry.frame_at(DRIVER, at(999), END), None);
    assert_eq!(telemetry.frame_at(DriverNumber(5), at(1000), END), None);
}

#[test]
fn gaps_of_over_a_second_hold() {
    let telemetry = telemetry(&[car(0, 100, 0), car(1400, 240, 0)], &[fix(0, 10, 0), fix(1400, 400, 0)]);
    let frame = telemetry.frame_at(DRIVER, at(700), END).unwrap();
    assert_eq!((frame.speed_kmh, frame.place.map(|p| p.x_dm)), (Some(100), Some(10)));
    let frame = telemetry.frame_at(DRIVER, at(1200), END).unwrap();
    assert_eq!(frame.channels, Some(Quality::Old));
    assert_eq!(frame.place.map(|p| p.quality), Some(Quality::Old));
}

#[test]
fn a_braking_car_covers_more_ground_in_the_first_half() {
    let telemetry = telemetry(&[car(0, 300, 0), car(1000, 100, 0)], &[fix(0, 1, 0), fix(1000, 557, 0)]);
    let place = telemetry.frame_at(DRIVER, at(500), END).unwrap().place.unwrap();
    // 300 to 250 km/h in the first half, 250 − 100 in the second: (300 + 200) / 2 of (300 + 100) / 2.
    assert_eq!(place.x_dm, 1 + (556.0_f64 * 0.5 * 250.0 / 200.0).round() as i32);
}

#[test]
fn wild_fixes_and_placeholders_are_passed_over() {
    let fixes = [fix(0, 5, 0), fix(250, 205, 0), fix(500, 9205, 0), fix(750, 605, 0), fix(1000, -8325, -7058)];
    let telemetry = telemetry(&[car(0, 288, 0), car(500, 288, 0), car(1000, 288, 0)], &fixes);
    let x_dm = |t| telemetry.frame_at(DRIVER, at(t), END).unwrap().place.unwrap().x_dm;
    assert_eq!(x_dm(500), 405, "halfway between the good neighbours");
    assert_eq!(x_dm(1000), 605);
}

#[test]
fn repeated_fixes_of_a_moving_car_are_old() {
    let cars: Vec<_> = (0..20).map(|i| car(i * 250, 200, 100)).collect();
    let fixes: Vec<_> = (0..20).map(|i| fix(i * 250, 700, 700)).collect();
    let moving = telemetry(&cars, &fixes);
    let quality = |t: &Telemetry| t.frame_at(DRIVER, at(4000), END).unwrap().place.unwrap().quality;
    assert_eq!(quality(&moving), Quality::Old);
    let cars: Vec<_> = (0..20).map(|i| car(i * 250, 0, 0)).collect();
    assert_eq!(quality(&telemetry(&cars, &fixes)), Quality::Measured);
}

prop_compose! {
    fn cars()(raw in prop::collection::vec((0i64..20_000, 0u16..350, 0u8..110), 1..120)) -> Vec<CarSample> {
        raw.into_iter().map(|(t, speed, throttle)| car(t, speed, throttle)).collect()
    }
}

prop_compose! {
    fn fixes()(raw in prop::collection::vec((0i64..20_000, 0i32..4, -50i32..50), 1..120)) -> Vec<PositionSample> {
        raw.into_iter().map(|(t, kind, n)| match kind {
            0 => fix(t, 0, 0),
            1 => fix(t, 77, 77),
            2 => fix(t, n * 1000, n),
            _ => fix(t, t as i32 / 2, n),
        }).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_delivery_gives_the_same(
        (cars, shuffled) in cars().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
        (fixes, shuffled_fixes) in fixes().prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle())),
        batch in 1usize..40,
    ) {
        let whole = telemetry(&cars, &fixes);
        let mut pieces = Telemetry::new();
        let mut n_added = 0;
        for batch in shuffled.chunks(batch) {
            n_added += pieces.insert_cars(batch).added;
        }
        shuffled_fixes.chunks(batch).for_each(|batch| { pieces.insert_positions(batch); });
        prop_assert_eq!(n_added, pieces.n_samples().0);
        pieces.insert_cars(&cars);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn samples_come_out_in_order_of_time(cars in cars(), from in 0i64..20_000, to in 0i64..20_000) {
        let telemetry = telemetry(&cars, &[]);
        let times: Vec<_> = telemetry.car_samples(DRIVER, at(from)..at(to)).map(|s| s.time).collect();
        prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        let mut want: Vec<_> = cars.iter().map(|s| s.time).filter(|t| at(from) <= *t && *t < at(to)).collect();
        want.sort();
        want.dedup();
        prop_assert_eq!(times, want);
    }

    #[test]
    fn nothing_later_than_allowed_tells(
        cars in cars(), fixes in fixes(), time in 0i64..21_000, lead in -500i64..2000,
    ) {
        let not_after = at(time + lead);
        let known_cars: Vec<_> = cars.iter().copied().filter(|s| s.time <= not_after).collect();
        let known_fixes: Vec<_> = fixes.iter().copied().filter(|s| s.time <= not_after).collect();
        let (all, known) = (telemetry(&cars, &fixes), telemetry(&known_cars, &known_fixes));
        prop_assert_eq!(all.frame_at(DRIVER, at(time), not_after), known.frame_at(DRIVER, at(time), not_after));
        let json = br#"{"x":[0,10000,10000,0],"y":[0,0,1000,1000]}"#;
        let outline = Outline::from_circuit_json(json).unwrap();
        let led = |telemetry: &Telemetry| telemetry.frame_on(&outline, DRIVER, at(time), not_after);
        prop_assert_eq!(led(&all), led(&known));
    }

    #[test]
    fn frames_stay_between_their_samples(cars in cars(), time in 0i64..21_000) {
        let telemetry = telemetry(&cars, &[]);
        if let Some(frame) = telemetry.frame_at(DRIVER, at(time), END) {
            let before = telemetry.latest_car(DRIVER, at(time)).unwrap();
            let after = telemetry.car_samples(DRIVER, at(time + 1)..END).next().unwrap_or(before);
            let (a, b) = (before.speed_kmh.unwrap(), after.speed_kmh.unwrap());
            prop_assert!((a.min(b)..=a.max(b)).contains(&frame.speed_kmh.unwrap()));
            prop_assert_eq!(frame.gear, before.gear);
        }
    }
}
