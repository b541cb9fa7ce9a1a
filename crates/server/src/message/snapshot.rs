//! Snapshots: all but the head is shared by clients that stand at the same version.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::Message;
use overcut_domain::SessionTime;
use overcut_timeline::Timeline;
use serde::Serialize;

use super::Format;
use super::encode::{encode_object, joined};
use crate::{convert, wire};

/// Bodies kept. One of a whole race takes about 1 MB.
const MAX_BODIES: usize = 4;

/// The members of [`wire::ServerMessage::Snapshot`] that are each client's own.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    session_id: &'a str,
    version: u64,
    t_ms: i32,
}

/// The rest of them.
#[derive(Serialize)]
struct Body {
    items: Vec<wire::Item>,
    marks: Vec<wire::Mark>,
}

/// What makes two bodies the same.
type BodyKey = (u64, (usize, usize, usize), Format);

/// Encoded bodies of snapshots, the latest few.
#[derive(Debug, Default)]
pub(crate) struct SnapshotCache {
    bodies: Mutex<VecDeque<(BodyKey, Arc<Vec<u8>>)>>,
}

impl SnapshotCache {
    /// The snapshot at a moment, with its version.
    pub(crate) fn message(
        &self,
        format: Format,
        session_id: &str,
        time: SessionTime,
        timeline: &Timeline,
    ) -> (u64, Message) {
        let version = timeline.version_at(time);
        let head = Head { kind: "snapshot", session_id, version, t_ms: convert::millis(time) };
        let body = self.body((version, timeline.marks_version_at(time), format), time, timeline);
        (version, joined(format, &encode_object(format, &head), &body))
    }

    fn body(&self, key: BodyKey, time: SessionTime, timeline: &Timeline) -> Arc<Vec<u8>> {
        // Held while encoding: of many clients that come at once, one encodes and the others wait for it.
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, body)) = bodies.iter().find(|(known, _)| *known == key) {
            return body.clone();
        }
        let items = timeline.snapshot_at(time).into_iter().map(convert::item).collect();
        let marks = convert::marks(timeline.marks_at(time));
        let body = Arc::new(encode_object(key.2, &Body { items, marks }));
        if bodies.len() >= MAX_BODIES {
            bodies.pop_front();
        }
        bodies.push_back((key, body.clone()));
        body
    }
}
