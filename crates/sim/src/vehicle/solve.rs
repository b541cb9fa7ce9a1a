//! The speed at every point of a course: cornering limit, forward pass, backward pass.

use super::bracket::Bracket;
use super::course::Course;
use super::dynamics::Dynamics;

/// Steps of the search for the speed before a braking point.
const SEARCH_STEPS: usize = 12;

/// Squared speeds closer than this are the same, (m/s)².
const SAME_W: f64 = 1e-9;

/// Speeds at the ends of an open course, m/s; `None` where they are free.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ends {
    pub(super) entry_ms: Option<f64>,
    pub(super) exit_ms: Option<f64>,
}

/// The greatest speed squared at every point.
pub(super) fn speeds_w(course: &Course, dynamics: &Dynamics, ends: Ends) -> Vec<f64> {
    let mut w: Vec<f64> =
        course.points.iter().map(|p| dynamics.cornering_limit_w(p.curvature).min(p.cap_ms * p.cap_ms)).collect();
    if course.closed {
        pass_closed(course, dynamics, &mut w);
    } else {
        pass_open(course, dynamics, &mut w, ends);
    }
    w
}

/// A closed course has no first point: passes begin at the slowest corner and go round until nothing changes.
fn pass_closed(course: &Course, dynamics: &Dynamics, w: &mut [f64]) {
    let n = w.len();
    let slowest = (0..n).min_by(|a, b| w[*a].total_cmp(&w[*b])).unwrap_or(0);
    for k in slowest..slowest + 2 * n {
        let reached = forward(course, dynamics, w, k % n, (k + 1) % n);
        if !reached && k >= slowest + n {
            break;
        }
    }
    for k in (slowest..slowest + 2 * n).rev() {
        let lowered = backward(course, dynamics, w, k % n, (k + 1) % n);
        if !lowered && k < slowest + n {
            break;
        }
    }
}

fn pass_open(course: &Course, dynamics: &Dynamics, w: &mut [f64], ends: Ends) {
    let n = w.len();
    if let Some(entry_ms) = ends.entry_ms {
        w[0] = w[0].min(entry_ms * entry_ms);
    }
    for idx in 0..n - 1 {
        forward(course, dynamics, w, idx, idx + 1);
    }
    if let Some(exit_ms) = ends.exit_ms {
        w[n - 1] = w[n - 1].min(exit_ms * exit_ms);
    }
    for idx in (0..n - 1).rev() {
        backward(course, dynamics, w, idx, idx + 1);
    }
}

/// Lowers the speed at `to` to what can be reached from `from`; true if it had to be lowered.
fn forward(course: &Course, dynamics: &Dynamics, w: &mut [f64], from: usize, to: usize) -> bool {
    let gained = 2.0 * course.step_m * dynamics.acceleration(&course.points[from], w[from]);
    let reachable = (w[from] + gained).max(0.0);
    let is_lower = reachable < w[to] - SAME_W;
    if is_lower {
        w[to] = reachable;
    }
    is_lower
}

/// Lowers the speed at `from` to what can be braked to the speed at `to`; true if it had to be lowered.
///
/// The deceleration is that of the earlier point, so that the ellipse holds at every point exactly: the speed `x` there
/// solves `x - 2 ds d(x) = w_to` and lies between `w_to` and what it is.
fn backward(course: &Course, dynamics: &Dynamics, w: &mut [f64], from: usize, to: usize) -> bool {
    let (start, end) = (w[from], w[to]);
    if start <= end {
        return false;
    }
    let point = &course.points[from];
    let excess = |x: f64| x - 2.0 * course.step_m * dynamics.deceleration(point, x) - end;
    let start_excess = excess(start);
    if start_excess <= SAME_W {
        return false;
    }
    let mut bracket = Bracket::new((end, excess(end)), (start, start_excess));
    for _ in 0..SEARCH_STEPS {
        let x = bracket.guess();
        let x_excess = excess(x);
        bracket.narrow(x, x_excess);
        if x_excess.abs() < SAME_W || bracket.width() < SAME_W {
            break;
        }
    }
    w[from] = bracket.low();
    true
}
