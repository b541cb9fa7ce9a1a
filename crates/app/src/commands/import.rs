//! `overcut import`: takes a recording into the data folder, and makes sure that nothing of it was lost.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use overcut_domain::{Event, RawMessage, SessionInfo, SessionTime, Stamped};
use overcut_sources::{DecodeReport, Decoder};
use overcut_store::{Content, ContentDigest, Origin, RecordingReader, RecordingWriter, Written, recording_info};

use super::Context;
use crate::cli::ImportArguments;
use crate::input::{Input, Trouble};
use crate::library::{Title, slug};

/// Imports a recording and says what was found in it.
pub fn import(context: &Context, arguments: &ImportArguments) -> Result<()> {
    let folder = &context.config.data.folder;
    let imported = take_in(&arguments.path, folder, arguments.name.as_deref())?;
    print!("{}", imported.text());
    Ok(())
}

/// What came of an import.
#[derive(Debug)]
pub struct Imported {
    /// What it is of.
    pub title: Title,
    /// The file in the data folder.
    pub written: Written,
    /// What the decoder made of it.
    pub survey: Survey,
}

/// What a recording holds, from reading it once.
#[derive(Debug)]
pub struct Survey {
    /// How much.
    pub content: Content,
    /// Size of all messages.
    pub n_bytes: u64,
    /// Time of the last event.
    pub end: SessionTime,
    /// The session, if the feed says it anywhere.
    pub session: Option<SessionInfo>,
    /// True if there are car samples.
    pub has_car_data: bool,
    /// What the decoder could and could not use.
    pub report: DecodeReport,
    /// What is wrong with the files that it came from.
    pub damage: Vec<String>,
}

/// Takes the recording at a path into a folder: reads it, writes it, and reads what was written.
///
/// # Errors
///
/// If it is not a recording, is in the folder already, or cannot be written. Nothing is left behind then.
pub fn take_in(path: &Path, folder: &Path, name: Option<&str>) -> Result<Imported> {
    let mut input = Input::open(path)?;
    let format = input.format();
    let survey = survey(&mut input)?;
    ensure!(survey.content.n_messages > 0, "{} holds no messages", path.display());
    fs::create_dir_all(folder).with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    if let Some(there) = find_same(folder, &survey.content) {
        bail!("this recording is in the data folder already, as {}", there.display());
    }
    let title = Title::new(survey.session.as_ref(), path);
    let target = target(folder, name, &title, format.name())?;
    let origin = Origin {
        format: format.name().to_owned(),
        source: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        session: survey.session.clone(),
        has_car_data: Some(survey.has_car_data),
    };
    let written = write(&mut Input::open(path)?, &target, &origin, survey.n_bytes)?;
    verify(&written, &survey).inspect_err(|_| {
        if let Err(error) = fs::remove_file(&written.path) {
            tracing::warn!(path = %written.path.display(), %error, "a faulty copy could not be removed");
        }
    })?;
    Ok(Imported { title, written, survey })
}

/// Reads a recording from beginning to end, and decodes it to see what is in it.
fn survey(input: &mut Input) -> Result<Survey> {
    let mut decoder = Decoder::new(input.format());
    let (mut digest, mut events) = (ContentDigest::default(), Vec::new());
    let (mut n_messages, mut n_bytes, mut end) = (0, 0, SessionTime::ZERO);
    let (mut session, mut has_car_data) = (None, false);
    let mut notice = |event: Stamped<Event>| {
        end = end.max(event.time);
        match event.value {
            Event::SessionInfo(info) => session = Some(*info),
            Event::Cars(samples) => has_car_data |= !samples.is_empty(),
            _ => {}
        }
    };
    let progress = spinner("reading");
    let mut damage = each_message(input, |message| {
        (n_messages, n_bytes) = (n_messages + 1, n_bytes + message.payload.len() as u64);
        progress.inc(message.payload.len() as u64);
        digest.update(message);
        decoder.decode(*message, &mut events);
        events.drain(..).for_each(&mut notice);
        Ok(())
    })?;
    decoder.finish(&mut events);
    events.drain(..).for_each(&mut notice);
    progress.finish_and_clear();
    damage.extend(input.damage());
    let content = Content { n_messages, sha256: digest.finish() };
    Ok(Survey { content, n_bytes, end, session, has_car_data, report: decoder.report().clone(), damage })
}

/// Hands every message on, and returns what is wrong with the files.
fn each_message(input: &mut Input, mut each: impl FnMut(&RawMessage<'_>) -> Result<()>) -> Result<Vec<String>> {
    let mut damage = Vec::new();
    loop {
        match input.next_raw() {
            Ok(Some(message)) => each(&message)?,
            Ok(None) => return Ok(damage),
            // One damaged file among many is worth a note, not the loss of the others.
            Err(Trouble::Damaged(what)) => damage.push(what),
            Err(Trouble::Broken(error)) => return Err(error),
        }
    }
}

fn write(input: &mut Input, target: &Path, origin: &Origin, n_bytes: u64) -> Result<Written> {
    let mut writer =
        RecordingWriter::create(target, origin).with_context(|| format!("cannot write {}", target.display()))?;
    let progress = bar("writing", n_bytes);
    let copied = each_message(input, |message| {
        progress.inc(message.payload.len() as u64);
        Ok(writer.write(message)?)
    });
    progress.finish_and_clear();
    if let Err(error) = copied {
        writer.abandon().with_context(|| format!("cannot remove the unfinished {}", target.display()))?;
        return Err(error);
    }
    Ok(writer.finish()?)
}

/// Holds what was written against what was read: the same messages, byte for byte.
fn verify(written: &Written, survey: &Survey) -> Result<()> {
    let mut reader = RecordingReader::open(&written.path)?;
    let (mut digest, mut n_messages) = (ContentDigest::default(), 0);
    let progress = bar("checking", survey.n_bytes);
    while let Some(message) = reader.next_raw()? {
        progress.inc(message.payload.len() as u64);
        digest.update(&message);
        n_messages += 1;
    }
    progress.finish_and_clear();
    let content = Content { n_messages, sha256: digest.finish() };
    ensure!(reader.damage().is_none(), "the copy is damaged: {}", reader.damage());
    ensure!(
        content == survey.content && written.content == survey.content,
        "the copy differs from the original: {} messages instead of {}",
        content.n_messages,
        survey.content.n_messages
    );
    Ok(())
}

/// A recording in the folder with the same content.
fn find_same(folder: &Path, content: &Content) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let is_same = |path: &PathBuf| {
        let is_ours = path.extension().is_some_and(|extension| extension == "mcap");
        is_ours && recording_info(path).is_ok_and(|info| info.content.as_ref() == Some(content))
    };
    files.into_iter().find(is_same)
}

/// Where the recording goes: under the name it was given, else under a free name made from its title.
fn target(folder: &Path, name: Option<&str>, title: &Title, format: &str) -> Result<PathBuf> {
    let file = |stem: &str| folder.join(format!("{stem}.mcap"));
    if let Some(name) = name {
        let stem = name.strip_suffix(".mcap").unwrap_or(name);
        let is_plain = Path::new(stem).file_name().is_some_and(|file| file == stem) && !stem.starts_with('.');
        ensure!(is_plain, "{name:?} is not a plain file name");
        ensure!(!file(stem).exists(), "{} is there already, with another content", file(stem).display());
        return Ok(file(stem));
    }
    let plain = title.slug();
    let with_format = format!("{plain}-{}", slug(format));
    let numbered = (2..).map(|n| format!("{with_format}-{n}"));
    let mut stems = [plain, with_format.clone()].into_iter().chain(numbered);
    stems.find(|stem| !file(stem).exists()).map(|stem| file(&stem)).context("no free name")
}

impl Imported {
    /// What was found, for people.
    fn text(&self) -> String {
        let Survey { content, n_bytes, end, report, .. } = &self.survey;
        let bytes = |n| indicatif::HumanBytes(n);
        let cars = if self.survey.has_car_data { "with car telemetry" } else { "without car telemetry" };
        let mut text = format!(
            "{}, {cars}\n  {}, {} on disk\n  {} messages ({}) over {end}, {} events; read back and found the same\n",
            self.title.text(),
            self.written.path.display(),
            bytes(self.written.size_bytes),
            content.n_messages,
            bytes(*n_bytes),
            report.n_events,
        );
        let notes = [
            (report.n_skipped(), "messages could not be used in full"),
            (report.unknown_topics.len() as u64, "topics are not known"),
            (report.unknown_members.len() as u64, "members are not known"),
            (report.bad_values.len() as u64, "members had values that could not be read"),
        ];
        for (n, what) in notes.iter().filter(|(n, _)| *n > 0) {
            text.push_str(&format!("  {n} {what}; `overcut inspect` says which\n"));
        }
        for damage in &self.survey.damage {
            text.push_str(&format!("  damaged: {damage}\n"));
        }
        text
    }
}

/// Progress of unknown length. Nothing is shown where standard error is not a terminal.
fn spinner(what: &'static str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{spinner} {msg} {bytes}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new_spinner().with_style(style).with_message(what)
}

fn bar(what: &'static str, n_bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {msg} {bytes}/{total_bytes}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(n_bytes).with_style(style).with_message(what)
}

#[cfg(test)]
mod tests;
