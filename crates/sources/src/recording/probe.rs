//! A look at a recording without decoding it.

use std::path::Path;

use overcut_domain::SessionInfo;

use super::files::{Entry, FileHead, Found};
use super::{OpenError, recognise};
use crate::decoder::{BOM, CLOCK_LEN};
use crate::format::Format;
use crate::openf1;
use crate::read::Probe;
use crate::tables;
use crate::topic::{Topic, session_info_of};
use crate::wire::{Json, json_from_python};

pub(crate) fn probe(path: &Path) -> Result<Probe, OpenError> {
    let found = Found::look(path)?;
    let format = recognise::format(path, &found)?;
    let size_bytes = found.size_bytes();
    let (entries, _) = recognise::select(format, found);
    let (info, has_car_data) = match format {
        Format::Archive => archive(&entries),
        Format::OpenF1 => {
            let heads: Vec<FileHead> = entries.into_iter().map(|entry| entry.head).collect();
            openf1::probe(&heads)
        }
        _ if format.is_tables() => {
            let heads: Vec<FileHead> = entries.into_iter().map(|entry| entry.head).collect();
            tables::probe(format, &heads)
        }
        _ => captures(format, entries)?,
    };
    Ok(Probe { format, info, has_car_data, size_bytes })
}

fn archive(entries: &[Entry]) -> (Option<SessionInfo>, bool) {
    let head = |topic: Topic| {
        let file = entries.iter().find(|entry| recognise::topic_of_file(&entry.head.name) == topic.name());
        file.map(|entry| entry.head.bytes.strip_prefix(BOM).unwrap_or(&entry.head.bytes))
    };
    let info = head(Topic::SessionInfo).and_then(|bytes| {
        let line = bytes.split(|byte| *byte == b'\n').next()?;
        session_info_of(std::str::from_utf8(line.get(CLOCK_LEN..)?).ok()?)
    });
    (info, head(Topic::CarData).is_some())
}

/// Captures are small enough to be searched for the two topics that matter.
fn captures(format: Format, entries: Vec<Entry>) -> Result<(Option<SessionInfo>, bool), OpenError> {
    let (mut info, mut has_car_data) = (None, false);
    for entry in entries {
        let file = entry.load(&mut Vec::new())?;
        has_car_data |= memchr::memmem::find(&file.bytes, Topic::CarData.name().as_bytes()).is_some();
        info = info.or_else(|| find_info(format, &file.bytes));
    }
    Ok((info, has_car_data))
}

fn find_info(format: Format, bytes: &[u8]) -> Option<SessionInfo> {
    let name = Topic::SessionInfo.name().as_bytes();
    memchr::memmem::find_iter(bytes, name).take(10).find_map(|at| {
        // What follows the name: a quote, a colon or comma, and the value.
        let rest = bytes.get(at + name.len() + 1..)?;
        let rest = rest.trim_ascii_start().strip_prefix(b":").or_else(|| rest.trim_ascii_start().strip_prefix(b","))?;
        let mut json = String::new();
        let text = if format == Format::FastF1Client {
            let line = rest.split(|byte| *byte == b'\n').next()?;
            json_from_python(std::str::from_utf8(line.trim_ascii()).ok()?, &mut json).ok()?;
            json.as_str()
        } else {
            std::str::from_utf8(rest).ok()?
        };
        session_info_of(Json::new(text).raw().ok()?)
    })
}
