//! Looks through folders for recordings.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use overcut_sources::{Format, Probe, probe};

use super::Entry;
use super::describe::Title;
use crate::input::is_container;

/// How deep folders are searched. An archive as its publisher lays it out is three deep.
const MAX_DEPTH: usize = 7;

/// What the name of a recording ends in while it is being made.
const GROWING: &str = ".mcap.part";

/// What the names of the folders begin with that hold tables: there are hundreds of files in them, and no recording.
const SEASON_OF_TABLE: &str = "season=";

/// Recordings below these folders, without ids. A folder that is reached twice is searched once.
pub(super) fn recordings(roots: &[&Path]) -> Vec<Entry> {
    let mut search = Search { root_idx: 0, seen: BTreeSet::new(), found: Vec::new() };
    for (root_idx, root) in roots.iter().enumerate() {
        search.root_idx = root_idx;
        search.folder(root, 0);
    }
    search.found
}

/// The recording at a path.
///
/// # Errors
///
/// If there is none; the message says what is there.
pub(super) fn recording_at(path: &Path) -> Result<Entry> {
    let entry = match is_container(path) {
        true => of_container(path).with_context(|| format!("cannot read {}", path.display()))?.0,
        false => of_probe(path, probe(path)?),
    };
    Ok(Entry { id: entry.title.slug(), ..entry })
}

struct Search {
    root_idx: usize,
    seen: BTreeSet<PathBuf>,
    found: Vec<Entry>,
}

impl Search {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let Ok(canonical) = fs::canonicalize(folder) else { return };
        let is_table = canonical.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SEASON_OF_TABLE));
        if is_table || depth > MAX_DEPTH || !self.seen.insert(canonical) {
            return;
        }
        let (folders, files) = list(folder);
        self.files(folder, &files);
        for folder in folders {
            self.folder(&folder, depth + 1);
        }
    }

    /// Takes the files of one folder: as one recording, if that is what they make, else one by one.
    fn files(&mut self, folder: &Path, files: &[PathBuf]) {
        let (containers, others): (Vec<&Path>, Vec<&Path>) =
            files.iter().map(PathBuf::as_path).partition(|path| is_container(path));
        for path in &containers {
            match of_container(path) {
                // An import that is not done is not worth listing; a live session that goes on is.
                Ok((entry, format)) if is_growing(path) && format != Format::Live.name() => {
                    tracing::debug!(path = %entry.path.display(), "passed over: not finished");
                }
                Ok((entry, _)) => self.add(entry),
                Err(error) => tracing::debug!(path = %path.display(), %error, "passed over"),
            }
        }
        if others.is_empty() {
            return;
        }
        // Where nothing in the folder is known, no file of it is. Containers are not known to `sources`.
        let Ok(whole) = probe(folder) else { return };
        if containers.is_empty() && is_one_recording(whole.format, &others) {
            self.add(of_probe(folder, whole));
            return;
        }
        for path in others {
            if let Ok(probe) = probe(path) {
                self.add(of_probe(path, probe));
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        self.found.push(Entry { root_idx: self.root_idx, ..entry });
    }
}

/// Sub-folders and files of a folder, by name. Hidden ones and what is half downloaded are left out, but recordings that
/// are being made are not.
fn list(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_visible = |name: &str| !name.starts_with('.') && (!name.ends_with(".part") || name.ends_with(GROWING));
    let visible = entries.filter(|entry| is_visible(&entry.file_name().to_string_lossy()));
    let mut paths: Vec<PathBuf> = visible.map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().filter(|path| path.is_dir() || path.is_file()).partition(|path| path.is_dir())
}

/// Whether files of a folder make one recording. Topics of an archive belong together, and so do tables; but two
/// captures in a folder are two recordings, while one capture with its subscription answer is one.
fn is_one_recording(format: Format, files: &[&Path]) -> bool {
    if format.is_tables() {
        return true;
    }
    let mut alike = files.iter().filter(|path| probe(path).is_ok_and(|probe| probe.format == format));
    let (first, second) = (alike.next(), alike.next());
    first.is_some() && second.is_some() == (format == Format::Archive)
}

fn of_probe(path: &Path, probe: Probe) -> Entry {
    Entry {
        id: String::new(),
        title: Title::new(probe.info.as_ref(), path),
        path: path.to_owned(),
        format: probe.format.name().to_owned(),
        has_car_data: Some(probe.has_car_data),
        size_bytes: probe.size_bytes,
        root_idx: 0,
    }
}

fn is_growing(path: &Path) -> bool {
    path.to_string_lossy().ends_with(GROWING)
}

/// The recording in a container, and the format of what is in it.
fn of_container(path: &Path) -> Result<(Entry, String), overcut_store::ReadError> {
    let info = overcut_store::recording_info(path)?;
    let source = Path::new(&info.origin.source);
    // The name it was given on import says more than the feed, where that is silent; the source's name more than that.
    let mut title = Title::new(info.origin.session.as_ref(), path);
    if title.season.is_none() && !info.origin.source.is_empty() {
        title = Title::new(info.origin.session.as_ref(), source);
    }
    let entry = Entry {
        id: String::new(),
        title,
        path: path.to_owned(),
        format: "mcap".to_owned(),
        has_car_data: info.origin.has_car_data,
        size_bytes: info.size_bytes,
        root_idx: 0,
    };
    Ok((entry, info.origin.format))
}
