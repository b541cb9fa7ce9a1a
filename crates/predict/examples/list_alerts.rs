//! Lists what the detectors conclude from a recording, one alert a line: for looking at them beside the raw data.
//!
//! `cargo run --release -p overcut-predict --example list_alerts -- ../shared/data/f1/livetiming/2026_chinese_gp_sprint`

use std::error::Error;

use overcut_domain::{Alert, SessionTime};
use overcut_predict::{Config, Detectors};
use overcut_session::Session;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("want the path of a recording")?;
    let (mut session, mut detectors) = (Session::new(), Detectors::new(Config::default()));
    let (mut alerts, mut changed, mut last) = (Vec::new(), Vec::new(), SessionTime::ZERO);
    overcut_sources::read_events(path, |event| {
        changed.clear();
        session.apply(&event, &mut changed);
        detectors.observe(&event, &session, &mut alerts);
        last = event.time;
    })?;
    detectors.finish(last, &mut alerts);
    alerts.iter().for_each(print);
    Ok(())
}

fn print(alert: &Alert) {
    let lap = alert.lap.map_or("?".to_owned(), |lap| lap.to_string());
    let end = alert.ended_at.map_or("still".to_owned(), |time| time.to_string());
    println!("{:?} car {} lap {lap} {}..{end} raised {}", alert.kind, alert.driver, alert.started_at, alert.raised_at);
    println!("    {} (confidence {:.2})", alert.text, alert.confidence);
    for figure in &alert.evidence {
        println!("    {}: {:.1} against {:.1} {}", figure.what, figure.value, figure.reference, figure.unit);
    }
}
