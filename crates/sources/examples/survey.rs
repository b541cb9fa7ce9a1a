//! Prints what the decoder makes of recordings, and what that costs:
//! `cargo run --release -p overcut-sources --example survey -- PATH…`.

use std::collections::BTreeMap;
use std::time::Instant;

use overcut_domain::Event;
use overcut_sources::{probe, read_events};

fn main() {
    for path in std::env::args().skip(1) {
        println!("== {path}");
        match probe(&path) {
            Ok(probe) => println!("{}; car data: {}; {:?}", probe.format, probe.has_car_data, probe.info),
            Err(error) => {
                println!("{error}");
                continue;
            }
        }
        let (started, cpu_before) = (Instant::now(), cpu_ms());
        let (mut n_samples, mut last) = (0, None);
        let report = read_events(&path, |stamped| {
            n_samples += match &stamped.value {
                Event::Cars(samples) => samples.len(),
                Event::Positions(samples) => samples.len(),
                _ => 0,
            };
            last = Some(stamped.time);
        });
        let (wall_ms, cpu_ms) = (started.elapsed().as_secs_f64() * 1e3, cpu_ms() - cpu_before);
        match report {
            Ok(report) => {
                println!("{wall_ms:.1} ms wall, {cpu_ms:.1} ms CPU; {n_samples} samples; ends at {last:?}");
                println!("{} messages, {} bytes, {} events", report.n_messages, report.n_bytes, report.n_events);
                println!("topics {:?}", report.topics());
                println!("ignored {:?}", report.ignored_topics());
                println!("garbage {:?}", report.garbage());
                let names: [(&str, &BTreeMap<String, _>); 3] = [
                    ("unknown topics", &report.unknown_topics),
                    ("unknown members", &report.unknown_members),
                    ("bad values", &report.bad_values),
                ];
                println!("skipped {:#?}", report.skipped);
                for (name, table) in names {
                    println!("{name} {table:#?}");
                }
            }
            Err(error) => println!("{error}"),
        }
    }
}

/// CPU time of this thread, where the system tells.
fn cpu_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e6
}
