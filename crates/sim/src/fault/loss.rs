//! Time that a fault costs on a lap, and where on the lap it is lost.

use overcut_domain::DriverNumber;
use serde::{Deserialize, Serialize};

/// Time lost on one lap of one car.
///
/// The lap time grows by `seconds`. On the way round, the car has lost [`LapLoss::accrued_s`] by any point; a motion
/// that arrives there by so much later than it would have, agrees with the lap time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LapLoss {
    /// Which car.
    pub driver: DriverNumber,
    /// Its own lap, from 1.
    pub lap: u16,
    /// Time lost on that lap.
    pub seconds: f32,
    /// Where the loss begins, as a share of the lap's distance.
    pub from: f32,
    /// Where it ends.
    pub to: f32,
    /// True if the loss per metre grows from nothing at the beginning and falls back at the end, as with speed that is
    /// not gained on a straight; false if it is the same everywhere in it, as with grip that is missing.
    pub is_ramp: bool,
}

/// Share of the stretch over which the loss per metre grows.
///
/// With a part `da` of the acceleration missing, the car loses `da t / v²` seconds a metre after `t` seconds. As the
/// speed grows with the time, that is nearly constant once the car is well on its way out of the corner.
const RISE: f32 = 0.1;
/// Share of it over which it falls back: the slower car brakes later.
const FALL: f32 = 0.15;

impl LapLoss {
    /// Time lost by a point of the lap, given as a share of its distance: 0 before `from`, `seconds` after `to`.
    pub fn accrued_s(&self, fraction: f32) -> f32 {
        let length = self.to - self.from;
        if length <= 0.0 {
            return if fraction >= self.to { self.seconds } else { 0.0 };
        }
        let x = ((fraction - self.from) / length).clamp(0.0, 1.0);
        self.seconds * if self.is_ramp { ramp(x) } else { x }
    }
}

/// The integral of a trapezium of area 1 over 0–1 that rises and falls linearly.
fn ramp(x: f32) -> f32 {
    let height = 1.0 / (1.0 - (RISE + FALL) / 2.0);
    match x {
        x if x < RISE => height * x * x / (2.0 * RISE),
        x if x <= 1.0 - FALL => height * (x - RISE / 2.0),
        x => 1.0 - height * (1.0 - x) * (1.0 - x) / (2.0 * FALL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_adds_up_and_never_comes_back() {
        for is_ramp in [false, true] {
            let loss = LapLoss { driver: DriverNumber(4), lap: 9, seconds: 1.5, from: 0.2, to: 0.6, is_ramp };
            assert_eq!(loss.accrued_s(0.2), 0.0);
            assert_eq!(loss.accrued_s(1.0), 1.5);
            let steps: Vec<_> = (0..=100).map(|i| loss.accrued_s(i as f32 / 100.0)).collect();
            assert!(steps.windows(2).all(|w| w[0] <= w[1] && w[1] - w[0] < 0.1), "{steps:?}");
        }
    }
}
