//! `overcut score positions`: estimated positions against those that a recording has.

use anyhow::{Context as _, Result, bail};
use overcut_domain::Event;
use overcut_predict::estimate::{
    EstimateConfig, Phase, PositionReport, PositionScore, ProfileKind, score_positions as score,
};
use overcut_session::Session;
use overcut_track::Telemetry;
use serde::Serialize;

use crate::cli::ScorePositionsArguments;
use crate::commands::Context;
use crate::input::Input;
use crate::output::out;
use crate::{map, pipeline};

/// What is printed with `--json`.
#[derive(Debug, Serialize)]
struct Score {
    /// Id of the session.
    session: String,
    /// One for each way to know how fast a lap is driven where.
    profiles: Vec<ProfileScore>,
}

#[derive(Debug, Serialize)]
struct ProfileScore {
    profile: ProfileKind,
    #[serde(flatten)]
    report: PositionReport,
}

/// Hides the positions of a session from the estimate, and prints how far off it is.
pub fn score_positions(context: &Context, arguments: &ScorePositionsArguments) -> Result<()> {
    let entry = context.resolve(&arguments.session)?;
    let events = pipeline::events(Input::open(&entry.path)?).with_context(|| format!("cannot read {}", entry.id))?;
    let (mut session, mut telemetry, mut changed) = (Session::new(), Telemetry::new(), Vec::new());
    for event in &events {
        match &event.value {
            Event::Cars(samples) => drop(telemetry.insert_cars(samples)),
            Event::Positions(samples) => drop(telemetry.insert_positions(samples)),
            _ => {}
        }
        changed.clear();
        session.apply(event, &mut changed);
    }
    let Some(outline) = map::draw(&session, &telemetry, Some(&context.config.data.circuits)) else {
        bail!("{} has no map: neither a circuit file nor laps with positions", entry.id);
    };
    let config = EstimateConfig { enabled: true, ..context.config.estimate.clone() };
    let profiles = score(&config, &events, &outline, &map::clean_laps(&session), &telemetry);
    let profiles: Vec<_> = profiles.into_iter().map(|(profile, report)| ProfileScore { profile, report }).collect();
    if profiles.iter().all(|profile| profile.report.all.n == 0) {
        bail!("{} has no positions of cars that race: there is nothing to compare with", entry.id);
    }
    let score = Score { session: entry.id, profiles };
    if arguments.json {
        out!("{}", serde_json::to_string(&score)?);
        return Ok(());
    }
    print(&score)
}

fn print(score: &Score) -> Result<()> {
    let mut table = crate::table::new(&[
        "lap is known",
        "phase",
        "compared",
        "median",
        "95 %",
        "bias",
        "order",
        "constant speed: median",
        "95 %",
        "order",
    ]);
    for profile in &score.profiles {
        let name = match profile.profile {
            ProfileKind::Even => "not at all",
            ProfileKind::Simulated => "by simulation",
            ProfileKind::Measured => "from its own laps",
        };
        let phases = profile.report.phases.iter().map(|phase| (word(phase.phase), &phase.score));
        for (phase, score) in phases.filter(|(_, score)| score.n > 0).chain([("all", &profile.report.all)]) {
            table.add_row(cells(name, phase, score));
        }
    }
    out!("{}: estimated cars against their positions, hidden from the estimate", score.session);
    out!("{table}");
    Ok(())
}

const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::FirstLap => "first lap",
        Phase::Racing => "racing",
        Phase::SafetyCar => "safety car",
    }
}

fn cells(name: &str, phase: &str, score: &PositionScore) -> Vec<String> {
    let metres = |m: f64| format!("{m:.0} m");
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let (ours, plain) = (&score.estimate, &score.baseline);
    vec![
        name.to_owned(),
        phase.to_owned(),
        score.n.to_string(),
        metres(ours.median_m),
        metres(ours.p95_m),
        metres(ours.bias_m),
        percent(ours.right_order),
        metres(plain.median_m),
        metres(plain.p95_m),
        percent(plain.right_order),
    ]
}
