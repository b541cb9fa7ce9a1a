//! The library: which recordings there are, and which one is meant.
//!
//! Nothing is cached: looking through a folder takes milliseconds, and what was looked up is always what is there.

mod describe;
mod find;
mod scan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use overcut_server::wire::SessionSummary;

use crate::config::DataConfig;

pub use describe::Title;
pub use find::{is_near, words_of};
pub use overcut_domain::slug;

/// A recording that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Key of the session, such as `2026-chinese-grand-prix-sprint`.
    pub id: String,
    /// What it is of.
    pub title: Title,
    /// Where it is: a file or a folder.
    pub path: PathBuf,
    /// Name of its format; `mcap` for our own.
    pub format: String,
    /// True if it has car telemetry, if that is known.
    pub has_car_data: Option<bool>,
    /// Size on disk.
    pub size_bytes: u64,
    /// Place in the list of folders that it was found in: 0 is the data folder.
    root_idx: usize,
}

/// All recordings, the latest session first.
#[derive(Debug, Clone, Default)]
pub struct Library {
    entries: Vec<Entry>,
}

impl Library {
    /// Looks for recordings in the data folder and the folders to list from. Folders that are not there hold none.
    pub fn scan(config: &DataConfig) -> Library {
        let mut roots = vec![config.folder.as_path()];
        roots.extend(config.also.iter().map(PathBuf::as_path));
        let mut entries = scan::recordings(&roots);
        give_ids(&mut entries);
        entries.sort_by(|a, b| (b.title.order(), &a.id).cmp(&(a.title.order(), &b.id)));
        Library { entries }
    }

    /// The recording that a command line means: a path, an id, the beginning of one, or words of its name.
    ///
    /// # Errors
    ///
    /// If nothing or too much fits; the message suggests what might be meant.
    pub fn resolve(config: &DataConfig, query: &str) -> Result<Entry> {
        let path = Path::new(query);
        if path.exists() {
            return scan::recording_at(path);
        }
        Library::scan(config).find(query).cloned()
    }

    /// All recordings, the latest session first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The recording with an id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The recording that an id, the beginning of one, or words mean.
    ///
    /// # Errors
    ///
    /// As for [`resolve`](Library::resolve).
    pub fn find(&self, query: &str) -> Result<&Entry> {
        find::find(&self.entries, query)
    }

    /// Recordings in whose name every word occurs.
    pub fn matching(&self, words: &[String]) -> impl Iterator<Item = &Entry> {
        let words = find::words_of(&words.join(" "));
        self.entries.iter().filter(move |entry| find::is_match(entry, &words))
    }
}

impl Entry {
    /// As the API lists it.
    pub fn summary(&self) -> SessionSummary {
        self.title.summary(self.id.clone(), self.format.clone(), self.has_car_data, self.size_bytes)
    }
}

/// Gives every recording its id. Of several recordings of one session the best gets the plain one, the others their
/// format with it, and a number where that is not enough: the same files always get the same ids.
fn give_ids(entries: &mut [Entry]) {
    let rank = |entry: &Entry| (entry.root_idx, entry.has_car_data != Some(true), std::cmp::Reverse(entry.size_bytes));
    entries.sort_by(|a, b| (rank(a), &a.path).cmp(&(rank(b), &b.path)));
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        let plain = entry.title.slug();
        let with_format = format!("{plain}-{}", slug(&entry.format));
        let numbered = (2..).map(|n| format!("{with_format}-{n}"));
        let mut ids = [plain, with_format.clone()].into_iter().chain(numbered);
        entry.id = ids.find(|id| !taken.contains_key(id)).unwrap_or_default();
        taken.insert(entry.id.clone(), 0);
    }
}

#[cfg(test)]
mod tests;
