//! The folder of recordings: names, and what earlier runs left behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use overcut_domain::{RawMessage, SessionInfo, UtcTime, slug};
use overcut_store::{Origin, RecordingWriter, Resumed, WriteError, WriterOptions, recording_info};

/// What the messages of a live recording are, which chooses their decoder.
const FORMAT: &str = "live";
/// What the name of a recording begins with while its session is not known.
const NAMELESS: &str = "live-";
/// Ending of a recording.
const ENDING: &str = "mcap";
/// Ending of an unfinished one, behind the other.
const PART: &str = "part";
/// Longest name, in bytes: file systems take 255, and there are endings and numbers to come.
const MAX_NAME_LEN: usize = 120;

/// What a live recording says of itself.
pub(super) fn origin(session: Option<&SessionInfo>) -> Origin {
    Origin { format: FORMAT.to_owned(), session: session.cloned(), ..Origin::default() }
}

/// A free path for the recording of a session, or of one that is not known yet: season, meeting and session, as an
/// import would name it. Whatever the feed calls a session, the name is of letters, digits and hyphens.
pub(super) fn free_path(folder: &Path, session: Option<&SessionInfo>, now: UtcTime) -> PathBuf {
    let name = session.and_then(name_of).unwrap_or_else(|| format!("{NAMELESS}{}", slug(&now.to_string())));
    let numbered = (2..).map(|n: u32| format!("{name}-{n}"));
    let paths = std::iter::once(name.clone()).chain(numbered).map(|name| folder.join(format!("{name}.{ENDING}")));
    paths.into_iter().find(|path| is_free(path)).expect("there are more numbers than files")
}

/// A free path for a recording that should be at this one.
pub(super) fn free_path_like(path: &Path) -> PathBuf {
    if !path.exists() {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut paths = (2..).map(|n: u32| path.with_file_name(format!("{stem}-{n}.{ENDING}")));
    paths.find(|path| is_free(path)).expect("there are more numbers than files")
}

fn is_free(path: &Path) -> bool {
    !path.exists() && !part_of(path).exists()
}

fn part_of(path: &Path) -> PathBuf {
    path.with_extension(format!("{ENDING}.{PART}"))
}

/// The name of a session's recording; `None` if the feed does not say what it is of.
fn name_of(session: &SessionInfo) -> Option<String> {
    if session.meeting_name.is_empty() {
        return None;
    }
    let season = session.season().map(|season| season.to_string()).unwrap_or_default();
    let mut name = slug(&format!("{season} {} {}", session.meeting_name, session.name));
    name.truncate(MAX_NAME_LEN);
    Some(name.trim_end_matches('-').to_owned()).filter(|name| !name.is_empty())
}

/// True if a session's recording can be named after it.
pub(super) fn has_name(session: &SessionInfo) -> bool {
    name_of(session).is_some()
}

/// True unless the two are known to be different sessions.
pub(super) fn is_same(a: &SessionInfo, b: &SessionInfo) -> bool {
    match ((a.key, b.key), (name_of(a), name_of(b))) {
        ((Some(a), Some(b)), _) => a == b,
        (_, (Some(a), Some(b))) => a == b,
        _ => true,
    }
}

/// Live recordings of earlier runs.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The latest, if it is recent enough to go on with.
    pub(super) recent: Option<PathBuf>,
    /// The unfinished others.
    pub(super) unfinished: Vec<PathBuf>,
}

/// Looks for live recordings of earlier runs in a folder.
///
/// # Errors
///
/// If the folder cannot be read.
pub(super) fn look(folder: &Path, within: Duration) -> std::io::Result<Found> {
    let mut found = Found::default();
    let mut recent: Option<(SystemTime, PathBuf)> = None;
    for entry in fs::read_dir(folder)?.flatten() {
        let Some((path, is_part)) = recording_at(&entry.path()) else { continue };
        let Ok(changed) = entry.metadata().and_then(|metadata| metadata.modified()) else { continue };
        // One from the future is recent: a clock is wrong, and nothing is lost by going on.
        let is_recent = changed.elapsed().map_or(true, |age| age <= within);
        if !(is_part || is_recent) || !is_live(&entry.path()) {
            continue;
        }
        if is_part {
            found.unfinished.push(path.clone());
        }
        if is_recent && recent.as_ref().is_none_or(|(latest, _)| changed > *latest) {
            recent = Some((changed, path));
        }
    }
    found.recent = recent.map(|(_, path)| path);
    found.unfinished.retain(|path| Some(path) != found.recent.as_ref());
    Ok(found)
}

/// The path of the recording whose file, finished or not, is at this path.
fn recording_at(path: &Path) -> Option<(PathBuf, bool)> {
    let ending = path.extension()?;
    if ending == ENDING {
        return Some((path.to_owned(), false));
    }
    let inner = path.with_extension("");
    (ending == PART && inner.extension()? == ENDING).then_some((inner, true))
}

/// True if a file is a live recording, by its own word, or by its name if it did not come as far as that.
fn is_live(path: &Path) -> bool {
    match recording_info(path) {
        Ok(info) => info.origin.format == FORMAT,
        Err(_) => path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(NAMELESS)),
    }
}

/// Goes on with a recording.
///
/// # Errors
///
/// If another program records there, or the file cannot be read.
pub(super) fn resume(
    path: &Path,
    options: WriterOptions,
    each: &mut dyn FnMut(&RawMessage<'_>),
) -> Result<(RecordingWriter, Resumed), WriteError> {
    RecordingWriter::resume(path, &origin(None), options, each)
}

/// Finishes what earlier runs could not: a recording that nobody goes on with gets its index and its name, one of nothing
/// is removed.
pub(super) fn finish_leftovers(paths: &[PathBuf], options: WriterOptions) {
    for path in paths {
        match finish_leftover(path, options) {
            Ok(Some(path)) => tracing::info!(path = %path.display(), "finished a recording that was broken off"),
            Ok(None) | Err(WriteError::InUse { .. }) => {}
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(path = %path.display(), error, "a recording that was broken off cannot be finished");
            }
        }
    }
}

fn finish_leftover(path: &Path, options: WriterOptions) -> Result<Option<PathBuf>, WriteError> {
    let (mut writer, resumed) = resume(path, options, &mut |_| {})?;
    if resumed.n_messages == 0 && resumed.n_bad_chunks == 0 {
        writer.abandon()?;
        return Ok(None);
    }
    if path.exists() {
        writer.rename(&free_path_like(path))?;
    }
    writer.finish().map(|written| Some(written.path))
}

/// Free space on the disk of a folder, in bytes, if it can be known.
#[cfg(unix)]
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion, reason = "the types differ between platforms")]
    Some((disk.blocks_available() as u64).saturating_mul(disk.fragment_size() as u64))
}

/// Free space on the disk of a folder, in bytes, if it can be known.
#[cfg(not(unix))]
pub(super) fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(meeting: &str, name: &str) -> SessionInfo {
        let archive_path = "2026/".to_owned();
        SessionInfo { meeting_name: meeting.to_owned(), name: name.to_owned(), archive_path, ..SessionInfo::default() }
    }

    #[test]
    fn names_are_made_like_those_of_imports() {
        let folder = tempfile::tempdir().unwrap();
        let now = UtcTime::from_millis(1_773_457_153_213);
        let path = |session: Option<SessionInfo>| free_path(folder.path(), session.as_ref(), now);
        let name = |session| path(session).file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(name(Some(session("Chinese Grand Prix", "Sprint"))), "2026-chinese-grand-prix-sprint.mcap");
        assert_eq!(name(None), "live-2026-03-14t02-59-13-213z.mcap");
        assert_eq!(name(Some(session("", "Sprint"))), "live-2026-03-14t02-59-13-213z.mcap");
        fs::write(path(None), "").unwrap();
        assert_eq!(name(None), "live-2026-03-14t02-59-13-213z-2.mcap");
        fs::write(part_of(&path(None)), "").unwrap();
        assert_eq!(name(None), "live-2026-03-14t02-59-13-213z-3.mcap");
    }

    #[test]
    fn no_session_name_leads_out_of_the_folder() {
        let folder = Path::new("/recordings");
        let hostile =
            ["../../etc/passwd", "/etc/cron.d/x", "a\0b", "C:\\windows", "..", ".hidden", "\u{202e}gpj", "CON"];
        for text in hostile.into_iter().map(str::to_owned).chain(["x/".repeat(5000)]) {
            for session in [session(&text, "Race"), session("Moon Grand Prix", &text), session(&text, &text)] {
                let path = free_path(folder, Some(&session), UtcTime::default());
                assert_eq!(path.parent(), Some(folder), "{text:?}");
                let name = path.file_name().unwrap().to_str().unwrap();
                assert!(name.len() < 140 && !name.starts_with('.'), "{name}");
                assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)), "{name}");
                assert_eq!(name.matches('.').count(), 1, "{name}");
            }
        }
    }
}
