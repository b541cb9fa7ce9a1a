//! Two circuits of our own. Any likeness of name or outline to a real one is chance.

use std::sync::OnceLock;

use super::build::{centre_line, finish};
use super::furniture::Furniture;
use super::{Circuit, TrackPoint, racing_line};

/// A corner of the polygon a circuit is drawn from: where two straights would meet, and how wide the bend between them.
type Vertex = (f64, f64, f64);

/// A circuit as it is drawn.
struct Drawing {
    name: &'static str,
    town: &'static str,
    country: &'static str,
    /// The first side, from the last vertex to the first, is the start straight.
    vertices: &'static [Vertex],
    /// The line is this far along the side from the last vertex to the first.
    line_after_m: f64,
    width_m: f64,
    furniture: Furniture,
}

const VALTESA: Drawing = Drawing {
    name: "Autodromo di Valtesa",
    town: "Valtesa",
    country: "Lorenia",
    vertices: &[
        (650.0, 0.0, 18.0),
        (668.0, -105.0, 16.0),
        (1000.0, -175.0, 120.0),
        (1180.0, -330.0, 150.0),
        (1120.0, -640.0, 80.0),
        (720.0, -590.0, 16.0),
        (760.0, -740.0, 40.0),
        (560.0, -860.0, 60.0),
        (120.0, -890.0, 600.0),
        (-430.0, -985.0, 18.0),
        (-455.0, -880.0, 18.0),
        (-760.0, -870.0, 42.0),
        (-830.0, -590.0, 45.0),
        (-1030.0, -480.0, 38.0),
        (-1090.0, -200.0, 110.0),
        (-1010.0, 0.0, 50.0),
    ],
    line_after_m: 1045.0,
    width_m: 12.0,
    furniture: Furniture {
        n_drs_zones: 3,
        pit_entry_before_m: Some(390.0),
        pit_exit_after_m: Some(300.0),
        pit_limit_kmh: 80.0,
    },
};

const MARISTELLE: Drawing = Drawing {
    name: "Port Maristelle Street Circuit",
    town: "Port Maristelle",
    country: "Isle of Carrow",
    vertices: &[
        (400.0, -10.0, 13.0),
        (410.0, 175.0, 12.0),
        (640.0, 200.0, 14.0),
        (660.0, 385.0, 12.0),
        (770.0, 410.0, 13.0),
        (790.0, 560.0, 45.0),
        (700.0, 650.0, 40.0),
        (480.0, 640.0, 11.0),
        (470.0, 480.0, 12.0),
        (300.0, 465.0, 11.0),
        (270.0, 640.0, 13.0),
        (60.0, 690.0, 10.0),
        (-30.0, 470.0, 30.0),
        (-215.0, 440.0, 28.0),
        (-330.0, 600.0, 11.0),
        (-480.0, 430.0, 60.0),
        (-500.0, 250.0, 120.0),
        (-440.0, 110.0, 90.0),
        (-400.0, 0.0, 12.0),
    ],
    line_after_m: 430.0,
    width_m: 10.0,
    furniture: Furniture {
        n_drs_zones: 2,
        pit_entry_before_m: Some(310.0),
        pit_exit_after_m: Some(300.0),
        pit_limit_kmh: 60.0,
    },
};

impl Circuit {
    /// The two circuits of our own: a fast one with long straights, and one in the streets of a port.
    pub fn fictional() -> &'static [Circuit] {
        static CIRCUITS: OnceLock<Vec<Circuit>> = OnceLock::new();
        CIRCUITS.get_or_init(|| [VALTESA, MARISTELLE].iter().map(draw).collect())
    }
}

fn draw(drawing: &Drawing) -> Circuit {
    let half_m = drawing.width_m / 2.0;
    let points: Vec<TrackPoint> = rounded(drawing)
        .into_iter()
        .map(|(x_m, y_m)| TrackPoint { x_m, y_m, right_m: half_m, left_m: half_m })
        .collect();
    let centre = centre_line(&points).expect("our drawings are circuits");
    let offsets = racing_line::offsets_m(&centre);
    let line: Vec<(f64, f64)> =
        (0..centre.len()).map(|idx| centre.point_at(idx as f64 * centre.step_m, offsets[idx])).collect();
    let circuit = finish(drawing.name, &centre, &line, &drawing.furniture).expect("our drawings are circuits");
    Circuit { town: drawing.town.to_owned(), country: drawing.country.to_owned(), ..circuit }
}

/// The polygon with its vertices rounded, as points 4 m apart from the line on, eased into and out of each bend.
fn rounded(drawing: &Drawing) -> Vec<(f64, f64)> {
    let vertices = drawing.vertices;
    let n = vertices.len();
    let mut path = Vec::new();
    for idx in 0..n {
        path.extend(bend(vertices[(idx + n - 1) % n], vertices[idx], vertices[(idx + 1) % n]));
    }
    let last = vertices[n - 1];
    let along = unit(last, vertices[0]);
    let start = (last.0 + along.0 * drawing.line_after_m, last.1 + along.1 * drawing.line_after_m);
    path.insert(0, start);
    ease(&evenly(&path, 4.0), 3.0)
}

/// The arc that rounds a vertex between its neighbours, a point every few degrees.
fn bend(before: Vertex, at: Vertex, after: Vertex) -> Vec<(f64, f64)> {
    let (into, out) = (unit(before, at), unit(at, after));
    let turn = (into.0 * out.1 - into.1 * out.0).atan2(into.0 * out.0 + into.1 * out.1);
    let radius = at.2;
    let back = radius * (turn.abs() / 2.0).tan();
    let start = (at.0 - into.0 * back, at.1 - into.1 * back);
    let side = turn.signum();
    let centre = (start.0 - into.1 * side * radius, start.1 + into.0 * side * radius);
    let parts = (turn.abs() * radius / 3.0).ceil().max(2.0) as usize;
    (0..=parts)
        .map(|k| {
            let (sin, cos) = (turn * k as f64 / parts as f64).sin_cos();
            let (x, y) = (start.0 - centre.0, start.1 - centre.1);
            (centre.0 + x * cos - y * sin, centre.1 + x * sin + y * cos)
        })
        .collect()
}

fn unit(from: Vertex, to: Vertex) -> (f64, f64) {
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    (x / x.hypot(y), y / x.hypot(y))
}

/// Points about `step_m` apart on the closed polyline through others.
fn evenly(path: &[(f64, f64)], step_m: f64) -> Vec<(f64, f64)> {
    let closed: Vec<(f64, f64)> = path.iter().chain(&path[..1]).copied().collect();
    let pieces = closed.windows(2).map(|p| (p[0], p[1], (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)));
    let total_m: f64 = pieces.clone().map(|p| p.2).sum();
    let n = (total_m / step_m).round();
    let (mut points, mut next_m, mut done_m) = (Vec::new(), 0.0, 0.0);
    for ((x0, y0), (x1, y1), length_m) in pieces {
        while next_m < done_m + length_m - 1e-9 && points.len() < n as usize {
            let t = (next_m - done_m) / length_m;
            points.push((x0 + t * (x1 - x0), y0 + t * (y1 - y0)));
            next_m += total_m / n;
        }
        done_m += length_m;
    }
    points
}

/// Each point the Gaussian mean of its neighbours: where straight met arc, the curvature now grows as in a clothoid.
fn ease(points: &[(f64, f64)], sigma: f64) -> Vec<(f64, f64)> {
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let (x, y) = (super::line::smooth_closed(&x, sigma), super::line::smooth_closed(&y, sigma));
    x.into_iter().zip(y).collect()
}
