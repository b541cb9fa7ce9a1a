//! `overcut score anomalies`: the detectors against the faults of synthetic races.

use anyhow::{Context as _, Result};
use overcut_domain::Alert;
use overcut_predict::{AnomalyReport, AnomalyRow, AnomalyScore};
use overcut_sim::fault::FaultTruth;
use serde::Serialize;

use crate::cli::ScoreAnomaliesArguments;
use crate::commands::Context;
use crate::output::out;
use crate::progress;
use crate::synthetic::{Reception, Synthetic};
use crate::threads;

/// What is printed with `--json`.
#[derive(Debug, Serialize)]
struct Score {
    /// Races of each kind.
    n_races: u32,
    /// Seed of the first.
    seed: u64,
    /// Races with faults.
    with_faults: AnomalyReport,
    /// Races without: every alert is a false one.
    without_faults: AnomalyReport,
}

/// Runs the races and prints how well their faults were found.
pub fn score_anomalies(context: &Context, arguments: &ScoreAnomaliesArguments) -> Result<()> {
    let n_races = arguments.races as usize;
    let bar = progress::of(2 * u64::from(arguments.races), "races");
    let race = |number: usize| {
        let seed = arguments.seed + (number % n_races) as u64;
        judge(context, seed, number < n_races, arguments.quirks).with_context(|| format!("the race with seed {seed}"))
    };
    let races = threads::map(2 * n_races, threads::wanted(arguments.threads), race, || bar.inc(1));
    bar.finish_and_clear();
    let mut scores = [AnomalyScore::default(), AnomalyScore::default()];
    for (number, race) in races.into_iter().enumerate() {
        let (truths, alerts, n_cars) = race?;
        scores[number / n_races].add(&truths, &alerts, n_cars);
    }
    let [with_faults, without_faults] = scores.map(|score| score.report());
    let score = Score { n_races: arguments.races, seed: arguments.seed, with_faults, without_faults };
    if arguments.json {
        out!("{}", serde_json::to_string(&score)?);
        return Ok(());
    }
    print(&score)
}

/// One race: what was wrong, what was said, and how many cars took part.
fn judge(
    context: &Context,
    seed: u64,
    has_faults: bool,
    has_quirks: bool,
) -> Result<(Vec<FaultTruth>, Vec<Alert>, u32)> {
    // Cars of 2025: those of 2026 have no wing that could stick.
    let synthetic = Synthetic { seed, has_faults, season: Some(2025), ..Synthetic::default() };
    let mut transmission = synthetic.transmission(has_quirks)?;
    let mut reception = Reception::default();
    let mut pipeline = context.pipeline().without_telemetry();
    let (mut events, mut alerts) = (Vec::new(), Vec::new());
    let mut goes_on = true;
    while goes_on {
        goes_on = reception.next_events(&mut transmission, &mut events);
        for event in events.drain(..) {
            alerts.extend_from_slice(pipeline.apply(&event).alerts);
        }
    }
    alerts.extend_from_slice(pipeline.finish().alerts);
    let n_cars = u32::try_from(pipeline.session.cars().len())?;
    Ok((transmission.events.truth().faults, alerts, n_cars))
}

fn print(score: &Score) -> Result<()> {
    let mut table = crate::table::new(&[
        "fault",
        "put in",
        "found",
        "wrong",
        "precision",
        "recall",
        "f1",
        "delay p50",
        "p95",
        "delivered p95",
        "false/car",
    ]);
    let with = &score.with_faults;
    for row in with.rows.iter().chain([&with.at_once, &with.all]) {
        let name = match row.kind {
            Some(kind) => word(&kind),
            None if std::ptr::eq(row, &with.all) => "all".to_owned(),
            None => "all in the channels".to_owned(),
        };
        table.add_row(cells(name, row));
    }
    out!("{} races from seed {}, {} cars", score.n_races, score.seed, with.n_cars);
    out!("{table}");
    for confusion in &with.confusions {
        out!("{} called {} {} times", word(&confusion.fault), word(&confusion.alert), confusion.n);
    }
    let without = &score.without_faults.all;
    out!("without faults: {} alerts, {:.2} a car and race", without.n_wrong, without.false_alarms_per_car);
    Ok(())
}

fn cells(name: String, row: &AnomalyRow) -> Vec<String> {
    let delay = |ms: Option<i64>| ms.map_or(String::new(), |ms| format!("{ms} ms"));
    vec![
        name,
        row.n_faults.to_string(),
        row.n_found.to_string(),
        row.n_wrong.to_string(),
        format!("{:.3}", row.precision),
        format!("{:.3}", row.recall),
        format!("{:.3}", row.f1),
        delay(row.delay_p50_ms),
        delay(row.delay_p95_ms),
        delay(row.delivered_p95_ms),
        format!("{:.2}", row.false_alarms_per_car),
    ]
}

/// The word that JSON has for it.
fn word<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_value(value).ok();
    json.and_then(|json| json.as_str().map(|word| word.replace('_', " "))).unwrap_or_default()
}
