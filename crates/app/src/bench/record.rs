//! Recorder: throughput, what is lost when it is killed, and what it costs at the pace of a race.
//!
//! Real messages in their real sizes go through the same recorder as live ones. The baseline is what the disk takes when
//! their bytes are simply written to a file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use overcut_live::{Arrival, Clock, Recorder, RecorderConfig};
use overcut_store::{Origin, RecordingReader, RecordingWriter, WriterOptions};

use super::figures::{Figure, Reference};
use super::folder::Folder;
use super::usage::usage;
use crate::input::{Input, Trouble};

/// Size of one write of the baseline: that of a chunk.
const BLOCK_BYTES: usize = 1 << 20;
/// Channel of the messages of a recorder that is killed.
const VICTIM: &str = "signalr/a";
/// Between its messages.
const VICTIM_PACE: Duration = Duration::from_millis(5);

/// How much to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Payload of a run.
    pub n_bytes: u64,
    /// Runs.
    pub n_runs: u32,
    /// How often a recorder is killed.
    pub n_kills: u32,
    /// How long to record at the session's own pace.
    pub seconds: u64,
}

/// A message of the session, with its time in milliseconds.
type Message = (i64, Arrival);

/// Measures all of it.
///
/// # Errors
///
/// If the session cannot be read, the folder not be written to, or a recorder breaks down.
pub fn record(input: Input, parent: &Path, load: Load) -> Result<Vec<Figure>> {
    ensure!(load.n_runs > 0, "--runs must be at least 1");
    let messages = messages(input)?;
    ensure!(!messages.is_empty(), "the session holds no messages");
    let folder = Folder::make(parent, "record")?;
    let mut figures = throughput(&messages, &folder, load)?;
    figures.extend(sizes(&messages, &folder)?);
    figures.extend(pace(&messages, &folder, load.seconds)?);
    if load.n_kills > 0 {
        figures.extend(kills(&folder, load.n_kills)?);
    }
    Ok(figures)
}

fn messages(mut input: Input) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    loop {
        match input.next_raw() {
            Ok(Some(raw)) => {
                let payload = Bytes::copy_from_slice(raw.payload);
                let arrival = Arrival { channel: raw.channel.to_owned().into(), payload };
                messages.push((raw.time.as_millis(), arrival));
            }
            Ok(None) => return Ok(messages),
            Err(Trouble::Damaged(_)) => {}
            Err(Trouble::Broken(error)) => return Err(error),
        }
    }
}

/// What one run came to.
struct Run {
    /// Payload.
    n_bytes: u64,
    /// Size of the file.
    size_bytes: u64,
}

/// Runs of one kind.
#[derive(Default)]
struct Runs {
    /// MB/s of payload by the clock.
    per_second: Vec<f64>,
    /// MB of payload per second of processor time, of all threads.
    per_cpu_second: Vec<f64>,
    /// The file, percent of its payload.
    size: Vec<f64>,
}

impl Runs {
    fn time(&mut self, write: impl FnOnce() -> Result<Run>) -> Result<()> {
        let (began, cpu_before) = (Instant::now(), usage().cpu);
        let run = write()?;
        let (wall, cpu) = (began.elapsed(), usage().cpu.saturating_sub(cpu_before));
        let megabytes = run.n_bytes as f64 / 1e6;
        self.per_second.push(megabytes / wall.as_secs_f64());
        self.per_cpu_second.push(megabytes / cpu.as_secs_f64());
        self.size.push(100.0 * run.size_bytes as f64 / run.n_bytes as f64);
        Ok(())
    }
}

/// A run of each in turn, so that a busy disk is busy for both.
fn throughput(messages: &[Message], folder: &Folder, load: Load) -> Result<Vec<Figure>> {
    let (mut recorded, mut plain) = (Runs::default(), Runs::default());
    for _ in 0..load.n_runs {
        let (plain_folder, folder) = (folder.fresh("plain")?, folder.fresh("recorded")?);
        plain.time(|| write_plain(messages, &plain_folder, load.n_bytes))?;
        recorded.time(|| write_recording(messages, &folder, load.n_bytes))?;
    }
    let aim = Some(Reference { value: 200.0, what: "aim" });
    let n_bytes: usize = messages.iter().map(|(_, arrival)| arrival.payload.len()).sum();
    let (by_clock, by_cpu) = ("MB/s of payload", "MB of payload per CPU second");
    Ok(vec![
        Figure::of_runs("record.throughput", by_clock, &recorded.per_second, aim),
        Figure::of_runs("record.throughput_per_cpu", by_cpu, &recorded.per_cpu_second, None),
        Figure::of_runs("record.plain_write", "MB/s, the same bytes", &plain.per_second, None),
        Figure::of_runs("record.plain_write_per_cpu", by_cpu, &plain.per_cpu_second, None),
        Figure::of_runs("record.size_at_throughput", "% of payload", &recorded.size, None),
        figure("record.message_size", n_bytes as f64 / messages.len() as f64, "bytes, mean", messages.len() as u64),
    ])
}

/// Payload through the recorder, up to the finished file on the disk.
fn write_recording(messages: &[Message], folder: &Path, n_bytes: u64) -> Result<Run> {
    let mut recorder = Recorder::start(folder, RecorderConfig::default(), Clock::system(), |_| {})?;
    let (mut n, mut out) = (0, Vec::new());
    for (_, arrival) in messages.iter().cycle() {
        while !recorder.has_room() {
            std::thread::sleep(Duration::from_micros(100));
        }
        n += arrival.payload.len() as u64;
        recorder.record(arrival.clone(), &mut out);
        out.clear();
        if n >= n_bytes {
            break;
        }
    }
    let status = recorder.status();
    let written = recorder.finish()?.context("the recorder recorded nothing")?;
    ensure!(status.get().lost.n_messages == 0, "the recorder lost messages");
    Ok(Run { n_bytes: n, size_bytes: written.size_bytes })
}

/// The same bytes into a file, up to the disk.
fn write_plain(messages: &[Message], folder: &Path, n_bytes: u64) -> Result<Run> {
    let mut file = File::create(folder.join("plain"))?;
    let (mut n, mut block) = (0, Vec::with_capacity(2 * BLOCK_BYTES));
    for (_, arrival) in messages.iter().cycle() {
        n += arrival.payload.len() as u64;
        block.extend_from_slice(&arrival.payload);
        if block.len() >= BLOCK_BYTES || n >= n_bytes {
            file.write_all(&block)?;
            block.clear();
        }
        if n >= n_bytes {
            break;
        }
    }
    file.sync_all()?;
    Ok(Run { n_bytes: n, size_bytes: n })
}

/// What the session takes on the disk: recorded live, flushed every second of it, and imported at leisure.
fn sizes(messages: &[Message], folder: &Folder) -> Result<Vec<Figure>> {
    let folder = folder.fresh("sizes")?;
    let origin = Origin { format: "live".to_owned(), ..Origin::default() };
    let size = |name: &str, options, flush_every_ms: Option<i64>| -> Result<f64> {
        let mut writer = RecordingWriter::create_with(&folder.join(name), &origin, options)?;
        let mut flushed_at = messages.first().map_or(0, |(millis, _)| *millis);
        for (millis, arrival) in messages {
            if flush_every_ms.is_some_and(|every| millis - flushed_at >= every) {
                writer.flush()?;
                flushed_at = *millis;
            }
            let time = overcut_domain::SessionTime::from_millis((*millis).max(0));
            writer.write(&overcut_domain::RawMessage { time, channel: &arrival.channel, payload: &arrival.payload })?;
        }
        Ok(writer.finish()?.size_bytes as f64 / 1e6)
    };
    let live = size("live.mcap", WriterOptions::live(), Some(1000))?;
    let imported = size("import.mcap", WriterOptions::default(), None)?;
    let n_bytes: usize = messages.iter().map(|(_, arrival)| arrival.payload.len()).sum();
    let n = messages.len() as u64;
    Ok(vec![
        figure("record.payload", n_bytes as f64 / 1e6, "MB", n),
        figure("record.size_live", live, "MB, flushed every second", n),
        figure("record.size_imported", imported, "MB, level 6", n),
    ])
}

/// What recording costs at the session's own pace, from its middle on.
fn pace(messages: &[Message], folder: &Folder, seconds: u64) -> Result<Vec<Figure>> {
    let folder = folder.fresh("pace")?;
    let mut recorder = Recorder::start(&folder, RecorderConfig::default(), Clock::system(), |_| {})?;
    let middle = messages.get(messages.len() / 2..).unwrap_or_default();
    let first_ms = middle.first().map_or(0, |(millis, _)| *millis);
    let (began, cpu_before) = (Instant::now(), usage().cpu);
    let (mut n, mut n_bytes, mut out) = (0, 0, Vec::new());
    for (millis, arrival) in middle {
        let due = Duration::from_millis((millis - first_ms).unsigned_abs());
        if due.as_secs() >= seconds {
            break;
        }
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        (n, n_bytes) = (n + 1, n_bytes + arrival.payload.len());
        recorder.record(arrival.clone(), &mut out);
        out.clear();
    }
    let (cpu, wall) = (usage().cpu.saturating_sub(cpu_before), began.elapsed());
    recorder.finish()?;
    Ok(vec![
        figure("record.cpu_at_pace", 100.0 * cpu.as_secs_f64() / wall.as_secs_f64(), "% of a core", n),
        figure("record.pace", n_bytes as f64 / 1e3 / wall.as_secs_f64(), "kB/s of payload", n),
    ])
}

/// Kills a recorder again and again, always on the same recording, and looks how old the newest message is that was kept.
fn kills(folder: &Folder, n_kills: u32) -> Result<Vec<Figure>> {
    let folder = folder.fresh("killed")?;
    let (mut ages_ms, mut lost_bytes, mut n_kept) = (Vec::new(), Vec::new(), 0);
    for run in 0..n_kills {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut victim = Command::new(program)
            .args(["bench", "record", "--victim", "--folder"])
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start a recorder")?;
        // Moments spread over the span between two flushes.
        std::thread::sleep(Duration::from_millis(1500 + u64::from(run) * 137 % 1000));
        victim.kill().context("cannot kill a recorder")?;
        let killed = now_ns();
        victim.wait()?;
        let kept = newest(&folder)?;
        ensure!(kept.n_messages > n_kept, "a recorder that was killed kept nothing");
        n_kept = kept.n_messages;
        ages_ms.push(killed.saturating_sub(kept.newest_ns) as f64 / 1e6);
        lost_bytes
            .push(ages_ms.last().copied().unwrap_or_default() / VICTIM_PACE.as_millis() as f64 * kept.message_len);
    }
    let worst_ms = ages_ms.iter().copied().fold(0.0, f64::max);
    let aim = Reference { value: 1000.0, what: "aim" };
    Ok(vec![
        Figure::of_runs("record.lost_by_kill", "ms before the kill", &ages_ms, None),
        Figure { reference: Some(aim), ..figure("record.lost_by_kill_worst", worst_ms, "ms", u64::from(n_kills)) },
        Figure::of_runs("record.lost_bytes_by_kill", "bytes, of 200 messages a second", &lost_bytes, None),
    ])
}

/// What a killed recorder left.
struct Kept {
    n_messages: u64,
    newest_ns: u64,
    message_len: f64,
}

fn newest(folder: &Path) -> Result<Kept> {
    let paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let [path] = paths.as_slice() else { anyhow::bail!("{} files instead of one", paths.len()) };
    let mut reader = RecordingReader::open(path)?;
    let mut kept = Kept { n_messages: 0, newest_ns: 0, message_len: 0.0 };
    while let Some(message) = reader.next_raw()? {
        if message.channel == VICTIM {
            let text = std::str::from_utf8(message.payload)?;
            let sent = text.trim_matches(|c: char| !c.is_ascii_digit()).parse().context("no time in a message")?;
            kept = Kept { n_messages: kept.n_messages + 1, newest_ns: sent, message_len: text.len() as f64 };
        }
    }
    Ok(kept)
}

/// Records messages that say when they were sent, until it is killed.
///
/// # Errors
///
/// If it cannot record.
pub fn be_killed(folder: &Path) -> Result<()> {
    let mut recorder = Recorder::start(folder, RecorderConfig::default(), Clock::system(), |_| {})?;
    let mut out = Vec::new();
    loop {
        let payload = format!("{{\"sent_ns\":{}}}", now_ns());
        recorder.record(Arrival { channel: VICTIM.into(), payload: payload.into() }, &mut out);
        out.clear();
        std::thread::sleep(VICTIM_PACE);
    }
}

fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

fn figure(name: &str, value: f64, unit: &'static str, n: u64) -> Figure {
    Figure { name: name.to_owned(), value, unit, reference: None, n, spread: None }
}
