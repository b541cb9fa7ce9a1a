//! The files, and how much of each is published.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use overcut_sources::merge;
use serde_json::{Value, json};

use super::faults::{Faults, Rewrite};
use super::{ArchiveConfig, index};
use crate::tape::Tape;

pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Length of the session clock that a line begins with.
const CLOCK_LEN: usize = 12;

/// How long the publisher writes on a line, in milliseconds of the tape: who asks meanwhile gets a part of it.
const WRITING_MS: i64 = 400;

/// A session and its files.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) path: String,
    /// What its `SessionInfo` says first.
    pub(super) info: Value,
    /// Position of the tape from which it is in the index.
    pub(super) from_ms: i64,
    /// UTC at position zero of the tape, in milliseconds; `None` for a session that is over.
    pub(super) began_ms: Option<i64>,
    /// By topic.
    pub(super) files: BTreeMap<String, File>,
}

/// A file, whole, and when how much of it is published.
#[derive(Debug, Clone, Default)]
pub(super) struct File {
    bytes: Vec<u8>,
    /// Position of the tape, and the length from then on; both ascending.
    steps: Vec<(i64, usize)>,
}

/// Everything that can be asked for.
#[derive(Debug)]
pub(super) struct Store {
    config: ArchiveConfig,
}

/// What stands at a path now.
#[derive(Debug)]
pub(super) enum Found {
    /// A file: its bytes, and what changes when it does.
    File { bytes: Bytes, etag: String, is_json: bool },
    /// The place exists, the file does not: 403 from the object store.
    Hidden,
    /// Nothing.
    Nothing,
}

impl Session {
    pub(super) fn read(folder: &Path) -> Session {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut files = BTreeMap::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(topic) = name.trim_end_matches(".zst").strip_suffix(".jsonStream") else { continue };
            let mut bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            if name.ends_with(".zst") {
                let packed = std::mem::take(&mut bytes);
                let mut decoder = zstd::Decoder::new(packed.as_slice()).expect("a decoder");
                decoder.read_to_end(&mut bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            }
            let steps = vec![(i64::MIN, bytes.len())];
            files.insert(topic.to_owned(), File { bytes, steps });
        }
        Session::new(files, i64::MIN, None)
    }

    pub(super) fn growing(tape: &Tape, session_idx: usize, lag_ms: &Range<i64>) -> Session {
        let mut files: BTreeMap<String, File> = BTreeMap::new();
        for message in tape.messages().iter().filter(|message| message.session_idx == session_idx) {
            let file = files.entry(message.topic.to_string()).or_default();
            file.bytes.extend_from_slice(&message.line);
            file.bytes.extend_from_slice(b"\r\n");
            let published_ms = match message.at_ms {
                ..=0 => i64::MIN,
                at_ms => at_ms + lag(&message.topic, at_ms, lag_ms),
            };
            let before_ms = file.steps.last().map_or(i64::MIN, |step| step.0);
            file.steps.push((published_ms.max(before_ms), file.bytes.len()));
        }
        let from_ms = tape.sessions()[session_idx].from_ms;
        Session::new(files, from_ms, Some(tape.utc_at(0).as_millis()))
    }

    fn new(files: BTreeMap<String, File>, from_ms: i64, began_ms: Option<i64>) -> Session {
        let first = files.get("SessionInfo").and_then(|file| lines(&file.bytes).next());
        let info = first.unwrap_or_else(|| json!({"Path": "2000/a_meeting/a_session/"}));
        let path = info["Path"].as_str().unwrap_or("2000/a_meeting/a_session/").to_owned();
        Session { path, info, from_ms, began_ms, files }
    }
}

/// How late the publisher is with what came then: another lag every two seconds, as if it wrote in batches.
fn lag(topic: &str, at_ms: i64, range: &Range<i64>) -> i64 {
    let mut hasher = DefaultHasher::new();
    (topic, at_ms / 2000).hash(&mut hasher);
    let span = (range.end - range.start).max(1).unsigned_abs();
    range.start + (hasher.finish() % span) as i64
}

/// The JSON of each line that has any.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Value> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line.trim_ascii().get(CLOCK_LEN..)?).ok())
}

impl File {
    /// How many bytes are published at that position; `None` if there is no file yet.
    fn len_at(&self, position_ms: i64) -> Option<usize> {
        let n_steps = self.steps.partition_point(|step| step.0 <= position_ms);
        let len = n_steps.checked_sub(1).map(|idx| self.steps[idx].1);
        let Some(&(next_ms, end)) = self.steps.get(n_steps) else { return len };
        let written_ms = WRITING_MS - (next_ms - position_ms);
        if written_ms <= 0 {
            return len;
        }
        let from = len.unwrap_or(0);
        Some(from + (end - from) * written_ms as usize / WRITING_MS as usize)
    }
}

impl Store {
    pub(super) fn new(config: ArchiveConfig) -> Store {
        Store { config }
    }

    pub(super) fn sessions(&self) -> &[Session] {
        &self.config.sessions
    }

    pub(super) fn whole(&self, session_idx: usize, topic: &str) -> Bytes {
        let file = &self.config.sessions[session_idx].files[topic];
        self.with_bom(file.bytes.clone())
    }

    /// What stands at a path below `/static/` when the tape is at that position.
    pub(super) fn find(&self, path: &str, position_ms: i64, faults: &Faults) -> Found {
        let json = |value: String| {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            let etag = format!("\"{:016x}\"", hasher.finish());
            Found::File { bytes: self.with_bom(value.into_bytes()), etag, is_json: true }
        };
        if path == "Index.json" {
            return json(index::years(&self.config));
        }
        if path == "StreamingStatus.json" {
            return json(json!({"Status": "Available"}).to_string());
        }
        if let Some(year) = path.strip_suffix("/Index.json").and_then(|year| year.parse().ok()) {
            return index::year(&self.config, year, position_ms).map_or(Found::Hidden, json);
        }
        let is_there = |session: &&Session| position_ms >= session.from_ms && path.starts_with(&session.path);
        let Some(session) = self.config.sessions.iter().find(is_there) else { return Found::Nothing };
        let name = &path[session.path.len()..];
        if name == "Index.json" {
            return json(index::feeds(session));
        }
        if let Some(topic) = name.strip_suffix(".jsonStream") {
            return self.stream(session, topic, position_ms, faults);
        }
        let state = name.strip_suffix(".json").and_then(|topic| self.state(session, topic, position_ms, faults));
        state.map_or(Found::Hidden, |state| json(state.to_string()))
    }

    fn stream(&self, session: &Session, topic: &str, position_ms: i64, faults: &Faults) -> Found {
        let Some(file) = session.files.get(topic) else { return Found::Hidden };
        let position_ms = faults.stalled.get(topic).map_or(position_ms, |at_ms| position_ms.min(*at_ms));
        let Some(len) = file.len_at(position_ms) else { return Found::Hidden };
        let published = &file.bytes[..len];
        let rewrite = faults.rewritten.get(topic);
        let bytes = match rewrite {
            None => self.with_bom(published.to_vec()),
            Some(Rewrite::Shorter) => published.iter().copied().filter(|byte| *byte != b'\r').collect(),
            Some(Rewrite::Longer) => {
                let first_len = published.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                self.with_bom([&published[..first_len], published].concat())
            }
        };
        let bytes = match faults.shrunk.get(topic) {
            Some(len) => bytes.slice(..bytes.len().min(*len)),
            None => bytes,
        };
        let etag = format!("\"{:x}-{:x}\"", rewrite.map_or(0, |how| *how as u8 + 1), bytes.len());
        Found::File { bytes, etag, is_json: false }
    }

    /// The state of a topic, from what is published of it.
    fn state(&self, session: &Session, topic: &str, position_ms: i64, faults: &Faults) -> Option<Value> {
        let is_over = session.files.values().all(|file| file.len_at(position_ms) == Some(file.bytes.len()));
        let is_generating = faults.is_generating.unwrap_or(!is_over);
        let status = if is_generating { "Generating" } else { "Complete" };
        if topic == "ArchiveStatus" {
            return Some(json!({"Status": status}));
        }
        let file = session.files.get(topic)?;
        let mut state = Value::Null;
        for message in lines(&file.bytes[..file.len_at(position_ms)?]) {
            match message {
                Value::Object(_) => merge(&mut state, message),
                other => state = other, // a `.z` topic: each message stands for itself
            }
        }
        if topic == "SessionInfo" {
            state["ArchiveStatus"] = json!({"Status": status});
        }
        Some(state)
    }

    fn with_bom(&self, bytes: Vec<u8>) -> Bytes {
        if self.config.has_bom && !bytes.starts_with(BOM) {
            return [BOM, &bytes].concat().into();
        }
        bytes.into()
    }
}
