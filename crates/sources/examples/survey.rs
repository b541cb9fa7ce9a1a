//! Prints what the decoder makes of recordings: `cargo run --release --example survey -- PATH…`.

use std::collections::BTreeMap;
use std::time::Instant;

use overcut_sources::{probe, read_events};

fn main() {
    for path in std::env::args().skip(1) {
        let started = Instant::now();
        let (mut kinds, mut last) = (BTreeMap::<String, u64>::new(), None);
        let report = read_events(&path, |stamped| {
            let name = format!("{:?}", stamped.value);
            let name = name.split(['(', ' ']).next().unwrap_or_default().to_owned();
            *kinds.entry(name).or_default() += 1;
            last = Some(stamped.time);
        });
        println!("== {path}: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
        println!("{:#?}", probe(&path));
        match report {
            Ok(report) => println!("{report:#?}\n{kinds:#?}\n{:?}\ngarbage {:?}", last, report.garbage()),
            Err(error) => println!("error: {error}"),
        }
    }
}
