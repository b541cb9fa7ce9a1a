//! A recorded race up to the end of a lap of its leader, as the simulator's estimates want to know it.
//!
//! Events are folded only until that lap is over: nothing later is read, so nothing later can be used.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use overcut_domain::{Compound, DriverNumber, Lap, LapNumber, SessionKind, SessionStatus, TrackStatus};
use overcut_session::{CarRow, CarStatus, Session};
use overcut_sim::estimate::{CarSoFar, Form, LapSoFar, RaceSoFar};
use overcut_sim::race::{TrackState, Tyre};
use overcut_sources::Decoder;

use super::prepare::Name;
use crate::input::{Input, Trouble};

/// A race so far, with the names of its cars.
#[derive(Debug)]
pub struct Cut {
    /// What is known of it.
    pub so_far: RaceSoFar,
    /// Names of its cars, in the same order.
    pub names: Vec<Name>,
    /// What the circuit may be called: as the feed names it, its town, the event, the country.
    pub places: Vec<String>,
    /// Year.
    pub season: Option<u16>,
    /// Grand Prix or sprint.
    pub kind: SessionKind,
    /// What is missing.
    pub notes: Vec<String>,
}

/// What each car is slower than the fastest in qualifying for each place on the grid, as a share of a lap, where no
/// qualifying is at hand: the mean over the grids of 2018–2023 is close to a straight line.
const GAP_PER_PLACE: f32 = 0.001;

/// Reads a race until its leader has completed a lap; 0 is the grid. `n_laps` is how many laps it has, if the feed does
/// not say or is not to be believed.
///
/// # Errors
///
/// If it cannot be read, is no race, or never gets that far.
pub fn cut(path: &Path, lap: u16, n_laps: Option<u16>) -> Result<Cut> {
    let session = fold_until(path, |session| is_reached(session, lap))?;
    let state = session.state();
    ensure!(
        matches!(state.info.kind, SessionKind::Race | SessionKind::Sprint | SessionKind::Unknown),
        "only races can be simulated, and this is a {}",
        state.info.name
    );
    let Some(n_laps) = n_laps.or(state.n_laps) else {
        bail!("the recording does not say how many laps the race has: name them with --laps")
    };
    let n_driven = session.laps().filter(|lap| lap.ended_at.is_some()).map(|lap| lap.number.0).max().unwrap_or(0);
    ensure!(n_driven >= lap, "the race ends with lap {n_driven}, before lap {lap}");
    ensure!(lap < n_laps, "the race has {n_laps} laps: there is nothing left to simulate after lap {lap}");
    let mut notes = Vec::new();
    let grid = grid(&session, &mut notes);
    let teams = teams(&session, &grid);
    let (mut cars, mut names) = (Vec::new(), Vec::new());
    for (idx, row) in grid.iter().enumerate() {
        cars.push(car(&session, row, (idx + 1) as u8, teams[idx], lap));
        names.push(name(&session, row.driver));
    }
    ensure!(!cars.is_empty(), "no car takes part in this race");
    if cars.iter().any(|car| car.start_tyre.is_none()) && lap == 0 {
        notes.push("tyres on the grid are not known yet: teams choose theirs".to_owned());
    }
    let (track, track_laps) = track(&session, lap);
    let so_far = RaceSoFar {
        n_laps,
        lap,
        start_s: state.started_at.map(|time| time.as_secs_f64()),
        track,
        track_laps,
        is_raining: session.weather().and_then(|weather| weather.is_raining).unwrap_or(false),
        cars,
    };
    let info = &state.info;
    let places = [&info.circuit_name, &info.location, &info.meeting_name, &info.country].map(|name| name.clone());
    let places = places.into_iter().filter(|place| !place.is_empty()).collect();
    Ok(Cut { so_far, names, places, season: info.season(), kind: info.kind, notes })
}

/// Each car's best lap of a qualifying over the fastest of all, as a share.
///
/// # Errors
///
/// If it cannot be read.
pub fn qualifying_gaps(path: &Path) -> Result<Vec<(DriverNumber, f32)>> {
    let session = fold_until(path, |_| false)?;
    let best = |driver: DriverNumber| {
        let times = session.laps_of(driver).iter().filter(|lap| !lap.deleted).filter_map(|lap| lap.time);
        times.map(|time| time.as_millis()).min()
    };
    let bests: Vec<(DriverNumber, u32)> =
        session.cars().keys().filter_map(|driver| Some((*driver, best(*driver)?))).collect();
    let fastest = bests.iter().map(|(_, ms)| *ms).min().unwrap_or(1).max(1);
    Ok(bests.into_iter().map(|(driver, ms)| (driver, ms as f32 / fastest as f32 - 1.0)).collect())
}

/// Folds a recording until enough is known.
fn fold_until(path: &Path, is_enough: impl Fn(&Session) -> bool) -> Result<Session> {
    let mut input = Input::open(path)?;
    let mut decoder = Decoder::new(input.format());
    let (mut session, mut events, mut changed) = (Session::new(), Vec::new(), Vec::new());
    loop {
        let goes_on = match input.next_raw() {
            Ok(Some(message)) => {
                decoder.decode(message, &mut events);
                true
            }
            Ok(None) => {
                decoder.finish(&mut events);
                false
            }
            Err(Trouble::Damaged(_)) => true,
            Err(Trouble::Broken(error)) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        for event in events.drain(..) {
            changed.clear();
            session.apply(&event, &mut changed);
            if !changed.is_empty() && is_enough(&session) {
                return Ok(session);
            }
        }
        if !goes_on {
            return Ok(session);
        }
    }
}

/// True once any car has ended the lap; for lap 0 once the race has been started.
fn is_reached(session: &Session, lap: u16) -> bool {
    if lap == 0 {
        return session.state().status == SessionStatus::Started;
    }
    let has_ended =
        |driver: &DriverNumber| session.lap(*driver, LapNumber(lap)).is_some_and(|lap| lap.ended_at.is_some());
    session.cars().keys().any(has_ended)
}

/// The cars in the order of the grid; those without a place on it come last, in order of the board.
fn grid<'a>(session: &'a Session, notes: &mut Vec<String>) -> Vec<&'a CarRow> {
    let order = session.board_order();
    let mut rows: Vec<&CarRow> = order.iter().filter_map(|driver| session.car(*driver)).collect();
    if rows.iter().all(|row| row.grid_position.is_none()) {
        notes.push("the feed does not state the grid: cars stand in the order of the board".to_owned());
    }
    // The sort is stable: what has no place on the grid stays in order of the board.
    rows.sort_by_key(|row| row.grid_position.filter(|place| *place > 0).unwrap_or(u8::MAX));
    rows
}

/// A number for each car's team, in order of first appearance; a car without a team is one of its own.
fn teams(session: &Session, rows: &[&CarRow]) -> Vec<u8> {
    let mut known: Vec<String> = Vec::new();
    let number = |row: &&CarRow| {
        let team = session.driver(row.driver).map(|entry| entry.team.clone()).filter(|team| !team.is_empty());
        let team = team.unwrap_or_else(|| format!("car {}", row.driver));
        let idx = known.iter().position(|name| *name == team).unwrap_or_else(|| {
            known.push(team);
            known.len() - 1
        });
        idx as u8
    };
    rows.iter().map(number).collect()
}

fn name(session: &Session, driver: DriverNumber) -> Name {
    let entry = session.driver(driver);
    let tla = entry.map(|entry| entry.tla.clone()).filter(|tla| !tla.is_empty());
    Name {
        tla: tla.unwrap_or_else(|| driver.to_string()),
        colour: entry.map_or(String::new(), |e| e.team_colour.clone()),
    }
}

fn car(session: &Session, row: &CarRow, grid: u8, team_idx: u8, lap: u16) -> CarSoFar {
    let laps = session.laps_of(row.driver);
    let completed = laps.iter().filter(|driven| driven.number.0 <= lap);
    let is_out = matches!(row.status, CarStatus::Retired | CarStatus::Stopped);
    let first_stint = session.stints_of(row.driver).first();
    CarSoFar {
        driver: row.driver,
        team_idx,
        grid,
        qualifying_gap: Some(f32::from(grid - 1) * GAP_PER_PLACE),
        form: Form::default(),
        failure_hazard: None,
        crash_hazard: None,
        start_tyre: first_stint.and_then(|stint| tyre(stint.compound)),
        laps: completed.filter_map(lap_so_far).collect(),
        is_retired: is_out && lap > 0,
        penalty_s: f32::from(row.stewards.penalty_s),
    }
}

fn lap_so_far(lap: &Lap) -> Option<LapSoFar> {
    Some(LapSoFar {
        lap: lap.number.0,
        lap_time_s: lap.time.map(|time| time.as_millis() as f32 / 1000.0),
        end_s: lap.ended_at?.as_secs_f64(),
        tyre: lap.compound.and_then(tyre),
        tyre_age: lap.tyre_life.unwrap_or(0),
        is_in_lap: lap.pit_in_at.is_some(),
        is_out_lap: lap.pit_out_at.is_some() && lap.number.0 > 1,
        track: lap.track_status.iter().map(|status| track_state(*status)).max_by_key(severity).unwrap_or_default(),
    })
}

fn tyre(compound: Compound) -> Option<Tyre> {
    Tyre::from_compound(compound)
}

/// The state of the track now, and for how many of the leader's laps it has lasted.
fn track(session: &Session, lap: u16) -> (TrackState, u16) {
    let now = track_state(session.track().status);
    let leader =
        session.laps().filter(|driven| driven.number.0 == lap).filter_map(|lap| Some((lap.ended_at?, lap.driver)));
    let Some((_, leader)) = leader.min() else { return (now, 0) };
    let laps = session.laps_of(leader).iter().filter(|driven| driven.number.0 <= lap).rev();
    let is_same = |lap: &&Lap| lap.track_status.iter().any(|status| track_state(*status) == now);
    (now, laps.take_while(is_same).count() as u16)
}

fn track_state(status: TrackStatus) -> TrackState {
    match status {
        TrackStatus::Clear | TrackStatus::Yellow => TrackState::Green,
        TrackStatus::SafetyCar => TrackState::SafetyCar,
        TrackStatus::Red => TrackState::Red,
        TrackStatus::VirtualSafetyCar | TrackStatus::VirtualSafetyCarEnding => TrackState::VirtualSafetyCar,
    }
}

fn severity(track: &TrackState) -> u8 {
    match track {
        TrackState::Green => 0,
        TrackState::VirtualSafetyCar => 1,
        TrackState::SafetyCar => 2,
        TrackState::Red => 3,
    }
}
