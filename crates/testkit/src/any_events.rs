//! Any events that a decoder can make: any text, any number in its range, any mixture of what is mentioned and what is
//! not. What the wire has no words for is left out, and each such place says so.

use overcut_domain::{
    BestsUpdate, CarBests, CarRaceInfo, CarSample, CarStints, CarTiming, ChampionshipEntry, ChampionshipUpdate, Change,
    ClockUpdate, Compound, DriverNumber, DriverUpdate, DriversUpdate, Drs, Event, Flag, FlagScope, Gap, LapCountUpdate,
    LapNumber, LapPosition, LapTime, OvertakeReport, PartStats, PitLaneReport, PitStopReport, PositionSample,
    QualifyingPart, RaceControlCategory, RaceControlMessage, RadioCapture, RankedTime, SafetyCarMode, SectorUpdate,
    SegmentStatus, SeriesEntry, SeriesMark, SessionInfo, SessionKind, SessionStatus, SessionTime, SpeedTrap,
    SpeedUpdate, Stamped, StintUpdate, StintsUpdate, TimeUpdate, TimingFeed, TimingUpdate, TopThreeEntry, TrackStatus,
    UtcTime, Weather,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::{array, option};

/// UTC of the zero of every session made here.
pub const ZERO: UtcTime = UtcTime::from_millis(1_773_454_632_373);

/// Any text: quotes, controls, other alphabets, nothing at all.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => any::<String>(), 1 => "[\"\\\\{}:,\\[\\]\r\n\t\u{0}\u{2028}é😀]{0,12}", 1 => Just(String::new())]
}

/// Moments that a year of four digits can state.
pub(crate) fn utc() -> impl Strategy<Value = UtcTime> {
    (0i64..253_402_000_000_000).prop_map(UtcTime::from_millis)
}

pub(crate) fn lap_time() -> impl Strategy<Value = LapTime> {
    prop_oneof![any::<u32>(), 0u32..120_000].prop_map(LapTime::from_millis)
}

fn gap() -> impl Strategy<Value = Gap> {
    prop_oneof![
        lap_time().prop_map(Gap::Time),
        any::<u16>().prop_map(Gap::Laps),
        any::<u16>().prop_map(|lap| Gap::Leader(LapNumber(lap))),
    ]
}

fn change<T: std::fmt::Debug + Clone + 'static>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Change<T>> {
    option::of(option::of(value)).prop_map(|change| change.map_or(Change::Keep, Change::from))
}

pub(crate) fn driver() -> impl Strategy<Value = DriverNumber> {
    any::<u16>().prop_map(DriverNumber)
}

pub(crate) fn lap() -> impl Strategy<Value = Option<LapNumber>> {
    option::of(any::<u16>().prop_map(LapNumber))
}

/// Things with a key each: every key once, in any order.
fn keyed<K, T>(key: impl Strategy<Value = K>, value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<(K, T)>>
where
    K: Ord + Clone + std::fmt::Debug,
    T: Clone + std::fmt::Debug,
{
    (btree_set(key, 0..4), vec(value, 4))
        .prop_map(|(keys, values)| keys.into_iter().zip(values).collect::<Vec<_>>())
        .prop_shuffle()
}

fn session_status() -> impl Strategy<Value = SessionStatus> {
    use SessionStatus::{Aborted, Ends, Finalised, Finished, Inactive, Started};
    prop_oneof![Just(Inactive), Just(Started), Just(Aborted), Just(Finished), Just(Finalised), Just(Ends)]
}

fn track_status() -> impl Strategy<Value = TrackStatus> {
    prop_oneof![1u8..=2, 4u8..=7].prop_map(|code| TrackStatus::from_code(code).unwrap_or_default())
}

fn compound() -> impl Strategy<Value = Compound> {
    (0..Compound::ALL.len()).prop_map(|idx| Compound::ALL[idx])
}

/// Sprints are told from Grands Prix by their name, so kind and name agree; keys are not withdrawn once stated.
pub(crate) fn session_info() -> impl Strategy<Value = SessionInfo> {
    let names = (text(), text(), text(), text(), text(), text());
    let keys = (any::<u32>(), any::<Option<u32>>(), any::<Option<u32>>());
    let offset = option::of(-50_400i32..50_400);
    (names, keys, 0u8..6, option::of(utc()), option::of(utc()), offset).prop_map(
        |(names, keys, kind, starts_at, ends_at, utc_offset_s)| {
            let (meeting_name, location, country, circuit_name, name, archive_path) = names;
            let (kind, name) = match kind {
                0 => (SessionKind::Practice, name),
                1 => (SessionKind::Qualifying, name.replace("Sprint", "")),
                2 => (SessionKind::SprintQualifying, name + "Sprint"),
                3 => (SessionKind::Sprint, "Sprint".to_owned() + &name),
                4 => (SessionKind::Race, name.replace("Sprint", "")),
                _ => (SessionKind::Unknown, name),
            };
            // Local times before 1970 or after 9999 are not written as such.
            let within = |utc: &UtcTime| (86_400_000..253_401_000_000_000).contains(&utc.as_millis());
            SessionInfo {
                key: Some(keys.0),
                meeting_key: keys.1,
                circuit_key: keys.2,
                meeting_name,
                location,
                country,
                circuit_name,
                name,
                kind,
                starts_at: starts_at.filter(within),
                ends_at: ends_at.filter(within),
                utc_offset_s,
                archive_path,
            }
        },
    )
}

fn session_events() -> impl Strategy<Value = Event> {
    let mark = prop_oneof![
        any::<u16>().prop_map(|lap| SeriesMark::Lap(LapNumber(lap))),
        any::<u8>().prop_map(|part| SeriesMark::Part(QualifyingPart(part))),
        track_status().prop_map(SeriesMark::Track),
        session_status().prop_map(SeriesMark::Session),
    ];
    // Entries of both lists take turns at most once within an update; see `an_update_that_cannot_be_one_message`.
    let series = vec((utc(), mark).prop_map(|(utc, mark)| SeriesEntry { utc, mark }), 1..5).prop_map(|mut entries| {
        entries.sort_by_key(|entry| matches!(entry.mark, SeriesMark::Track(_) | SeriesMark::Session(_)));
        entries
    });
    // The clock's own word on the zero would move it if it were far off, so it agrees with it.
    let clock = (any::<bool>(), option::of(0u32..360_000_000), any::<Option<bool>>());
    prop_oneof![
        utc().prop_map(Event::Heartbeat),
        session_info().prop_map(|info| Event::SessionInfo(Box::new(info))),
        session_status().prop_map(Event::SessionStatus),
        track_status().prop_map(Event::TrackStatus),
        series.prop_map(Event::Series),
        clock.prop_map(|(has_utc, remaining_ms, is_running)| {
            Event::Clock(ClockUpdate { utc: has_utc.then_some(ZERO), remaining_ms, is_running })
        }),
        (any::<Option<u16>>(), any::<Option<u16>>())
            .prop_map(|(current, total)| Event::LapCount(LapCountUpdate { current, total })),
        weather().prop_map(Event::Weather),
    ]
}

fn weather() -> impl Strategy<Value = Weather> {
    let real = || option::of(-1.0e6f32..1.0e6);
    (real(), real(), real(), real(), any::<Option<bool>>(), option::of(0u16..=360), real()).prop_map(
        |(air, track, humidity, pressure, is_raining, wind_direction_deg, wind)| Weather {
            air_temperature_c: air,
            track_temperature_c: track,
            humidity_percent: humidity,
            pressure_mbar: pressure,
            is_raining,
            wind_direction_deg,
            wind_speed_mps: wind,
        },
    )
}

/// A driver's flag names the car that the message is about, and a scope is never withdrawn.
fn race_control() -> impl Strategy<Value = Event> {
    use RaceControlCategory as Category;
    let category = prop_oneof![
        Just(Category::Flag),
        Just(Category::SafetyCar),
        Just(Category::Drs),
        Just(Category::CarEvent),
        Just(Category::SessionStatus),
        Just(Category::Other),
    ];
    let flag = prop_oneof![
        Just(Flag::Green),
        Just(Flag::Clear),
        Just(Flag::Yellow),
        Just(Flag::DoubleYellow),
        Just(Flag::Red),
        Just(Flag::Blue),
        Just(Flag::Chequered),
        Just(Flag::BlackAndWhite),
        Just(Flag::BlackAndOrange),
        Just(Flag::Black),
    ];
    let mode = prop_oneof![Just(SafetyCarMode::SafetyCar), Just(SafetyCarMode::Virtual)];
    let message = (option::of(utc()), lap(), category, option::of(flag), 0u8..3, any::<u8>(), option::of(driver()));
    let message = (message, option::of(mode), text(), text()).prop_map(
        |((utc, lap, category, flag, scope, sector, driver), safety_car, status, text)| {
            let scope = Some(match (scope, driver) {
                (0, _) => FlagScope::Track,
                (1, Some(driver)) => FlagScope::Driver(driver),
                _ => FlagScope::Sector(sector),
            });
            RaceControlMessage { index: 0, utc, lap, category, flag, scope, driver, safety_car, status, text }
        },
    );
    keyed(0u16..6, message).prop_map(|messages| {
        let numbered = messages.into_iter().map(|(index, message)| RaceControlMessage { index, ..message });
        Event::RaceControl(numbered.collect())
    })
}

fn drivers() -> impl Strategy<Value = Event> {
    let texts = array::uniform7(option::of(text()));
    let entry = (option::of(any::<u8>()), texts).prop_map(|(line, texts)| {
        let [tla, full_name, broadcast_name, first_name, last_name, team, team_colour] = texts;
        DriverUpdate {
            driver: DriverNumber(0),
            line,
            tla,
            full_name,
            broadcast_name,
            first_name,
            last_name,
            team,
            team_colour,
        }
    });
    (any::<bool>(), keyed(driver(), entry), vec(driver(), 0..3)).prop_map(|(is_full, drivers, removed)| {
        let drivers = drivers.into_iter().map(|(driver, entry)| DriverUpdate { driver, ..entry }).collect();
        Event::Drivers(DriversUpdate { is_full, drivers, removed })
    })
}

fn time_update() -> impl Strategy<Value = TimeUpdate> {
    (change(lap_time()), any::<Option<bool>>(), any::<Option<bool>>())
        .prop_map(|(time, is_overall_best, is_personal_best)| TimeUpdate { time, is_overall_best, is_personal_best })
}

/// A code whose meaning is not known reads back as such, whichever it was.
fn segment() -> impl Strategy<Value = SegmentStatus> {
    use SegmentStatus::{Green, None, PitLane, Purple, Unknown, Yellow};
    prop_oneof![Just(None), Just(Yellow), Just(Green), Just(Purple), Just(PitLane), Just(Unknown)]
}

fn trap() -> impl Strategy<Value = SpeedTrap> {
    use SpeedTrap::{FinishLine, I1, I2, SpeedTrap as Trap};
    prop_oneof![Just(I1), Just(I2), Just(FinishLine), Just(Trap)]
}

fn sectors() -> impl Strategy<Value = Vec<SectorUpdate>> {
    let sector = (time_update(), change(lap_time()), any::<Option<bool>>(), keyed(0u8..9, segment()));
    keyed(0u8..4, sector).prop_map(|sectors| {
        let sector = |(sector_idx, (time, previous, stopped, segments))| SectorUpdate {
            sector_idx,
            time,
            previous,
            stopped,
            segments,
        };
        sectors.into_iter().map(sector).collect()
    })
}

fn car() -> impl Strategy<Value = CarTiming> {
    let place = (any::<Option<u8>>(), any::<Option<u8>>(), change(gap()), change(gap()), any::<Option<bool>>());
    let counts = (any::<Option<u16>>(), any::<Option<u8>>(), any::<Option<u16>>());
    let flags = array::uniform6(any::<Option<bool>>());
    let times = (option::of(time_update()), change(lap_time()), lap());
    let speeds = keyed(trap(), (change(any::<u16>()), any::<Option<bool>>(), any::<Option<bool>>()));
    let parts = keyed(0u8..3, (change(lap_time()), lap(), change(gap()), change(gap())));
    (place, counts, flags, times, sectors(), speeds, parts).prop_map(
        |(place, counts, flags, times, sectors, speeds, parts)| {
            let [in_pit, pit_out, retired, stopped, knocked_out, in_drop_zone] = flags;
            let speed = |(trap, (speed_kmh, is_overall_best, is_personal_best))| SpeedUpdate {
                trap,
                speed_kmh,
                is_overall_best,
                is_personal_best,
            };
            let part = |(part_idx, (best_lap, best_lap_number, gap_to_fastest, interval))| PartStats {
                part_idx,
                best_lap,
                best_lap_number,
                gap_to_fastest,
                interval,
            };
            CarTiming {
                driver: DriverNumber(0),
                position: place.0,
                line: place.1,
                gap_to_leader: place.2,
                interval: place.3,
                is_catching: place.4,
                n_laps: counts.0,
                n_pit_stops: counts.1,
                status_bits: counts.2,
                in_pit,
                pit_out,
                retired,
                stopped,
                knocked_out,
                in_drop_zone,
                last_lap: times.0,
                best_lap: times.1,
                best_lap_number: times.2,
                sectors,
                speeds: speeds.into_iter().map(speed).collect(),
                parts: parts.into_iter().map(part).collect(),
            }
        },
    )
}

fn timing() -> impl Strategy<Value = Event> {
    let head = (option::of(any::<u8>()), keyed(0u8..4, any::<u8>()), change(lap_time()));
    (any::<[bool; 2]>(), keyed(driver(), car()), vec(driver(), 0..3), head).prop_map(
        |([is_full, is_reduced], cars, removed, (part, n_entries, cut_off))| {
            Event::Timing(Box::new(TimingUpdate {
                feed: if is_reduced { TimingFeed::Reduced } else { TimingFeed::Full },
                is_full,
                cars: cars.into_iter().map(|(driver, car)| CarTiming { driver, ..car }).collect(),
                removed,
                part: part.map(QualifyingPart),
                n_entries,
                cut_off,
            }))
        },
    )
}

/// A list of all stints has no holes.
fn stints() -> impl Strategy<Value = Event> {
    let laps = (any::<Option<u16>>(), any::<Option<u16>>(), option::of(lap_time()), lap());
    let stint = (option::of(compound()), any::<Option<bool>>(), any::<Option<bool>>(), laps).prop_map(
        |(compound, fresh, changed, laps)| StintUpdate {
            stint_idx: 0,
            compound,
            fresh,
            changed,
            total_laps: laps.0,
            start_laps: laps.1,
            best_lap: laps.2,
            best_lap_number: laps.3,
        },
    );
    let car = (any::<Option<u8>>(), any::<bool>(), keyed(any::<u8>(), stint)).prop_map(|(grid, is_full, stints)| {
        let number = |(n, (key, stint))| StintUpdate { stint_idx: if is_full { n } else { key }, ..stint };
        let stints = (0u8..).zip(stints).map(number).collect();
        CarStints { driver: DriverNumber(0), grid_position: grid, is_full, stints }
    });
    keyed(driver(), car).prop_map(|cars| {
        let cars = cars.into_iter().map(|(driver, car)| CarStints { driver, ..car });
        let says_something = |car: &CarStints| *car != CarStints { driver: car.driver, ..CarStints::default() };
        Event::Stints(StintsUpdate { cars: cars.filter(says_something).collect() })
    })
}

fn ranked() -> impl Strategy<Value = RankedTime> {
    (change(lap_time()), any::<Option<u8>>()).prop_map(|(time, rank)| RankedTime { time, rank })
}

/// The number of the best lap stands with its time.
fn bests() -> impl Strategy<Value = Event> {
    let speeds = keyed(trap(), (change(any::<u16>()), any::<Option<u8>>()));
    let car = (option::of((ranked(), lap())), keyed(0u8..4, ranked()), speeds).prop_map(|(lap, sectors, speeds)| {
        let speeds = speeds.into_iter().map(|(trap, (speed, rank))| (trap, speed, rank)).collect();
        CarBests {
            driver: DriverNumber(0),
            lap: lap.map(|(time, _)| time),
            lap_number: lap.and_then(|(_, number)| number),
            sectors,
            speeds,
        }
    });
    keyed(driver(), car).prop_map(|cars| {
        let cars = cars.into_iter().map(|(driver, car)| CarBests { driver, ..car });
        let says_something = |car: &CarBests| *car != CarBests { driver: car.driver, ..CarBests::default() };
        Event::Bests(BestsUpdate { cars: cars.filter(says_something).collect() })
    })
}

fn top_three() -> impl Strategy<Value = Event> {
    let row = (option::of(driver()), change(lap_time()), change(gap()), change(gap()));
    keyed(0u8..3, row).prop_map(|rows| {
        let row = |(row_idx, (driver, lap_time, gap_to_leader, interval))| TopThreeEntry {
            row_idx,
            driver,
            lap_time,
            gap_to_leader,
            interval,
        };
        let says_something =
            |row: &TopThreeEntry| *row != TopThreeEntry { row_idx: row.row_idx, ..TopThreeEntry::default() };
        Event::TopThree(rows.into_iter().map(row).filter(says_something).collect())
    })
}

/// An entry that is withdrawn says nothing else, and those of one update stand together.
fn pit_lane() -> impl Strategy<Value = Event> {
    (keyed(driver(), (lap(), option::of(lap_time()))), vec(driver(), 0..3), any::<bool>()).prop_map(
        |(cars, removed, removed_first)| {
            let car = |(driver, (lap, lane_time))| PitLaneReport { driver, lap, lane_time, removed: false };
            let gone = |driver| PitLaneReport { driver, lap: None, lane_time: None, removed: true };
            let (cars, gone) = (cars.into_iter().map(car), removed.into_iter().map(gone));
            Event::PitLane(if removed_first { gone.chain(cars).collect() } else { cars.chain(gone).collect() })
        },
    )
}

fn pit_stops() -> impl Strategy<Value = Event> {
    let stop = (lap(), option::of(utc()), option::of(lap_time()), option::of(lap_time()));
    keyed(driver(), vec(stop, 1..3)).prop_map(|cars| {
        let stops = cars.into_iter().flat_map(|(driver, stops)| {
            let stop = move |(lap, utc, lane_time, stop_time)| PitStopReport { driver, lap, utc, lane_time, stop_time };
            stops.into_iter().map(stop)
        });
        Event::PitStops(stops.collect())
    })
}

fn radio() -> impl Strategy<Value = Event> {
    vec((driver(), option::of(utc()), text()), 0..3).prop_map(|captures| {
        let capture = |(driver, utc, path)| RadioCapture { driver, utc, path };
        Event::Radio(captures.into_iter().map(capture).collect())
    })
}

fn standings() -> impl Strategy<Value = Vec<ChampionshipEntry>> {
    // `_kf` and `_deleted` are the feed's own words.
    let key = text().prop_filter("the feed's own words", |key| !matches!(key.as_str(), "_kf" | "_deleted"));
    let points = || option::of(any::<f32>().prop_filter("finite", |points| points.is_finite()));
    let standing = (option::of(text()), any::<Option<u16>>(), any::<Option<u16>>(), points(), points());
    keyed(key, standing).prop_map(|entries| {
        let entry = |(key, (name, current_position, predicted_position, current_points, predicted_points))| {
            ChampionshipEntry { key, name, current_position, predicted_position, current_points, predicted_points }
        };
        entries.into_iter().map(entry).collect::<Vec<_>>()
    })
}

fn conclusions() -> impl Strategy<Value = Event> {
    let info = (
        any::<Option<u8>>(),
        change(gap()),
        change(gap()),
        any::<Option<u8>>(),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
    );
    let infos =
        keyed(driver(), info).prop_map(|cars| {
            let info = |(driver, (position, gap_to_leader, interval, n_pit_stops, is_overtaking, is_out))| {
                CarRaceInfo { driver, position, gap_to_leader, interval, n_pit_stops, is_overtaking, is_out }
            };
            Event::RaceInfo(cars.into_iter().map(info).collect())
        });
    let overtakes = keyed(driver(), vec((option::of(utc()), any::<u8>()), 1..3)).prop_map(|cars| {
        let overtakes = cars.into_iter().flat_map(|(driver, overtakes)| {
            overtakes.into_iter().map(move |(utc, n_passed)| OvertakeReport { driver, utc, n_passed })
        });
        Event::Overtakes(overtakes.collect())
    });
    let positions = keyed(driver(), keyed(any::<u16>(), any::<u8>())).prop_map(|cars| {
        let positions = cars.into_iter().flat_map(|(driver, laps)| {
            laps.into_iter().map(move |(lap, position)| LapPosition { driver, lap: LapNumber(lap), position })
        });
        Event::LapPositions(positions.collect())
    });
    let standings = (standings(), standings())
        .prop_map(|(drivers, teams)| Event::Championship(ChampionshipUpdate { drivers, teams }));
    prop_oneof![infos, overtakes, positions, standings]
}

/// Samples up to two seconds before they come, and what they say of each car in the ranges that cars have. Their times
/// are given before the moment of their message.
fn samples() -> impl Strategy<Value = Event> {
    let drs = prop_oneof![Just(Drs::Off), Just(Drs::Eligible), Just(Drs::Open)];
    let percent = || option::of(0u8..=100);
    let channels = (option::of(0u16..=20_000), option::of(0u16..=450), option::of(-1i8..=8), percent(), percent());
    let time = || (-2_000i64..=0).prop_map(SessionTime::from_millis);
    let car = (time(), driver(), channels, option::of(drs)).prop_map(|(time, driver, channels, drs)| CarSample {
        time,
        driver,
        rpm: channels.0,
        speed_kmh: channels.1,
        gear: channels.2,
        throttle_percent: channels.3,
        brake_percent: channels.4,
        drs,
    });
    let xy = || -100_000i32..=100_000;
    let position = (time(), driver(), xy(), xy(), -50_000i32..=50_000, any::<bool>())
        .prop_filter("0, 0, 0 means that there is no fix", |(_, _, x, y, z, _)| [*x, *y, *z] != [0; 3])
        .prop_map(|(time, driver, x_dm, y_dm, z_dm, on_track)| PositionSample {
            time,
            driver,
            x_dm,
            y_dm,
            z_dm,
            on_track,
        });
    prop_oneof![vec(car, 0..9).prop_map(Event::Cars), vec(position, 0..9).prop_map(Event::Positions)]
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => session_events(),
        3 => timing(),
        2 => samples(),
        1 => race_control(),
        1 => drivers(),
        1 => stints(),
        1 => bests(),
        1 => top_three(),
        1 => pit_lane(),
        1 => pit_stops(),
        1 => radio(),
        2 => conclusions(),
    ]
}

/// True for an event that says nothing, of which decoders make none.
fn is_empty(event: &Event) -> bool {
    match event {
        Event::Series(list) => list.is_empty(),
        Event::Clock(clock) => *clock == ClockUpdate { utc: None, remaining_ms: None, is_running: None },
        Event::LapCount(laps) => *laps == LapCountUpdate { current: None, total: None },
        Event::Weather(weather) => *weather == Weather::default(),
        Event::RaceControl(list) => list.is_empty(),
        Event::Drivers(update) => *update == DriversUpdate::default(),
        Event::Timing(update) => **update == TimingUpdate { feed: update.feed, ..TimingUpdate::default() },
        Event::Stints(update) => update.cars.is_empty(),
        Event::Bests(update) => update.cars.is_empty(),
        Event::TopThree(list) => list.is_empty(),
        Event::PitLane(list) => list.is_empty(),
        Event::PitStops(list) => list.is_empty(),
        Event::Radio(list) => list.is_empty(),
        Event::RaceInfo(list) => list.is_empty(),
        Event::Championship(update) => *update == ChampionshipUpdate::default(),
        Event::Overtakes(list) => list.is_empty(),
        Event::LapPositions(list) => list.is_empty(),
        Event::Cars(list) => list.is_empty(),
        Event::Positions(list) => list.is_empty(),
        Event::Heartbeat(_)
        | Event::UtcOfZero(_)
        | Event::SessionInfo(_)
        | Event::SessionStatus(_)
        | Event::TrackStatus(_)
        | Event::Feeds(_)
        | Event::Gap(_)
        | Event::Forecast(_) => false,
    }
}

/// Puts an event at its moment: its samples, and the clock's word on it.
fn place(event: Event, at: SessionTime) -> Event {
    let later = |time: SessionTime| time + at.as_millis();
    match event {
        Event::Cars(samples) => {
            Event::Cars(samples.into_iter().map(|sample| CarSample { time: later(sample.time), ..sample }).collect())
        }
        Event::Positions(samples) => {
            let placed = samples.into_iter().map(|sample| PositionSample { time: later(sample.time), ..sample });
            Event::Positions(placed.collect())
        }
        Event::Clock(clock) => {
            let utc = clock.utc.map(|_| UtcTime::from_millis(ZERO.as_millis() + at.as_millis()));
            Event::Clock(ClockUpdate { utc, ..clock })
        }
        other => other,
    }
}

/// Any events at all, in order of time. A session that is stated again as it was is said once.
pub fn events() -> impl Strategy<Value = Vec<Stamped<Event>>> {
    vec((0i64..20_000, event()), 0..40).prop_map(|events| {
        let (mut now, mut info) = (SessionTime::ZERO, None);
        let mut placed = Vec::new();
        for (step, event) in events.into_iter().filter(|(_, event)| !is_empty(event)) {
            now = now + step;
            if let Event::SessionInfo(new) = &event {
                if info.as_ref() == Some(new) {
                    continue;
                }
                info = Some(new.clone());
            }
            placed.push(Stamped { time: now, value: place(event, now) });
        }
        placed
    })
}
