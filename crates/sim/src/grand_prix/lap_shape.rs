//! The shape of one lap in time: where it is driven how much slower than the pace.

use super::pace::Pace;
use super::stretch::{Stretch, Wish};

/// Profile time in which a car goes over from the speed it comes with to that of the lap.
const BLEND_S: f64 = 7.0;
/// Blends take at most this share of the stretch.
const BLEND_SHARE: f64 = 0.2;

/// The shortest stretch over which time is lost, and the most that is lost per second of it.
const LEAST_LOSS_S: f64 = 5.0;
const MOST_LOSS_RATE: f64 = 0.25;

/// Time lost over a part of a lap, given in distances of the lap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Loss {
    pub(super) seconds: f64,
    pub(super) from_m: f64,
    pub(super) to_m: f64,
    /// Where between the two most is lost, 0 to 1.
    pub(super) peak: f64,
}

/// A change of speed on the way: the slowness before is given, that after is what remains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Onset {
    /// Time since the beginning of the stretch.
    pub(super) after_s: f64,
    /// Slowness up to then.
    pub(super) before: f64,
}

/// A stretch of one lap.
#[derive(Debug, Clone)]
pub(super) struct LapShape<'a> {
    pub(super) pace: &'a Pace,
    pub(super) from_m: f64,
    pub(super) to_m: f64,
    pub(super) duration_s: f64,
    /// Speed at the beginning and the end.
    pub(super) from_mps: f64,
    pub(super) to_mps: f64,
    pub(super) losses: Vec<Loss>,
    /// The safety car comes out.
    pub(super) onset: Option<Onset>,
}

/// The highest slowness that still looks like a car driven slowly.
const MAX_ONSET_SLOWNESS: f64 = 2.4;

impl LapShape<'_> {
    /// The stretch.
    pub(super) fn stretch(&self) -> Stretch {
        let (from_s, to_s) = (self.pace.time_at(self.from_m), self.pace.time_at(self.to_m));
        let first = self.pace.speed_at(self.from_m) / self.from_mps;
        let last = self.pace.speed_at(self.to_m) / self.to_mps;
        let blend_s = BLEND_S.min(BLEND_SHARE * (to_s - from_s));
        let (in_s, out_s) = (from_s + blend_s, to_s - blend_s);
        let mut wishes = vec![Wish::given(from_s, first)];
        match self.onset_at(from_s, to_s) {
            Some((at_s, before)) => {
                wishes.push(Wish::given(in_s.min(at_s - 0.5), before));
                wishes.push(Wish::given(at_s, before));
                wishes.push(Wish::level((at_s + blend_s).min(out_s - 0.5), 0.0));
            }
            None => {
                wishes.push(Wish::level(in_s, 0.0));
                for loss in &self.losses {
                    self.add_loss(loss, &mut wishes, out_s);
                }
            }
        }
        wishes.push(Wish::level(out_s, 0.0));
        wishes.push(Wish::given(to_s, last));
        Stretch::taking(self.duration_s, &wishes)
    }

    /// A triangle of slowness, between the wishes so far and `until_s`, if there is room for it.
    fn add_loss(&self, loss: &Loss, wishes: &mut Vec<Wish>, until_s: f64) {
        let begun_s = wishes[wishes.len() - 1].at_s;
        let from_s = self.pace.time_at(loss.from_m).max(begun_s + 0.1);
        // What is lost in too short a time would be a jump.
        let least_s = LEAST_LOSS_S.max(loss.seconds / MOST_LOSS_RATE);
        let to_s = self.pace.time_at(loss.to_m).max(from_s + least_s);
        if to_s > until_s - 0.1 {
            return;
        }
        let length_s = to_s - from_s;
        let most = Wish::level(from_s + length_s * loss.peak.clamp(0.15, 0.85), 2.0 * loss.seconds / length_s);
        wishes.extend([Wish::level(from_s, 0.0), most, Wish::level(to_s, 0.0)]);
    }

    /// The profile time of the onset and the slowness before it, if the rest of the lap can be driven so that it ends
    /// in time.
    fn onset_at(&self, from_s: f64, to_s: f64) -> Option<(f64, f64)> {
        let onset = self.onset?;
        let at_s = from_s + onset.after_s / onset.before;
        let rest_s = to_s - at_s;
        let slowness = (self.duration_s - onset.after_s) / rest_s;
        let has_room = at_s > from_s + 2.0 && rest_s > 12.0;
        (has_room && (onset.before..MAX_ONSET_SLOWNESS).contains(&slowness)).then_some((at_s, onset.before))
    }
}
