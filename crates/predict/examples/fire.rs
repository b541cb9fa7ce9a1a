use overcut_predict::*;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let mut session = overcut_session::Session::new();
    let mut detectors = Detectors::new(Config::default());
    let (mut alerts, mut changed) = (Vec::new(), Vec::new());
    let mut last = overcut_domain::SessionTime::ZERO;
    let mut spent = std::time::Duration::ZERO;
    let report = overcut_sources::read_events(std::path::Path::new(&path), |e| {
        changed.clear();
        session.apply(&e, &mut changed);
        let t = std::time::Instant::now();
        detectors.observe(&e, &session, &mut alerts);
        spent += t.elapsed();
        last = e.time;
    });
    if let Err(e) = report {
        println!("ERR {e}");
    }
    detectors.finish(last, &mut alerts);
    for a in &alerts {
        println!(
            "{:?} car {} lap {:?} {} .. {:?} peak {} raised {} conf {:.2} | {} | {:?}",
            a.kind,
            a.driver,
            a.lap.map(|l| l.0),
            a.started_at,
            a.ended_at.map(|t| t.to_string()),
            a.peak_at,
            a.raised_at,
            a.confidence,
            a.text,
            a.evidence
                .iter()
                .map(|e| format!("{} {:.1}/{:.1}{}", e.what, e.value, e.reference, e.unit))
                .collect::<Vec<_>>()
        );
    }
    println!("spent {spent:?} total {}", alerts.len());
}
