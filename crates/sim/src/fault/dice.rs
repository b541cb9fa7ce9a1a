//! Random numbers of a plan, keyed by what they are for, so that no fault changes another.

use overcut_domain::DriverNumber;

use super::FaultKind;

/// The dice of one car.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64, driver: DriverNumber) -> Dice {
        Dice(mix(seed ^ 0x4641_554C_5453).wrapping_add(u64::from(driver.0)))
    }

    /// A number from 0 to 1, 1 excluded: for the n-th fault of a kind, one for each thing it has to decide.
    pub(super) fn uniform(&self, kind: FaultKind, nth: u32, what: u32) -> f32 {
        let key = (kind as u64) << 48 | u64::from(nth) << 24 | u64::from(what);
        let bits = mix(mix(self.0) ^ key) >> 40;
        bits as f32 / (1u64 << 24) as f32
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
