//! `TimingData` and its reduced twin `TimingDataF1`.

use overcut_domain::{
    CarTiming, Change, PartStats, SectorUpdate, SegmentStatus, SpeedTrap, SpeedUpdate, TimeUpdate, TimingFeed,
    TimingUpdate,
};

use super::json::JsonWriter;
use super::text::push_integer;

/// What an update changes on the timing screen. Races state gaps on track, other sessions gaps by best lap.
pub(super) fn timing(json: &mut JsonWriter<'_>, update: &TimingUpdate, is_race: bool) {
    if update.is_full || !update.cars.is_empty() || !update.removed.is_empty() {
        json.object("Lines", |json| {
            for car in &update.cars {
                json.car(car.driver, |json| line(json, car, is_race));
            }
            json.deleted(&update.removed);
        });
    }
    json.number("SessionPart", update.part.map(|part| part.0));
    if !update.n_entries.is_empty() {
        let numbers: Vec<(u16, u8)> = update.n_entries.iter().map(|(idx, n)| (u16::from(*idx), *n)).collect();
        json.numbers("NoEntries", false, &numbers);
    }
    json.lap_time("CutOffTime", update.cut_off);
    let says_something = !update.cars.is_empty() || update.part.is_some();
    json.flag("Withheld", (json.is_full() && says_something).then_some(false));
}

fn line(json: &mut JsonWriter<'_>, car: &CarTiming, is_race: bool) {
    gaps(json, car, is_race);
    json.number("Line", car.line);
    json.number_text("Position", car.position);
    if json.is_full() {
        json.flag("ShowPosition", Some(true));
        json.number_text("RacingNumber", Some(car.driver.0));
    }
    json.flag("Retired", car.retired);
    json.flag("KnockedOut", car.knocked_out);
    json.flag("Cutoff", car.in_drop_zone);
    json.flag("InPit", car.in_pit);
    json.flag("PitOut", car.pit_out);
    json.flag("Stopped", car.stopped);
    json.number("Status", car.status_bits);
    if !car.sectors.is_empty() {
        json.entries("Sectors", &car.sectors, |sector| sector.sector_idx.into(), sector);
    }
    if !car.speeds.is_empty() {
        json.object("Speeds", |json| car.speeds.iter().for_each(|update| speed(json, update)));
    }
    if !car.best_lap.is_keep() || car.best_lap_number.is_some() {
        json.object("BestLapTime", |json| {
            json.lap_time("Value", car.best_lap);
            json.number("Lap", car.best_lap_number.map(|lap| lap.0));
        });
    }
    if let Some(last) = &car.last_lap {
        json.object("LastLapTime", |json| {
            json.lap_time("Value", last.time);
            ranks(json, last);
        });
    }
    parts(json, &car.parts);
    json.number("NumberOfLaps", car.n_laps);
    json.number("NumberOfPitStops", car.n_pit_stops);
}

fn gaps(json: &mut JsonWriter<'_>, car: &CarTiming, is_race: bool) {
    let interval = if is_race { car.interval } else { Change::Keep };
    if is_race {
        json.gap("GapToLeader", car.gap_to_leader);
    } else {
        json.gap("TimeDiffToFastest", car.gap_to_leader);
        json.gap("TimeDiffToPositionAhead", car.interval);
    }
    if !interval.is_keep() || car.is_catching.is_some() {
        json.object("IntervalToPositionAhead", |json| {
            json.gap("Value", interval);
            json.flag("Catching", car.is_catching);
        });
    }
}

/// The members beside a time's value. `Status` is 0 in every recording, and only where everything is stated.
fn ranks(json: &mut JsonWriter<'_>, time: &TimeUpdate) {
    json.number("Status", json.is_full().then_some(0u8));
    json.flag("OverallFastest", time.is_overall_best);
    json.flag("PersonalFastest", time.is_personal_best);
}

fn sector(json: &mut JsonWriter<'_>, sector: &SectorUpdate) {
    json.flag("Stopped", sector.stopped);
    json.lap_time("PreviousValue", sector.previous);
    if !sector.segments.is_empty() {
        json.entries(
            "Segments",
            &sector.segments,
            |(idx, _)| u16::from(*idx),
            |json, (_, status)| {
                json.number("Status", Some(segment_code(*status)));
            },
        );
    }
    json.lap_time("Value", sector.time.time);
    ranks(json, &sector.time);
}

/// The feed's code of a mini-sector. One that is not known is written as one that has been seen and is not known.
fn segment_code(status: SegmentStatus) -> u16 {
    match status {
        SegmentStatus::None => 0,
        SegmentStatus::Yellow => 2048,
        SegmentStatus::Green => 2049,
        SegmentStatus::Purple => 2051,
        SegmentStatus::PitLane => 2064,
        SegmentStatus::Unknown => 2052,
    }
}

fn speed(json: &mut JsonWriter<'_>, update: &SpeedUpdate) {
    json.object(trap_name(update.trap), |json| {
        json.change("Value", update.speed_kmh, |out, speed| push_integer(out, speed.into()));
        json.number("Status", json.is_full().then_some(0u8));
        json.flag("OverallFastest", update.is_overall_best);
        json.flag("PersonalFastest", update.is_personal_best);
    });
}

/// The name of a trap.
pub(super) fn trap_name(trap: SpeedTrap) -> &'static str {
    match trap {
        SpeedTrap::I1 => "I1",
        SpeedTrap::I2 => "I2",
        SpeedTrap::FinishLine => "FL",
        SpeedTrap::SpeedTrap => "ST",
    }
}

/// Results of qualifying parts, in two lists. Where both are written the first names every part, so that a reader
/// meets them in order.
fn parts(json: &mut JsonWriter<'_>, parts: &[PartStats]) {
    let has_best = |part: &PartStats| !part.best_lap.is_keep() || part.best_lap_number.is_some();
    let has_gaps = |part: &PartStats| !part.gap_to_fastest.is_keep() || !part.interval.is_keep();
    let states_bests = parts.iter().any(has_best) || !parts.iter().any(has_gaps);
    if states_bests && !parts.is_empty() {
        json.entries(
            "BestLapTimes",
            parts,
            |part| part.part_idx.into(),
            |json, part| {
                json.lap_time("Value", part.best_lap);
                json.number("Lap", part.best_lap_number.map(|lap| lap.0));
            },
        );
    }
    let with_gaps: Vec<&PartStats> = parts.iter().filter(|part| has_gaps(part) || !states_bests).collect();
    if !with_gaps.is_empty() {
        json.entries(
            "Stats",
            &with_gaps,
            |part| part.part_idx.into(),
            |json, part| {
                json.gap("TimeDiffToFastest", part.gap_to_fastest);
                json.gap("TimeDifftoPositionAhead", part.interval); // the feed itself writes a small "to" here
            },
        );
    }
}

/// What the reduced feed says of an update: everything but mini-sectors. `None` if that is nothing.
pub(super) fn reduced(update: &TimingUpdate) -> Option<TimingUpdate> {
    let without_segments = |car: &CarTiming| {
        let mut car = car.clone();
        car.sectors.iter_mut().for_each(|sector| sector.segments.clear());
        car.sectors
            .retain(|sector| *sector != SectorUpdate { sector_idx: sector.sector_idx, ..SectorUpdate::default() });
        let nothing = CarTiming { driver: car.driver, ..CarTiming::default() };
        (car != nothing).then_some(car)
    };
    let cars: Vec<CarTiming> = update.cars.iter().filter_map(without_segments).collect();
    let rest = TimingUpdate { cars, ..update.clone() };
    let nothing = TimingUpdate { feed: update.feed, ..TimingUpdate::default() };
    (rest != nothing).then_some(TimingUpdate { feed: TimingFeed::Reduced, ..rest })
}
