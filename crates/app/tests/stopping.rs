//! A program that nobody listens to any more can still be stopped.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program that is told to end has ended after this, on a busy machine too.
const SOON: Duration = Duration::from_secs(15);

#[test]
fn a_program_whose_terminal_has_gone_stops_when_it_is_told_to() {
    let data = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_overcut"))
        .args(["serve", "--port", "0", "--data"])
        .arg(data.path())
        .env_remove("OVERCUT_DATA")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(program.stdout.take().unwrap());
    assert!(said.lines().map_while(Result::ok).any(|line| line.contains("http://")), "it says where it listens");
    drop(program.stderr.take());

    let told_at = Instant::now();
    assert!(Command::new("kill").arg(program.id().to_string()).status().unwrap().success());
    let status = loop {
        if let Some(status) = program.try_wait().unwrap() {
            break status;
        }
        if told_at.elapsed() > SOON {
            program.kill().unwrap();
            panic!("it does not stop");
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
}
