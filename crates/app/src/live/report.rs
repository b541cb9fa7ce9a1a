//! How sources and recorder are, in the words of the API.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use overcut_live::{CredentialState, Phase, SourceStatus, StatusBoard};
use overcut_live::{RecorderState, RecorderStatusHandle};
use overcut_server::LiveReport;
use overcut_server::wire::{CredentialHealth, RecorderHealth, SourceHealth};

/// The id of the session that is shown, kept by the wall.
pub type CurrentId = Arc<Mutex<Option<String>>>;

/// How everything is now.
pub fn report(board: &StatusBoard, recorder: &RecorderStatusHandle, current: &CurrentId) -> LiveReport {
    LiveReport {
        session_id: current.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        sources: board.all().into_iter().map(|(source, status)| of_source(source.name(), &status)).collect(),
        recorder: Some(of_recorder(recorder)),
    }
}

fn of_source(name: &str, status: &SourceStatus) -> SourceHealth {
    let (phase, retry_in_ms) = match status.phase {
        Phase::Off => ("off", None),
        Phase::Idle => ("idle", None),
        Phase::Connecting => ("connecting", None),
        Phase::Connected => ("connected", None),
        Phase::Waiting { until } => ("waiting", Some(millis(until.saturating_duration_since(Instant::now())))),
    };
    SourceHealth {
        source: name.to_owned(),
        phase: phase.to_owned(),
        since_s: status.since.elapsed().as_secs(),
        detail: status.detail.clone(),
        last_message_age_ms: status.last_message.map(|at| millis(at.elapsed())),
        n_messages: status.n_messages,
        n_bytes: status.n_bytes,
        n_failures: status.n_failures,
        retry_in_ms,
        credential: status.credential.map(|credential| CredentialHealth {
            state: credential_word(credential.state).to_owned(),
            expires_utc_ms: credential.expires_at.map(|utc| utc.as_millis()),
        }),
    }
}

const fn credential_word(state: CredentialState) -> &'static str {
    match state {
        CredentialState::Good => "good",
        CredentialState::Expiring => "expiring",
        CredentialState::Expired => "expired",
        CredentialState::Rejected => "rejected",
    }
}

fn of_recorder(recorder: &RecorderStatusHandle) -> RecorderHealth {
    let status = recorder.get();
    let state = match status.state {
        RecorderState::Losing => "stopped",
        _ if status.n_messages == 0 => "waiting",
        _ => "recording",
    };
    RecorderHealth {
        state: state.to_owned(),
        reason: status.detail.clone(),
        file: status.path.file_name().map(|name| name.to_string_lossy().into_owned()),
        size_bytes: status.size_bytes,
        n_messages: status.n_messages,
        unflushed_age_ms: status.unflushed_since.map(|since| millis(since.elapsed())),
        n_lost_messages: status.lost.n_messages,
        n_lost_bytes: status.lost.n_bytes,
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
