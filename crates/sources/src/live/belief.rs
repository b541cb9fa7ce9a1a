//! Which stamps to believe: one wild stamp, hours ahead or behind, must not move a clock.

/// A stamp farther ahead than this of the one before it may be damaged, and one farther behind surely is.
pub(super) const WILD_MS: i64 = 10 * 60_000;
/// A message farther behind than this is not merely out of order: its stamp is not believed.
const MAX_BEHIND_MS: i64 = 60_000;
/// Messages in a row that must agree before a clock is put back.
const AGREE: usize = 4;
/// Messages after a leap ahead that can still be taken back with it.
const MAX_LEAP: usize = 64;

/// The clock of one sequence of stamped messages: a connection's, or a file's.
///
/// A leap ahead is believed until the next message contradicts it, as `Recording` does for captures; what was believed
/// wrongly is corrected then.
#[derive(Debug, Clone, Default)]
pub(super) struct Belief {
    latest: Option<i64>,
    leap: Option<Leap>,
    /// Messages far behind, in a row, with their own stamps.
    behind: Vec<(Option<u32>, i64)>,
}

#[derive(Debug, Clone)]
struct Leap {
    before: Option<i64>,
    /// The entries since, as the log counts them.
    entries: Vec<Option<u32>>,
}

/// A stamp that is believed differently now: entry and stamp.
pub(super) type Correction = (u32, i64);

impl Belief {
    /// The latest stamp that is believed.
    pub(super) const fn latest(&self) -> Option<i64> {
        self.latest
    }

    /// Hears a stamp of an entry (`None` if the message is not kept) and returns the one to believe. With `is_ordered`
    /// the messages stand in order, so that a smaller stamp means no less than the one before.
    pub(super) fn hear(
        &mut self,
        stated: i64,
        entry: Option<u32>,
        is_ordered: bool,
        corrections: &mut Vec<Correction>,
    ) -> i64 {
        let Some(latest) = self.latest else {
            self.leap = Some(Leap { before: None, entries: vec![entry] });
            self.latest = Some(stated);
            return stated;
        };
        if stated < latest.saturating_sub(WILD_MS) {
            return self.hear_behind(stated, latest, entry, corrections);
        }
        self.behind.clear();
        if stated > latest.saturating_add(WILD_MS) {
            self.leap = Some(Leap { before: Some(latest), entries: vec![entry] });
        } else if let Some(leap) = &mut self.leap {
            leap.entries.push(entry);
            if leap.entries.len() > MAX_LEAP {
                self.leap = None;
            }
        }
        self.latest = Some(latest.max(stated));
        let is_too_late = stated < latest && (is_ordered || stated <= latest.saturating_sub(MAX_BEHIND_MS));
        if is_too_late { latest } else { stated }
    }

    fn hear_behind(&mut self, stated: i64, latest: i64, entry: Option<u32>, corrections: &mut Vec<Correction>) -> i64 {
        self.behind.push((entry, stated));
        let leap_is_alone = self.leap.as_ref().is_some_and(|leap| leap.entries.len() == 1);
        if !leap_is_alone && self.behind.len() < AGREE {
            return latest;
        }
        if let Some(leap) = self.leap.take() {
            let before = leap.before.unwrap_or(stated);
            corrections.extend(leap.entries.into_iter().flatten().map(|entry| (entry, before)));
        }
        corrections.extend(self.behind.drain(..).filter_map(|(entry, stamp)| Some((entry?, stamp))));
        self.latest = Some(stated);
        stated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is believed in the end of stamps in minutes.
    fn believed(stamps: &[i64], is_ordered: bool) -> Vec<i64> {
        let (mut belief, mut corrections) = (Belief::default(), Vec::new());
        let mut out: Vec<i64> = Vec::new();
        for (idx, stamp) in (0..).zip(stamps) {
            out.push(belief.hear(stamp * 60_000, Some(idx), is_ordered, &mut corrections));
            for (entry, stamp) in corrections.drain(..) {
                if let Some(slot) = out.get_mut(entry as usize) {
                    *slot = stamp;
                }
            }
        }
        out.into_iter().map(|stamp| stamp / 60_000).collect()
    }

    #[test]
    fn one_wild_stamp_ahead_is_taken_back() {
        assert_eq!(believed(&[5, 600, 6, 7], false), [5, 5, 6, 7]);
        assert_eq!(believed(&[600, 6, 7], false), [6, 6, 7]);
    }

    #[test]
    fn one_wild_stamp_behind_stands_where_it_came() {
        assert_eq!(believed(&[500, 501, 1, 502], false), [500, 501, 501, 502]);
    }

    #[test]
    fn several_wild_ones_are_taken_back_when_others_agree() {
        assert_eq!(believed(&[5, 600, 601, 6, 6, 7, 7, 8], false), [5, 5, 5, 6, 6, 7, 7, 8]);
    }

    #[test]
    fn a_long_silence_is_no_leap_and_order_is_kept_where_there_is_one() {
        assert_eq!(believed(&[0, 46, 80, 82], true), [0, 46, 80, 82]);
        assert_eq!(believed(&[5, 4, 6], true), [5, 5, 6]);
        assert_eq!(believed(&[5, 4, 6], false), [5, 5, 6]); // a minute is more than out of order
    }
}
