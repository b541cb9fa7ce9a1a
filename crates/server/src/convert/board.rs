//! The board, the session and the track.

use overcut_domain::{Gap, SessionTime, Weather};
use overcut_session::{CarRow, Part, PartCell, SectorCell, Session, SessionState, TimeCell, TrackState};
use overcut_timeline::{Entry, Item};
use serde::Serialize;

use super::{millis, names};
use crate::wire;

/// The board made of a snapshot.
pub(crate) fn board(time: SessionTime, snapshot: &[&Entry]) -> wire::Board {
    let mut board = wire::Board {
        t_ms: millis(time),
        session: session(&SessionState::default()),
        track: track(&TrackState::default()),
        weather: None,
        cars: Vec::new(),
    };
    for entry in snapshot {
        match &entry.item {
            Item::Session(state) => board.session = session(state),
            Item::Track(state) => board.track = track(state),
            Item::Weather(reading) => board.weather = Some(weather(reading)),
            Item::Car(row) => board.cars.push(car(row)),
            _ => {}
        }
    }
    board.cars.sort_by_key(|car| (car.position.is_none(), car.position, car.driver));
    board
}

/// One line of a board as JSON, under its name: `session`, `track` and `weather`, and each car under its number. They read
/// as they do in the board that clients are given. `None` for a part that is no line of it; no JSON for a line that is gone.
pub fn board_line(session: &Session, part: &Part) -> Option<(String, Option<String>)> {
    Some(match part {
        Part::Session => ("session".to_owned(), json(Some(self::session(session.state())))),
        Part::Track => ("track".to_owned(), json(Some(track(session.track())))),
        Part::Weather => ("weather".to_owned(), json(session.weather().map(weather))),
        Part::Car(driver) | Part::Gone(driver) => (driver.to_string(), json(session.car(*driver).map(car))),
        _ => return None,
    })
}

fn json(line: Option<impl Serialize>) -> Option<String> {
    line.and_then(|line| serde_json::to_string(&line).ok())
}

pub(super) fn session(state: &SessionState) -> wire::Session {
    let info = &state.info;
    wire::Session {
        meeting: info.meeting_name.clone(),
        name: info.name.clone(),
        kind: names::kind_name(info.kind).to_owned(),
        circuit: info.circuit_name.clone(),
        country: info.country.clone(),
        season: info.season(),
        status: names::session_status(state.status).to_owned(),
        started_at_ms: state.started_at.map(millis),
        part: state.part.map(|part| part.0).filter(|part| *part > 0),
        n_entries: state.n_entries.clone(),
        lap: state.lap,
        n_laps: state.n_laps,
        clock_remaining_ms: state.clock.map(|clock| clock.remaining_ms),
        clock_at_ms: state.clock.map(|clock| millis(clock.at)),
        clock_is_running: state.clock.is_some_and(|clock| clock.is_running),
        utc_of_zero_ms: state.utc_of_zero.map(|utc| utc.as_millis()),
        utc_offset_s: info.utc_offset_s,
    }
}

pub(super) fn track(state: &TrackState) -> wire::Track {
    let yellow = |&(sector, is_double): &(u8, bool)| wire::YellowSector { sector, is_double };
    wire::Track {
        status: names::track_status(state.status).to_owned(),
        since_ms: millis(state.since),
        yellow_sectors: state.yellow_sectors.iter().map(yellow).collect(),
        overtaking_aid: state.overtaking_aid,
    }
}

pub(crate) fn weather(reading: &Weather) -> wire::Weather {
    wire::Weather {
        air_temperature_c: reading.air_temperature_c,
        track_temperature_c: reading.track_temperature_c,
        humidity_percent: reading.humidity_percent,
        pressure_mbar: reading.pressure_mbar,
        is_raining: reading.is_raining,
        wind_direction_deg: reading.wind_direction_deg,
        wind_speed_mps: reading.wind_speed_mps,
    }
}

pub(super) fn car(row: &CarRow) -> wire::Car {
    let speed = |idx: usize| {
        let cell = row.speeds.get(idx).copied().unwrap_or_default();
        wire::Speed { kmh: cell.speed_kmh, colour: names::colour(cell.colour) }
    };
    let [s1, s2, s3] = &row.sectors;
    let stewards = &row.stewards;
    wire::Car {
        driver: row.driver.0,
        position: row.position,
        grid_position: row.grid_position,
        gap: row.gap.map(gap),
        interval: row.interval.map(gap),
        is_catching: row.is_catching,
        lap: row.lap.0,
        last_lap: time_cell(row.last_lap),
        best_lap: time_cell(row.best_lap),
        best_lap_number: row.best_lap_number.map(|lap| lap.0),
        sectors: [sector(s1), sector(s2), sector(s3)],
        speeds: [speed(0), speed(1), speed(2), speed(3)],
        compound: row.compound.map(|compound| compound.name().to_owned()),
        tyre_age: row.tyre_age,
        fresh_tyre: row.fresh_tyre,
        stint: row.stint,
        n_pit_stops: row.n_pit_stops,
        status: names::car_status(row.status).to_owned(),
        in_drop_zone: row.in_drop_zone,
        parts: parts(&row.parts),
        stewards: wire::Stewards {
            n_under_investigation: stewards.n_under_investigation,
            penalty_s: stewards.penalty_s,
            other_penalty: stewards.other_penalty.clone(),
            n_deleted_laps: stewards.n_deleted_laps,
            is_warned: stewards.is_warned,
        },
    }
}

/// Q1 to Q3 as far as there is anything to tell.
fn parts(cells: &[PartCell; 3]) -> Vec<wire::Part> {
    let n_told = cells.iter().rposition(|cell| *cell != PartCell::default()).map_or(0, |idx| idx + 1);
    let part = |cell: &PartCell| wire::Part {
        best_ms: cell.best_lap.map(|time| time.as_millis()),
        gap: cell.gap_to_fastest.map(gap),
    };
    cells.iter().take(n_told).map(part).collect()
}

fn gap(gap: Gap) -> wire::Gap {
    let none = wire::Gap { ms: None, laps: None, leader_lap: None };
    match gap {
        Gap::Time(time) => wire::Gap { ms: Some(time.as_millis()), ..none },
        Gap::Laps(laps) => wire::Gap { laps: Some(laps), ..none },
        Gap::Leader(lap) => wire::Gap { leader_lap: Some(lap.0), ..none },
    }
}

fn time_cell(cell: TimeCell) -> wire::TimeCell {
    wire::TimeCell { ms: cell.time.map(|time| time.as_millis()), colour: names::colour(cell.colour) }
}

fn sector(cell: &SectorCell) -> wire::Sector {
    wire::Sector {
        ms: cell.time.map(|time| time.as_millis()),
        colour: names::colour(cell.colour),
        is_stale: cell.is_stale,
        segments: cell.segments.iter().map(|status| names::segment(*status)).collect(),
    }
}
