//! Two laps held against each other, metre by metre and corner by corner.

use crate::lap_trace::LapTrace;
use crate::outline::Corner;

/// Where lap `b` loses time to lap `a`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Metres between two elements.
    pub step_m: f64,
    /// Seconds that `b` is behind `a` at each step, negative if ahead. The last one is the difference of the lap times.
    pub delta_s: Vec<f64>,
    /// Corners and the straights between them, in order from the start line.
    pub sections: Vec<Section>,
}

/// What one corner or straight costs.
///
/// Feeds sample cars four times a second, so compare whole corners, not single metres. A trace passes a fast place at the
/// right moment to about 0.03 s and a hairpin to 0.1 s (measured on the sector lines of the Dutch race), which makes a
/// section good to ±0.05 to ±0.15 s; what one section has too much its neighbour has too little. Where the feed lost the
/// car for seconds, as in `2026_chinese_gp_sprint`, double that.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Name, such as `T9`, or `T9–T10` for the straight between them; `start` and `finish` for the line.
    pub name: String,
    /// True for a corner.
    pub is_corner: bool,
    /// Where it begins, metres from the start line.
    pub from_m: f64,
    /// Where it ends.
    pub to_m: f64,
    /// Slowest speeds of `a` and `b`, km/h. `None` if the lap has no speed.
    pub min_speed_kmh: [Option<f32>; 2],
    /// Time that `b` loses to `a` in it, milliseconds; negative if it gains. The sections add up to the difference of
    /// the lap times exactly.
    pub delta_ms: i32,
}

/// Why two laps cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CompareError {
    /// They are laid along different courses.
    #[error("one lap is {a_m:.1} m long and the other {b_m:.1} m: they lie on different courses")]
    GridMismatch {
        /// Length of the first.
        a_m: f64,
        /// Length of the second.
        b_m: f64,
    },
}

/// Holds lap `b` against lap `a`. `corners` are those of their course, in driving order; without any the whole lap is
/// one section.
///
/// # Errors
///
/// If the traces are on different grids.
pub fn compare(a: &LapTrace, b: &LapTrace, corners: &[Corner]) -> Result<Comparison, CompareError> {
    if a.elapsed_s.len() != b.elapsed_s.len() || (a.step_m - b.step_m).abs() > 1e-6 {
        return Err(CompareError::GridMismatch { a_m: a.length_m(), b_m: b.length_m() });
    }
    let delta_s = a.elapsed_s.iter().zip(&b.elapsed_s).map(|(a, b)| b - a).collect();
    // Whole milliseconds at the borders, so that what is left of one border is exactly what is right of it.
    let delta_ms_at = |metres: f64| ((b.elapsed_at(metres) - a.elapsed_at(metres)) * 1000.0).round() as i32;
    let section = |(name, is_corner, from_m, to_m): (String, bool, f64, f64)| Section {
        name,
        is_corner,
        from_m,
        to_m,
        min_speed_kmh: [a, b].map(|lap| slowest(lap, from_m, to_m)),
        delta_ms: delta_ms_at(to_m) - delta_ms_at(from_m),
    };
    let sections = borders(corners, a.length_m()).into_iter().map(section).collect();
    Ok(Comparison { step_m: a.step_m, delta_s, sections })
}

/// Names and borders of corners and straights from line to line, without empty ones.
fn borders(corners: &[Corner], length_m: f64) -> Vec<(String, bool, f64, f64)> {
    let mut borders = Vec::with_capacity(corners.len() * 2 + 1);
    let (mut at_m, mut last) = (0.0, "start".to_owned());
    for corner in corners {
        let name = format!("T{}{}", corner.number, corner.letter);
        let (from_m, to_m) = (corner.from_m.clamp(at_m, length_m), corner.to_m.clamp(at_m, length_m));
        if from_m > at_m {
            borders.push((format!("{last}–{name}"), false, at_m, from_m));
        }
        if to_m > from_m {
            borders.push((name.clone(), true, from_m, to_m));
        }
        (at_m, last) = (to_m.max(from_m), name);
    }
    if at_m < length_m {
        borders.push((format!("{last}–finish"), false, at_m, length_m));
    }
    borders
}

/// The slowest speed of the elements from one distance to another.
fn slowest(lap: &LapTrace, from_m: f64, to_m: f64) -> Option<f32> {
    let (from, to) = ((from_m / lap.step_m).round() as usize, (to_m / lap.step_m).round() as usize);
    lap.speed_kmh.get(from..=to.min(lap.speed_kmh.len().saturating_sub(1)))?.iter().copied().reduce(f32::min)
}
