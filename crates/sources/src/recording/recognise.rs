//! Tells from their first bytes what files are.

use std::path::Path;

use super::OpenError;
use super::files::{Entry, FileHead, Found};
use crate::decoder::{BOM, CLOCK_LEN, archive_clock};
use crate::format::Format;
use crate::openf1;
use crate::tables;
use crate::topic::Topic;
use crate::wire::{Json, json_from_python};

/// What one file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Archive,
    SignalRClassic,
    SignalRCore,
    /// Feed messages of undercut-f1, in either of its shapes.
    Undercut,
    FastF1Client,
    /// An object of topics.
    Snapshot,
    TimingDataCsv,
    Empty,
    Other,
}

/// How many lines of a file may be something else before one that shows what it is, such as a program's log.
const MAX_STRAY_LINES: usize = 20;

/// What a file is.
pub(super) fn kind(head: &FileHead) -> Kind {
    let bytes = head.bytes.strip_prefix(BOM).unwrap_or(&head.bytes);
    if bytes.trim_ascii().is_empty() {
        return Kind::Empty;
    }
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let kind = lines.take(MAX_STRAY_LINES).find_map(line_kind);
    kind.unwrap_or_else(|| if is_snapshot(bytes) { Kind::Snapshot } else { Kind::Other })
}

fn line_kind(line: &[u8]) -> Option<Kind> {
    if let Some((clock, rest)) = line.split_at_checked(CLOCK_LEN)
        && archive_clock(clock).is_some()
        && matches!(rest.first(), Some(b'{' | b'"' | b'['))
    {
        return Some(Kind::Archive);
    }
    let text = String::from_utf8_lossy(line);
    if line.starts_with(b"[") {
        let mut json = String::new();
        let is_literal = line.starts_with(b"['") || line.starts_with(b"[\"");
        let is_python = is_literal && json_from_python(&text, &mut json).is_ok();
        return is_python.then_some(Kind::FastF1Client);
    }
    if line.starts_with(b"\"{\"\"Lines\"\"") {
        return Some(Kind::TimingDataCsv);
    }
    record_kind(&text)
}

/// What one JSON record shows. The line may be cut off: the members before the cut count.
fn record_kind(text: &str) -> Option<Kind> {
    let first = text.split('\u{1e}').next().unwrap_or(text);
    let mut names = Vec::new();
    let mut has_numeric_type = false;
    let _ = Json::new(first).members(|name, json| {
        names.push(name.to_owned());
        has_numeric_type |= name == "type" && json.peek().is_some_and(|byte| byte.is_ascii_digit());
        json.skip()
    });
    let has = |name: &str| names.iter().any(|n| n == name);
    if has("C") && has("M") || has("R") && (has("I") || first.contains("\"Heartbeat\"")) {
        Some(Kind::SignalRClassic)
    } else if has_numeric_type || first.trim() == "{}" && text.contains('\u{1e}') {
        Some(Kind::SignalRCore)
    } else if has("A") && has("M") || has("Type") && has("Json") || has("type") && has("data") {
        Some(Kind::Undercut)
    } else {
        None
    }
}

/// True for an object whose first member is a topic.
fn is_snapshot(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut n_topics = 0;
    let _ = Json::new(&text).members(|name, json| {
        n_topics += usize::from(Topic::from_name(name).is_some() && matches!(json.peek(), Some(b'{' | b'"')));
        json.skip()
    });
    n_topics > 0
}

/// The format of what was found.
pub(super) fn format(path: &Path, found: &Found) -> Result<Format, OpenError> {
    let kinds: Vec<Kind> = found.entries.iter().map(|entry| kind(&entry.head)).collect();
    let has = |kind| kinds.contains(&kind);
    let by_kind = if has(Kind::Archive) {
        Some(Format::Archive)
    } else if has(Kind::Undercut) {
        Some(Format::Undercut)
    } else if has(Kind::SignalRClassic) {
        Some(Format::SignalRClassic)
    } else if has(Kind::SignalRCore) {
        Some(Format::SignalRCore)
    } else if has(Kind::FastF1Client) {
        Some(Format::FastF1Client)
    } else if has(Kind::TimingDataCsv) {
        Some(Format::TimingDataCsv)
    } else if has(Kind::Snapshot) {
        Some(Format::Snapshot)
    } else {
        let heads: Vec<FileHead> = found.entries.iter().map(|entry| entry.head.clone()).collect();
        if openf1::is_recording(&heads) { Some(Format::OpenF1) } else { tables::recognise(&heads) }
    };
    by_kind.ok_or_else(|| OpenError::Unknown { path: path.to_owned(), found: describe(found, &kinds) })
}

/// What was found, in words.
fn describe(found: &Found, kinds: &[Kind]) -> String {
    let first_bytes = |entry: &Entry| {
        let bytes = entry.head.bytes.get(..60).unwrap_or(&entry.head.bytes);
        format!("{:?}", String::from_utf8_lossy(bytes))
    };
    match (found.is_folder, found.entries.as_slice(), kinds) {
        (true, [], _) => "an empty folder".to_owned(),
        (false, _, [Kind::Empty]) => "an empty file".to_owned(),
        (false, [entry], _) => format!("a file that begins with {}", first_bytes(entry)),
        (_, entries, _) if kinds.iter().all(|kind| *kind == Kind::Empty) => {
            format!("a folder of {} empty files", entries.len())
        }
        (_, entries, _) => {
            let named = entries.iter().zip(kinds).find(|(_, kind)| **kind == Kind::Other);
            let example = named.map(|(entry, _)| format!("{:?} begins with {}", entry.head.name, first_bytes(entry)));
            format!("a folder of {} files, of which {}", entries.len(), example.unwrap_or_default())
        }
    }
}

/// The files that make up a recording of that format, and the names of those that do not.
pub(super) fn select(format: Format, found: Found) -> (Vec<Entry>, Vec<String>) {
    let is_part = |entry: &Entry| match (format, kind(&entry.head)) {
        (Format::Archive, kind) => kind == Kind::Archive,
        (Format::Undercut, kind) => matches!(kind, Kind::Undercut | Kind::Snapshot),
        (Format::SignalRClassic, kind) => matches!(kind, Kind::SignalRClassic | Kind::Snapshot),
        (Format::SignalRCore, kind) => matches!(kind, Kind::SignalRCore | Kind::Snapshot),
        (Format::FastF1Client, kind) => kind == Kind::FastF1Client,
        (Format::TimingDataCsv, kind) => kind == Kind::TimingDataCsv,
        (Format::Snapshot, kind) => kind == Kind::Snapshot,
        (Format::FastF1Tables | Format::TracingInsights, _) => true,
        (Format::Live, _) => false,
        (Format::OpenF1, _) => openf1::is_answer(&entry.head),
    };
    let (used, unused): (Vec<Entry>, Vec<Entry>) = found.entries.into_iter().partition(is_part);
    (used, unused.into_iter().map(|entry| entry.head.name).collect())
}

/// The topic that a file of the archive holds: its name without extension, or as FastF1's tests name it.
pub(super) fn topic_of_file(name: &str) -> String {
    let stem = name.strip_suffix(".jsonStream").or_else(|| name.strip_suffix(".raw")).unwrap_or(name);
    if Topic::from_name(stem).is_some() {
        return stem.to_owned();
    }
    // `2021_bahrain_race_lap_count`: the topic stands at the end, in snake case; the longest one that fits is meant.
    let fits = |topic: &Topic| stem.ends_with(&snake_case(topic.name()));
    let topic = Topic::ALL.into_iter().filter(fits).max_by_key(|topic| topic.name().len());
    topic.map_or_else(|| stem.to_owned(), |topic| topic.name().to_owned())
}

/// `CarData.z` as `car_data`.
fn snake_case(topic: &str) -> String {
    let mut out = String::new();
    for letter in topic.strip_suffix(".z").unwrap_or(topic).chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(text: &str) -> Kind {
        kind(&FileHead { name: "x".into(), bytes: text.into() })
    }

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let cases = [
            ("00:00:05.037{\"Status\":\"Inactive\"}\r\n", Kind::Archive),
            ("\u{feff}00:00:05.037\"7ZQ\"\n", Kind::Archive),
            ("Starting Server\nConnected\n{\"C\":\"d\",\"S\":1,\"M\":[]}\n", Kind::SignalRClassic),
            ("{\"R\":{\"Heartbeat\":{}},\"I\":\"1\"}", Kind::SignalRClassic),
            ("{}\u{1e}{\"type\":6}\u{1e}\n", Kind::SignalRCore),
            ("{\"type\":1,\"target\":\"feed\",\"arguments\":[]}\n", Kind::SignalRCore),
            ("{ \"H\": \"Streaming\", \"M\": \"feed\", \"A\": [\"X\",{},\"t\"]}\n", Kind::Undercut),
            ("{\"Type\":\"X\",\"Json\":{},\"DateTime\":\"t\"}\n", Kind::Undercut),
            ("['Heartbeat', {'_kf': True}, 't']\n", Kind::FastF1Client),
            ("{\n  \"Heartbeat\": {\n  \"Utc\": \"x\"", Kind::Snapshot),
            ("\u{feff}\"{\"\"Lines\"\":{}}\"\n", Kind::TimingDataCsv),
            (" \r\n", Kind::Empty),
            ("{\"Year\":2020}", Kind::Other),
            ("\u{1f}\u{8b}\u{8}\u{1e}\n{}\u{1e}", Kind::SignalRCore), // a handshake behind noise
            ("\u{1f}\u{8b}\u{8}\u{1e}\u{0}\u{1e}", Kind::Other),
            ("hello", Kind::Other),
        ];
        for (text, want) in cases {
            assert_eq!(kind_of(text), want, "{text:?}");
        }
    }

    #[test]
    fn topics_are_found_in_file_names() {
        let cases = [
            ("CarData.z.jsonStream", "CarData.z"),
            ("timing_data.raw", "TimingData"),
            ("timing_app_data.raw", "TimingAppData"),
            ("position.raw", "Position.z"),
            ("2021_bahrain_race_lap_count.raw", "LapCount"),
            ("New.jsonStream", "New"),
        ];
        for (name, want) in cases {
            assert_eq!(topic_of_file(name), want);
        }
    }
}
