//! How the service is, and its live sources and recorder.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::origin::FeedState;

/// A credential that a live source uses: what became of it, never the credential itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct CredentialHealth {
    /// `good` (as far as is known), `expiring` (within a day), `expired` or `rejected`.
    pub state: String,
    /// When it ends, milliseconds since 1970, if that is known.
    #[ts(type = "number | null")]
    pub expires_utc_ms: Option<i64>,
}

/// What one live source is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct SourceHealth {
    /// `signalr`, `archive`, `openf1` or `open_meteo`.
    pub source: String,
    /// `off` (by choice, or something it needs is missing), `idle` (a better source gives everything), `connecting`,
    /// `connected` or `waiting` (it failed and tries again).
    pub phase: String,
    /// For how long, seconds.
    #[ts(type = "number")]
    pub since_s: u64,
    /// More about it, in words for a person.
    pub detail: String,
    /// How long ago something last came.
    #[ts(type = "number | null")]
    pub last_message_age_ms: Option<u64>,
    /// Messages so far.
    #[ts(type = "number")]
    pub n_messages: u64,
    /// Bytes so far.
    #[ts(type = "number")]
    pub n_bytes: u64,
    /// How often a connection or request failed.
    #[ts(type = "number")]
    pub n_failures: u64,
    /// How long until it tries again; `null` unless it waits.
    #[ts(type = "number | null")]
    pub retry_in_ms: Option<u64>,
    /// The credential it uses; `null` if none.
    pub credential: Option<CredentialHealth>,
}

/// What the recorder of a live session is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RecorderHealth {
    /// `waiting` (nothing was heard yet), `recording` or `stopped` (messages are being lost).
    pub state: String,
    /// Why it stopped or is held up, in words for a person; empty if all is well.
    pub reason: String,
    /// Name of the file in the data folder; `null` before the first.
    pub file: Option<String>,
    /// Size of the file, bytes.
    #[ts(type = "number")]
    pub size_bytes: u64,
    /// Messages in it.
    #[ts(type = "number")]
    pub n_messages: u64,
    /// Age of the oldest message that is not safe on the disk yet: what a loss of power would take. `null` if all are.
    #[ts(type = "number | null")]
    pub unflushed_age_ms: Option<u64>,
    /// Messages that could not be recorded.
    #[ts(type = "number")]
    pub n_lost_messages: u64,
    /// Bytes that could not be recorded.
    #[ts(type = "number")]
    pub n_lost_bytes: u64,
}

/// A feed at the head of the live session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct FeedHealth {
    /// Its state.
    pub state: FeedState,
    /// How long ago something last came, on the session clock; `null` if nothing did.
    #[ts(type = "number | null")]
    pub age_ms: Option<i64>,
}

/// The live session: `/api/v1/live`, and part of `/api/v1/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct LiveHealth {
    /// `ok` or `degraded`.
    pub status: String,
    /// Why it is degraded, worst first, each one line for a person; empty if it is not.
    pub reasons: Vec<String>,
    /// The session that is live now, or was last; `null` before the first.
    pub session_id: Option<String>,
    /// The sources, best first.
    pub sources: Vec<SourceHealth>,
    /// The recorder; `null` if nothing is recorded.
    pub recorder: Option<RecorderHealth>,
    /// The feeds as they are now, whatever any client's clock says.
    pub feeds: Vec<FeedHealth>,
}

/// Health of the service: `/api/v1/health`. The answer is 200 whatever it says: read `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Health {
    /// `ok` or `degraded`.
    pub status: String,
    /// Why it is degraded, worst first, each one line for a person; empty if it is not.
    pub reasons: Vec<String>,
    /// Version of Overcut.
    pub version: String,
    /// Seconds since start.
    #[ts(type = "number")]
    pub uptime_s: u64,
    /// Connected WebSocket clients.
    pub clients: u32,
    /// Sessions in the data folder.
    pub sessions: u32,
    /// The session that `/api/v1/telemetry/live` and the feed port follow.
    pub current_session: Option<String>,
    /// The live session with its sources and its recorder; `null` unless the program runs one.
    pub live: Option<LiveHealth>,
}
