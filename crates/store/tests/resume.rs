//! A recording that was broken off anywhere goes on in the same file, with every whole chunk it had.

#![allow(clippy::unwrap_used, reason = "a failed write is a failed test")]

use std::fs;
use std::path::Path;

use overcut_domain::{RawMessage, SessionInfo, SessionTime};
use overcut_store::{
    ContentDigest, Origin, ReadError, RecordingReader, RecordingWriter, Resumed, WriteError, WriterOptions,
    recording_info,
};
use proptest::prelude::*;

/// A message that owns its parts.
type Owned = (i64, String, Vec<u8>);

fn origin() -> Origin {
    Origin { format: "live".to_owned(), ..Origin::default() }
}

fn message(i: usize) -> Owned {
    let channel = ["signalr/a", "archive/Position.z", "note"][i % 3];
    let payload = if i % 4 == 1 { "\"eJyrVgIA\"".to_owned() } else { format!("{{\"n\":{i}}}") };
    (i as i64 * 100, channel.to_owned(), payload.into_bytes())
}

fn write(writer: &mut RecordingWriter, messages: impl IntoIterator<Item = Owned>, n_per_chunk: usize) {
    for (i, (millis, channel, payload)) in messages.into_iter().enumerate() {
        writer
            .write(&RawMessage { time: SessionTime::from_millis(millis), channel: &channel, payload: &payload })
            .unwrap();
        if i % n_per_chunk == n_per_chunk - 1 {
            writer.flush().unwrap();
        }
    }
}

/// Twelve messages in four chunks, as the file is while it is written.
fn unfinished() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = RecordingWriter::create_with(&path, &origin(), WriterOptions::live()).unwrap();
    write(&mut writer, (0..12).map(message), 3);
    fs::read(writer.part_path()).unwrap()
}

fn resume(path: &Path) -> Result<(RecordingWriter, Resumed, Vec<Owned>), WriteError> {
    let mut kept = Vec::new();
    let (writer, resumed) = RecordingWriter::resume(path, &origin(), WriterOptions::live(), |message| {
        kept.push((message.time.as_millis(), message.channel.to_owned(), message.payload.to_vec()));
    })?;
    Ok((writer, resumed, kept))
}

/// Everything in a whole recording; checked against what it says of itself, and against another program's reading.
fn read_whole(path: &Path) -> Vec<Owned> {
    let mut reader = RecordingReader::open(path).unwrap();
    let (mut messages, mut digest) = (Vec::new(), ContentDigest::default());
    while let Some(message) = reader.next_raw().unwrap() {
        digest.update(&message);
        messages.push((message.time.as_millis(), message.channel.to_owned(), message.payload.to_vec()));
    }
    assert!(reader.damage().is_none(), "{}", reader.damage());
    let content = reader.content().unwrap();
    assert_eq!((content.n_messages, &content.sha256), (messages.len() as u64, &digest.finish()));
    let bytes = fs::read(path).unwrap();
    let summary = mcap::Summary::read(&bytes).unwrap().unwrap();
    assert_eq!(summary.stats.as_ref().unwrap().message_count, messages.len() as u64);
    let mut n_indexed = 0;
    for chunk in &summary.chunk_indexes {
        let theirs: Vec<_> = summary.stream_chunk(&bytes, chunk).unwrap().map(Result::unwrap).collect();
        for (channel, places) in summary.read_message_indexes(&bytes, chunk).unwrap() {
            for place in &places {
                let found = summary.seek_message(&bytes, chunk, place).unwrap();
                assert_eq!((found.channel.topic.as_str(), found.log_time), (channel.topic.as_str(), place.log_time));
            }
            n_indexed += places.len();
        }
        assert!(
            theirs
                .iter()
                .all(|message| (chunk.message_start_time..=chunk.message_end_time).contains(&message.log_time))
        );
    }
    assert_eq!(n_indexed, messages.len());
    messages
}

#[test]
fn a_file_cut_at_any_byte_goes_on() {
    let bytes = unfinished();
    let mut n_before = 0;
    for len in 0..=bytes.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mcap");
        fs::write(folder.path().join("a.mcap.part"), &bytes[..len]).unwrap();
        let (mut writer, resumed, mut kept) = resume(&path).unwrap_or_else(|error| panic!("at {len}: {error}"));
        assert_eq!(resumed.n_messages, kept.len() as u64);
        assert!(kept.len() % 3 == 0 && kept.len() >= n_before, "{} messages at {len}", kept.len());
        n_before = kept.len();
        assert_eq!(kept, (0..kept.len()).map(message).collect::<Vec<_>>(), "at {len}");
        assert_eq!(resumed.last, kept.last().map(|last| SessionTime::from_millis(last.0)));
        // It goes on, on old channels and new ones, is killed once more, and goes on again.
        write(&mut writer, (20..24).map(message), 2);
        drop(writer);
        let (mut writer, resumed, _) = resume(&path).unwrap();
        assert_eq!((resumed.n_messages, resumed.n_cut_bytes > 0), (kept.len() as u64 + 4, true), "the message indexes");
        let late = (9000, "openf1/laps".to_owned(), b"[]".to_vec());
        write(&mut writer, [late.clone()], 1);
        writer.finish().unwrap();
        kept.extend((20..24).map(message).chain([late]));
        assert_eq!(read_whole(&path), kept, "at {len}");
    }
    assert_eq!(n_before, 12);
}

#[test]
fn a_finished_recording_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = RecordingWriter::create_with(&path, &origin(), WriterOptions::live()).unwrap();
    write(&mut writer, (0..5).map(message), 3);
    let session = SessionInfo { meeting_name: "Moon Grand Prix".to_owned(), ..SessionInfo::default() };
    writer.set_session(&session).unwrap();
    write(&mut writer, (5..7).map(message), 3);
    writer.finish().unwrap();
    let (mut writer, resumed, kept) = resume(&path).unwrap();
    assert!(!path.exists(), "it is unfinished again");
    assert_eq!((kept.len(), resumed.origin.session), (7, Some(session.clone())));
    write(&mut writer, (7..9).map(message), 1);
    // While it is written, the old end does not count: neither its digest nor its number of messages.
    assert_eq!(recording_info(&writer.part_path()).unwrap().content, None);
    let written = writer.finish().unwrap();
    assert_eq!(read_whole(&path), (0..9).map(message).collect::<Vec<_>>());
    assert_eq!(recording_info(&path).unwrap().origin.session, Some(session));
    // The same messages, not interrupted: the same digest.
    let other = folder.path().join("b.mcap");
    let mut writer = RecordingWriter::create(&other, &origin()).unwrap();
    write(&mut writer, (0..9).map(message), 4);
    assert_eq!(writer.finish().unwrap().content, written.content);
}

#[test]
fn what_a_recording_is_of_is_known_in_the_unfinished_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = RecordingWriter::create(&folder.path().join("live.mcap"), &origin()).unwrap();
    write(&mut writer, (0..3).map(message), 9);
    let session = SessionInfo { meeting_name: "Moon Grand Prix".to_owned(), ..SessionInfo::default() };
    writer.set_session(&session).unwrap();
    writer.rename(&folder.path().join("2031-moon.mcap")).unwrap();
    assert_eq!(recording_info(&writer.part_path()).unwrap().origin.session, Some(session));
    fs::write(folder.path().join("taken.mcap"), "").unwrap();
    let refused = writer.rename(&folder.path().join("taken.mcap"));
    assert!(matches!(refused, Err(WriteError::Taken { .. })), "{refused:?}");
    assert_eq!(writer.finish().unwrap().path, folder.path().join("2031-moon.mcap"));
}

#[test]
fn two_programs_do_not_record_to_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = RecordingWriter::create(&path, &origin()).unwrap();
    write(&mut writer, (0..3).map(message), 3);
    // A lock is held by an open file, not by a process: a second opening is refused as another program's would be.
    assert!(matches!(RecordingWriter::create(&path, &origin()), Err(WriteError::InUse { .. })));
    assert!(matches!(resume(&path), Err(WriteError::InUse { .. })));
    writer.finish().unwrap();
    assert_eq!(read_whole(&path).len(), 3);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, part) = (folder.path().join("a.mcap"), folder.path().join("a.mcap.part"));
    let mut no_origin = unfinished();
    no_origin[60] ^= 0xff;
    for bytes in [b"hello, world".to_vec(), no_origin] {
        fs::write(&part, &bytes).unwrap();
        let refused = resume(&path);
        assert!(
            matches!(refused, Err(WriteError::Unreadable(ReadError::NotMcap | ReadError::NoOrigin))),
            "{refused:?}"
        );
        assert_eq!(fs::read(&part).unwrap(), bytes);
    }
}

#[test]
fn a_damaged_chunk_costs_itself_and_says_so() {
    let mut bytes = unfinished();
    let chunks: Vec<usize> = {
        let needle = b"zstd";
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(needle)).collect()
    };
    // In the compressed records of the third, in which no channel is new.
    bytes[chunks[2] + 30] ^= 0xff;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    fs::write(folder.path().join("a.mcap.part"), &bytes).unwrap();
    let (mut writer, resumed, kept) = resume(&path).unwrap();
    assert_eq!((kept.len(), resumed.n_bad_chunks), (9, 1));
    write(&mut writer, (12..14).map(message), 1);
    writer.finish().unwrap();
    let mut reader = RecordingReader::open(&path).unwrap();
    let mut n = 0;
    while reader.next_raw().unwrap().is_some() {
        n += 1;
    }
    assert_eq!((n, reader.damage().n_lost_messages, reader.damage().n_bad_chunks), (11, 3, 1));
}

#[cfg(unix)]
#[test]
fn a_removed_file_or_folder_comes_back() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("recordings");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("a.mcap");
    let mut writer = RecordingWriter::create_with(&path, &origin(), WriterOptions::live()).unwrap();
    write(&mut writer, (0..3).map(message), 3);
    fs::remove_file(writer.part_path()).unwrap();
    write(&mut writer, (3..6).map(message), 3);
    fs::remove_dir_all(&folder).unwrap();
    write(&mut writer, (6..9).map(message), 3);
    writer.finish().unwrap();
    assert_eq!(read_whole(&path), (0..9).map(message).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_unfinished_file_panics(
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<proptest::sample::Index>(),
        tail in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = unfinished();
        bytes.truncate(cut.index(bytes.len() + 1));
        for (at, value) in flips {
            let Some(last) = bytes.len().checked_sub(1) else { break };
            bytes[at.index(last + 1)] = value;
        }
        bytes.extend(tail);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mcap");
        fs::write(folder.path().join("a.mcap.part"), &bytes).unwrap();
        if let Ok((mut writer, resumed, kept)) = resume(&path) {
            prop_assert!(kept.iter().all(|kept| (0..12).any(|i| message(i) == *kept)));
            prop_assert_eq!(resumed.n_messages, kept.len() as u64);
            write(&mut writer, (12..15).map(message), 2);
            writer.finish().unwrap();
            let mut reader = RecordingReader::open(&path).unwrap();
            let mut n = 0;
            while reader.next_raw().unwrap().is_some() {
                n += 1;
            }
            prop_assert_eq!(n, kept.len() + 3);
        }
    }
}
