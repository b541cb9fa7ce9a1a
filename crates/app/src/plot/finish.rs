//! Where each car may finish: a row per car, a column per place.

use super::svg::{Anchor, DIM, GRID, INK, PLAIN, Svg, Text};
use super::{SOURCE, colour};

/// A picture of finishing places.
#[derive(Debug, Clone)]
pub struct FinishPlot {
    /// What race, and from where it was simulated.
    pub title: String,
    /// How many runs, and what else must be known to read it.
    pub subtitle: String,
    /// The cars, best expected place first.
    pub cars: Vec<FinishCar>,
}

/// One car's row.
#[derive(Debug, Clone)]
pub struct FinishCar {
    /// Three letters.
    pub tla: String,
    /// What stands beside them, such as the place it starts from.
    pub note: String,
    /// Colour of its team, six hexadecimal digits; empty if unknown.
    pub colour: String,
    /// Which team, from 0.
    pub team_idx: usize,
    /// Probability of each place, first place first.
    pub places: Vec<f64>,
    /// Mean place.
    pub mean: f64,
    /// Expected points.
    pub points: f64,
    /// Probability of not finishing, 0–1.
    pub dnf: f64,
}

const LEFT: f64 = 132.0;
const TOP: f64 = 104.0;
const CELL: [f64; 2] = [36.0, 27.0];
const SUMS: [(&str, f64); 3] = [("mean", 50.0), ("points", 58.0), ("out", 54.0)];

impl FinishPlot {
    /// Draws it.
    pub fn draw(&self) -> String {
        let n_places = self.cars.iter().map(|car| car.places.len()).max().unwrap_or(0);
        let grid_width = n_places as f64 * CELL[0];
        let sums_width: f64 = SUMS.iter().map(|(_, width)| width).sum();
        let width = (LEFT + grid_width + 14.0 + sums_width + 24.0).max(640.0);
        let bottom = TOP + self.cars.len() as f64 * CELL[1];
        let mut svg = Svg::new(width, bottom + 66.0);
        svg.text(24.0, 36.0, &self.title, Text { size: 20.0, is_strong: true, ..PLAIN });
        svg.text(24.0, 58.0, &self.subtitle, Text { size: 13.0, fill: DIM, ..PLAIN });
        self.headings(&mut svg, n_places, LEFT + grid_width + 14.0);
        for (row_idx, car) in self.cars.iter().enumerate() {
            row(&mut svg, car, TOP + row_idx as f64 * CELL[1], n_places);
        }
        legend(&mut svg, bottom + 34.0);
        let at_right = Text { size: 11.0, fill: DIM, anchor: Anchor::End, ..PLAIN };
        svg.text(width - 24.0, bottom + 44.0, SOURCE, at_right);
        svg.finish()
    }

    fn headings(&self, svg: &mut Svg, n_places: usize, sums_left: f64) {
        let heading = Text { size: 11.0, fill: DIM, anchor: Anchor::Middle, ..PLAIN };
        svg.text(LEFT, TOP - 24.0, "finishing place, probability in %", Text { anchor: Anchor::Start, ..heading });
        for place_idx in 0..n_places {
            let x = LEFT + (place_idx as f64 + 0.5) * CELL[0];
            svg.text(x, TOP - 8.0, &(place_idx + 1).to_string(), heading);
        }
        let mut right = sums_left;
        for (name, width) in SUMS {
            right += width;
            svg.text(right, TOP - 8.0, name, Text { anchor: Anchor::End, ..heading });
        }
    }
}

fn row(svg: &mut Svg, car: &FinishCar, top: f64, n_places: usize) {
    let base = top + CELL[1] * 0.5 + 4.5;
    svg.rect(24.0, top + 6.0, 4.0, CELL[1] - 12.0, &colour::of_team(&car.colour, car.team_idx));
    svg.text(36.0, base, &car.tla, Text { size: 13.0, is_strong: true, ..PLAIN });
    svg.text(LEFT - 12.0, base, &car.note, Text { size: 11.5, fill: DIM, anchor: Anchor::End, ..PLAIN });
    for place_idx in 0..n_places {
        let share = car.places.get(place_idx).copied().unwrap_or(0.0);
        let x = LEFT + place_idx as f64 * CELL[0];
        svg.rect(x + 0.5, top + 0.5, CELL[0] - 1.0, CELL[1] - 1.0, &colour::shade(share));
        if let Some(text) = percent(share) {
            let style =
                Text { size: 11.5, fill: colour::on_shade(share), anchor: Anchor::Middle, is_strong: share >= 0.2 };
            svg.text(x + CELL[0] / 2.0, base - 0.5, &text, style);
        }
    }
    let mut right = LEFT + n_places as f64 * CELL[0] + 14.0;
    let sums = [format!("{:.1}", car.mean), format!("{:.1}", car.points), format!("{:.0} %", 100.0 * car.dnf)];
    for ((_, width), text) in SUMS.iter().zip(sums) {
        right += width;
        svg.text(right, base, &text, Text { fill: INK, anchor: Anchor::End, ..PLAIN });
    }
    svg.line([24.0, top + CELL[1]], [right, top + CELL[1]], GRID, 0.6);
}

/// A share as a whole number of percent. What rounds to nothing stays empty: the shade says that it is not impossible.
fn percent(share: f64) -> Option<String> {
    let percent = (100.0 * share).round();
    (percent >= 1.0).then(|| format!("{percent:.0}"))
}

fn legend(svg: &mut Svg, top: f64) {
    let steps = [0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, colour::DARKEST];
    for (idx, share) in steps.into_iter().enumerate() {
        svg.rect(24.0 + idx as f64 * 30.0, top, 30.0, 8.0, &colour::shade(share));
    }
    let small = Text { size: 10.5, fill: DIM, ..PLAIN };
    for (idx, share) in steps.into_iter().enumerate() {
        let text = format!("{:.0}", 100.0 * share);
        svg.text(24.0 + (idx as f64 + 0.5) * 30.0, top + 21.0, &text, Text { anchor: Anchor::Middle, ..small });
    }
    svg.text(30.0 + 30.0 * steps.len() as f64, top + 21.0, "% and more", small);
}
