//! The line of least curvature between the edges of a track.
//!
//! Each point of the line is a point of the centre line moved sideways by an offset. With direction and spacing of the
//! line taken from the last step, its curvature is linear in the offsets, and the integral of its square quadratic
//! (Braghin et al., *Race driver model*, Computers & Structures 86, 2008; Heilmeier et al., *Minimum curvature trajectory
//! planning and control for an autonomous race car*, Vehicle System Dynamics 58, 2020). The bounds are held by a
//! logarithmic barrier and Newton's method (Boyd & Vandenberghe, *Convex Optimization*, 2004, ch. 11); each step solves a
//! cyclic system with five diagonals.

use super::line::Line;

/// How near to the edge of the track the middle of a car comes: half of it rides over the kerb. Published racing lines of
/// real circuits come as near.
const FROM_EDGE_M: f64 = 0.45;

/// How the barrier is let down. Lower than the last one the line moves by less than a centimetre.
const BARRIERS: [f64; 7] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

/// Points of a line that come closer than this to each other, by the spacing of the centre line, count as this far apart.
const MIN_SPACING: f64 = 0.1;

/// Newton's steps for each height of the barrier.
const STEPS: usize = 6;

/// Offsets to the left of a centre line that make the racing line, one a point.
pub(super) fn offsets_m(centre: &Line) -> Vec<f64> {
    let bounds: Vec<(f64, f64)> = centre.left_m.iter().zip(&centre.right_m).map(|(l, r)| bounds_m(*l, *r)).collect();
    let mut offset: Vec<f64> = bounds.iter().map(|(low, high)| (low + high) / 2.0).collect();
    for barrier in BARRIERS {
        for _ in 0..STEPS {
            let step = Quadratic::about(centre, &offset).newton_step(&offset, &bounds, barrier);
            let share = longest_share(&offset, &step, &bounds);
            offset.iter_mut().zip(&step).for_each(|(o, s)| *o += share * s);
            if step.iter().all(|s| s.abs() < 1e-3) {
                break;
            }
        }
    }
    offset
}

/// Where the middle of a car may be. A track too narrow for one leaves a few centimetres round its middle.
fn bounds_m(left_m: f64, right_m: f64) -> (f64, f64) {
    let (low, high) = (FROM_EDGE_M - right_m, left_m - FROM_EDGE_M);
    if high - low > 0.1 {
        (low, high)
    } else {
        let middle = (left_m - right_m) / 2.0;
        (middle - 0.05, middle + 0.05)
    }
}

/// The largest share of a step, at most one, that stays clear of the bounds.
fn longest_share(offset: &[f64], step: &[f64], bounds: &[(f64, f64)]) -> f64 {
    offset.iter().zip(step).zip(bounds).fold(1.0, |share, ((o, s), (low, high))| {
        let room = if *s > 0.0 { high - o } else { o - low };
        if s.abs() * share > 0.95 * room { 0.95 * room / s.abs() } else { share }
    })
}

/// `½ aᵀHa + gᵀa` in the offsets `a`: H has two diagonals beside the main one, and wraps round.
struct Quadratic {
    main: Vec<f64>,
    next: Vec<f64>,
    second: Vec<f64>,
    linear: Vec<f64>,
}

impl Quadratic {
    /// Of the line that given offsets make: curvature is across that line, and by its own spacing.
    fn about(centre: &Line, offset: &[f64]) -> Self {
        let n = centre.len();
        let zeros = || vec![0.0; n];
        let mut q = Quadratic { main: zeros(), next: zeros(), second: zeros(), linear: zeros() };
        let normal: Vec<(f64, f64)> = centre.heading_rad.iter().map(|h| (-h.sin(), h.cos())).collect();
        let place: Vec<(f64, f64)> = (0..n)
            .map(|k| (centre.x_m[k] + offset[k] * normal[k].0, centre.y_m[k] + offset[k] * normal[k].1))
            .collect();
        let apart =
            |a: usize, b: usize| ((place[b].0 - place[a].0) / centre.step_m, (place[b].1 - place[a].1) / centre.step_m);
        for b in 0..n {
            let (a, c) = ((b + n - 1) % n, (b + 1) % n);
            let (before, after) = (apart(a, b), apart(b, c));
            let (h0, h1) = (before.0.hypot(before.1).max(MIN_SPACING), after.0.hypot(after.1).max(MIN_SPACING));
            let chord = apart(a, c);
            let length = chord.0.hypot(chord.1).max(MIN_SPACING);
            let across = (-chord.1 / length, chord.0 / length);
            let root = ((h0 + h1) / 2.0).sqrt();
            let weights = [2.0 / (h0 * (h0 + h1)), -2.0 / (h0 * h1), 2.0 / (h1 * (h0 + h1))].map(|w| w * root);
            q.add_row([a, b, c], weights, across, &normal, centre);
        }
        q
    }

    /// Adds half the square of `Σ weight · across · point` over three points that follow each other.
    fn add_row(
        &mut self,
        [a, b, c]: [usize; 3],
        weights: [f64; 3],
        across: (f64, f64),
        normal: &[(f64, f64)],
        centre: &Line,
    ) {
        let by_offset = |k: usize, w: f64| w * (across.0 * normal[k].0 + across.1 * normal[k].1);
        let at_centre = |k: usize, w: f64| w * (across.0 * centre.x_m[k] + across.1 * centre.y_m[k]);
        let (u, v, w) = (by_offset(a, weights[0]), by_offset(b, weights[1]), by_offset(c, weights[2]));
        let rest = at_centre(a, weights[0]) + at_centre(b, weights[1]) + at_centre(c, weights[2]);
        for (k, share) in [(a, u), (b, v), (c, w)] {
            self.main[k] += share * share;
            self.linear[k] += share * rest;
        }
        self.next[a] += u * v;
        self.next[b] += v * w;
        self.second[a] += u * w;
    }

    fn newton_step(&self, offset: &[f64], bounds: &[(f64, f64)], barrier: f64) -> Vec<f64> {
        let n = offset.len();
        let (mut main, mut descent) = (self.main.clone(), vec![0.0; n]);
        for idx in 0..n {
            let at = |k: usize| offset[(idx + k) % n];
            let (before, second_before) = ((idx + n - 1) % n, (idx + n - 2) % n);
            let slope = self.main[idx] * at(0)
                + self.next[idx] * at(1)
                + self.second[idx] * at(2)
                + self.next[before] * offset[before]
                + self.second[second_before] * offset[second_before]
                + self.linear[idx];
            let (low, high) = (offset[idx] - bounds[idx].0, bounds[idx].1 - offset[idx]);
            descent[idx] = barrier / low - barrier / high - slope;
            main[idx] += barrier / (low * low) + barrier / (high * high);
        }
        solve_cyclic(&main, &self.next, &self.second, &descent)
    }
}

/// Solves the symmetric positive definite cyclic system with five diagonals: the last two unknowns are put aside, the
/// band before them is factored, and their own two equations are what is left (block elimination).
fn solve_cyclic(main: &[f64], next: &[f64], second: &[f64], rhs: &[f64]) -> Vec<f64> {
    let n = main.len();
    let band = n - 2;
    let mut columns = [rhs[..band].to_vec(), vec![0.0; band], vec![0.0; band]];
    for (row, value) in [(band - 2, second[band - 2]), (band - 1, next[band - 1]), (0, second[n - 2])] {
        columns[1][row] += value;
    }
    for (row, value) in [(band - 1, second[band - 1]), (0, next[n - 1]), (1, second[n - 1])] {
        columns[2][row] += value;
    }
    let edges = [columns[1].clone(), columns[2].clone()];
    let factor = Band::factor(&main[..band], next, second);
    columns.iter_mut().for_each(|column| factor.solve(column));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (a, d) = (main[n - 2] - dot(&edges[0], &columns[1]), main[n - 1] - dot(&edges[1], &columns[2]));
    let b = next[n - 2] - dot(&edges[0], &columns[2]);
    let (p, q) = (rhs[n - 2] - dot(&edges[0], &columns[0]), rhs[n - 1] - dot(&edges[1], &columns[0]));
    let determinant = a * d - b * b;
    let (u, v) = ((p * d - q * b) / determinant, (q * a - p * b) / determinant);
    let mut solution: Vec<f64> =
        (0..band).map(|idx| columns[0][idx] - u * columns[1][idx] - v * columns[2][idx]).collect();
    solution.extend([u, v]);
    solution
}

/// `L D Lᵀ` of a band with two diagonals beside the main one.
struct Band {
    diagonal: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Band {
    fn factor(main: &[f64], next: &[f64], far: &[f64]) -> Self {
        let n = main.len();
        let (mut diagonal, mut first, mut second) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        for idx in 0..n {
            let mut pivot = main[idx];
            let mut below = next[idx];
            if idx >= 1 {
                pivot -= diagonal[idx - 1] * first[idx - 1] * first[idx - 1];
                below -= diagonal[idx - 1] * first[idx - 1] * second[idx - 1];
            }
            if idx >= 2 {
                pivot -= diagonal[idx - 2] * second[idx - 2] * second[idx - 2];
            }
            diagonal[idx] = pivot;
            first[idx] = below / pivot;
            second[idx] = far[idx] / pivot;
        }
        Band { diagonal, first, second }
    }

    fn solve(&self, values: &mut [f64]) {
        let n = values.len();
        for idx in 1..n {
            values[idx] -= self.first[idx - 1] * values[idx - 1];
            if idx >= 2 {
                values[idx] -= self.second[idx - 2] * values[idx - 2];
            }
        }
        values.iter_mut().zip(&self.diagonal).for_each(|(v, d)| *v /= d);
        for idx in (0..n - 1).rev() {
            values[idx] -= self.first[idx] * values[idx + 1];
            if idx + 2 < n {
                values[idx] -= self.second[idx] * values[idx + 2];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cyclic_system_is_solved() {
        let n = 9;
        let main: Vec<f64> = (0..n).map(|i| 10.0 + i as f64).collect();
        let next: Vec<f64> = (0..n).map(|i| -2.0 + 0.1 * i as f64).collect();
        let second: Vec<f64> = (0..n).map(|i| 0.5 + 0.05 * i as f64).collect();
        let want: Vec<f64> = (0..n).map(|i| (i as f64 - 3.0) * 0.7).collect();
        let rhs: Vec<f64> = (0..n)
            .map(|i| {
                main[i] * want[i]
                    + next[i] * want[(i + 1) % n]
                    + next[(i + n - 1) % n] * want[(i + n - 1) % n]
                    + second[i] * want[(i + 2) % n]
                    + second[(i + n - 2) % n] * want[(i + n - 2) % n]
            })
            .collect();
        let got = solve_cyclic(&main, &next, &second, &rhs);
        assert!(got.iter().zip(&want).all(|(g, w)| (g - w).abs() < 1e-9), "{got:?}");
    }
}
