//! A scanner for the one shape in which `CarData` and `Position` have always come.
//!
//! Nine tenths of a session's bytes are these two topics, written by one program without a space or a change of
//! order. Comparing the fixed pieces and reading the numbers between them is several times faster than reading JSON.
//! Whatever deviates by a single byte is `None` here and left to the general reader, so both always agree; a property
//! test holds them to it.

use overcut_domain::{CarSample, DriverNumber, Event, PositionSample, UtcTime};

use super::{Clock, Reading, Shape, car_sample, position_sample};
use crate::report::{DecodeReport, GarbageCounts};

/// What a message held, besides its samples.
pub(super) struct Scanned<T> {
    samples: Vec<T>,
    /// The stamp of the last sample.
    last: UtcTime,
    garbage: GarbageCounts,
}

impl<T: Reading> Scanned<T> {
    /// The event and the last stamp; counts the garbage.
    pub(super) fn into_event(self, report: &mut DecodeReport) -> (Option<Event>, UtcTime) {
        report.garbage.merge(self.garbage);
        ((!self.samples.is_empty()).then(|| T::event(self.samples)), self.last)
    }
}

/// A reading that the scanner knows.
pub(super) trait Scannable: Reading + Shape {
    /// Bytes of the shortest car, to guess how many there are.
    const LEN: usize;

    /// Reads what stands between a car's number and the next car; `None` in either place as for [`Reading::read`], and
    /// for another shape.
    fn scan(scan: &mut Scan<'_>, driver: DriverNumber, garbage: &mut GarbageCounts) -> Option<Option<Self>>;
}

impl Scannable for CarSample {
    const LEN: usize = 54;

    #[inline(always)]
    fn scan(scan: &mut Scan<'_>, driver: DriverNumber, garbage: &mut GarbageCounts) -> Option<Option<Self>> {
        scan.piece(b":{\"Channels\":{\"0\":")?;
        let rpm = scan.integer()?;
        scan.piece(b",\"2\":")?;
        let speed = scan.integer()?;
        scan.piece(b",\"3\":")?;
        let gear = scan.integer()?;
        scan.piece(b",\"4\":")?;
        let throttle = scan.integer()?;
        scan.piece(b",\"5\":")?;
        let brake = scan.integer()?;
        let drs = match scan.piece(b",\"45\":") {
            Some(()) => Some(scan.integer()?),
            None => None,
        };
        scan.piece(b"}}")?;
        let channels = [Some(rpm), Some(speed), Some(gear), Some(throttle), Some(brake), drs];
        Some(Some(car_sample(driver, &channels, garbage)))
    }
}

impl Scannable for PositionSample {
    const LEN: usize = 48;

    #[inline(always)]
    fn scan(scan: &mut Scan<'_>, driver: DriverNumber, garbage: &mut GarbageCounts) -> Option<Option<Self>> {
        scan.piece(b":{\"Status\":\"O")?;
        let on_track = scan.piece(b"nTrack\",\"X\":").is_some();
        if !on_track {
            scan.piece(b"ffTrack\",\"X\":")?;
        }
        let x = scan.integer()?;
        scan.piece(b",\"Y\":")?;
        let y = scan.integer()?;
        scan.piece(b",\"Z\":")?;
        let z = scan.integer()?;
        scan.piece(b"}")?;
        Some(position_sample(driver, on_track, [x, y, z], garbage))
    }
}

/// The samples of a message in its usual shape.
pub(super) fn message<T: Scannable>(text: &[u8], clock: Clock) -> Option<Scanned<T>> {
    let mut samples = Vec::with_capacity(text.len() / T::LEN + 1);
    let mut garbage = GarbageCounts::default();
    let mut scan = Scan { rest: text };
    scan.opening(T::OPENS_MESSAGE)?;
    let last = loop {
        scan.opening(T::OPENS_ENTRY)?;
        let stamp = scan.stamp()?;
        let time = clock.place(stamp)?;
        scan.opening(T::OPENS_CARS)?;
        loop {
            let driver = scan.driver()?;
            if let Some(mut sample) = T::scan(&mut scan, driver, &mut garbage)? {
                sample.set_time(time);
                samples.push(sample);
            }
            match scan.byte()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        scan.piece(b"}")?;
        if !scan.another()? {
            break stamp;
        }
    };
    Some(Scanned { samples, last, garbage })
}

/// What is left of a text.
pub(super) struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    /// Passes over a fixed piece; stays where it is if something else is there.
    #[inline(always)]
    fn piece<const N: usize>(&mut self, piece: &[u8; N]) -> Option<()> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        if head != piece {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    /// Passes over the beginning of something larger.
    fn opening(&mut self, opening: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(opening)?;
        Some(())
    }

    /// A stamp, up to its closing quote.
    #[inline(always)]
    fn stamp(&mut self) -> Option<UtcTime> {
        let len = self.rest.iter().take(40).position(|byte| *byte == b'"')?;
        let (stamp, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        crate::wire::utc(std::str::from_utf8(stamp).ok()?)
    }

    /// A racing number in quotes, of up to three digits.
    #[inline(always)]
    fn driver(&mut self) -> Option<DriverNumber> {
        self.piece(b"\"")?;
        let mut number = u16::from(self.digit()?);
        for _ in 0..3 {
            match self.byte()? {
                b'"' => return Some(DriverNumber(number)),
                digit @ b'0'..=b'9' => number = number * 10 + u16::from(digit - b'0'),
                _ => return None,
            }
        }
        None
    }

    /// A whole number of up to seven digits, as JSON writes it.
    #[inline(always)]
    fn integer(&mut self) -> Option<i32> {
        let is_negative = self.piece(b"-").is_some();
        let first = self.digit()?;
        let mut number = i32::from(first);
        for _ in 0..7 {
            match self.rest.split_first() {
                Some((digit @ b'0'..=b'9', rest)) if first != 0 => {
                    number = number * 10 + i32::from(digit - b'0');
                    self.rest = rest;
                }
                _ => return Some(if is_negative { -number } else { number }),
            }
        }
        None
    }

    #[inline(always)]
    fn digit(&mut self) -> Option<u8> {
        self.byte().filter(u8::is_ascii_digit).map(|digit| digit - b'0')
    }

    /// True if another entry follows, false at the end of the message.
    #[inline(always)]
    fn another(&mut self) -> Option<bool> {
        if self.piece(b",").is_some() {
            return Some(true);
        }
        (self.rest == b"]}").then_some(false)
    }
}
