//! What a real feed does beside telling the truth.

/// Habits of the real feed that readers must cope with, each on its own switch. None changes what a decoder should
/// make of the timing: only samples are lost, and those are counted as garbage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quirks {
    /// Samples come in batches of about a second, now and then of two: up to 2.1 s late.
    pub late_batches: bool,
    /// The clock of a line goes back behind that of the line before it, by up to 0.4 s. Only in topics whose clock no
    /// lap hangs on: everywhere else, when a message came is what a reader goes by.
    pub out_of_order_stamps: bool,
    /// Lists that are whole come as lists or keyed by index, as it falls.
    pub index_keys: bool,
    /// Sensors say 104 for throttle and brake, gear 128, or all zeros; positions are 0, 0, 0 or far away.
    pub garbage_values: bool,
    /// A line comes twice. Only in topics where saying it again changes nothing.
    pub duplicated_messages: bool,
    /// A car's position or channels stall for a second or two and repeat their last values.
    pub held_values: bool,
    /// Stamps of samples carry ten-millionths of a second.
    pub fine_stamps: bool,
    /// Topics that never come, by name, such as `CarData.z`.
    pub missing_topics: Vec<String>,
}

impl Quirks {
    /// All that the real feed does in a session that went well.
    pub fn realistic() -> Quirks {
        Quirks {
            late_batches: true,
            out_of_order_stamps: true,
            index_keys: true,
            garbage_values: true,
            duplicated_messages: true,
            held_values: true,
            fine_stamps: true,
            missing_topics: Vec::new(),
        }
    }
}

/// Decisions that depend on the seed, on what is decided and on how many were made before, and on nothing else.
#[derive(Debug, Clone)]
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    /// Dice for one purpose.
    pub(super) fn new(seed: u64, purpose: u64) -> Dice {
        Dice { state: seed ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03) }
    }

    /// A number whose bits are all fair (Steele, Lea and Flood's SplitMix64, 2014).
    pub(super) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `n`, which is small: the bias is below n / 2³².
    pub(super) fn below(&mut self, n: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// True once in `n` times.
    pub(super) fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_are_fair_enough_and_fall_the_same_again() {
        let throw = |seed| {
            let mut dice = Dice::new(seed, 3);
            (0..6000).map(|_| dice.below(6)).collect::<Vec<_>>()
        };
        assert_eq!(throw(1), throw(1));
        assert_ne!(throw(1), throw(2));
        for face in 0..6 {
            let n = throw(1).into_iter().filter(|thrown| *thrown == face).count();
            assert!((850..1150).contains(&n), "{n} of 6000 were {face}");
        }
    }
}
