//! Where mini-sectors end, in shares of a lap's time, learnt from the session.

use std::collections::{BTreeMap, VecDeque};

/// Laps that a share is the middle one of: enough that a slow lap among them does not matter, few enough to follow a
/// track that gets quicker.
const N_LAPS: usize = 15;

/// Mini-sectors that a sector can have; the longest seen has 11.
const MAX_SEGMENTS: u8 = 64;

/// What the timing screen can tell of a lap: the end of a mini-sector, or the line at the end of a sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    sector_idx: u8,
    /// The sector's line comes after its mini-sectors.
    segment_idx: u8,
}

impl Mark {
    /// The line at which laps begin and end.
    pub(super) const LINE: Mark = Mark { sector_idx: 2, segment_idx: u8::MAX };

    /// The end of a mini-sector; `None` if no session has one of that number.
    pub(super) fn segment(sector_idx: u8, segment_idx: u8) -> Option<Mark> {
        (sector_idx < 3 && segment_idx < MAX_SEGMENTS).then_some(Mark { sector_idx, segment_idx })
    }

    /// The line between two sectors; `None` for the last sector, which ends at [`Mark::LINE`].
    pub(super) fn sector_line(sector_idx: u8) -> Option<Mark> {
        (sector_idx < 2).then_some(Mark { sector_idx, segment_idx: u8::MAX })
    }
}

/// The last few values, and the middle one of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Middle(VecDeque<f64>);

impl Middle {
    pub(super) fn push(&mut self, value: f64) {
        if self.0.len() == N_LAPS {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    pub(super) fn value(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.0.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    pub(super) fn least(&self) -> Option<f64> {
        self.0.iter().copied().min_by(f64::total_cmp)
    }
}

/// Every mark of the circuit with its share of a lap.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    known: BTreeMap<Mark, Shares>,
    /// In order of driving, shares never decreasing. The line at the end of the lap is not among them: its share is 1.
    table: Vec<Entry>,
}

/// What is known of a mark.
#[derive(Debug, Clone, Default)]
struct Shares {
    /// From clean laps.
    clean: Middle,
    /// From laps that were not, or that are not over; they count while there are no others.
    rough: Middle,
}

impl Shares {
    fn value(&self) -> Option<f64> {
        self.clean.value().or_else(|| self.rough.value())
    }
}

/// A mark where it is thought to be.
#[derive(Debug, Clone, Copy)]
struct Entry {
    mark: Mark,
    share: f64,
    /// False if no lap has told of it.
    is_placed: bool,
}

impl Marks {
    /// There is such a mark.
    pub(super) fn know(&mut self, mark: Mark) {
        if mark != Mark::LINE && !self.known.contains_key(&mark) {
            self.known.insert(mark, Shares::default());
            self.tabulate();
        }
    }

    /// A clean lap reached its marks at these shares of its time.
    pub(super) fn learn(&mut self, shares: impl Iterator<Item = (Mark, f64)>) {
        for (mark, share) in shares {
            self.known.entry(mark).or_default().clean.push(share.clamp(0.0, 1.0));
        }
        self.tabulate();
    }

    /// A lap that was not clean, or is not over, reached its marks at about these shares.
    pub(super) fn guess(&mut self, shares: impl Iterator<Item = (Mark, f64)>) {
        for (mark, share) in shares {
            self.known.entry(mark).or_default().rough.push(share.clamp(0.0, 1.0));
        }
        self.tabulate();
    }

    /// True once a lap has told where the mark is.
    pub(super) fn is_placed(&self, mark: Mark) -> bool {
        mark == Mark::LINE || self.find(mark).is_some_and(|entry| entry.is_placed)
    }

    /// The share of a lap at which a mark is reported; 1 for the line at its end, and for marks that nobody knows.
    pub(super) fn share(&self, mark: Mark) -> f64 {
        self.find(mark).map_or(1.0, |entry| entry.share)
    }

    fn find(&self, mark: Mark) -> Option<&Entry> {
        let idx = self.table.binary_search_by_key(&mark, |entry| entry.mark).ok()?;
        self.table.get(idx)
    }

    /// The next mark of which a lap has told, with its share: the end of the lap after the last one.
    pub(super) fn after(&self, mark: Option<Mark>) -> (Mark, f64) {
        let idx = mark.map_or(0, |mark| self.table.partition_point(|entry| entry.mark <= mark));
        let mut rest = self.table.get(idx..).unwrap_or(&[]).iter();
        rest.find(|entry| entry.is_placed).map_or((Mark::LINE, 1.0), |entry| (entry.mark, entry.share))
    }

    /// How many marks there are, without the end of the lap.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Works the shares out anew. Marks that no clean lap has told of lie between those that are known as they would if
    /// sectors were a third of a lap each, and the mini-sectors of a sector equally long.
    fn tabulate(&mut self) {
        let mut n_segments = [0_u32; 3];
        for mark in self.known.keys().filter(|mark| mark.segment_idx < MAX_SEGMENTS) {
            n_segments[usize::from(mark.sector_idx)] += 1;
        }
        let mut place = [0_u32; 3];
        let mut even = |mark: &Mark| {
            let (sector_idx, begin) = (usize::from(mark.sector_idx), f64::from(mark.sector_idx));
            if mark.segment_idx >= MAX_SEGMENTS {
                return (begin + 1.0) / 3.0;
            }
            place[sector_idx] += 1;
            (begin + f64::from(place[sector_idx]) / f64::from(n_segments[sector_idx])) / 3.0
        };
        let all: Vec<(Mark, f64, Option<f64>)> =
            self.known.iter().map(|(mark, shares)| (*mark, even(mark), shares.value())).collect();
        let (mut from, mut latest) = ((0.0, 0.0), 0.0_f64);
        self.table.clear();
        for (idx, (mark, even, learnt)) in all.iter().enumerate() {
            let next = || all[idx..].iter().find_map(|(_, even, learnt)| Some((*even, (*learnt)?)));
            let to = next().unwrap_or((1.0, 1.0));
            let between = from.1 + (to.1 - from.1) * (even - from.0) / (to.0 - from.0).max(f64::EPSILON);
            latest = latest.max(learnt.unwrap_or(between)).min(1.0);
            self.table.push(Entry { mark: *mark, share: latest, is_placed: learnt.is_some() });
            if learnt.is_some() {
                from = (*even, latest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(counts: [u8; 3]) -> Vec<Mark> {
        (0..3u8).flat_map(|s| (0..counts[usize::from(s)]).filter_map(move |i| Mark::segment(s, i))).collect()
    }

    #[test]
    fn unknown_marks_are_spread_over_their_sector() {
        let mut all = Marks::default();
        for mark in marks([2, 4, 1]) {
            all.know(mark);
        }
        let shares: Vec<f64> = all.table.iter().map(|entry| (entry.share * 1000.0).round()).collect();
        assert_eq!(shares, [167.0, 333.0, 417.0, 500.0, 583.0, 667.0, 1000.0]);
    }

    #[test]
    fn learnt_shares_are_the_middle_of_the_last_laps() {
        let mut all = Marks::default();
        let mark = Mark::segment(0, 0).unwrap();
        for share in [0.05, 0.9, 0.04, 0.05, 0.06] {
            all.learn([(mark, share)].into_iter());
        }
        assert_eq!(all.share(mark), 0.05);
        assert_eq!(all.after(None), (mark, 0.05));
        assert_eq!(all.after(Some(mark)), (Mark::LINE, 1.0));
    }

    #[test]
    fn shares_never_decrease_whatever_is_learnt() {
        let mut all = Marks::default();
        for (idx, mark) in marks([8, 3, 20]).into_iter().enumerate() {
            all.know(mark);
            if idx % 3 == 0 {
                all.learn([(mark, (idx * 7 % 10) as f64 / 10.0)].into_iter());
            }
        }
        assert!(all.table.is_sorted_by(|a, b| a.mark < b.mark && a.share <= b.share), "{:?}", all.table);
        assert!(all.table.iter().all(|entry| (0.0..=1.0).contains(&entry.share)));
    }
}
