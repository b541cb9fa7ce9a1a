//! What a decoder read, and what it could not use.

use std::collections::BTreeMap;

use crate::topic::Topic;

/// Longest example kept, in bytes.
const EXAMPLE_LEN: usize = 120;

/// Most names kept per table; a hostile input could otherwise grow it without bound.
const MAX_NAMES: usize = 256;

/// How often something happened, and the first text with which it did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first case, shortened.
    pub example: String,
}

impl Tally {
    fn add(&mut self, example: &[u8]) {
        if self.count == 0 {
            let cut = example.get(..EXAMPLE_LEN).unwrap_or(example);
            self.example = String::from_utf8_lossy(cut).into_owned();
        }
        self.count += 1;
    }
}

/// Why a message, or a part of one, was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// No session clock at the start of an archive line.
    NoClock,
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON, or JSON that is cut off.
    NotJson,
    /// JSON of a shape that the topic does not have.
    WrongShape,
    /// Not the base64 text that a `.z` topic holds.
    NotBase64,
    /// Base64 that does not inflate.
    NotDeflate,
    /// Inflates to more than any real message.
    TooLarge,
    /// A line that is no frame of the connection.
    NotAFrame,
    /// A feed message that names no topic or carries no payload.
    NoPayload,
    /// Not a Python literal, or one that is cut off.
    NotPython,
    /// A stamp that is not a time, or far from its neighbours: the message is used, its stamp is not.
    BadStamp,
    /// A file of which only the beginning could be read.
    DamagedFile,
    /// A table that could not be read.
    BadTable,
    /// A row of a table that could not be read.
    BadRow,
}

/// A value that sensors send when they have nothing to say. It becomes "no value".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Garbage {
    /// Throttle above 100 %, mostly 104.
    Throttle,
    /// Brake above 100 %, mostly 104.
    Brake,
    /// Gear above 8.
    Gear,
    /// Engine speed above 20 000 1/min.
    Rpm,
    /// Speed above 450 km/h.
    Speed,
    /// DRS code without a known meaning.
    Drs,
    /// A car at exactly 0, 0, 0: it has no fix.
    NoFix,
    /// Coordinates farther from the origin than any circuit reaches.
    FarPosition,
}

impl Garbage {
    /// Every kind.
    pub const ALL: [Garbage; 8] = [
        Garbage::Throttle,
        Garbage::Brake,
        Garbage::Gear,
        Garbage::Rpm,
        Garbage::Speed,
        Garbage::Drs,
        Garbage::NoFix,
        Garbage::FarPosition,
    ];
}

/// Sensor values dropped as garbage, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct GarbageCounts([u64; Garbage::ALL.len()]);

impl GarbageCounts {
    pub(crate) fn add(&mut self, kind: Garbage) {
        self.0[kind as usize] += 1;
    }

    pub(crate) fn merge(&mut self, other: GarbageCounts) {
        for (mine, more) in self.0.iter_mut().zip(other.0) {
            *mine += more;
        }
    }
}

/// Messages of each topic.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TopicCounts([u64; Topic::COUNT]);

impl Default for TopicCounts {
    fn default() -> Self {
        TopicCounts([0; Topic::COUNT])
    }
}

/// What a decoder read, and what it could not use: counts, with one example each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecodeReport {
    /// Raw messages read.
    pub n_messages: u64,
    /// Bytes of those.
    pub n_bytes: u64,
    /// Events made of them.
    pub n_events: u64,
    topics: TopicCounts,
    pub(crate) garbage: GarbageCounts,
    /// What was skipped, by kind.
    pub skipped: BTreeMap<Skip, Tally>,
    /// Topics that are not known.
    pub unknown_topics: BTreeMap<String, Tally>,
    /// Members that are not known, as `Topic.Member`.
    pub unknown_members: BTreeMap<String, Tally>,
    /// Rows of OpenF1 that belong to another session than the one read.
    pub n_rows_of_others: u64,
    /// Values that could not be read, by `Topic.Member`. The rest of their message was used.
    pub bad_values: BTreeMap<String, Tally>,
}

impl DecodeReport {
    /// Messages by topic: decoded ones, and the known ones that are ignored because others say the same.
    pub fn topics(&self) -> BTreeMap<&'static str, u64> {
        self.by_topic(|_| true)
    }

    /// Messages of topics that are known but not used, because other topics say the same.
    pub fn ignored_topics(&self) -> BTreeMap<&'static str, u64> {
        self.by_topic(|topic| topic.is_ignored())
    }

    /// Sensor values dropped as garbage, by kind.
    pub fn garbage(&self) -> BTreeMap<Garbage, u64> {
        let counts = Garbage::ALL.into_iter().zip(self.garbage.0);
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Total of messages skipped in whole or in part.
    pub fn n_skipped(&self) -> u64 {
        self.skipped.values().map(|tally| tally.count).sum()
    }

    /// True if all of the input was understood. Sensor garbage does not count: every real recording has some.
    pub fn is_clean(&self) -> bool {
        self.skipped.is_empty()
            && self.unknown_topics.is_empty()
            && self.unknown_members.is_empty()
            && self.bad_values.is_empty()
    }

    fn by_topic(&self, keep: impl Fn(Topic) -> bool) -> BTreeMap<&'static str, u64> {
        let counts = Topic::ALL.into_iter().zip(self.topics.0);
        counts.filter(|(topic, count)| *count > 0 && keep(*topic)).map(|(topic, count)| (topic.name(), count)).collect()
    }

    pub(crate) fn topic(&mut self, topic: Topic) {
        self.topics.0[topic as usize] += 1;
    }

    pub(crate) fn skip(&mut self, kind: Skip, example: &[u8]) {
        self.skipped.entry(kind).or_default().add(example);
    }

    pub(crate) fn unknown_topic(&mut self, name: &str, example: &[u8]) {
        tally(&mut self.unknown_topics, name, example);
    }

    pub(crate) fn unknown_member(&mut self, place: &str, member: &str, example: &str) {
        tally(&mut self.unknown_members, &format!("{place}.{member}"), example.as_bytes());
    }

    pub(crate) fn bad_value(&mut self, place: &str, member: &str, example: &str) {
        tally(&mut self.bad_values, &format!("{place}.{member}"), example.as_bytes());
    }
}

/// Counts under a name, or under `…` once there are too many names.
fn tally(table: &mut BTreeMap<String, Tally>, name: &str, example: &[u8]) {
    let short: String = name.chars().take(EXAMPLE_LEN).collect();
    let has_room = table.len() < MAX_NAMES || table.contains_key(&short);
    table.entry(if has_room { short } else { "…".to_owned() }).or_default().add(example);
}
