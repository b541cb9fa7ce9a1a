//! Random numbers from a key: (seed, run, lap, car, purpose).
//!
//! There is no generator with a state that threads would have to share or that one draw more would shift. Each draw is
//! a pure function of what it is for: Philox4x32 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
//! 1, 2, 3" (SC 2011), with the seed as its key and (run, lap, car, purpose) as its counter. So a different decision in
//! one car changes nobody else's luck, two strategies can be compared on the same dice, and any run can be played again
//! alone.
//!
//! Seven rounds: the fewest for which the paper reports no failure in BigCrush (its table 2); ten is the paper's margin
//! against tests to come, at two fifths more time.

/// What a draw is for. Draws for different purposes are independent.
///
/// Below 100 belongs to [`crate::race`]; a module that needs its own takes the next free hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purpose(pub u32);

/// What stands for "no car" in a key: draws about the track, the weather, the race as a whole.
pub const NO_CAR: u32 = 0xFFFF;

const ROUNDS: usize = 7;
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Four independent random words.
///
/// `car` is a driver's number or another stable name of a car rather than its place in a list, so that relabelling
/// changes nothing; [`NO_CAR`] where there is none.
///
/// ```
/// use overcut_sim::random::{Purpose, words};
/// assert_eq!(words(7, 1, 12, 44, Purpose(3)), words(7, 1, 12, 44, Purpose(3)));
/// assert_ne!(words(7, 1, 12, 44, Purpose(3)), words(7, 1, 13, 44, Purpose(3)));
/// ```
pub fn words(seed: u64, run: u64, lap: u32, car: u32, purpose: Purpose) -> [u32; 4] {
    philox::<ROUNDS>([run as u32, (run >> 32) as u32, place(lap, car), purpose.0], [seed as u32, (seed >> 32) as u32])
}

/// The same for many cars at once: `out[word][i]` is word `word` of car `cars[i]` on lap `laps[i]`.
///
/// The loop is written for the vectoriser: whole lists, no branch. Lists of different lengths are cut to the shortest.
pub fn words_of_cars(seed: u64, run: u64, laps: &[u32], cars: &[u32], purpose: Purpose, out: [&mut [u32]; 4]) {
    let key = [seed as u32, (seed >> 32) as u32];
    let [first, second, third, fourth] = out;
    let ins = laps.iter().zip(cars);
    let outs = first.iter_mut().zip(second).zip(third.iter_mut().zip(fourth));
    for ((lap, car), ((a, b), (c, d))) in ins.zip(outs) {
        let block = philox::<ROUNDS>([run as u32, (run >> 32) as u32, place(*lap, *car), purpose.0], key);
        [*a, *b, *c, *d] = block;
    }
}

/// Lap and car in one word of the counter.
#[inline(always)]
const fn place(lap: u32, car: u32) -> u32 {
    lap << 16 | car & 0xFFFF
}

/// Philox4x32 with `N` rounds: a bijection of the counter for each key.
#[inline(always)]
fn philox<const N: usize>(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..N {
        let low = u64::from(MULTIPLIERS[0]) * u64::from(counter[0]);
        let high = u64::from(MULTIPLIERS[1]) * u64::from(counter[2]);
        counter = [
            (high >> 32) as u32 ^ counter[1] ^ key[0],
            high as u32,
            (low >> 32) as u32 ^ counter[3] ^ key[1],
            low as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// A word as a number strictly between 0 and 1, in steps of 2⁻²³.
#[inline(always)]
pub fn uniform(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

/// A word as a standard normal number, by its quantile. Never beyond 6.3.
pub fn normal(word: u32) -> f32 {
    normal_quantile((f64::from(word) + 0.5) / 4_294_967_296.0) as f32
}

/// A word as an exponential number with mean 1, by its quantile.
pub fn exponential(word: u32) -> f32 {
    -(((f64::from(word) + 0.5) / 4_294_967_296.0).ln()) as f32
}

/// The standard normal quantile of a probability strictly between 0 and 1, to about 1e-9 of its value.
///
/// Rational approximations by P. J. Acklam (2003; relative error 1.15e-9) in the centre and the tails.
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.383_577_518_672_69e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] =
        [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    let poly = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    if p < 0.02425 {
        let q = (-2.0 * p.ln()).sqrt();
        poly(&C, q) / (poly(&D, q) * q + 1.0)
    } else if p > 1.0 - 0.02425 {
        -normal_quantile(1.0 - p)
    } else {
        let q = p - 0.5;
        let r = q * q;
        poly(&A, r) * q / (poly(&B, r) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers from the authors' Random123 distribution (`kat_vectors`).
    #[test]
    fn philox_gives_the_published_answers() {
        let pi = ([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]);
        assert_eq!(philox::<7>([0; 4], [0; 2]), [0x5f6f_b709, 0x0d89_3f64, 0x4f12_1f81, 0x4f73_0a48]);
        assert_eq!(philox::<7>(pi.0, pi.1), [0x4dfc_caba, 0x190a_87f0, 0xc473_62ba, 0xb6b5_242a]);
        assert_eq!(philox::<10>([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox::<10>(pi.0, pi.1), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn many_at_once_are_the_same_as_one_by_one() {
        let (laps, cars) = ([3, 4, 5, 3, 9], [44, 16, 1, NO_CAR, 63]);
        let mut out = [[0; 5]; 4];
        let [a, b, c, d] = &mut out;
        words_of_cars(11, 1 << 40, &laps, &cars, Purpose(2), [a, b, c, d]);
        for i in 0..laps.len() {
            let alone = words(11, 1 << 40, laps[i], cars[i], Purpose(2));
            assert_eq!(out.map(|word| word[i]), alone);
        }
    }

    #[test]
    fn uniform_never_touches_its_ends() {
        assert!(uniform(0) > 0.0);
        assert!(uniform(u32::MAX) < 1.0);
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let n = 40_000;
        let mut sums = [0.0_f64; 5];
        for run in 0..n {
            let [a, b, c, _] = words(5, run, 1, 2, Purpose(1));
            let (u, z, e) = (f64::from(uniform(a)), f64::from(normal(b)), f64::from(exponential(c)));
            for (sum, x) in sums.iter_mut().zip([u, z, z * z, z.powi(4), e]) {
                *sum += x / n as f64;
            }
        }
        for (mean, (want, slack)) in sums.iter().zip([(0.5, 0.006), (0.0, 0.02), (1.0, 0.03), (3.0, 0.2), (1.0, 0.02)])
        {
            assert!((mean - want).abs() < slack, "{sums:?}");
        }
    }

    #[test]
    fn normal_quantile_is_that_of_the_tables() {
        for (p, want) in
            [(0.5, 0.0), (0.975, 1.959963984540054), (0.001, -3.090232306167813), (1e-6, -4.753424308822899)]
        {
            assert!((normal_quantile(p) - want).abs() < 1e-7, "{p}");
        }
    }
}
