//! Folds a recording and prints its board and laps.
use overcut_session::{Board, Session};
fn main() {
    let path = std::env::args().nth(1).expect("a recording");
    let mut events = Vec::new();
    let report = overcut_sources::read_events(&path, |e| events.push(e)).expect("readable");
    eprintln!("{} events", events.len());
    let started = std::time::Instant::now();
    let mut session = Session::new();
    let mut changed = Vec::new();
    let mut n = 0;
    for event in &events {
        changed.clear();
        session.apply(event, &mut changed);
        n += changed.len();
    }
    eprintln!("{:?}, {n} changes", started.elapsed());
    println!("{}", Board(&session));
    if std::env::args().any(|a| a == "stints") {
        for s in session.stints() {
            println!("{s:?}");
        }
        for s in session.pit_stops() {
            println!("{s:?}");
        }
    }
    if std::env::args().any(|a| a == "laps") {
        for l in session.laps() {
            println!(
                "{:>2} {:>2} {:?} -> {:?} {:?} s {:?} at {:?} {:?} c {:?} life {:?} st {:?} f {:?} pos {:?} gap {:?} in {:?} out {:?} tr {:?} part {:?} del {} pb {} acc {}",
                l.driver,
                l.number,
                l.started_at.map(|t| t.to_string()),
                l.ended_at.map(|t| t.to_string()),
                l.time.map(|t| t.to_string()),
                l.sectors.map(|t| t.map(|t| t.to_string())),
                l.sector_ended_at.map(|t| t.map(|t| t.to_string())),
                l.speeds,
                l.compound,
                l.tyre_life,
                l.stint,
                l.fresh_tyre,
                l.position,
                l.gap_to_leader_ms,
                l.pit_in_at.map(|t| t.to_string()),
                l.pit_out_at.map(|t| t.to_string()),
                l.track_status,
                l.part,
                l.deleted,
                l.is_personal_best,
                l.is_accurate
            );
        }
    }
    if std::env::args().any(|a| a == "report") {
        println!("{report:?}");
        println!("{:?} {:?} {:?}", session.state(), session.track(), session.bests());
    }
}
