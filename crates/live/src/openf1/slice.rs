//! Parts of what an endpoint has of a session, so that no answer is too large.

use overcut_domain::UtcTime;
use overcut_sources::openf1::Endpoint;

use super::rest::{Query, date_member};

/// Shortest slice of time that is asked for when the service finds that too much.
const SHORTEST_MS: i64 = 60_000;

/// A part of an endpoint's rows: those of one car or of all, of a stretch of time or of all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Slice {
    pub(super) driver: Option<u16>,
    /// Rows before are left out.
    pub(super) from: Option<UtcTime>,
    /// Rows from then on are left out.
    pub(super) to: Option<UtcTime>,
    /// What tells it from other slices, such as `_driver4_part1-2`; empty if it is everything.
    label: String,
}

/// The cars of a session, and when it was: how a slice that is too large can be divided.
#[derive(Debug, Clone, Default)]
pub(super) struct Extent {
    pub(super) drivers: Vec<u16>,
    /// From when to when rows are looked for, at most.
    pub(super) span: Option<(UtcTime, UtcTime)>,
}

impl Slice {
    /// Rows of all cars from a moment on; of all times for `None`.
    pub(super) fn since(from: Option<UtcTime>) -> Slice {
        Slice { from, ..Slice::default() }
    }

    /// Rows of one car.
    pub(super) fn of_driver(driver: u16) -> Slice {
        Slice { driver: Some(driver), label: format!("_driver{driver}"), ..Slice::default() }
    }

    /// The same, cut at these moments.
    pub(super) fn cut_at(self, cuts: &[UtcTime]) -> Vec<Slice> {
        if cuts.is_empty() {
            return vec![self];
        }
        let starts = std::iter::once(self.from).chain(cuts.iter().copied().map(Some));
        let ends = cuts.iter().copied().map(Some).chain([self.to]);
        let part = |(idx, (from, to))| {
            let label = format!("{}_part{}", self.label, idx + 1);
            Slice { driver: self.driver, from, to, label }
        };
        starts.zip(ends).enumerate().map(part).collect()
    }

    /// Smaller slices that are the same together, the first one first: car by car, then half by half. `None` if it
    /// cannot be divided any further. Nothing that lies outside of the extent is lost: only its inside is divided.
    pub(super) fn divided(self, endpoint: Endpoint, extent: &Extent) -> Option<Vec<Slice>> {
        if self.driver.is_none() && !extent.drivers.is_empty() {
            let of_driver = |driver: &u16| Slice { from: self.from, to: self.to, ..Slice::of_driver(*driver) };
            return Some(extent.drivers.iter().map(of_driver).collect());
        }
        date_member(endpoint)?;
        let (first, last) = extent.span?;
        let from_ms = self.from.unwrap_or(first).as_millis();
        let to_ms = self.to.unwrap_or(last).as_millis();
        if to_ms - from_ms <= SHORTEST_MS {
            return None;
        }
        let middle = Some(UtcTime::from_millis(from_ms + (to_ms - from_ms) / 2));
        let half = |n: u32, from, to| Slice { driver: self.driver, from, to, label: format!("{}-{n}", self.label) };
        Some(vec![half(1, self.from, middle), half(2, middle, self.to)])
    }

    /// What to ask for, besides what is asked for anyway.
    pub(super) fn query(&self, endpoint: Endpoint, base: &Query) -> Query {
        let mut query = base.clone();
        query.extend(self.driver.map(|driver| ("driver_number".to_owned(), driver.to_string())));
        let member = date_member(endpoint).unwrap_or("date");
        query.extend(self.from.map(|from| (format!("{member}>"), from.to_string())));
        // `<` takes no end with it, and none is lost: the next slice begins there.
        query.extend(self.to.map(|to| (format!("{member}<{to}"), String::new())));
        query
    }

    /// The file that holds the answer.
    pub(super) fn file_name(&self, endpoint: Endpoint) -> String {
        format!("{}{}.json", endpoint.name(), self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcTime {
        format!("2026-06-14T{text}:00Z").parse().unwrap()
    }

    fn names(endpoint: Endpoint, slices: &[Slice]) -> Vec<String> {
        slices.iter().map(|slice| slice.file_name(endpoint)).collect()
    }

    #[test]
    fn samples_of_a_car_are_cut_and_divided_without_a_hole() {
        let extent = Extent { drivers: vec![4, 81], span: Some((at("12:00"), at("18:00"))) };
        let parts = Slice::of_driver(4).cut_at(&[at("14:00")]);
        assert_eq!(names(Endpoint::CarData, &parts), ["car_data_driver4_part1.json", "car_data_driver4_part2.json"]);
        assert_eq!((parts[0].from, parts[0].to), (None, Some(at("14:00"))));
        assert_eq!((parts[1].from, parts[1].to), (Some(at("14:00")), None));
        let halves = parts[1].clone().divided(Endpoint::CarData, &extent).unwrap();
        assert_eq!(names(Endpoint::CarData, &halves)[1], "car_data_driver4_part2-2.json");
        assert_eq!((halves[0].from, halves[0].to), (Some(at("14:00")), Some(at("16:00"))));
        assert_eq!((halves[1].from, halves[1].to), (Some(at("16:00")), None));
    }

    #[test]
    fn everything_is_divided_car_by_car_and_a_minute_no_further() {
        let extent = Extent { drivers: vec![4, 81], span: Some((at("12:00"), at("12:02"))) };
        let cars = Slice::since(Some(at("12:01"))).divided(Endpoint::Laps, &extent).unwrap();
        assert_eq!(names(Endpoint::Laps, &cars), ["laps_driver4.json", "laps_driver81.json"]);
        assert_eq!(cars[0].from, Some(at("12:01")));
        assert_eq!(cars[0].clone().divided(Endpoint::Laps, &extent), None);
        assert_eq!(cars[0].clone().divided(Endpoint::Stints, &extent), None, "rows without a date");
        let query = cars[1].query(Endpoint::Laps, &vec![]);
        let member = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(query, [member("driver_number", "81"), member("date_start>", "2026-06-14T12:01:00.000Z")]);
    }
}
