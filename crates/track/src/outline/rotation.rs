//! Which way up a map is drawn.

use crate::line::Point;

/// The angle in whole degrees, counter-clockwise, by which to turn the points so that they fill a landscape picture:
/// the flattest bounding box, and of the two ways the one with less turning.
pub(super) fn landscape_deg(points: &[Point]) -> f64 {
    let flatness = |degrees: i32| {
        let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for [x, y] in points {
            for (axis, value) in [x * cos - y * sin, x * sin + y * cos].into_iter().enumerate() {
                low[axis] = low[axis].min(value);
                high[axis] = high[axis].max(value);
            }
        }
        (high[1] - low[1]) / (high[0] - low[0])
    };
    let best = (-90..90).min_by(|a, b| flatness(*a).total_cmp(&flatness(*b)).then(a.abs().cmp(&b.abs())));
    f64::from(best.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tall_box_is_laid_down() {
        let tall = [[0.0, 0.0], [10.0, 0.0], [10.0, 100.0], [0.0, 100.0]];
        assert_eq!(landscape_deg(&tall).abs(), 90.0);
        let wide = [[0.0, 0.0], [100.0, 0.0], [100.0, 10.0], [0.0, 10.0]];
        assert_eq!(landscape_deg(&wide), 0.0);
    }
}
