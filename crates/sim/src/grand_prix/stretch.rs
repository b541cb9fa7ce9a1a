//! Stretching a pace in time, so that a part of a lap takes exactly as long as it must.
//!
//! The slowness `q` says how many seconds pass per second of profile time: 1 is the pace itself, 1.4 a lap behind the
//! safety car. It is piecewise linear in profile time and continuous, so a car's speed `v/q` never jumps. Its level in
//! the middle is what is left free, and the integral of `q` is linear in that level: the time asked for is met exactly,
//! without iteration.

/// The lowest slowness: no car goes faster than this much over its own pace.
const MIN_SLOWNESS: f64 = 0.80;

/// A knot of the wanted slowness: `fixed + share * level`, with the level to be found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wish {
    /// Profile time.
    pub(super) at_s: f64,
    /// Slowness that is given.
    pub(super) fixed: f64,
    /// How much of the level is added to it.
    pub(super) share: f64,
}

impl Wish {
    /// A slowness that must be.
    pub(super) fn given(at_s: f64, slowness: f64) -> Wish {
        Wish { at_s, fixed: slowness, share: 0.0 }
    }

    /// The level, and something more.
    pub(super) fn level(at_s: f64, more: f64) -> Wish {
        Wish { at_s, fixed: more, share: 1.0 }
    }
}

/// A knot of the slowness as found.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Knot {
    /// Profile time.
    at_s: f64,
    slowness: f64,
    /// Time since the stretch began.
    passed_s: f64,
}

/// A pace stretched between two profile times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stretch {
    knots: Vec<Knot>,
}

impl Stretch {
    /// Through wishes in order of their profile time, at least two, taking `duration_s`. If the level would be out of
    /// all reason, the slowness is the same throughout instead, which is always possible.
    pub(super) fn taking(duration_s: f64, wishes: &[Wish]) -> Stretch {
        let (mut fixed_s, mut share_s) = (0.0, 0.0);
        for pair in wishes.windows(2) {
            let step_s = pair[1].at_s - pair[0].at_s;
            fixed_s += 0.5 * step_s * (pair[0].fixed + pair[1].fixed);
            share_s += 0.5 * step_s * (pair[0].share + pair[1].share);
        }
        let level = (duration_s - fixed_s) / share_s;
        let is_sane = wishes.iter().all(|wish| wish.fixed + wish.share * level >= MIN_SLOWNESS);
        let (first, last) = (wishes[0].at_s, wishes[wishes.len() - 1].at_s);
        let uniform = duration_s / (last - first);
        let slowness = |wish: &Wish| if is_sane { wish.fixed + wish.share * level } else { uniform };
        let mut knots: Vec<Knot> = Vec::with_capacity(wishes.len());
        for wish in wishes {
            let slowness = slowness(wish);
            let passed_s = knots
                .last()
                .map_or(0.0, |before| before.passed_s + 0.5 * (wish.at_s - before.at_s) * (before.slowness + slowness));
            knots.push(Knot { at_s: wish.at_s, slowness, passed_s });
        }
        Stretch { knots }
    }

    /// How long it takes.
    pub(super) fn duration_s(&self) -> f64 {
        self.knots[self.knots.len() - 1].passed_s
    }

    /// Profile time, slowness and the rate at which that changes per second of profile time.
    pub(super) fn at(&self, passed_s: f64) -> (f64, f64, f64) {
        let idx = self.knots.partition_point(|knot| knot.passed_s <= passed_s);
        let idx = idx.clamp(1, self.knots.len() - 1);
        let (a, b) = (self.knots[idx - 1], self.knots[idx]);
        let rate = (b.slowness - a.slowness) / (b.at_s - a.at_s);
        let dt = (passed_s - a.passed_s).max(0.0);
        // The root of q·u + rate·u²/2 = dt that does not cancel for a small rate.
        let root = (a.slowness * a.slowness + 2.0 * rate * dt).max(0.0).sqrt();
        let u = 2.0 * dt / (a.slowness + root);
        (a.at_s + u, a.slowness + rate * u, rate)
    }

    /// Time since the stretch began at a profile time; `None` beyond its end.
    pub(super) fn passed_at(&self, at_s: f64) -> Option<f64> {
        if at_s > self.knots[self.knots.len() - 1].at_s + 1e-6 {
            return None;
        }
        let idx = self.knots.partition_point(|knot| knot.at_s <= at_s).clamp(1, self.knots.len() - 1);
        let (a, b) = (self.knots[idx - 1], self.knots[idx]);
        let rate = (b.slowness - a.slowness) / (b.at_s - a.at_s);
        let u = at_s - a.at_s;
        Some(a.passed_s + (a.slowness + 0.5 * rate * u) * u)
    }

    /// Slowness at the beginning and at the end.
    #[cfg(test)]
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.knots[0].slowness, self.knots[self.knots.len() - 1].slowness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn takes_what_it_must_and_reads_back(a in 0.9f64..1.6, b in 0.9f64..1.6, bump in 0.0f64..0.4, slow in 1.0f64..1.6) {
            let wishes = [
                Wish::given(3.0, a),
                Wish::level(9.0, 0.0),
                Wish::level(30.0, 0.0),
                Wish::level(33.0, bump),
                Wish::level(36.0, 0.0),
                Wish::level(80.0, 0.0),
                Wish::given(88.0, b),
            ];
            let duration_s = 85.0 * slow;
            let stretch = Stretch::taking(duration_s, &wishes);
            assert!((stretch.duration_s() - duration_s).abs() < 1e-9);
            assert!((stretch.ends().0 - a).abs() < 1e-9 && (stretch.ends().1 - b).abs() < 1e-9);
            for idx in 0..=850 {
                let at_s = 3.0 + f64::from(idx) * 0.1;
                let (again_s, slowness, _) = stretch.at(stretch.passed_at(at_s).unwrap());
                assert!((again_s - at_s).abs() < 1e-6, "{again_s} for {at_s}");
                assert!(slowness > 0.5);
            }
        }
    }

    #[test]
    fn an_impossible_wish_gives_an_even_stretch() {
        let stretch = Stretch::taking(10.0, &[Wish::given(0.0, 5.0), Wish::level(5.0, 0.0), Wish::given(10.0, 5.0)]);
        assert_eq!(stretch.ends(), (1.0, 1.0));
        assert!((stretch.duration_s() - 10.0).abs() < 1e-12);
    }
}
