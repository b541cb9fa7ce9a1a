//! A rehearsal: plays a recorded session as the live services would, so that `overcut live` can be tried at any time.
//!
//! ```sh
//! cargo run -p overcut-testkit --features stubs --example stub -- FOLDER [--speed 1] [--from 0:46:00] [--token TEXT]
//!     [--openf1 FOLDER]
//! ```
//!
//! It prints what to start beside it. With a folder of answers of OpenF1 it is that service, too, limits and all. With a token, whoever shows the same one is given car data and positions; without,
//! those are in the archive only, some seconds later.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use overcut_domain::{SessionTime, UtcTime};
use overcut_testkit::stub::archive::{ArchiveConfig, ArchiveStub};
use overcut_testkit::stub::openf1::{OpenF1Config, OpenF1Stub};
use overcut_testkit::stub::signalr::{SignalRConfig, SignalRStub};
use overcut_testkit::tape::{Tape, TapeClock};

const USAGE: &str = "usage: stub FOLDER [--speed TIMES] [--from H:MM:SS] [--token TEXT] [--openf1 FOLDER]";

struct Arguments {
    folder: PathBuf,
    speed: f64,
    from: SessionTime,
    token: Option<String>,
    openf1: Option<PathBuf>,
}

fn arguments() -> Option<Arguments> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().filter(|word| !word.starts_with("--"))?.into();
    let mut arguments = Arguments { folder, speed: 1.0, from: SessionTime::ZERO, token: None, openf1: None };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--speed" => arguments.speed = value.parse().ok().filter(|speed| *speed > 0.0)?,
            "--from" => arguments.from = value.parse().ok()?,
            "--token" => arguments.token = Some(value),
            "--openf1" => arguments.openf1 = Some(value.into()),
            _ => return None,
        }
    }
    Some(arguments)
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let tape = Arc::new(Tape::from_archive(&arguments.folder).cut(arguments.from, SessionTime::MAX));
    let clock = TapeClock::start(arguments.speed);
    let signalr = SignalRStub::start(SignalRConfig {
        token: arguments.token.clone(),
        ..SignalRConfig::new(tape.clone(), clock.clone())
    });
    // In the archive's list the session is on now, so that it can be followed without live timing.
    let dated = SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|now| i64::try_from(now.as_millis()).ok());
    let mut archive = ArchiveConfig::growing(&tape, clock.clone(), 5_000..9_000);
    archive.dated = dated.map(UtcTime::from_millis);
    let archive = ArchiveStub::start(archive);
    let (signalr, archive) = tokio::join!(signalr, archive);
    println!("overcut download YEAR WORDS --from {}", archive.url());
    let token = arguments.token.map(|token| format!("OVERCUT_F1TV_TOKEN={token} ")).unwrap_or_default();
    println!(
        "{token}overcut live --signalr-url {} --archive --archive-url {} --no-openf1 --no-weather",
        signalr.url(),
        archive.url()
    );
    let _openf1 = match &arguments.openf1 {
        Some(folder) => Some(openf1(folder).await),
        None => None,
    };
    println!("the session lasts {} min; Ctrl-C ends it", tape.end_ms() / 60_000);
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        minute.tick().await;
        let position_ms = clock.position_ms();
        println!("{}  {:?}", tape.clock_at(position_ms), signalr.counts());
    }
}

/// OpenF1 with the answers of a folder, as strict as the hosted service is without an account.
async fn openf1(folder: &Path) -> OpenF1Stub {
    let config = OpenF1Config { limits: Some((3, 30)), ..OpenF1Config::of_folder(folder) };
    let stub = OpenF1Stub::start(config).await;
    println!("for `overcut download … --from openf1`: [live.openf1] base_url = \"{}\"", stub.url());
    stub
}
