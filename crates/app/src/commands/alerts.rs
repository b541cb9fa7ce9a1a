//! `overcut alerts`: the anomalies of one or several sessions.

use std::collections::BTreeMap;

use anyhow::Result;
use overcut_domain::{Alert, AlertKind};
use overcut_session::Session;
use serde::Serialize;

use crate::cli::AlertsArguments;
use crate::commands::Context;
use crate::load::load;
use crate::output::out;

/// Every kind, in the order of the columns.
const KINDS: [(AlertKind, &str); 9] = [
    (AlertKind::EngineOverRev, "over-rev"),
    (AlertKind::DrsOpenOutOfZone, "DRS zone"),
    (AlertKind::DrsOpenUnderBraking, "DRS braking"),
    (AlertKind::LockUp, "lock-up"),
    (AlertKind::SensorStuck, "stuck"),
    (AlertKind::SensorDropOut, "drop-out"),
    (AlertKind::PowerLoss, "power loss"),
    (AlertKind::SlowPuncture, "puncture"),
    (AlertKind::TyreCliff, "tyre cliff"),
];

#[derive(Serialize)]
struct Row<'a> {
    session: &'a str,
    #[serde(flatten)]
    alert: &'a Alert,
}

/// Reads the sessions and prints their alerts, or how many there are of each kind.
pub fn alerts(context: &Context, arguments: &AlertsArguments) -> Result<()> {
    let headings: Vec<_> = ["session"].into_iter().chain(KINDS.map(|(_, heading)| heading)).collect();
    let mut counts = crate::table::new(&headings);
    for query in &arguments.sessions {
        let entry = context.resolve(query)?;
        let loaded = load(&entry.path, context.pipeline())?;
        match (arguments.count, arguments.json) {
            (true, true) => {
                out!("{}", serde_json::json!({ "session": entry.id, "alerts": count(&loaded.alerts) }));
            }
            (true, false) => {
                let counted = count(&loaded.alerts);
                let cells = KINDS.iter().map(|(kind, _)| counted[kind].to_string());
                counts.add_row([entry.id.clone()].into_iter().chain(cells));
            }
            (false, true) => {
                for alert in &loaded.alerts {
                    out!("{}", serde_json::to_string(&Row { session: &entry.id, alert })?);
                }
            }
            (false, false) => print(&entry.id, &loaded.session, &loaded.alerts)?,
        }
    }
    if arguments.count && !arguments.json {
        out!("{counts}");
    }
    Ok(())
}

fn count(alerts: &[Alert]) -> BTreeMap<AlertKind, usize> {
    KINDS.iter().map(|(kind, _)| (*kind, alerts.iter().filter(|alert| alert.kind == *kind).count())).collect()
}

fn print(id: &str, session: &Session, alerts: &[Alert]) -> Result<()> {
    out!("{id}: {} alerts", alerts.len());
    if alerts.is_empty() {
        return Ok(());
    }
    let mut table = crate::table::new(&["time", "car", "lap", "where", "what", "sure", "evidence"]);
    for alert in alerts {
        let name = session.driver(alert.driver).map_or_else(|| alert.driver.to_string(), |entry| entry.tla.clone());
        let evidence: Vec<_> = alert
            .evidence
            .iter()
            .map(|e| format!("{} {} {} (against {})", e.what, e.value, e.unit, e.reference))
            .collect();
        table.add_row([
            alert.started_at.to_string(),
            name,
            alert.lap.map_or(String::new(), |lap| lap.to_string()),
            alert.distance_m.map_or(String::new(), |d| format!("{d:.0} m")),
            alert.text.clone(),
            format!("{:.0} %", alert.confidence * 100.0),
            evidence.join("; "),
        ]);
    }
    out!("{table}");
    Ok(())
}
