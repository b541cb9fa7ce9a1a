//! A recording gives back what was put in, and as much of it as possible when the file is cut off or damaged.

#![allow(clippy::unwrap_used, reason = "a failed write is a failed test")]

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use overcut_domain::{RawMessage, SessionInfo, SessionKind, SessionTime};
use overcut_store::{
    ContentDigest, Damage, Origin, ReadError, RecordingReader, RecordingWriter, WriteError, WriterOptions,
    recording_info,
};
use proptest::prelude::*;

/// A message that owns its parts.
type Owned = (i64, String, Vec<u8>);

fn origin() -> Origin {
    Origin {
        format: "archive".to_owned(),
        source: "2031_moon_gp".to_owned(),
        session: Some(SessionInfo {
            meeting_name: "Moon Grand Prix".to_owned(),
            kind: SessionKind::Race,
            ..SessionInfo::default()
        }),
        has_car_data: Some(false),
    }
}

/// A short recording in a few chunks: three messages each, on three channels, with equal times among them.
fn messages() -> Vec<Owned> {
    let payloads =
        ["00:00:01.000{\"Lines\":{\"7\":{\"Line\":\"1\"}}}", "{\"Utc\":\"2031-01-01T00:00:00Z\"}", "", "\"eJyrVgIA\""];
    let channels = ["TimingData", "Heartbeat", "Car.z"];
    let message = |i: usize| {
        let payload = format!("{}{}", payloads[i % payloads.len()], if i % 5 == 3 { "\u{fffd}" } else { "" });
        (i as i64 / 2 * 1000, channels[i % channels.len()].to_owned(), payload.into_bytes())
    };
    (0..30).map(message).collect()
}

fn write(path: &Path, messages: &[Owned], n_per_chunk: usize) -> overcut_store::Written {
    let mut writer = RecordingWriter::create(path, &origin()).unwrap();
    for (i, (millis, channel, payload)) in messages.iter().enumerate() {
        writer.write(&RawMessage { time: SessionTime::from_millis(*millis), channel, payload }).unwrap();
        if i % n_per_chunk == n_per_chunk - 1 {
            writer.flush().unwrap();
        }
    }
    writer.finish().unwrap()
}

/// The bytes of the short recording.
fn file() -> Vec<u8> {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(written_anew);
    FILE.clone()
}

fn written_anew() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    write(&path, &messages(), 3);
    fs::read(path).unwrap()
}

/// Everything that can be read, and the damage.
fn read(bytes: &[u8]) -> Result<(Vec<Owned>, Damage), ReadError> {
    let mut reader = RecordingReader::new(Cursor::new(bytes))?;
    let mut messages = Vec::new();
    while let Some(message) = reader.next_raw()? {
        messages.push((message.time.as_millis(), message.channel.to_owned(), message.payload.to_vec()));
    }
    Ok((messages, reader.damage()))
}

#[test]
fn gives_back_what_was_put_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let written = write(&path, &messages(), 7);
    assert_eq!(written.content.n_messages, 30);

    let mut reader = RecordingReader::open(&path).unwrap();
    assert_eq!(reader.origin(), &origin());
    assert_eq!(reader.content(), Some(&written.content));
    let (mut digest, mut read) = (ContentDigest::default(), Vec::new());
    while let Some(message) = reader.next_raw().unwrap() {
        digest.update(&message);
        read.push((message.time.as_millis(), message.channel.to_owned(), message.payload.to_vec()));
    }
    assert_eq!(read, messages());
    assert!(reader.damage().is_none(), "{}", reader.damage());
    assert_eq!(digest.finish(), written.content.sha256);
}

#[test]
fn same_messages_same_bytes() {
    assert_eq!(file(), written_anew());
}

#[test]
fn a_look_says_what_is_inside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let written = write(&path, &messages(), 3);
    let info = recording_info(&path).unwrap();
    assert_eq!(info.origin, origin());
    assert_eq!(info.content, Some(written.content));
    assert_eq!(info.span, Some((SessionTime::ZERO, SessionTime::from_millis(14_000))));
    assert!(info.is_whole);
    // Two channels each for topics that carry both JSON and other payloads, counted as one here.
    let counts: Vec<_> = info.channels.iter().map(|(topic, n)| (topic.as_str(), *n)).collect();
    assert_eq!(counts, [("Car.z", 10), ("Heartbeat", 10), ("TimingData", 10)]);
}

#[test]
fn another_program_reads_it() {
    let bytes = file();
    let theirs: Vec<_> = mcap::MessageStream::new(&bytes).unwrap().map(Result::unwrap).collect();
    let ours = messages();
    assert_eq!(theirs.len(), ours.len());
    for (their, (millis, channel, payload)) in theirs.iter().zip(&ours) {
        assert_eq!((&their.channel.topic, their.data.as_ref()), (channel, payload.as_slice()));
        assert_eq!((their.log_time, their.publish_time), (*millis as u64 * 1_000_000, *millis as u64 * 1_000_000));
        let is_json = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(payload).is_ok();
        assert_eq!(their.channel.message_encoding == "json", is_json);
    }
}

#[test]
fn an_empty_recording_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    write(&path, &[], 3);
    assert_eq!(read(&fs::read(&path).unwrap()).unwrap(), (vec![], Damage::default()));
    assert_eq!(recording_info(&path).unwrap().span, None);
}

#[test]
fn an_unfinished_recording_keeps_what_was_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = RecordingWriter::create(&path, &origin()).unwrap();
    for (millis, channel, payload) in messages().iter().take(4) {
        writer.write(&RawMessage { time: SessionTime::from_millis(*millis), channel, payload }).unwrap();
    }
    writer.flush().unwrap();
    writer.write(&RawMessage { time: SessionTime::from_millis(9000), channel: "x", payload: b"unflushed" }).unwrap();
    // What another process would find if this one were killed now.
    assert!(!path.exists());
    let killed = fs::read(folder.path().join("a.mcap.part")).unwrap();
    let (read, damage) = read(&killed).unwrap();
    assert_eq!(read, messages()[..4]);
    assert!(damage.is_cut_short);
    writer.abandon().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn refuses_times_that_mcap_cannot_express() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = RecordingWriter::create(&folder.path().join("a.mcap"), &origin()).unwrap();
    for millis in [-1, i64::MIN, i64::MAX] {
        let message = RawMessage { time: SessionTime::from_millis(millis), channel: "x", payload: b"" };
        assert!(matches!(writer.write(&message), Err(WriteError::TimeOutOfRange { .. })), "{millis}");
    }
}

#[test]
fn says_what_is_not_a_recording() {
    assert!(matches!(read(b""), Err(ReadError::NotMcap)));
    assert!(matches!(read(b"{\"json\": true}"), Err(ReadError::NotMcap)));
    let mut foreign = Cursor::new(Vec::new());
    mcap::Writer::new(&mut foreign).unwrap().finish().unwrap();
    assert!(matches!(read(foreign.get_ref()), Err(ReadError::NoOrigin)));
}

#[test]
fn a_file_cut_at_any_byte_gives_every_whole_chunk() {
    let (bytes, all) = (file(), messages());
    let mut n_before = 0;
    for len in 0..bytes.len() {
        let Ok((read, damage)) = read(&bytes[..len]) else {
            assert!(n_before == 0, "nothing at {len}, after {n_before} messages");
            continue;
        };
        assert!(all.starts_with(&read), "at {len}");
        assert!(damage.is_cut_short, "at {len}");
        assert!(read.len() % 3 == 0 && read.len() >= n_before, "{} messages at {len}", read.len());
        n_before = read.len();
    }
    assert_eq!(n_before, all.len(), "all chunks are whole before the summary begins");
}

#[test]
fn a_damaged_byte_costs_at_most_its_chunk() {
    let (bytes, all) = (file(), messages());
    for at in 8..bytes.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= mask;
            let (read, damage) = read(&damaged).unwrap_or_else(|error| panic!("byte {at}: {error}"));
            assert!(read.iter().all(|message| all.contains(message)), "byte {at} changed a message");
            assert!(read.len() >= all.len() - 3, "byte {at} cost {} messages", all.len() - read.len());
            let n_lost = (all.len() - read.len()) as u64;
            assert!(damage.n_lost_messages == n_lost || damage.is_cut_short, "byte {at}: {damage}");
            assert!(n_lost == 0 || !damage.is_none(), "byte {at} cost messages in silence");
        }
    }
}

/// Reads a file with another program's reader.
fn read_by_others(bytes: &[u8]) -> Vec<Owned> {
    let messages = mcap::MessageStream::new(bytes).unwrap();
    let owned = |message: mcap::Message<'_>| {
        ((message.log_time / 1_000_000) as i64, message.channel.topic.clone(), message.data.to_vec())
    };
    messages.map(|message| owned(message.unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Chunks are cut by flushes and by their size, and compressed harder or faster for it: nobody can tell from the
    /// messages.
    #[test]
    fn flushes_and_levels_show_in_no_message(
        steps in proptest::collection::vec((0usize..400_000, any::<u8>(), any::<bool>()), 1..24),
        level in -7i32..=9,
        full_chunk_level in -7i32..=9,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let message = |(i, &(len, seed, _)): (usize, &(usize, u8, bool))| -> Owned {
            let noisy = (0..len).map(|at| if at % 3 == 0 { seed } else { (at * (at + i)) as u8 });
            (i as i64 * 10, ["TimingData", "Car.z"][i % 2].to_owned(), noisy.collect())
        };
        let messages: Vec<Owned> = steps.iter().enumerate().map(message).collect();
        let options = WriterOptions { level, full_chunk_level, ..WriterOptions::live() };
        let write = |name: &str, options: WriterOptions, flushes: bool| {
            let path = folder.path().join(name);
            let mut writer = RecordingWriter::create_with(&path, &origin(), options).unwrap();
            for ((millis, channel, payload), (.., is_flushed)) in messages.iter().zip(&steps) {
                writer.write(&RawMessage { time: SessionTime::from_millis(*millis), channel, payload }).unwrap();
                if flushes && *is_flushed {
                    writer.flush().unwrap();
                }
            }
            let written = writer.finish().unwrap();
            (fs::read(&path).unwrap(), written.content)
        };
        let (bytes, content) = write("a.mcap", options, true);
        let (again, _) = write("b.mcap", options, true);
        prop_assert!(bytes == again, "the same messages and flushes made other bytes");
        let (whole, same) = write("c.mcap", WriterOptions::default(), false);
        prop_assert_eq!(content, same);
        for bytes in [&bytes, &whole] {
            let (read, damage) = read(bytes).unwrap();
            prop_assert!(damage.is_none(), "{}", damage);
            prop_assert!(read == messages, "our reader");
            prop_assert!(read_by_others(bytes) == messages, "another reader");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_damage_panics(
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let mut bytes = file();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok((read, _)) = read(&bytes) {
            // More than one bad byte may pass a checksum of 32 bits only by a miracle.
            let all = messages();
            prop_assert!(read.iter().all(|message| all.contains(message)));
        }
    }

    #[test]
    fn no_bytes_panic(tail in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = file()[..200].to_vec();
        bytes.extend(tail);
        let _ = read(&bytes);
    }

    #[test]
    fn any_messages_round_trip(
        messages in proptest::collection::vec(
            (0i64..20_000_000, "[a-zA-Z./ ü]{0,12}", proptest::collection::vec(any::<u8>(), 0..300)), 0..60),
        n_per_chunk in 1usize..20,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mcap");
        write(&path, &messages, n_per_chunk);
        let (read, damage) = read(&fs::read(&path).unwrap()).unwrap();
        prop_assert_eq!(read, messages);
        prop_assert!(damage.is_none());
    }
}
