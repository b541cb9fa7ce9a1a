//! Every process is killed at any moment; what comes out is what a single program says.

use std::thread;
use std::time::{Duration, Instant};

use crate::stage::{Role, Stage, said};
use crate::tables::{Schema, until_equal, until_files_equal, write_single};
use crate::wall::{single_program, until_shown};
use crate::{BROKERS, PATIENCE, RECORDING, SPRINT, alone};

/// A number that looks random, and is the same again for the same seed.
fn roll(state: &mut u64, below: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % below
}

#[test]
fn whatever_is_killed_walls_and_tables_are_those_of_a_single_program() {
    let Some(recording) = overcut_testkit::recording(SPRINT) else { return };
    let (Some(_), Some(server)) = (overcut_testkit::service(BROKERS), overcut_testkit::service("DATABASE_URL")) else {
        return;
    };
    let _alone = alone();
    let stage = Stage::set(&["fetch_wait_ms = 10"]);
    let [rows, rows_of_single] = ["sink", "single"].map(|name| Schema::make(&server, &stage, name));
    let stage = stage.with("DATABASE_URL", rows.url());
    let want = single_program(&stage, &recording);

    let seed = std::env::var("OVERCUT_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("seed {seed}, topics {}", stage.prefix);
    let mut random: u64 = seed * 2_654_435_761 + 1;
    let mut roles = [
        Role::start(&stage, "ingest", &["ingest", RECORDING, "--speed", "60", "--from", "0:58:00"]),
        Role::start(&stage, "engine one", &["engine"]),
        Role::start(&stage, "engine two", &["engine"]),
        Role::start(&stage, "sink", &["sink"]),
        Role::start(&stage, "sink postgres", &["sink", "--to", "postgres"]),
        Role::start(&stage, "gateway", &["gateway", "--port", "0"]),
    ];
    let (began, mut n_kills) = (Instant::now(), 0);
    while !roles[0].is_over() {
        assert!(began.elapsed() < PATIENCE, "{}", said(&roles));
        thread::sleep(Duration::from_millis(4_000 + roll(&mut random, 3_000)));
        // Whoever tells dies first: there is little time for it.
        let unlucky = if n_kills == 0 { 0 } else { roll(&mut random, roles.len() as u64) as usize };
        if !roles[unlucky].works() {
            continue;
        }
        println!("{:.0} s: kill {}", began.elapsed().as_secs_f64(), roles[unlucky].name);
        roles[unlucky].kill_and_start_again(&stage);
        n_kills += 1;
    }
    assert!(n_kills >= 3, "only {n_kills} processes were killed");

    until_shown(&roles, 5, &want, began);
    println!("{n_kills} kills, {:.0} s: the wall is that of a single program", began.elapsed().as_secs_f64());

    until_files_equal(&stage, &roles);
    let stage = stage.with("DATABASE_URL", rows_of_single.url());
    write_single(&stage, RECORDING, &stage.folder.path().join("unused"), "postgres");
    until_equal(&roles, || rows.digests(), &rows_of_single.digests(), String::clone);
    println!("{:.0} s: so are the tables", began.elapsed().as_secs_f64());
    assert!(!said(&roles).contains("messages are missing"), "{}", said(&roles));
}
