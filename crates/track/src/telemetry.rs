//! Every car and position sample of a session.

use std::ops::Range;

use overcut_domain::{CarSample, DriverNumber, PositionSample, SessionTime};

use crate::column::Column;
use crate::driven::distance_driven_dm;
use crate::line::DM_PER_M;
use crate::outline::Span;
use crate::packed::{Packed, PackedCar, PackedPosition};

/// Car and position samples of every car, each car's in order of the samples' own time; and beside them, where a car
/// without positions was thought to be.
///
/// Samples arrive in batches, some of them late; they are put where they belong. Of two samples of one car with the
/// same time one is kept, always the same one, so any order of delivery gives equal contents. Feeds sample car channels
/// and positions on two clocks that do not line up, so the two are kept apart.
///
/// A sample takes 12 bytes (car) or 16 bytes (position) and at most an eighth more in reserve: about 12 MB for the
/// 19-lap sprint of `2026_chinese_gp_sprint` with 410,000 + 423,000 samples.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Telemetry {
    /// In order of the number.
    cars: Vec<CarColumns>,
}

/// The samples of one car.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CarColumns {
    pub(crate) driver: DriverNumber,
    pub(crate) channels: Column<PackedCar>,
    pub(crate) positions: Column<PackedPosition>,
    /// Where the car was thought to be while no fixes came.
    pub(crate) estimates: Column<PackedPosition>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inserted {
    /// Samples that are new.
    pub added: usize,
    /// Samples that came after a later one of the same car.
    pub late: usize,
    /// Samples dropped, because the car already had one of that time.
    pub duplicates: usize,
    /// Samples dropped, because their time is more than 24 days from the session's zero.
    pub refused: usize,
}

/// How densely a car was sampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleInterval {
    /// Number of samples.
    pub n: usize,
    /// Mean time between two, milliseconds.
    pub mean_ms: f32,
    /// The longest gap, milliseconds.
    pub max_ms: i64,
}

/// False for the safety and medical cars, which the timing feed lists among the others: 241 to 243 in every recording
/// of 2026, and up to 236 and 247 as ghost entries of 2023. Racing numbers of Formula 1 end at 99.
pub const fn is_race_car(driver: DriverNumber) -> bool {
    !matches!(driver.0, 236..=247)
}

impl Telemetry {
    /// Without samples.
    pub fn new() -> Self {
        Telemetry::default()
    }

    /// Takes car samples in, any number of cars and moments in any order.
    pub fn insert_cars(&mut self, samples: &[CarSample]) -> Inserted {
        let mut inserted = Inserted::default();
        let mut idx = 0;
        for sample in samples {
            let Some(packed) = PackedCar::pack(sample) else {
                inserted.refused += 1;
                continue;
            };
            idx = self.index_of(sample.driver, idx);
            if let Some(car) = self.cars.get_mut(idx) {
                car.channels.push(packed, &mut inserted);
            }
        }
        self.cars.iter_mut().for_each(|car| car.channels.settle(&mut inserted));
        inserted
    }

    /// Takes position fixes in, any number of cars and moments in any order.
    pub fn insert_positions(&mut self, samples: &[PositionSample]) -> Inserted {
        self.insert_places(samples, |car| &mut car.positions)
    }

    /// Takes in where cars are thought to be, for moments without fixes. Frames show it only where the last fix of the
    /// car is over three seconds old, so fixes that come later take its place; nothing else looks at it.
    pub fn insert_estimates(&mut self, samples: &[PositionSample]) -> Inserted {
        self.insert_places(samples, |car| &mut car.estimates)
    }

    fn insert_places(
        &mut self,
        samples: &[PositionSample],
        column: impl Fn(&mut CarColumns) -> &mut Column<PackedPosition>,
    ) -> Inserted {
        let mut inserted = Inserted::default();
        let mut idx = 0;
        for sample in samples {
            let Some(packed) = PackedPosition::pack(sample) else {
                inserted.refused += 1;
                continue;
            };
            idx = self.index_of(sample.driver, idx);
            if let Some(car) = self.cars.get_mut(idx) {
                column(car).push(packed, &mut inserted);
            }
        }
        self.cars.iter_mut().for_each(|car| column(car).settle(&mut inserted));
        inserted
    }

    /// Cars with any sample, in order of the number. Safety and medical cars are among them: see [`is_race_car`].
    pub fn drivers(&self) -> impl Iterator<Item = DriverNumber> + '_ {
        self.cars.iter().map(|car| car.driver)
    }

    /// Car samples with `range.start <= time < range.end`, in order of time.
    pub fn car_samples(
        &self,
        driver: DriverNumber,
        range: Range<SessionTime>,
    ) -> impl DoubleEndedIterator<Item = CarSample> + ExactSizeIterator + '_ {
        let samples = self.car(driver).map_or(&[][..], |car| car.channels.between(range));
        samples.iter().map(move |s| s.unpack(driver))
    }

    /// Position fixes with `range.start <= time < range.end`, in order of time, as they were sent: placeholders, stalls
    /// and wild fixes included.
    pub fn positions(
        &self,
        driver: DriverNumber,
        range: Range<SessionTime>,
    ) -> impl DoubleEndedIterator<Item = PositionSample> + ExactSizeIterator + '_ {
        let samples = self.car(driver).map_or(&[][..], |car| car.positions.between(range));
        samples.iter().map(move |s| s.unpack(driver))
    }

    /// Where a car was thought to be with `range.start <= time < range.end`, in order of time.
    pub fn estimates(
        &self,
        driver: DriverNumber,
        range: Range<SessionTime>,
    ) -> impl DoubleEndedIterator<Item = PositionSample> + ExactSizeIterator + '_ {
        let samples = self.car(driver).map_or(&[][..], |car| car.estimates.between(range));
        samples.iter().map(move |s| s.unpack(driver))
    }

    /// The last car sample at `time` or before.
    pub fn latest_car(&self, driver: DriverNumber, time: SessionTime) -> Option<CarSample> {
        let column = &self.car(driver)?.channels;
        column.samples().get(column.n_until(time).checked_sub(1)?).map(|s| s.unpack(driver))
    }

    /// The last position fix at `time` or before, as it was sent.
    pub fn latest_position(&self, driver: DriverNumber, time: SessionTime) -> Option<PositionSample> {
        let column = &self.car(driver)?.positions;
        column.samples().get(column.n_until(time).checked_sub(1)?).map(|s| s.unpack(driver))
    }

    /// The time of the first sample of all.
    pub fn first_time(&self) -> Option<SessionTime> {
        self.ends(|car| (car.channels.samples().first(), car.positions.samples().first())).min()
    }

    /// The time of the last sample of all.
    pub fn last_time(&self) -> Option<SessionTime> {
        self.ends(|car| (car.channels.samples().last(), car.positions.samples().last())).max()
    }

    /// How densely the channels of a car were sampled in a span. `None` with fewer than two samples.
    pub fn sample_interval(&self, driver: DriverNumber, range: Range<SessionTime>) -> Option<SampleInterval> {
        let samples = self.car(driver)?.channels.between(range);
        let (first, last) = (samples.first()?, samples.last()?);
        let max_ms =
            samples.windows(2).map(|pair| i64::from(pair[1].time_ms()) - i64::from(pair[0].time_ms())).max()?;
        let mean_ms = (i64::from(last.time_ms()) - i64::from(first.time_ms())) as f32 / (samples.len() - 1) as f32;
        Some(SampleInterval { n: samples.len(), mean_ms, max_ms })
    }

    /// Metres that a car drove in a span, by its speed channel; 0 without one. Good for the length of a lap where there
    /// are no positions.
    pub fn driven_m(&self, span: Span) -> f64 {
        let channels = self.car(span.driver).map_or(&[][..], |car| car.channels.samples());
        let (from_ms, to_ms) = (span.start.as_millis() as f64, span.end.as_millis() as f64);
        distance_driven_dm(channels, from_ms, to_ms) / DM_PER_M
    }

    /// Number of car samples and of position fixes.
    pub fn n_samples(&self) -> (usize, usize) {
        self.cars.iter().fold((0, 0), |(cars, positions), car| {
            (cars + car.channels.samples().len(), positions + car.positions.samples().len())
        })
    }

    /// Memory held, in bytes, with what is in reserve.
    pub fn memory_bytes(&self) -> usize {
        self.cars
            .iter()
            .map(|car| car.channels.capacity_bytes() + car.positions.capacity_bytes() + car.estimates.capacity_bytes())
            .sum()
    }

    pub(crate) fn car(&self, driver: DriverNumber) -> Option<&CarColumns> {
        let idx = self.cars.binary_search_by_key(&driver, |car| car.driver).ok()?;
        self.cars.get(idx)
    }

    fn ends<'a>(
        &'a self,
        pick: impl Fn(&'a CarColumns) -> (Option<&'a PackedCar>, Option<&'a PackedPosition>) + 'a,
    ) -> impl Iterator<Item = SessionTime> + 'a {
        self.cars.iter().flat_map(move |car| {
            let (channels, position) = pick(car);
            let millis = [channels.map(Packed::time_ms), position.map(Packed::time_ms)];
            millis.into_iter().flatten().map(|millis| SessionTime::from_millis(millis.into()))
        })
    }

    /// Index of a car's columns, made if need be. Feeds list the cars of each moment in the same order, so the place
    /// after the last one found, or the first, is tried before a search.
    fn index_of(&mut self, driver: DriverNumber, last_idx: usize) -> usize {
        for idx in [last_idx, last_idx + 1, 0] {
            if self.cars.get(idx).is_some_and(|car| car.driver == driver) {
                return idx;
            }
        }
        self.cars.binary_search_by_key(&driver, |car| car.driver).unwrap_or_else(|idx| {
            let (channels, positions, estimates) = (Column::new(), Column::new(), Column::new());
            self.cars.insert(idx, CarColumns { driver, channels, positions, estimates });
            idx
        })
    }
}
