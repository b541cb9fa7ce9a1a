//! `overcut inspect`: what a recording holds, and what in it could not be used.

use std::collections::BTreeMap;

use anyhow::Result;
use overcut_domain::SessionTime;
use overcut_session::Session;
use overcut_sources::{DecodeReport, Tally};
use serde::Serialize;

use crate::cli::InspectArguments;
use crate::commands::Context;
use crate::input::Input;
use crate::output::out;
use crate::pipeline::{Threads, run};

/// What was found, as printed.
#[derive(Debug, Serialize)]
struct Finding {
    format: &'static str,
    session: String,
    kind: overcut_domain::SessionKind,
    from: Option<String>,
    to: Option<String>,
    cars: usize,
    laps: usize,
    car_samples: usize,
    positions: usize,
    messages: u64,
    bytes: u64,
    events: u64,
    topics: BTreeMap<&'static str, u64>,
    ignored_topics: Vec<&'static str>,
    garbage: BTreeMap<String, u64>,
    problems: Vec<Problem>,
}

/// Something that could not be used.
#[derive(Debug, Serialize)]
struct Problem {
    what: String,
    count: u64,
    example: String,
}

/// Reads the whole recording and prints what was found.
pub fn inspect(context: &Context, arguments: &InspectArguments) -> Result<()> {
    let input = Input::open(&arguments.path)?;
    let format = input.format().name();
    let mut pipeline = context.pipeline();
    let mut span: Option<(SessionTime, SessionTime)> = None;
    let report = run(input, Threads::Two, SessionTime::MAX, &mut pipeline, |step| {
        span = Some((span.map_or(step.time, |(from, _)| from), step.time));
    })?;
    let (car_samples, positions) = pipeline.telemetry.n_samples();
    let finding = Finding {
        format,
        session: name_of(&pipeline.session),
        kind: pipeline.session.state().info.kind,
        from: span.map(|(from, _)| from.to_string()),
        to: span.map(|(_, to)| to.to_string()),
        cars: pipeline.session.cars().len(),
        laps: pipeline.session.laps().count(),
        car_samples,
        positions,
        messages: report.n_messages,
        bytes: report.n_bytes,
        events: report.n_events,
        topics: report.topics(),
        ignored_topics: report.ignored_topics().into_keys().collect(),
        garbage: report.garbage().into_iter().map(|(kind, count)| (format!("{kind:?}"), count)).collect(),
        problems: problems(&report),
    };
    if arguments.json {
        out!("{}", serde_json::to_string_pretty(&finding)?);
    } else {
        print(&finding)?;
    }
    Ok(())
}

fn name_of(session: &Session) -> String {
    let info = &session.state().info;
    let season = info.season().map(|year| year.to_string()).unwrap_or_default();
    let name = [season.as_str(), &info.meeting_name, &info.name].join(" ");
    match name.trim() {
        "" => "not stated".to_owned(),
        name => name.to_owned(),
    }
}

fn problems(report: &DecodeReport) -> Vec<Problem> {
    let skipped = report.skipped.iter().map(|(kind, tally)| (format!("skipped: {kind:?}"), tally));
    let topics = report.unknown_topics.iter().map(|(name, tally)| (format!("unknown topic {name}"), tally));
    let members = report.unknown_members.iter().map(|(name, tally)| (format!("unknown member {name}"), tally));
    let values = report.bad_values.iter().map(|(name, tally)| (format!("unreadable value of {name}"), tally));
    let problem =
        |(what, tally): (String, &Tally)| Problem { what, count: tally.count, example: tally.example.clone() };
    skipped.chain(topics).chain(members).chain(values).map(problem).collect()
}

fn print(finding: &Finding) -> Result<()> {
    let span = match (&finding.from, &finding.to) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        _ => "nothing".to_owned(),
    };
    out!("{} ({})", finding.session, finding.format);
    out!("{span}; {} cars, {} laps", finding.cars, finding.laps);
    out!("{} car samples, {} positions", finding.car_samples, finding.positions);
    out!("{} messages, {:.1} MB, {} events", finding.messages, finding.bytes as f64 / 1e6, finding.events);
    let mut topics = crate::table::new(&["topic", "messages", ""]);
    for (topic, count) in &finding.topics {
        let note = if finding.ignored_topics.contains(topic) { "not used: other topics say the same" } else { "" };
        topics.add_row([(*topic).to_owned(), count.to_string(), note.to_owned()]);
    }
    out!("\n{topics}");
    if !finding.garbage.is_empty() {
        let mut garbage = crate::table::new(&["sensor garbage, read as no value", "samples"]);
        for (kind, count) in &finding.garbage {
            garbage.add_row([kind.clone(), count.to_string()]);
        }
        out!("\n{garbage}");
    }
    if finding.problems.is_empty() {
        out!("\nAll of it could be read.");
        return Ok(());
    }
    let mut problems = crate::table::new(&["could not be used", "times", "first case"]);
    for Problem { what, count, example } in &finding.problems {
        problems.add_row([what.clone(), count.to_string(), example.clone()]);
    }
    out!("\n{problems}");
    Ok(())
}
