//! How the race may run: each car's time against a reference, and its place, lap by lap.

use super::svg::{Anchor, DIM, GRID, PLAIN, Svg, Text};
use super::{SOURCE, colour};

/// A picture of a race's course.
#[derive(Debug, Clone)]
pub struct RaceTracePlot {
    /// What race, and from where it was simulated.
    pub title: String,
    /// How many runs, and what else must be known to read it.
    pub subtitle: String,
    /// What the upper panel's zero is, such as `the mean of the first ten`.
    pub reference: String,
    /// The lap before the first one drawn: where the simulation begins.
    pub from_lap: u16,
    /// The last lap.
    pub to_lap: u16,
    /// The cars, in order of their expected place.
    pub cars: Vec<TraceCar>,
}

/// One car's lines.
#[derive(Debug, Clone)]
pub struct TraceCar {
    /// Three letters.
    pub tla: String,
    /// Colour of its team, six hexadecimal digits; empty if unknown.
    pub colour: String,
    /// Which team, from 0.
    pub team_idx: usize,
    /// True for the second car of its team: its lines are dashed.
    pub is_second: bool,
    /// True if the bands are drawn too; they are for a few cars only, or nothing could be read.
    pub has_bands: bool,
    /// By lap from [`RaceTracePlot::from_lap`] on, seconds ahead of the reference.
    pub ahead_s: Vec<Band>,
    /// Mean place, by lap from [`RaceTracePlot::from_lap`] on.
    pub place: Vec<f64>,
}

/// A distribution: its median, the middle half and the middle four fifths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Median.
    pub median: f64,
    /// Ends of the middle half.
    pub half: [f64; 2],
    /// Ends of the middle 80 %.
    pub most: [f64; 2],
}

const WIDTH: f64 = 1240.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = WIDTH - 92.0;
/// Smallest distance between two names at the right, units.
const LABEL_STEP: f64 = 13.0;

/// Where a panel is, and what its axes mean.
struct Panel {
    top: f64,
    bottom: f64,
    laps: [f64; 2],
    values: [f64; 2],
}

impl Panel {
    fn x(&self, lap: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (lap - self.laps[0]) / (self.laps[1] - self.laps[0]).max(1.0)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.values[0]) / (self.values[1] - self.values[0]);
        self.bottom + (self.top - self.bottom) * if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }
}

impl RaceTracePlot {
    /// Draws it.
    pub fn draw(&self) -> String {
        let laps = [f64::from(self.from_lap), f64::from(self.to_lap)];
        let n_cars = self.cars.len() as f64;
        let gaps = Panel { top: 104.0, bottom: 564.0, laps, values: self.range() };
        let places = Panel { top: 622.0, bottom: 622.0 + 15.0 * n_cars, laps, values: [n_cars + 0.5, 0.5] };
        let height = places.bottom + 70.0;
        let mut svg = Svg::new(WIDTH, height);
        svg.text(24.0, 36.0, &self.title, Text { size: 20.0, is_strong: true, ..PLAIN });
        svg.text(24.0, 58.0, &self.subtitle, Text { size: 13.0, fill: DIM, ..PLAIN });
        self.gap_panel(&mut svg, &gaps);
        self.place_panel(&mut svg, &places);
        let small = Text { size: 11.0, fill: DIM, ..PLAIN };
        svg.text((LEFT + RIGHT) / 2.0, places.bottom + 38.0, "lap", Text { anchor: Anchor::Middle, ..small });
        svg.text(WIDTH - 24.0, height - 20.0, SOURCE, Text { anchor: Anchor::End, ..small });
        svg.finish()
    }

    fn gap_panel(&self, svg: &mut Svg, panel: &Panel) {
        let title = format!("seconds ahead of {}: median, and for some cars the middle 50 % and 80 %", self.reference);
        heading(svg, panel, &title);
        value_grid(svg, panel);
        lap_grid(svg, panel);
        for car in self.cars.iter().filter(|car| car.has_bands) {
            let fill = colour::of_team(&car.colour, car.team_idx);
            svg.area(&self.outline(panel, car, |band| band.most), &fill, 0.12);
            svg.area(&self.outline(panel, car, |band| band.half), &fill, 0.18);
        }
        for car in self.cars.iter().rev() {
            let points = self.points(panel, car.ahead_s.iter().map(|band| band.median));
            self.car_line(svg, car, &points);
        }
        let ends = self.cars.iter().map(|car| car.ahead_s.last().map(|band| panel.y(band.median)));
        self.names(svg, panel, &ends.collect::<Vec<_>>());
    }

    fn place_panel(&self, svg: &mut Svg, panel: &Panel) {
        heading(svg, panel, "mean place while running");
        lap_grid(svg, panel);
        lap_numbers(svg, panel);
        let number = Text { size: 11.0, fill: DIM, anchor: Anchor::End, ..PLAIN };
        for place in 1..=self.cars.len() {
            let y = panel.y(place as f64);
            svg.line([LEFT, y], [RIGHT, y], GRID, 0.6);
            svg.text(LEFT - 10.0, y + 4.0, &place.to_string(), number);
        }
        for car in self.cars.iter().rev() {
            let points = self.points(panel, car.place.iter().copied());
            self.car_line(svg, car, &points);
        }
        let ends = self.cars.iter().map(|car| car.place.last().map(|place| panel.y(*place)));
        self.names(svg, panel, &ends.collect::<Vec<_>>());
    }

    fn car_line(&self, svg: &mut Svg, car: &TraceCar, points: &[[f64; 2]]) {
        let width = if car.has_bands { 2.2 } else { 1.4 };
        svg.path(points, &colour::of_team(&car.colour, car.team_idx), width, car.is_second);
    }

    fn points(&self, panel: &Panel, values: impl Iterator<Item = f64>) -> Vec<[f64; 2]> {
        let laps = (0..).map(|i: u16| f64::from(self.from_lap + i));
        laps.zip(values).map(|(lap, value)| [panel.x(lap), panel.y(value)]).collect()
    }

    /// The band's lower edge from left to right and its upper edge back.
    fn outline(&self, panel: &Panel, car: &TraceCar, edges: fn(&Band) -> [f64; 2]) -> Vec<[f64; 2]> {
        let mut low = self.points(panel, car.ahead_s.iter().map(|band| edges(band)[0]));
        let mut high = self.points(panel, car.ahead_s.iter().map(|band| edges(band)[1]));
        high.reverse();
        low.append(&mut high);
        low
    }

    /// Names at the lines' right ends, moved apart where they would cover each other.
    fn names(&self, svg: &mut Svg, panel: &Panel, ends: &[Option<f64>]) {
        let mut labels: Vec<(f64, &TraceCar)> =
            ends.iter().zip(&self.cars).filter_map(|(y, car)| Some(((*y)?, car))).collect();
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted: Vec<f64> = labels.iter().map(|(y, _)| *y).collect();
        let step = LABEL_STEP.min((panel.bottom - panel.top) / labels.len().max(1) as f64);
        for ((y, car), label_y) in labels.iter().zip(spread(&wanted, step, panel.top, panel.bottom)) {
            let fill = colour::of_team(&car.colour, car.team_idx);
            svg.path(&[[RIGHT + 2.0, *y], [RIGHT + 14.0, label_y]], &fill, 0.8, false);
            let style = Text { size: 11.5, fill: &fill, is_strong: true, ..PLAIN };
            svg.text(RIGHT + 18.0, label_y + 4.0, &car.tla, style);
        }
    }

    /// What the upper panel must show: the medians, and of the bands nine tenths.
    fn range(&self) -> [f64; 2] {
        let medians = self.cars.iter().flat_map(|car| car.ahead_s.iter().map(|band| band.median));
        let bands = self.cars.iter().filter(|car| car.has_bands);
        let bands = bands.flat_map(|car| car.ahead_s.iter().flat_map(|band| band.most));
        let values = medians.chain(bands).filter(|value| value.is_finite());
        let [low, high] = values.fold([0.0_f64, 0.0_f64], |[low, high], v| [low.min(v), high.max(v)]);
        let margin = ((high - low) * 0.03).max(0.5);
        [low - margin, high + margin]
    }
}

fn heading(svg: &mut Svg, panel: &Panel, text: &str) {
    svg.text(LEFT, panel.top - 12.0, text, Text { size: 11.5, fill: DIM, ..PLAIN });
}

fn value_grid(svg: &mut Svg, panel: &Panel) {
    let number = Text { size: 11.0, fill: DIM, anchor: Anchor::End, ..PLAIN };
    let step = nice_step((panel.values[1] - panel.values[0]) / 8.0);
    let first = (panel.values[0] / step).ceil() as i64;
    let last = (panel.values[1] / step).floor() as i64;
    for i in first..=last {
        let value = i as f64 * step;
        let y = panel.y(value);
        svg.line([LEFT, y], [RIGHT, y], if i == 0 { "#aab2bd" } else { GRID }, if i == 0 { 1.0 } else { 0.8 });
        let text = if i > 0 { format!("+{value}") } else { format!("{value}").replace('-', "−") };
        svg.text(LEFT - 10.0, y + 4.0, &text, number);
    }
}

fn lap_grid(svg: &mut Svg, panel: &Panel) {
    for lap in lap_ticks(panel) {
        svg.line([panel.x(lap), panel.top], [panel.x(lap), panel.bottom], GRID, 0.6);
    }
}

fn lap_numbers(svg: &mut Svg, panel: &Panel) {
    let number = Text { size: 11.0, fill: DIM, anchor: Anchor::Middle, ..PLAIN };
    for lap in lap_ticks(panel) {
        svg.text(panel.x(lap), panel.bottom + 18.0, &format!("{lap:.0}"), number);
    }
}

fn lap_ticks(panel: &Panel) -> impl Iterator<Item = f64> + use<> {
    let [first, last] = panel.laps;
    let step = nice_step((last - first) / 12.0).max(1.0);
    let from = (first / step).ceil() as u32;
    let to = (last / step).floor() as u32;
    (from..=to).map(move |i| f64::from(i) * step)
}

/// 1, 2 or 5 times a power of ten, not below `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.max(1e-6).log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|n| n * power).find(|step| *step >= rough).unwrap_or(10.0 * power)
}

/// Places near the wanted ones (in ascending order), at least a step apart and within the limits.
fn spread(wanted: &[f64], step: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut placed = Vec::with_capacity(wanted.len());
    let mut at_least = top;
    for y in wanted {
        let y = y.max(at_least);
        placed.push(y);
        at_least = y + step;
    }
    let mut at_most = bottom;
    for y in placed.iter_mut().rev() {
        *y = y.min(at_most);
        at_most = *y - step;
    }
    placed
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn names_keep_apart_and_inside() {
        assert_eq!(spread(&[0.0, 1.0, 50.0], 10.0, 0.0, 100.0), [0.0, 10.0, 50.0]);
        assert_eq!(spread(&[99.0, 99.0, 99.0], 10.0, 0.0, 100.0), [80.0, 90.0, 100.0]);
    }

    #[test]
    fn steps_are_round() {
        let steps: Vec<f64> = [0.7, 1.0, 3.0, 6.0, 12.0].into_iter().map(nice_step).collect();
        assert_eq!(steps, [1.0, 1.0, 5.0, 10.0, 20.0]);
    }
}
