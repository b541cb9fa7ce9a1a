//! What events say of tyres, bests, pit stops and places.

use overcut_domain::{
    CarBests, CarRaceInfo, CarStints, ChampionshipEntry, ChampionshipUpdate, Change, Compound, LapNumber, LapPosition,
    OvertakeReport, PitLaneReport, PitStopReport, RadioCapture, RankedTime, SpeedTrap, StintUpdate, TopThreeEntry,
};

use super::change::{
    driver, gap_change, lap, lap_pb, lap_time, ms, narrow, narrow_some, number_change, read_gap_change,
    read_number_change, read_time_change, required, time_change, utc_pb, utc_some,
};
use super::enums::Word;
use super::{Wire, WireError, pb, read_all, write_all};

impl Wire for CarStints {
    type Pb = pb::CarStints;

    fn write(&self) -> pb::CarStints {
        pb::CarStints {
            driver: self.driver.0.into(),
            grid_position: self.grid_position.map(u32::from),
            is_full: self.is_full,
            stints: write_all(&self.stints),
        }
    }

    fn read(pb: pb::CarStints) -> Result<Self, WireError> {
        Ok(CarStints {
            driver: driver(pb.driver)?,
            grid_position: narrow_some(pb.grid_position, "place on the grid")?,
            is_full: pb.is_full,
            stints: read_all(pb.stints)?,
        })
    }
}

impl Wire for StintUpdate {
    type Pb = pb::StintUpdate;

    fn write(&self) -> pb::StintUpdate {
        pb::StintUpdate {
            stint_idx: self.stint_idx.into(),
            compound: Compound::code_some(self.compound),
            fresh: self.fresh,
            changed: self.changed,
            total_laps: self.total_laps.map(u32::from),
            start_laps: self.start_laps.map(u32::from),
            best_lap_ms: ms(self.best_lap),
            best_lap_number: lap_pb(self.best_lap_number),
        }
    }

    fn read(pb: pb::StintUpdate) -> Result<Self, WireError> {
        Ok(StintUpdate {
            stint_idx: narrow(pb.stint_idx, "stint")?,
            compound: Compound::read_some(pb.compound)?,
            fresh: pb.fresh,
            changed: pb.changed,
            total_laps: narrow_some(pb.total_laps, "age of tyres")?,
            start_laps: narrow_some(pb.start_laps, "age of tyres")?,
            best_lap: lap_time(pb.best_lap_ms),
            best_lap_number: lap(pb.best_lap_number)?,
        })
    }
}

impl Wire for RankedTime {
    type Pb = pb::RankedTime;

    fn write(&self) -> pb::RankedTime {
        pb::RankedTime { time: time_change(&self.time), rank: self.rank.map(u32::from) }
    }

    fn read(pb: pb::RankedTime) -> Result<Self, WireError> {
        Ok(RankedTime { time: read_time_change(pb.time), rank: narrow_some(pb.rank, "rank")? })
    }
}

impl Wire for CarBests {
    type Pb = pb::CarBests;

    fn write(&self) -> pb::CarBests {
        let sector =
            |(idx, best): &(u8, RankedTime)| pb::RankedSector { sector_idx: (*idx).into(), best: Some(best.write()) };
        let speed = |(trap, speed, rank): &(SpeedTrap, Change<u16>, Option<u8>)| pb::RankedSpeed {
            trap: trap.pb_code(),
            speed_kmh: number_change(speed),
            rank: rank.map(u32::from),
        };
        pb::CarBests {
            driver: self.driver.0.into(),
            lap: self.lap.as_ref().map(Wire::write),
            lap_number: lap_pb(self.lap_number),
            sectors: self.sectors.iter().map(sector).collect(),
            speeds: self.speeds.iter().map(speed).collect(),
        }
    }

    fn read(pb: pb::CarBests) -> Result<Self, WireError> {
        let sector = |sector: pb::RankedSector| {
            Ok((narrow(sector.sector_idx, "sector")?, required(sector.best, "the best time of a sector")?))
        };
        let speed = |speed: pb::RankedSpeed| {
            let change = read_number_change(speed.speed_kmh, "trap speed")?;
            Ok((SpeedTrap::read(speed.trap)?, change, narrow_some(speed.rank, "rank")?))
        };
        Ok(CarBests {
            driver: driver(pb.driver)?,
            lap: pb.lap.map(RankedTime::read).transpose()?,
            lap_number: lap(pb.lap_number)?,
            sectors: pb.sectors.into_iter().map(sector).collect::<Result<_, WireError>>()?,
            speeds: pb.speeds.into_iter().map(speed).collect::<Result<_, WireError>>()?,
        })
    }
}

impl Wire for TopThreeEntry {
    type Pb = pb::TopThreeEntry;

    fn write(&self) -> pb::TopThreeEntry {
        pb::TopThreeEntry {
            row_idx: self.row_idx.into(),
            driver: self.driver.map(|driver| driver.0.into()),
            lap_time: time_change(&self.lap_time),
            gap_to_leader: gap_change(&self.gap_to_leader),
            interval: gap_change(&self.interval),
        }
    }

    fn read(pb: pb::TopThreeEntry) -> Result<Self, WireError> {
        Ok(TopThreeEntry {
            row_idx: narrow(pb.row_idx, "row")?,
            driver: pb.driver.map(driver).transpose()?,
            lap_time: read_time_change(pb.lap_time),
            gap_to_leader: read_gap_change(pb.gap_to_leader)?,
            interval: read_gap_change(pb.interval)?,
        })
    }
}

impl Wire for PitLaneReport {
    type Pb = pb::PitLaneReport;

    fn write(&self) -> pb::PitLaneReport {
        pb::PitLaneReport {
            driver: self.driver.0.into(),
            lap: lap_pb(self.lap),
            lane_time_ms: ms(self.lane_time),
            removed: self.removed,
        }
    }

    fn read(pb: pb::PitLaneReport) -> Result<Self, WireError> {
        Ok(PitLaneReport {
            driver: driver(pb.driver)?,
            lap: lap(pb.lap)?,
            lane_time: lap_time(pb.lane_time_ms),
            removed: pb.removed,
        })
    }
}

impl Wire for PitStopReport {
    type Pb = pb::PitStopReport;

    fn write(&self) -> pb::PitStopReport {
        pb::PitStopReport {
            driver: self.driver.0.into(),
            lap: lap_pb(self.lap),
            utc_ms: utc_pb(self.utc),
            lane_time_ms: ms(self.lane_time),
            stop_time_ms: ms(self.stop_time),
        }
    }

    fn read(pb: pb::PitStopReport) -> Result<Self, WireError> {
        Ok(PitStopReport {
            driver: driver(pb.driver)?,
            lap: lap(pb.lap)?,
            utc: utc_some(pb.utc_ms)?,
            lane_time: lap_time(pb.lane_time_ms),
            stop_time: lap_time(pb.stop_time_ms),
        })
    }
}

impl Wire for RadioCapture {
    type Pb = pb::RadioCapture;

    fn write(&self) -> pb::RadioCapture {
        pb::RadioCapture { driver: self.driver.0.into(), utc_ms: utc_pb(self.utc), path: self.path.clone() }
    }

    fn read(pb: pb::RadioCapture) -> Result<Self, WireError> {
        Ok(RadioCapture { driver: driver(pb.driver)?, utc: utc_some(pb.utc_ms)?, path: pb.path })
    }
}

impl Wire for CarRaceInfo {
    type Pb = pb::CarRaceInfo;

    fn write(&self) -> pb::CarRaceInfo {
        pb::CarRaceInfo {
            driver: self.driver.0.into(),
            position: self.position.map(u32::from),
            gap_to_leader: gap_change(&self.gap_to_leader),
            interval: gap_change(&self.interval),
            n_pit_stops: self.n_pit_stops.map(u32::from),
            is_overtaking: self.is_overtaking,
            is_out: self.is_out,
        }
    }

    fn read(pb: pb::CarRaceInfo) -> Result<Self, WireError> {
        Ok(CarRaceInfo {
            driver: driver(pb.driver)?,
            position: narrow_some(pb.position, "position")?,
            gap_to_leader: read_gap_change(pb.gap_to_leader)?,
            interval: read_gap_change(pb.interval)?,
            n_pit_stops: narrow_some(pb.n_pit_stops, "number of pit stops")?,
            is_overtaking: pb.is_overtaking,
            is_out: pb.is_out,
        })
    }
}

impl Wire for ChampionshipUpdate {
    type Pb = pb::ChampionshipUpdate;

    fn write(&self) -> pb::ChampionshipUpdate {
        pb::ChampionshipUpdate { drivers: write_all(&self.drivers), teams: write_all(&self.teams) }
    }

    fn read(pb: pb::ChampionshipUpdate) -> Result<Self, WireError> {
        Ok(ChampionshipUpdate { drivers: read_all(pb.drivers)?, teams: read_all(pb.teams)? })
    }
}

impl Wire for ChampionshipEntry {
    type Pb = pb::ChampionshipEntry;

    fn write(&self) -> pb::ChampionshipEntry {
        pb::ChampionshipEntry {
            key: self.key.clone(),
            name: self.name.clone(),
            current_position: self.current_position.map(u32::from),
            predicted_position: self.predicted_position.map(u32::from),
            current_points: self.current_points,
            predicted_points: self.predicted_points,
        }
    }

    fn read(pb: pb::ChampionshipEntry) -> Result<Self, WireError> {
        let position = |position| narrow_some(position, "place in the championship");
        Ok(ChampionshipEntry {
            key: pb.key,
            name: pb.name,
            current_position: position(pb.current_position)?,
            predicted_position: position(pb.predicted_position)?,
            current_points: pb.current_points,
            predicted_points: pb.predicted_points,
        })
    }
}

impl Wire for OvertakeReport {
    type Pb = pb::OvertakeReport;

    fn write(&self) -> pb::OvertakeReport {
        pb::OvertakeReport { driver: self.driver.0.into(), utc_ms: utc_pb(self.utc), n_passed: self.n_passed.into() }
    }

    fn read(pb: pb::OvertakeReport) -> Result<Self, WireError> {
        Ok(OvertakeReport {
            driver: driver(pb.driver)?,
            utc: utc_some(pb.utc_ms)?,
            n_passed: narrow(pb.n_passed, "number of cars passed")?,
        })
    }
}

impl Wire for LapPosition {
    type Pb = pb::LapPosition;

    fn write(&self) -> pb::LapPosition {
        pb::LapPosition { driver: self.driver.0.into(), lap: self.lap.0.into(), position: self.position.into() }
    }

    fn read(pb: pb::LapPosition) -> Result<Self, WireError> {
        Ok(LapPosition {
            driver: driver(pb.driver)?,
            lap: LapNumber(narrow(pb.lap, "lap number")?),
            position: narrow(pb.position, "position")?,
        })
    }
}
