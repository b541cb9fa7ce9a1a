//! Answers of the REST API kept as files, one or more per endpoint, as a recording.

use std::collections::BTreeMap;

use overcut_domain::{Event, RawMessage, SessionInfo, SessionTime, Stamped, UtcTime};

use super::{Endpoint, Told, Translator, put_on_clock};
use crate::decoder::BOM;
use crate::recording::FileHead;
use crate::report::DecodeReport;

/// What tools put before an endpoint's name.
const PREFIX: &str = "openf1_";

/// Collects the files of one recording and turns them into events.
#[derive(Default)]
pub(crate) struct Files {
    translator: Translator,
    /// Files whose rows lean on those of others, to be read in the right order once all are there.
    kept: BTreeMap<Endpoint, Vec<Vec<u8>>>,
    told: Vec<Told>,
}

impl Files {
    /// Takes one file in. Samples, of which there are many, are read at once.
    pub(crate) fn take(&mut self, file: RawMessage<'_>, report: &mut DecodeReport) {
        match endpoint_of_file(file.channel) {
            Some(endpoint @ (Endpoint::CarData | Endpoint::Location)) => {
                self.translator.take(endpoint.name(), file.payload, report, &mut self.told);
            }
            Some(endpoint) => self.kept.entry(endpoint).or_default().push(file.payload.to_vec()),
            None => report.unknown_topic(file.channel, file.payload),
        }
    }

    /// Hands out the events of all files, in order of time. The session clock begins when the session opens.
    pub(crate) fn finish(&mut self, events: &mut Vec<Stamped<Event>>, report: &mut DecodeReport) {
        let Files { mut translator, kept, mut told } = std::mem::take(self);
        for endpoint in Endpoint::ALL {
            for payload in kept.get(&endpoint).into_iter().flatten() {
                translator.take(endpoint.name(), payload, report, &mut told);
            }
        }
        translator.finish(&mut told);
        told.sort_by_key(|told| told.utc);
        let Some(zero) = translator.opening().or(told.first().map(|told| told.utc)) else { return };
        events.push(Stamped { time: SessionTime::ZERO, value: Event::UtcOfZero(zero) });
        events.extend(told.into_iter().map(|told| on_clock(told, zero)));
    }
}

fn on_clock(told: Told, zero: UtcTime) -> Stamped<Event> {
    let millis = told.utc.as_millis().saturating_sub(zero.as_millis());
    let mut value = told.event;
    put_on_clock(&mut value, zero);
    Stamped { time: SessionTime::from_millis(millis.max(0)), value }
}

/// The endpoint that a file's name tells of: `laps.json`, `openf1_laps.json`, `car_data_9161_driver55.json`.
fn endpoint_of_file(name: &str) -> Option<Endpoint> {
    let name = name.rsplit(['/', '\\']).next()?;
    let stem = name.split('.').next()?;
    let stem = stem.strip_prefix(PREFIX).unwrap_or(stem);
    let is_named = |endpoint: &Endpoint| {
        let rest = stem.strip_prefix(endpoint.name());
        rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
    };
    Endpoint::ALL.into_iter().find(is_named)
}

/// True for a file that holds an answer: named after an endpoint, and a list of objects or an empty one.
pub(crate) fn is_answer(file: &FileHead) -> bool {
    let bytes = file.bytes.strip_prefix(BOM).unwrap_or(&file.bytes).trim_ascii_start();
    let list = bytes.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    list.is_some_and(|list| matches!(list.first(), Some(b'{' | b']'))) && endpoint_of_file(&file.name).is_some()
}

/// True if one of the files tells of a session: empty answers alone make none.
pub(crate) fn is_recording(files: &[FileHead]) -> bool {
    let has_rows = |file: &FileHead| memchr::memmem::find(&file.bytes, b"\"session_key\"").is_some();
    files.iter().any(|file| is_answer(file) && has_rows(file))
}

/// What a cheap look at the beginnings of the files tells: the session, and whether there are car channels.
pub(crate) fn probe(files: &[FileHead]) -> (Option<SessionInfo>, bool) {
    let (mut translator, mut told, mut report) = (Translator::new(), Vec::new(), DecodeReport::default());
    let of = |wanted: Endpoint| files.iter().filter(move |file| endpoint_of_file(&file.name) == Some(wanted));
    for endpoint in [Endpoint::Meetings, Endpoint::Sessions, Endpoint::RaceControl, Endpoint::Weather] {
        of(endpoint).for_each(|file| translator.take(endpoint.name(), &file.bytes, &mut report, &mut told));
    }
    let info = told.into_iter().rev().find_map(|told| match told.event {
        Event::SessionInfo(info) => Some(*info),
        _ => None,
    });
    let has_rows = |file: &FileHead| memchr::memchr(b'{', &file.bytes).is_some();
    (info, of(Endpoint::CarData).any(has_rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_their_endpoint() {
        let cases = [
            ("laps.json", Some(Endpoint::Laps)),
            ("openf1_race_control.json", Some(Endpoint::RaceControl)),
            ("car_data_9161_driver55_sample.json", Some(Endpoint::CarData)),
            ("pit.json.zst", Some(Endpoint::Pit)),
            ("pitfalls.json", None),
            ("notes.json", None),
        ];
        for (name, want) in cases {
            assert_eq!(endpoint_of_file(name), want, "{name:?}");
        }
    }

    #[test]
    fn only_lists_of_rows_are_answers() {
        let is = |name: &str, text: &str| is_answer(&FileHead { name: name.into(), bytes: text.into() });
        assert!(is("laps.json", "\u{feff} [\n {\"session_key\":1}]"));
        assert!(is("laps.json", "[]"));
        assert!(!is("laps.json", "{}"));
        assert!(!is("laps.json", "['laps', {}]"));
        assert!(!is("other.json", "[{}]"));
    }
}
