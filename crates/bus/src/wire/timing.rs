//! Deltas of the timing screen.

use overcut_domain::{
    CarTiming, PartStats, QualifyingPart, SectorUpdate, SegmentStatus, SpeedTrap, SpeedUpdate, TimeUpdate, TimingFeed,
    TimingUpdate,
};

use super::change::{
    driver, drivers, gap_change, lap, lap_pb, narrow, narrow_some, number_change, numbers, read_gap_change,
    read_number_change, read_time_change, required, time_change,
};
use super::enums::Word;
use super::{Wire, WireError, pb, read_all, write_all};

impl Wire for TimingUpdate {
    type Pb = pb::TimingUpdate;

    fn write(&self) -> pb::TimingUpdate {
        let entries = |(part, cars): &(u8, u8)| pb::PartEntries { part_idx: (*part).into(), n_cars: (*cars).into() };
        pb::TimingUpdate {
            feed: self.feed.pb_code(),
            is_full: self.is_full,
            cars: write_all(&self.cars),
            removed: numbers(&self.removed),
            part: self.part.map(|part| part.0.into()),
            n_entries: self.n_entries.iter().map(entries).collect(),
            cut_off: time_change(&self.cut_off),
        }
    }

    fn read(pb: pb::TimingUpdate) -> Result<Self, WireError> {
        let entries = |entries: pb::PartEntries| {
            Ok((narrow(entries.part_idx, "qualifying part")?, narrow(entries.n_cars, "number of cars")?))
        };
        Ok(TimingUpdate {
            feed: TimingFeed::read(pb.feed)?,
            is_full: pb.is_full,
            cars: read_all(pb.cars)?,
            removed: drivers(pb.removed)?,
            part: narrow_some(pb.part, "qualifying part")?.map(QualifyingPart),
            n_entries: pb.n_entries.into_iter().map(entries).collect::<Result<_, WireError>>()?,
            cut_off: read_time_change(pb.cut_off),
        })
    }
}

impl Wire for CarTiming {
    type Pb = pb::CarTiming;

    fn write(&self) -> pb::CarTiming {
        pb::CarTiming {
            driver: self.driver.0.into(),
            position: self.position.map(u32::from),
            line: self.line.map(u32::from),
            gap_to_leader: gap_change(&self.gap_to_leader),
            interval: gap_change(&self.interval),
            is_catching: self.is_catching,
            n_laps: self.n_laps.map(u32::from),
            n_pit_stops: self.n_pit_stops.map(u32::from),
            in_pit: self.in_pit,
            pit_out: self.pit_out,
            retired: self.retired,
            stopped: self.stopped,
            knocked_out: self.knocked_out,
            in_drop_zone: self.in_drop_zone,
            status_bits: self.status_bits.map(u32::from),
            last_lap: self.last_lap.as_ref().map(Wire::write),
            best_lap: time_change(&self.best_lap),
            best_lap_number: lap_pb(self.best_lap_number),
            sectors: write_all(&self.sectors),
            speeds: write_all(&self.speeds),
            parts: write_all(&self.parts),
        }
    }

    fn read(pb: pb::CarTiming) -> Result<Self, WireError> {
        Ok(CarTiming {
            driver: driver(pb.driver)?,
            position: narrow_some(pb.position, "position")?,
            line: narrow_some(pb.line, "line")?,
            gap_to_leader: read_gap_change(pb.gap_to_leader)?,
            interval: read_gap_change(pb.interval)?,
            is_catching: pb.is_catching,
            n_laps: narrow_some(pb.n_laps, "number of laps")?,
            n_pit_stops: narrow_some(pb.n_pit_stops, "number of pit stops")?,
            in_pit: pb.in_pit,
            pit_out: pb.pit_out,
            retired: pb.retired,
            stopped: pb.stopped,
            knocked_out: pb.knocked_out,
            in_drop_zone: pb.in_drop_zone,
            status_bits: narrow_some(pb.status_bits, "status bits")?,
            last_lap: pb.last_lap.map(TimeUpdate::read).transpose()?,
            best_lap: read_time_change(pb.best_lap),
            best_lap_number: lap(pb.best_lap_number)?,
            sectors: read_all(pb.sectors)?,
            speeds: read_all(pb.speeds)?,
            parts: read_all(pb.parts)?,
        })
    }
}

impl Wire for TimeUpdate {
    type Pb = pb::TimeUpdate;

    fn write(&self) -> pb::TimeUpdate {
        pb::TimeUpdate {
            time: time_change(&self.time),
            is_overall_best: self.is_overall_best,
            is_personal_best: self.is_personal_best,
        }
    }

    fn read(pb: pb::TimeUpdate) -> Result<Self, WireError> {
        Ok(TimeUpdate {
            time: read_time_change(pb.time),
            is_overall_best: pb.is_overall_best,
            is_personal_best: pb.is_personal_best,
        })
    }
}

impl Wire for SectorUpdate {
    type Pb = pb::SectorUpdate;

    fn write(&self) -> pb::SectorUpdate {
        let segment =
            |(idx, status): &(u8, SegmentStatus)| pb::Segment { segment_idx: (*idx).into(), status: status.pb_code() };
        pb::SectorUpdate {
            sector_idx: self.sector_idx.into(),
            time: Some(self.time.write()),
            previous: time_change(&self.previous),
            stopped: self.stopped,
            segments: self.segments.iter().map(segment).collect(),
        }
    }

    fn read(pb: pb::SectorUpdate) -> Result<Self, WireError> {
        let segment = |segment: pb::Segment| {
            Ok((narrow(segment.segment_idx, "mini-sector")?, SegmentStatus::read(segment.status)?))
        };
        Ok(SectorUpdate {
            sector_idx: narrow(pb.sector_idx, "sector")?,
            time: required(pb.time, "the time of a sector")?,
            previous: read_time_change(pb.previous),
            stopped: pb.stopped,
            segments: pb.segments.into_iter().map(segment).collect::<Result<_, WireError>>()?,
        })
    }
}

impl Wire for SpeedUpdate {
    type Pb = pb::SpeedUpdate;

    fn write(&self) -> pb::SpeedUpdate {
        pb::SpeedUpdate {
            trap: self.trap.pb_code(),
            speed_kmh: number_change(&self.speed_kmh),
            is_overall_best: self.is_overall_best,
            is_personal_best: self.is_personal_best,
        }
    }

    fn read(pb: pb::SpeedUpdate) -> Result<Self, WireError> {
        Ok(SpeedUpdate {
            trap: SpeedTrap::read(pb.trap)?,
            speed_kmh: read_number_change(pb.speed_kmh, "trap speed")?,
            is_overall_best: pb.is_overall_best,
            is_personal_best: pb.is_personal_best,
        })
    }
}

impl Wire for PartStats {
    type Pb = pb::PartStats;

    fn write(&self) -> pb::PartStats {
        pb::PartStats {
            part_idx: self.part_idx.into(),
            best_lap: time_change(&self.best_lap),
            best_lap_number: lap_pb(self.best_lap_number),
            gap_to_fastest: gap_change(&self.gap_to_fastest),
            interval: gap_change(&self.interval),
        }
    }

    fn read(pb: pb::PartStats) -> Result<Self, WireError> {
        Ok(PartStats {
            part_idx: narrow(pb.part_idx, "qualifying part")?,
            best_lap: read_time_change(pb.best_lap),
            best_lap_number: lap(pb.best_lap_number)?,
            gap_to_fastest: read_gap_change(pb.gap_to_fastest)?,
            interval: read_gap_change(pb.interval)?,
        })
    }
}
