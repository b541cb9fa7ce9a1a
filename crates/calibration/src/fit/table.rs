//! Learns the table of the baseline.

use overcut_sim::estimate::{PaceParameters, estimate};
use overcut_sim::race::RaceModel;

use crate::archive::PastRace;
use crate::baseline::{LookupTable, STAGES};
use crate::replay;

/// Counts every race at every stage.
pub(crate) fn learn(races: &[&PastRace]) -> LookupTable {
    let mut table = LookupTable::new();
    for race in races {
        for (stage_idx, share) in STAGES.into_iter().enumerate() {
            table.add(stage_idx, &final_places(race, lap_at(race, share)));
        }
    }
    table
}

/// The lap at a share of the distance; of a race that was cut short, of what was driven.
pub(crate) fn lap_at(race: &PastRace, share: f64) -> u16 {
    (f64::from(race.n_laps) * share).round() as u16
}

/// The final place of each car, from 1, in the order at a lap.
pub(crate) fn final_places(race: &PastRace, lap: u16) -> Vec<usize> {
    let so_far = replay::bare(race, lap);
    // The order needs no fitted model; one with laps of the race's length is enough to tell laps down.
    let model = RaceModel::pooled(race.cars.len(), so_far.n_laps);
    let (_, state) = estimate(&so_far, &model, &PaceParameters::default());
    let mut order: Vec<usize> = (0..race.cars.len()).collect();
    order.sort_by_key(|idx| state.cars[*idx].position);
    order.into_iter().map(|idx| idx + 1).collect()
}
