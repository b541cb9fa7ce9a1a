//! Failures, crashes and penalties per car and lap.

use super::{Priors, Sheet};
use crate::archive::{CarEnd, PastCar, PastRace};
use crate::parameters::{REFERENCE_LAPS, Scale};

/// How often something happened to a car.
type Count = fn(&PastCar) -> f64;

pub(super) fn observe(sheet: &mut Sheet, races: &[&PastRace], priors: &Priors) {
    let kinds: [(&str, Count); 3] = [
        ("failure_hazard", |car| f64::from(u8::from(car.end == CarEnd::Failure))),
        // Crashes of the first lap are in its factor.
        ("crash_hazard", |car| f64::from(u8::from(car.end == CarEnd::Crash && car.n_laps > 0))),
        ("penalty_hazard", |car| (car.penalty_s / 5.0).round().clamp(0.0, 3.0)),
    ];
    let laps = |race: &PastRace| race.cars.iter().map(|car| f64::from(car.n_laps)).sum::<f64>();
    let all_laps: f64 = races.iter().map(|race| laps(race)).sum();
    for (name, count) in kinds {
        let usual = races.iter().flat_map(|race| &race.cars).map(count).sum::<f64>() / all_laps.max(1.0);
        for race in races {
            let (sum, laps) = (race.cars.iter().map(count).sum::<f64>(), laps(race));
            if laps > 0.0 {
                sheet.add(race, "car", name, sum / laps, usual / laps, laps as usize);
            }
        }
    }
    let Some(events) = &priors.events else { return };
    let per_lap = Scale::PerLap.factor(0.0, REFERENCE_LAPS as u16) / REFERENCE_LAPS;
    for (name, rates) in [("failure_hazard", &events.failures), ("crash_hazard", &events.accidents)] {
        if !rates.is_empty() {
            // 2014–2019, so older than most of what is fitted: it counts as much as ten races of ours.
            let rate = rates.iter().sum::<f64>() / rates.len() as f64 * per_lap;
            sheet.add_elsewhere("tum".to_owned(), "car", name, rate, rate / (10.0 * 20.0 * REFERENCE_LAPS));
        }
    }
}
