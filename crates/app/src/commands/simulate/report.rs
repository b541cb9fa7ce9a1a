//! What a simulation says, as a table for people and as JSON for programs.

use anyhow::Result;
use overcut_sim::race::{CarOutcome, CarState, LapOutcome, Outcome, RaceState, Status};
use serde::Serialize;

use super::prepare::Prepared;
use crate::output::out;
use crate::table;

/// The whole answer.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What race.
    pub race: String,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Races run.
    pub n_runs: u64,
    /// Laps the leader had driven; 0 is the grid.
    pub from_lap: u16,
    /// Racing laps.
    pub n_laps: u16,
    /// Probability that the safety car comes out from there on.
    pub safety_car: f64,
    /// Probability that the virtual safety car is deployed from there on.
    pub virtual_safety_car: f64,
    /// Probability that the race is stopped from there on.
    pub red_flag: f64,
    /// Overtakes on track from there on, on average.
    pub mean_overtakes: f64,
    /// The cars, best expected place first.
    pub cars: Vec<Row>,
    /// What the answer rests on: values that are pooled, guessed or left at their default.
    pub notes: Vec<String>,
}

/// One car.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Racing number.
    pub driver: u16,
    /// Three letters.
    pub tla: String,
    /// Place now; `None` if it is out.
    pub now: Option<u8>,
    /// Probability of winning.
    pub win: f64,
    /// Probability of finishing among the first three.
    pub podium: f64,
    /// Probability of finishing where there are points.
    pub in_points: f64,
    /// Mean finishing place.
    pub mean_place: f64,
    /// Median finishing place.
    pub median_place: usize,
    /// Places between which it finishes in 80 % of the races.
    pub places_80: [usize; 2],
    /// Mean points.
    pub points: f64,
    /// Mean number of tyre changes over the whole race.
    pub stops: f64,
    /// Probability of not finishing.
    pub dnf: f64,
    /// Median gap to the winner where it finishes, seconds.
    pub gap_s: Option<f32>,
    /// Probability of each finishing place, the first place first.
    pub places: Vec<f64>,
    /// Lap by lap from here on.
    pub laps: Vec<LapOutcome>,
}

impl Report {
    /// From the outcome of a prepared race.
    pub fn new(prepared: &Prepared, outcome: &Outcome, seed: u64) -> Report {
        let n_paying = prepared.model.rules.points.iter().filter(|points| **points > 0.0).count();
        let row = |idx: usize| {
            let (name, state) = (&prepared.names[idx], &prepared.state.cars[idx]);
            row(&outcome.cars[idx], &name.tla, state, n_paying)
        };
        Report {
            race: prepared.title.clone(),
            seed,
            n_runs: outcome.n_runs,
            from_lap: prepared.state.lap,
            n_laps: prepared.model.circuit.n_laps,
            safety_car: outcome.probability_of_safety_car(),
            virtual_safety_car: outcome.probability_of_virtual_safety_car(),
            red_flag: outcome.probability_of_red_flag(),
            mean_overtakes: outcome.mean_overtakes,
            cars: outcome.expected_order().into_iter().map(row).collect(),
            notes: prepared.notes.clone(),
        }
    }

    /// Prints it for people.
    pub fn print(&self) -> Result<()> {
        out!(
            "{}, {} · {} races of {} laps, seed {}",
            self.race,
            from(self.from_lap),
            self.n_runs,
            self.n_laps,
            self.seed
        );
        let mut table = table::new(&[
            "car",
            "now",
            "win",
            "podium",
            "points",
            "mean",
            "finish (80 %)",
            "pts",
            "gap",
            "stops",
            "out",
        ]);
        for row in &self.cars {
            table.add_row([
                row.tla.clone(),
                row.now.map_or("out".to_owned(), |place| format!("P{place}")),
                percent(row.win),
                percent(row.podium),
                percent(row.in_points),
                format!("{:.1}", row.mean_place),
                format!("{} ({}–{})", row.median_place, row.places_80[0], row.places_80[1]),
                format!("{:.1}", row.points),
                row.gap_s.map_or(String::new(), |gap_s| format!("{gap_s:.0} s")),
                format!("{:.1}", row.stops),
                percent(row.dnf),
            ]);
        }
        out!("{table}");
        out!(
            "safety car {} · virtual safety car {} · red flag {} · {:.0} overtakes",
            percent(self.safety_car),
            percent(self.virtual_safety_car),
            percent(self.red_flag),
            self.mean_overtakes
        );
        print_notes(&self.notes)
    }
}

/// Prints what an answer rests on.
pub fn print_notes(notes: &[String]) -> Result<()> {
    for note in notes {
        out!("note: {note}");
    }
    Ok(())
}

/// Where a simulation begins, in words.
pub fn from(lap: u16) -> String {
    if lap == 0 { "from the grid".to_owned() } else { format!("from the end of lap {lap}") }
}

fn row(car: &CarOutcome, tla: &str, state: &CarState, n_paying: usize) -> Row {
    Row {
        driver: car.driver.0,
        tla: tla.to_owned(),
        now: (state.status == Status::Running).then_some(state.position),
        win: car.probability(1),
        podium: car.probability_of_top(3),
        in_points: car.probability_of_top(n_paying),
        mean_place: car.mean_position(),
        median_place: car.position_quantile(0.5),
        places_80: [car.position_quantile(0.1), car.position_quantile(0.9)],
        points: car.points,
        stops: car.mean_stops(),
        dnf: car.probability_retired(),
        gap_s: car.gap.quantile(0.5),
        places: (1..=car.positions.len()).map(|place| car.probability(place)).collect(),
        laps: car.laps.clone(),
    }
}

/// A probability for people: no more digits than the number of races can carry, and no certainty where there is none.
fn percent(share: f64) -> String {
    match 100.0 * share {
        p if p <= 0.0 => "–".to_owned(),
        p if p < 1.0 => "<1 %".to_owned(),
        p if p > 99.0 && p < 100.0 => ">99 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

/// Where a car is now, beside its name in a picture.
pub fn place_now(state: &RaceState, car_idx: usize) -> String {
    let car = &state.cars[car_idx];
    match car.status {
        Status::Running if state.lap == 0 => format!("grid {}", car.position),
        Status::Running => format!("P{}", car.position),
        Status::Retired { .. } => "out".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_promise_nothing() {
        let cases = [(0.0, "–"), (0.0004, "<1 %"), (0.126, "13 %"), (0.9999, ">99 %"), (1.0, "100 %")];
        for (share, want) in cases {
            assert_eq!(percent(share), want);
        }
    }
}
