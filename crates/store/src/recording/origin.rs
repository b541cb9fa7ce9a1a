//! What a recording says about itself, as MCAP metadata.

use std::collections::BTreeMap;

use overcut_domain::SessionInfo;

/// Version of the container's layout. Readers refuse a higher one.
pub(super) const FORMAT_VERSION: u32 = 1;
/// Name of the metadata record at the beginning of the file.
pub(super) const ORIGIN: &str = "overcut.recording";
/// Name of the metadata record at its end.
pub(super) const CONTENT: &str = "overcut.content";
/// Key of the checksum over the other entries: MCAP protects its chunks, but not its metadata.
const CHECK: &str = "crc32";

/// Where a recording comes from and what it is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Name of the format of the raw messages, which tells the decoder how to read them.
    pub format: String,
    /// Name of the file or folder it was made from, without its path; empty for a live feed.
    pub source: String,
    /// The session, as far as it was known when the recording was made.
    pub session: Option<SessionInfo>,
    /// True if there is car telemetry in it, if that was known.
    pub has_car_data: Option<bool>,
}

impl Origin {
    /// As entries of a metadata record.
    pub(super) fn to_entries(&self) -> BTreeMap<String, String> {
        let mut entries = BTreeMap::from([
            ("format".to_owned(), self.format.clone()),
            ("format_version".to_owned(), FORMAT_VERSION.to_string()),
            ("source".to_owned(), self.source.clone()),
        ]);
        if let Some(session) = &self.session {
            let json = serde_json::to_string(session).expect("a session's info is plain data, which always serialises");
            entries.insert("session".to_owned(), json);
        }
        if let Some(has_car_data) = self.has_car_data {
            entries.insert("has_car_data".to_owned(), has_car_data.to_string());
        }
        seal(entries)
    }

    /// From the entries of a metadata record. A session that cannot be read is left out: it can be told from the
    /// messages again.
    pub(super) fn from_entries(mut entries: BTreeMap<String, String>) -> Option<(u32, Origin)> {
        let version = entries.remove("format_version")?.parse().ok()?;
        let session = entries.remove("session").and_then(|json| serde_json::from_str(&json).ok());
        let has_car_data = entries.remove("has_car_data").and_then(|text| text.parse().ok());
        let source = entries.remove("source").unwrap_or_default();
        Some((version, Origin { format: entries.remove("format")?, source, session, has_car_data }))
    }
}

/// What the end of a whole recording says of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// How many messages there are.
    pub n_messages: u64,
    /// Their [`ContentDigest`](super::ContentDigest).
    pub sha256: String,
}

impl Content {
    pub(super) fn to_entries(&self) -> BTreeMap<String, String> {
        seal(BTreeMap::from([
            ("n_messages".to_owned(), self.n_messages.to_string()),
            ("sha256".to_owned(), self.sha256.clone()),
        ]))
    }

    pub(super) fn from_entries(mut entries: BTreeMap<String, String>) -> Option<Content> {
        Some(Content { n_messages: entries.remove("n_messages")?.parse().ok()?, sha256: entries.remove("sha256")? })
    }
}

/// Adds the checksum.
fn seal(mut entries: BTreeMap<String, String>) -> BTreeMap<String, String> {
    entries.insert(CHECK.to_owned(), checksum(&entries));
    entries
}

/// Takes the checksum out again; true if it is there and right.
pub(super) fn unseal(entries: &mut BTreeMap<String, String>) -> bool {
    let stated = entries.remove(CHECK);
    stated.is_some_and(|stated| stated == checksum(entries))
}

fn checksum(entries: &BTreeMap<String, String>) -> String {
    let mut hasher = crc32fast::Hasher::new();
    for (key, value) in entries {
        for part in [key, value] {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
    }
    format!("{:08x}", hasher.finalize())
}
