//! Rain, told from the tyres that the field is on: what matters is not whether drops fall but whether it is wet.

use super::Sheet;
use crate::archive::PastRace;
use crate::parameters::Estimate;

/// Laps that a track stays wet after a shower: with the engine's drying it takes about so many to the crossover.
const DRYING_LAPS: f64 = 12.0;

pub(super) fn observe(sheet: &mut Sheet, races: &[&PastRace]) {
    let wet: Vec<Vec<bool>> = races.iter().map(|race| wet_laps(race)).collect();
    let begins = |laps: &[bool]| laps.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
    let ends = |laps: &[bool]| laps.windows(2).filter(|pair| pair[0] && !pair[1]).count() as f64;
    let dry = |laps: &[bool]| laps.iter().filter(|wet| !**wet).count() as f64;
    let total = |count: &dyn Fn(&[bool]) -> f64| wet.iter().map(|laps| count(laps)).sum::<f64>();
    let usual_begin = total(&begins) / total(&dry).max(1.0);
    let starts = wet.iter().filter(|laps| laps.first() == Some(&true)).count() as f64 / wet.len().max(1) as f64;
    for (race, laps) in races.iter().zip(&wet) {
        let starts_wet = f64::from(u8::from(laps.first() == Some(&true)));
        sheet.add(race, "weather", "rain_at_start", starts_wet, (starts * (1.0 - starts)).max(0.01), 1);
        let n_dry = dry(laps);
        if n_dry > 0.0 {
            sheet.add(
                race,
                "weather",
                "rain_begins",
                begins(laps) / n_dry,
                usual_begin.max(1e-4) / n_dry,
                n_dry as usize,
            );
        }
    }
    observe_end(sheet, total(&ends), total(&|laps| laps.len() as f64 - dry(laps)));
}

/// Showers are too few to tell circuits apart: their ends over the laps they lasted, drying apart.
fn observe_end(sheet: &mut Sheet, n_ends: f64, wet_laps: f64) {
    if n_ends < 1.0 {
        return;
    }
    let rain_laps = (wet_laps - DRYING_LAPS * n_ends).max(3.0 * n_ends);
    let rate = n_ends / rain_laps;
    let half_width = 1.96 * n_ends.sqrt() / rain_laps;
    sheet.set("weather", "rain_ends", Estimate::normal(rate, half_width, n_ends as usize).clamped(0.0, 1.0));
}

/// For each lap, whether most cars that end it are on intermediates or wets.
fn wet_laps(race: &PastRace) -> Vec<bool> {
    let is_wet = |number: u16| {
        let tyres = race.cars.iter().filter_map(|car| car.laps.iter().find(|lap| lap.lap == number)?.tyre);
        let (wet, dry) =
            tyres.fold((0, 0), |(wet, dry), tyre| if tyre.is_slick() { (wet, dry + 1) } else { (wet + 1, dry) });
        wet > dry
    };
    (1..=race.n_laps).map(is_wet).collect()
}
