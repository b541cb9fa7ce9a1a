//! `overcut synth`: synthetic sessions as archive folders, as a load, or with every channel of one car.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use overcut_domain::DriverNumber;
use overcut_store::TableFormat;
use tokio_util::sync::CancellationToken;

use super::Context;
use super::export::write_file;
use crate::cli::{SynthArguments, SynthSession, SyntheticKind};
use crate::clock::utc_now;
use crate::output::{out, say};
use crate::roles::{self, Outlet};
use crate::synthetic::destination::{Destination, IntoFolder, Nowhere, OntoBus};
use crate::synthetic::load::{self, Load};
use crate::synthetic::{Synthetic, channels, folder};
use crate::{interrupt, progress, threads};

/// Writes what was asked for.
pub fn synth(context: &Context, arguments: &SynthArguments) -> Result<()> {
    if let Some(n_sessions) = arguments.sessions {
        return play_many(context, arguments, n_sessions as usize);
    }
    let out = arguments.out.as_deref().context("name what to write with --out")?;
    ensure!(!out.exists(), "{} is there already: nothing is overwritten", out.display());
    if let (Some(hz), Some(driver)) = (arguments.channels, arguments.driver) {
        return channels(arguments, out, hz, driver);
    }
    for (kind, name) in kinds(arguments.session) {
        let is_one = arguments.session != SynthSession::Weekend;
        let beside = |path: &Path| if is_one { path.to_owned() } else { path.join(name) };
        let truth = arguments.truth.as_deref().map(|path| truth_path(path, name, is_one));
        session(arguments, kind, &beside(out), truth.as_deref())?;
    }
    Ok(())
}

fn kinds(session: SynthSession) -> Vec<(SyntheticKind, &'static str)> {
    match session {
        SynthSession::Race => vec![(SyntheticKind::Race, "race")],
        SynthSession::Qualifying => vec![(SyntheticKind::Qualifying, "qualifying")],
        SynthSession::Practice => vec![(SyntheticKind::Practice, "practice")],
        SynthSession::Weekend => vec![
            (SyntheticKind::Practice, "practice"),
            (SyntheticKind::Qualifying, "qualifying"),
            (SyntheticKind::Race, "race"),
        ],
    }
}

/// Of several sessions each has a truth of its own: `truth.json` becomes `truth-race.json`.
fn truth_path(path: &Path, name: &str, is_one: bool) -> PathBuf {
    if is_one {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{name}.json"))
}

fn session(arguments: &SynthArguments, kind: SyntheticKind, out: &Path, truth: Option<&Path>) -> Result<()> {
    let synthetic = Synthetic { has_faults: arguments.faults, ..Synthetic::new(&arguments.what, kind)? };
    let started = Instant::now();
    let mut transmission = synthetic.transmission(arguments.quirks)?;
    let from = transmission.events.begins_to_matter();
    let next = |out: &mut Vec<_>| transmission.next_messages(out);
    let n_messages = if arguments.realtime {
        let stop = CancellationToken::new();
        interrupt::cancel_on_ctrl_c(&stop)?;
        say!("{} grows in {}; Ctrl-C stops it", synthetic.id(), out.display());
        folder::grow(out, next, from, arguments.seconds, &stop)?
    } else {
        let bar = progress::unknown("messages");
        let n_messages = folder::write(out, next, &bar)?;
        bar.finish_and_clear();
        n_messages
    };
    say!("{n_messages} messages in {}, {:.1} s", out.display(), started.elapsed().as_secs_f64());
    if let Some(path) = truth {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        serde_json::to_writer_pretty(BufWriter::new(file), &transmission.events.truth())?;
        say!("the truth in {}", path.display());
    }
    Ok(())
}

/// The load generator.
fn play_many(context: &Context, arguments: &SynthArguments, n_sessions: usize) -> Result<()> {
    if arguments.channels.is_some() || arguments.truth.is_some() || arguments.session == SynthSession::Weekend {
        bail!("--sessions plays many sessions of one kind: without --channels, --truth and weekend");
    }
    let stop = CancellationToken::new();
    interrupt::cancel_on_ctrl_c(&stop)?;
    let bus = match arguments.bus.as_deref() {
        Some(url) => {
            let bus = roles::open(&context.config.bus, Some(url), &stop)?;
            Some(bus.context("stopped before the bus was there")?)
        }
        None => None,
    };
    let outlet = bus.as_ref().map(|bus| Ok::<_, anyhow::Error>(Outlet::new(bus.publisher()?))).transpose()?;
    let run = utc_now().as_millis() / 1000; // sessions that were told before would not be told again
    let (kind, _) = kinds(arguments.session)[0];
    let template = Synthetic { has_faults: arguments.faults, ..Synthetic::new(&arguments.what, kind)? };
    let make = |number: usize| -> Result<load::Session> {
        let synthetic = Synthetic { seed: template.seed + number as u64, ..template.clone() };
        let mut transmission = synthetic.transmission(arguments.quirks)?;
        let from = transmission.events.begins_to_matter();
        let destination: Box<dyn Destination> = match (&bus, &outlet, &arguments.out) {
            (Some(bus), Some(outlet), _) => {
                Box::new(OntoBus::begin(bus, outlet, &format!("synthetic-{run}-{number:04}"), &stop)?)
            }
            (_, _, Some(out)) => Box::new(IntoFolder::create(&out.join(format!("session-{number:04}")))?),
            _ => Box::new(Nowhere),
        };
        Ok(load::Session { messages: Box::new(move |out| transmission.next_messages(out)), from, destination })
    };
    let lasts = arguments.seconds.map(Duration::from_secs);
    let load = Load { n_sessions, n_threads: threads::wanted(arguments.threads), lasts };
    say!("{n_sessions} sessions on {} threads; Ctrl-C stops them", load.n_threads);
    let played = load::play(&load, &make, &stop)?;
    out!("{} sessions, {} of them to their end, in {:.1} s", n_sessions, played.sent.n_over, played.took.as_secs_f64());
    out!("{}", played.sent.line(played.took));
    for (topic, sent) in outlet.iter().flat_map(Outlet::out) {
        out!("topic {topic}: {} messages, {} bytes before compression", sent.n_messages, sent.n_bytes);
    }
    Ok(())
}

/// One car's telemetry with every channel.
fn channels(arguments: &SynthArguments, out: &Path, hz: u16, driver: DriverNumber) -> Result<()> {
    let format = match out.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => TableFormat::Csv,
        Some("json") => TableFormat::Json,
        Some("parquet") => TableFormat::Parquet,
        _ => bail!("{} must end in .csv, .json or .parquet", out.display()),
    };
    let kinds = kinds(arguments.session);
    let [(kind, _)] = kinds[..] else { bail!("--channels writes one session") };
    let synthetic = Synthetic { has_faults: arguments.faults, ..Synthetic::new(&arguments.what, kind)? };
    let rows = synthetic.channels(driver, hz)?;
    let n_rows = write_file(out, |file| Ok(channels::table().write(format, rows, file)?))?;
    say!("{n_rows} rows of car {driver} at {hz} a second in {}", out.display());
    Ok(())
}
