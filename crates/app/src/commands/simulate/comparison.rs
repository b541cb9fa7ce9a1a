//! Two plans for one car, in the same races.

use anyhow::{Context as _, Result};
use overcut_sim::race::{Comparison, Difference, Settings, Status, compare as run_both};
use serde::Serialize;

use super::plan::Question;
use super::prepare::Prepared;
use crate::output::out;
use crate::progress;

/// What is printed with `--json`.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    race: &'a str,
    from_lap: u16,
    car: &'a str,
    plan_a: &'a str,
    plan_b: &'a str,
    comparison: &'a Comparison,
    notes: &'a [String],
}

/// Runs every race twice, once with each plan, and says how they differ.
pub fn compare(prepared: &Prepared, settings: &Settings<'_>, question: &Question, as_json: bool) -> Result<()> {
    let car_idx = prepared.car_idx(&question.car)?;
    check(prepared, car_idx, question)?;
    let [(a, plan_a), (b, plan_b)] = &question.plans;
    let bar = progress::unknown(&format!("{} races, each twice", settings.n_runs));
    let comparison = run_both(&prepared.model, &prepared.state, car_idx, plan_a, plan_b, settings);
    bar.finish_and_clear();
    let comparison = comparison.context("these plans cannot be compared")?;
    let tla = &prepared.names[car_idx].tla;
    if as_json {
        let (race, from_lap, notes) = (prepared.title.as_str(), prepared.state.lap, prepared.notes.as_slice());
        let answer = Answer { race, from_lap, car: tla, plan_a: a, plan_b: b, comparison: &comparison, notes };
        out!("{}", serde_json::to_string(&answer)?);
        return Ok(());
    }
    out!("{}, {}: {tla}, A = {a}, B = {b}", prepared.title, super::report::from(prepared.state.lap));
    let mut table = crate::table::new(&["", "A", "B", "B − A", "standard error", "pairs"]);
    table.add_row(cells("place", &comparison.position));
    table.add_row(cells("points", &comparison.points));
    table.add_row(cells("race time, s", &comparison.time_s));
    out!("{table}");
    out!("{}", verdict(&comparison));
    super::report::print_notes(&prepared.notes)
}

/// Says what cannot be done before it is done in vain.
fn check(prepared: &Prepared, car_idx: usize, question: &Question) -> Result<()> {
    let is_running = prepared.state.cars[car_idx].status == Status::Running;
    anyhow::ensure!(is_running, "{} is out of this race", prepared.names[car_idx].tla);
    let (lap, n_laps) = (prepared.state.lap, prepared.model.circuit.n_laps);
    for (text, plan) in &question.plans {
        if let Some(stop) = plan.stops.iter().find(|stop| stop.lap <= lap || stop.lap >= n_laps) {
            anyhow::bail!(
                "{text:?} stops on lap {}, and there are laps {} to {} to stop on",
                stop.lap,
                lap + 1,
                n_laps - 1
            );
        }
    }
    Ok(())
}

fn cells(name: &str, difference: &Difference) -> [String; 6] {
    [
        name.to_owned(),
        format!("{:.2}", difference.mean_a),
        format!("{:.2}", difference.mean_b),
        format!("{:+.3}", difference.mean),
        format!("{:.3}", difference.standard_error),
        difference.n_pairs.to_string(),
    ]
}

/// One sentence, and none that the figures do not carry: two standard errors are the least.
fn verdict(comparison: &Comparison) -> String {
    let Difference { mean, standard_error, .. } = comparison.position;
    let better = if mean < 0.0 { "B" } else { "A" };
    match mean.abs() > 2.0 * standard_error {
        true => format!("{better} is better by {:.2} ± {:.2} places (95 %)", mean.abs(), 1.96 * standard_error),
        false => "no difference that these races show: more of them may (--runs)".to_owned(),
    }
}
