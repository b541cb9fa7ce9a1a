//! Best values of all cars and their ranks.

/// The best value of each car in one discipline, smaller first.
#[derive(Debug, Clone)]
pub(super) struct Ranking {
    best: Vec<Option<i64>>,
    ranks: Vec<Option<u8>>,
}

/// What a new value did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Improvement {
    /// It is the car's best.
    pub(super) is_personal: bool,
    /// It is the best of all.
    pub(super) is_overall: bool,
    /// The car that was best of all before, if this one took that from it.
    pub(super) dethroned: Option<usize>,
    /// Cars whose rank changed, this one included.
    pub(super) ranks: Vec<(usize, u8)>,
}

impl Ranking {
    pub(super) fn new(n_cars: usize) -> Ranking {
        Ranking { best: vec![None; n_cars], ranks: vec![None; n_cars] }
    }

    /// The car with the best of all.
    pub(super) fn leader(&self) -> Option<usize> {
        self.ranks.iter().position(|rank| *rank == Some(1))
    }

    /// Takes a value in. Equal values keep the order in which they came.
    pub(super) fn note(&mut self, car: usize, value: i64) -> Improvement {
        if self.best[car].is_some_and(|best| best <= value) {
            return Improvement::default();
        }
        let leader = self.leader();
        let before = self.ranks.clone();
        self.best[car] = Some(value);
        let mut order: Vec<usize> = (0..self.best.len()).filter(|car| self.best[*car].is_some()).collect();
        // A car that equals another's older best ranks behind it.
        order.sort_by_key(|other| (self.best[*other], *other == car, before[*other]));
        for (idx, other) in order.iter().enumerate() {
            self.ranks[*other] = u8::try_from(idx + 1).ok();
        }
        let ranks = (0..self.ranks.len())
            .filter(|other| self.ranks[*other] != before[*other] || *other == car)
            .filter_map(|other| Some((other, self.ranks[other]?)));
        Improvement {
            is_personal: true,
            is_overall: self.ranks[car] == Some(1),
            dethroned: leader.filter(|leader| *leader != car && self.ranks[*leader] != Some(1)),
            ranks: ranks.collect(),
        }
    }

    /// Forgets everything: another part of qualifying begins.
    pub(super) fn clear(&mut self) {
        let n_cars = self.best.len();
        *self = Ranking::new(n_cars);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_the_bests() {
        let mut ranking = Ranking::new(3);
        assert_eq!(ranking.note(1, 90).ranks, [(1, 1)]);
        let better = ranking.note(0, 80);
        assert!(better.is_overall && better.is_personal && better.dethroned == Some(1));
        assert_eq!(better.ranks, [(0, 1), (1, 2)]);
        assert_eq!(ranking.note(0, 85), Improvement::default());
        let equal = ranking.note(2, 80);
        assert!(equal.is_personal && !equal.is_overall);
        assert_eq!(equal.ranks, [(1, 3), (2, 2)]);
    }
}
