//! Car channels and positions: `CarData.z` and `Position.z`.
//!
//! Nine tenths of a session's bytes are written here, so their texts are put together byte by byte, in the one shape
//! in which the feed has always sent them. A message is raw DEFLATE in base64 in quotes.

mod batch;
mod pack;
mod sensors;

use overcut_domain::{CarSample, DriverNumber, Drs, PositionSample, SessionTime, UtcTime};

use super::Message;
use super::quirks::{Dice, Quirks};
use super::text::{push_clock, push_integer, push_utc, push_utc_with_ticks};
use super::wire::Wire;
use crate::topic::{Shape, Topic};
use batch::Batch;
use pack::Pack;
use sensors::Sensors;

/// What sensors send for throttle and brake when they have nothing to say.
const NO_VALUE: i64 = 104;

/// Writes samples, and holds them back where the feed would.
pub(super) struct Samples {
    cars: Lane<CarSample>,
    positions: Lane<PositionSample>,
    blocks: Blocks,
}

/// One topic of samples on its way to the wire.
struct Lane<T> {
    batch: Batch<T>,
    sensors: Sensors<T>,
}

impl<T: Sample> Lane<T> {
    fn new(quirks: &Quirks, seed: u64) -> Lane<T> {
        let purpose = T::TOPIC as u64 * 8;
        Lane {
            batch: Batch::new(quirks, Dice::new(seed, purpose + 9)),
            sensors: Sensors::new(quirks, Dice::new(seed, purpose + 10)),
        }
    }

    fn take(&mut self, at: SessionTime, samples: &[T], blocks: &mut Blocks, wire: &mut Wire, out: &mut Vec<Message>) {
        if let Some(samples) = self.batch.add(at, samples) {
            blocks.send(at, samples, &mut self.sensors, wire, out);
            self.batch.clear();
        }
    }

    fn release(&mut self, at: SessionTime, blocks: &mut Blocks, wire: &mut Wire, out: &mut Vec<Message>) {
        blocks.send(at, self.batch.waiting(), &mut self.sensors, wire, out);
        self.batch.clear();
    }
}

impl Samples {
    pub(super) fn new(zero: UtcTime, quirks: &Quirks, seed: u64) -> Samples {
        let blocks = Blocks {
            zero,
            has_told_zero: false,
            ticks: quirks.fine_stamps.then(|| Dice::new(seed, 4)),
            text: Vec::new(),
            pack: Pack::default(),
        };
        Samples { cars: Lane::new(quirks, seed), positions: Lane::new(quirks, seed), blocks }
    }

    pub(super) fn set_zero(&mut self, zero: UtcTime) {
        self.blocks.zero = zero;
    }

    /// Car channels that became known at `at`.
    pub(super) fn cars(&mut self, at: SessionTime, samples: &[CarSample], wire: &mut Wire, out: &mut Vec<Message>) {
        self.cars.take(at, samples, &mut self.blocks, wire, out);
    }

    /// Position fixes that became known at `at`.
    pub(super) fn positions(
        &mut self,
        at: SessionTime,
        samples: &[PositionSample],
        wire: &mut Wire,
        out: &mut Vec<Message>,
    ) {
        self.positions.take(at, samples, &mut self.blocks, wire, out);
    }

    /// Sends what must not be held back any longer, before something that happens `now`.
    pub(super) fn release_overdue(&mut self, now: SessionTime, wire: &mut Wire, out: &mut Vec<Message>) {
        loop {
            let is_over = |at: &SessionTime| *at <= now;
            let cars = self.cars.batch.overdue().filter(is_over);
            let positions = self.positions.batch.overdue().filter(is_over);
            match (cars, positions) {
                (Some(at), other) if other.is_none_or(|other| at <= other) => {
                    self.cars.release(at, &mut self.blocks, wire, out);
                }
                (_, Some(at)) => self.positions.release(at, &mut self.blocks, wire, out),
                _ => break,
            }
        }
    }

    /// Sends all that is held back.
    pub(super) fn release(&mut self, at: SessionTime, wire: &mut Wire, out: &mut Vec<Message>) {
        self.cars.release(at, &mut self.blocks, wire, out);
        self.positions.release(at, &mut self.blocks, wire, out);
    }
}

/// A reading that comes in blocks.
trait Sample: Shape + Copy {
    const TOPIC: Topic;

    fn time(&self) -> SessionTime;
    fn driver(&self) -> DriverNumber;
    /// The same reading at another moment.
    fn at(self, time: SessionTime) -> Self;
    /// Writes what stands after the car's number.
    fn push(&self, garbage: Option<Garbled>, out: &mut Vec<u8>);
}

/// How a reading is garbled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Garbled {
    /// The sensor has nothing to say: 104 for throttle and brake; 0, 0, 0 for a position.
    Silent,
    /// All channels are zero, but throttle and brake, which say 104.
    Zeros,
    /// A value that no car can have: gear 128; a position far away.
    Absurd,
}

impl Sample for CarSample {
    const TOPIC: Topic = Topic::CarData;

    fn time(&self) -> SessionTime {
        self.time
    }

    fn driver(&self) -> DriverNumber {
        self.driver
    }

    fn at(self, time: SessionTime) -> Self {
        CarSample { time, ..self }
    }

    fn push(&self, garbage: Option<Garbled>, out: &mut Vec<u8>) {
        let is_silent = matches!(garbage, Some(Garbled::Silent | Garbled::Zeros));
        let pedal = |percent: Option<u8>| percent.filter(|_| !is_silent).map_or(NO_VALUE, i64::from);
        let moving = |value: Option<i64>| if garbage == Some(Garbled::Zeros) { Some(0) } else { value };
        let gear = if garbage == Some(Garbled::Absurd) { Some(128) } else { self.gear.map(i64::from) };
        let channels: [(&[u8], Option<i64>); 6] = [
            (b"\"0\":", moving(self.rpm.map(i64::from))),
            (b"\"2\":", moving(self.speed_kmh.map(i64::from))),
            (b"\"3\":", moving(gear)),
            (b"\"4\":", Some(pedal(self.throttle_percent))),
            (b"\"5\":", Some(pedal(self.brake_percent))),
            (b"\"45\":", self.drs.map(drs_code)),
        ];
        out.extend_from_slice(b"{\"Channels\":{");
        for (name, value) in channels {
            if let Some(value) = value {
                out.extend_from_slice(name);
                push_integer(out, value);
                out.push(b',');
            }
        }
        // There always is a channel, and a comma behind the last one.
        out.pop();
        out.extend_from_slice(b"}}");
    }
}

fn drs_code(drs: Drs) -> i64 {
    match drs {
        Drs::Off => 0,
        Drs::Eligible => 8,
        Drs::Open => 12,
    }
}

impl Sample for PositionSample {
    const TOPIC: Topic = Topic::Position;

    fn time(&self) -> SessionTime {
        self.time
    }

    fn driver(&self) -> DriverNumber {
        self.driver
    }

    fn at(self, time: SessionTime) -> Self {
        PositionSample { time, ..self }
    }

    fn push(&self, garbage: Option<Garbled>, out: &mut Vec<u8>) {
        let [x, y, z] = match garbage {
            None => [self.x_dm, self.y_dm, self.z_dm],
            Some(Garbled::Silent | Garbled::Zeros) => [0; 3],
            Some(Garbled::Absurd) => [self.x_dm, 1_000_000, self.z_dm],
        };
        let status: &[u8] =
            if self.on_track { b"{\"Status\":\"OnTrack\",\"X\":" } else { b"{\"Status\":\"OffTrack\",\"X\":" };
        out.extend_from_slice(status);
        push_integer(out, x.into());
        out.extend_from_slice(b",\"Y\":");
        push_integer(out, y.into());
        out.extend_from_slice(b",\"Z\":");
        push_integer(out, z.into());
        out.push(b'}');
    }
}

/// Puts samples into packed messages.
struct Blocks {
    zero: UtcTime,
    /// True once a message told decoders the zero.
    has_told_zero: bool,
    ticks: Option<Dice>,
    text: Vec<u8>,
    pack: Pack,
}

impl Blocks {
    /// Sends samples as one message, an entry for every moment.
    fn send<T: Sample>(
        &mut self,
        at: SessionTime,
        samples: &[T],
        sensors: &mut Sensors<T>,
        wire: &mut Wire,
        out: &mut Vec<Message>,
    ) {
        let (Some(last), true) = (samples.last(), wire.carries(T::TOPIC)) else { return };
        self.text.clear();
        self.text.extend_from_slice(T::OPENS_MESSAGE);
        for entry in entries(samples) {
            self.open_entry::<T>(entry.first().map_or(at, T::time));
            for sample in entry {
                let (sample, garbage) = sensors.read(sample);
                self.text.push(b'"');
                push_integer(&mut self.text, sample.driver().0.into());
                self.text.extend_from_slice(b"\":");
                sample.push(garbage, &mut self.text);
                self.text.push(b',');
            }
            self.close_entry();
        }
        if !std::mem::replace(&mut self.has_told_zero, true) && last.time() != at {
            // A decoder takes the last stamp of the first message for the moment of its arrival.
            self.open_entry::<T>(at);
            self.text.push(b',');
            self.close_entry();
        }
        self.text.pop();
        self.text.extend_from_slice(b"]}");
        let mut payload = Vec::with_capacity(self.text.len() / 4);
        push_clock(&mut payload, at);
        payload.push(b'"');
        self.pack.append(&self.text, &mut payload);
        payload.push(b'"');
        wire.push(T::TOPIC, at, payload, out);
    }

    fn open_entry<T: Sample>(&mut self, time: SessionTime) {
        let utc = UtcTime::from_millis(self.zero.as_millis().saturating_add(time.as_millis()));
        self.text.extend_from_slice(T::OPENS_ENTRY);
        match &mut self.ticks {
            Some(ticks) => push_utc_with_ticks(&mut self.text, utc, ticks.below(10_000) as u16),
            None => push_utc(&mut self.text, utc, "Z"),
        }
        self.text.extend_from_slice(T::OPENS_CARS);
    }

    /// Closes an entry whose last car is followed by a comma.
    fn close_entry(&mut self) {
        self.text.pop();
        self.text.extend_from_slice(b"}},");
    }
}

/// Neighbours of one moment, each car once.
fn entries<T: Sample>(samples: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = samples;
    std::iter::from_fn(move || {
        let time = rest.first()?.time();
        let is_new = |(idx, sample): (usize, &T)| {
            let before = rest.get(..idx).unwrap_or_default();
            sample.time() != time || before.iter().any(|earlier| earlier.driver() == sample.driver())
        };
        let len = (0..rest.len()).find(|idx| rest.get(*idx).is_some_and(|sample| is_new((*idx, sample))));
        let (entry, later) = rest.split_at(len.unwrap_or(rest.len()));
        rest = later;
        Some(entry)
    })
}
