//! What the fuzz target and the tests on random input run.
//!
//! It takes any bytes and panics if a law is broken. It is public for the `fuzz` crate only.

use bytes::Bytes;

use crate::{Format, Record, SCHEMA, Topic};

/// A message of a topic. The first byte chooses topic and format.
///
/// # Panics
///
/// If what was read does not read back as the same.
pub fn message(data: &[u8]) {
    let Some((choice, payload)) = data.split_first() else { return };
    let choice = usize::from(*choice);
    let Some(topic) = Topic::ALL.get(choice / 2 % Topic::ALL.len()) else { return };
    let format = if choice % 2 == 0 { Format::Protobuf } else { Format::Json };
    let content_type = format.content_type().into();
    let record = Record { payload: Bytes::copy_from_slice(payload), schema: Some(SCHEMA), content_type };
    let Ok(message) = record.decode(*topic) else { return };
    assert_eq!(message.topic(), *topic, "a message is of the topic it was read from");
    // Written again it may have other bytes, and figures that are not numbers equal nothing: the text of it tells.
    let Ok(again) = Record::encode(&message, Format::Protobuf) else { return };
    let again = again.decode(*topic).map(|message| format!("{message:?}"));
    assert_eq!(again.ok(), Some(format!("{message:?}")), "what was read reads back");
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    /// The inputs that fuzzing starts from.
    fn seeds() -> Vec<Vec<u8>> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/bus_message");
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("no seeds at {}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    #[test]
    fn every_seed_is_a_message() {
        let seeds = seeds();
        assert!(seeds.len() >= 4);
        for seed in seeds {
            message(&seed);
            let topic = Topic::ALL[usize::from(seed[0]) / 2 % Topic::ALL.len()];
            let format = if seed[0] % 2 == 0 { Format::Protobuf } else { Format::Json };
            let content_type = format.content_type().into();
            let record = Record { payload: seed[1..].to_vec().into(), schema: Some(SCHEMA), content_type };
            record.decode(topic).unwrap();
        }
    }

    proptest! {
        #[test]
        fn any_bytes_hold(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            message(&data);
        }

        #[test]
        fn damaged_seeds_hold(which: prop::sample::Index, cut: prop::sample::Index, changes in
            proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)
        ) {
            let seeds = seeds();
            let mut data = seeds[which.index(seeds.len())].clone();
            for (at, byte) in &changes {
                let at = at.index(data.len());
                data[at] = *byte;
            }
            message(&data);
            data.truncate(cut.index(data.len()));
            message(&data);
        }
    }
}
