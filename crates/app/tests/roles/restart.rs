//! The broker itself is killed in the middle of a session, and comes back with what it had.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::broker::{Broker, PROGRAM};
use crate::stage::{Role, Stage, said};
use crate::tables::until_files_equal;
use crate::wall::{single_program, until_shown};
use crate::{BROKERS, RECORDING, SPRINT, alone};

/// How long the broker works, and how long it is away.
const WORKS: Duration = Duration::from_secs(10);
const AWAY: Duration = Duration::from_secs(5);

/// A bucket for the broker to keep its topics in, so that they outlive it.
fn bucket(endpoint: &str) -> String {
    let name = format!("broker-{}", std::process::id());
    let url = format!("{endpoint}/{name}");
    assert!(Command::new("curl").args(["-fsS", "-X", "PUT", "-o", "/dev/null", &url]).status().unwrap().success());
    format!("s3://{name}/")
}

#[test]
fn a_broker_that_is_killed_and_comes_back_costs_nothing() {
    let Some(recording) = overcut_testkit::recording(SPRINT) else { return };
    let (Some(program), Some(endpoint)) = (overcut_testkit::service(PROGRAM), overcut_testkit::service("S3_ENDPOINT"))
    else {
        return;
    };
    let _alone = alone();
    let mut broker = Broker::start(&program, "127.0.0.1", &bucket(&endpoint));
    // An object store takes few and large pieces, and is slow to list them: Tansu gives nothing that takes longer than the wait.
    let stage = Stage::set(&["linger_ms = 200", "fetch_wait_ms = 500"]).with(BROKERS, &broker.address);
    let want = single_program(&stage, &recording);
    let mut roles = [
        Role::start(&stage, "ingest", &["ingest", RECORDING, "--speed", "60", "--from", "0:58:00"]),
        Role::start(&stage, "engine one", &["engine"]),
        Role::start(&stage, "engine two", &["engine"]),
        Role::start(&stage, "sink", &["sink"]),
        Role::start(&stage, "gateway", &["gateway", "--port", "0"]),
    ];
    let began = Instant::now();
    thread::sleep(WORKS);
    broker.kill();
    println!("{:.0} s: killed", began.elapsed().as_secs_f64());
    thread::sleep(AWAY);
    broker.start_again();
    assert!(!roles[0].is_over(), "the broker was killed too late");
    until_shown(&roles, 4, &want, began);
    println!("{:.0} s: the wall is that of a single program", began.elapsed().as_secs_f64());
    until_files_equal(&stage, &roles);
    println!("{:.0} s: so are the tables", began.elapsed().as_secs_f64());
    // Nobody had to be started again.
    assert!(roles[1..].iter_mut().all(|role| !role.is_over()), "{}", said(&roles));
    assert!(!said(&roles).contains("messages are missing"), "{}", said(&roles));
}
