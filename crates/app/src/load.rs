//! A whole recording, read at once: what the library opens and the commands work on.

use std::path::Path;

use anyhow::{Context, Result};
use overcut_domain::{Alert, SessionTime};
use overcut_session::Session;
use overcut_timeline::{Item, Timeline};

use crate::input::Input;
use crate::pipeline::{Pipeline, Step, Threads, run};

/// A recording after the pipeline.
pub struct Loaded {
    /// The state at its end.
    pub session: Session,
    /// What clients may see, moment by moment, with the telemetry beside it.
    pub timeline: Timeline,
    /// Every alert.
    pub alerts: Vec<Alert>,
}

/// Reads a recording.
///
/// # Errors
///
/// If it is not there, not a recording, or cannot be read to its end.
pub fn load(path: &Path, pipeline: Pipeline) -> Result<Loaded> {
    let input = Input::open(path)?;
    let (mut timeline, mut alerts, mut pipeline) = (Timeline::new(), Vec::new(), pipeline);
    let mut n_alerts = 0;
    let report = run(input, Threads::Two, SessionTime::MAX, &mut pipeline, |step| {
        alerts.extend(step.alerts.iter().cloned());
        append(&mut timeline, &step, &mut n_alerts, step.alerts.iter().cloned());
    })
    .with_context(|| format!("cannot read {}", path.display()))?;
    if !report.is_clean() {
        let skipped = report.n_skipped();
        tracing::info!(recording = %path.display(), skipped, "not all of it could be used: see `overcut inspect`");
    }
    finish(&mut timeline, &mut pipeline);
    Ok(Loaded { session: pipeline.session, timeline, alerts })
}

/// Gives a timeline that holds everything its map and its telemetry.
pub fn finish(timeline: &mut Timeline, pipeline: &mut Pipeline) {
    timeline.complete();
    if let Some(outline) = pipeline.draw_map() {
        timeline.set_outline(outline);
    }
    timeline.set_telemetry(std::mem::take(&mut pipeline.telemetry));
}

/// Lets a timeline grow by what one event changed. Alerts are counted: their number is their key.
pub fn append(timeline: &mut Timeline, step: &Step<'_>, n_alerts: &mut u16, alerts: impl IntoIterator<Item = Alert>) {
    if !step.estimates.is_empty() {
        timeline.insert_estimates(step.estimates);
    }
    for part in step.changed {
        if let Some(item) = Item::of(step.session, *part) {
            timeline.append(step.time, item);
        }
    }
    for alert in alerts {
        timeline.append(step.time, Item::Alert(*n_alerts, alert.into()));
        *n_alerts = n_alerts.saturating_add(1);
    }
    timeline.advance(step.time);
}
