//! What each source is doing, and why: for health pages and for the person who wonders.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use overcut_domain::{SourceKind, UtcTime};

/// What a source is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not used, by choice or because something it needs is missing.
    Off,
    /// Nothing to do now: a better source gives everything.
    Idle,
    /// On its way.
    Connecting,
    /// Connected, or answered when it was last asked.
    Connected,
    /// It failed, and tries again at that moment.
    Waiting {
        /// When.
        until: Instant,
    },
}

/// What became of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialState {
    /// Good, as far as is known.
    Good,
    /// It ends within a day.
    Expiring,
    /// It has ended.
    Expired,
    /// The other side refused it.
    Rejected,
}

/// A credential, without the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credential {
    /// What became of it.
    pub state: CredentialState,
    /// When it ends, if that is known.
    pub expires_at: Option<UtcTime>,
}

/// What one source is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// What it is doing.
    pub phase: Phase,
    /// Since when.
    pub since: Instant,
    /// More about it in words for a person; never a secret.
    pub detail: String,
    /// When something last came.
    pub last_message: Option<Instant>,
    /// Messages so far.
    pub n_messages: u64,
    /// Bytes so far.
    pub n_bytes: u64,
    /// How often a connection or request failed.
    pub n_failures: u64,
    /// How often it failed since it was last connected.
    pub n_failures_in_a_row: u64,
    /// The credential it uses, if it uses one.
    pub credential: Option<Credential>,
}

impl SourceStatus {
    /// What it is doing, for a person.
    pub fn in_words(&self) -> String {
        let phase = match self.phase {
            Phase::Off => "off",
            Phase::Idle => "idle",
            Phase::Connecting => "connecting",
            Phase::Connected => "connected",
            Phase::Waiting { .. } => "failed, tries again",
        };
        if self.detail.is_empty() { phase.to_owned() } else { format!("{phase}: {}", self.detail) }
    }
}

/// The statuses of all sources. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct StatusBoard(Arc<Mutex<BTreeMap<SourceKind, SourceStatus>>>);

/// One source's place on the board.
#[derive(Debug, Clone)]
pub struct StatusHandle {
    board: StatusBoard,
    source: SourceKind,
}

impl StatusBoard {
    /// The place of a source, which is off until it says otherwise.
    pub fn handle(&self, source: SourceKind) -> StatusHandle {
        self.lock().entry(source).or_insert_with(|| SourceStatus {
            phase: Phase::Off,
            since: Instant::now(),
            detail: String::new(),
            last_message: None,
            n_messages: 0,
            n_bytes: 0,
            n_failures: 0,
            n_failures_in_a_row: 0,
            credential: None,
        });
        StatusHandle { board: self.clone(), source }
    }

    /// Every source that there is, best first.
    pub fn all(&self) -> Vec<(SourceKind, SourceStatus)> {
        self.lock().iter().map(|(source, status)| (*source, status.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SourceKind, SourceStatus>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StatusHandle {
    /// The source is not used, for this reason.
    pub fn off(&self, why: impl Into<String>) {
        self.enter(Phase::Off, why.into());
    }

    /// The source has nothing to do now.
    pub fn idle(&self, why: impl Into<String>) {
        self.enter(Phase::Idle, why.into());
    }

    /// The source is connecting.
    pub fn connecting(&self, detail: impl Into<String>) {
        self.enter(Phase::Connecting, detail.into());
    }

    /// The source is connected.
    pub fn connected(&self, detail: impl Into<String>) {
        self.update(|status| status.n_failures_in_a_row = 0);
        self.enter(Phase::Connected, detail.into());
    }

    /// The source failed and tries again after a pause. Says so in the log.
    pub fn failed(&self, why: impl Into<String>, pause: Duration) {
        self.update(|status| {
            status.n_failures += 1;
            status.n_failures_in_a_row += 1;
        });
        self.enter(Phase::Waiting { until: Instant::now() + pause }, why.into());
    }

    /// A message came.
    pub fn heard(&self, n_bytes: usize) {
        self.update(|status| {
            status.last_message = Some(Instant::now());
            status.n_messages += 1;
            status.n_bytes += n_bytes as u64;
        });
    }

    /// What is known of the source's credential.
    pub fn credential(&self, credential: Option<Credential>) {
        self.update(|status| status.credential = credential);
    }

    /// Enters a phase. Each change is one line in the log, so that a person can follow the evening; a source that fails on
    /// and on speaks ever more rarely, at every failure whose number is a power of two.
    fn enter(&self, phase: Phase, detail: String) {
        let source = self.source.name();
        let (is_news, n_in_a_row) = self.update(|status| {
            let is_news =
                std::mem::discriminant(&status.phase) != std::mem::discriminant(&phase) || status.detail != detail;
            if std::mem::discriminant(&status.phase) != std::mem::discriminant(&phase) {
                status.since = Instant::now();
            }
            (status.phase, status.detail) = (phase, detail.clone());
            (is_news, status.n_failures_in_a_row)
        });
        if !is_news {
            return;
        }
        match phase {
            Phase::Waiting { until } => {
                let again_s = until.saturating_duration_since(Instant::now()).as_secs_f32();
                if n_in_a_row.is_power_of_two() {
                    tracing::warn!("{source}: {detail}; again in {again_s:.1} s");
                } else {
                    tracing::debug!("{source}: {detail}; again in {again_s:.1} s");
                }
            }
            Phase::Connected => {
                tracing::info!("{source}: connected{}{detail}", if detail.is_empty() { "" } else { ", " })
            }
            Phase::Connecting => tracing::debug!("{source}: connecting {detail}"),
            Phase::Idle | Phase::Off => tracing::info!("{source}: {detail}"),
        }
    }

    fn update<R>(&self, change: impl FnOnce(&mut SourceStatus) -> R) -> R {
        let mut statuses = self.board.lock();
        change(statuses.get_mut(&self.source).expect("a handle's source was put on the board when the handle was made"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_are_counted_until_it_is_connected() {
        let board = StatusBoard::default();
        let handle = board.handle(SourceKind::Archive);
        for _ in 0..3 {
            handle.failed("no connection", Duration::from_secs(1));
        }
        assert_eq!(board.all()[0].1.n_failures_in_a_row, 3);
        handle.connected("");
        handle.failed("no connection", Duration::from_secs(1));
        let (_, status) = board.all().remove(0);
        assert_eq!((status.n_failures, status.n_failures_in_a_row), (4, 1));
    }

    #[test]
    fn a_source_is_off_until_it_says_otherwise() {
        let board = StatusBoard::default();
        let handle = board.handle(SourceKind::SignalR);
        assert_eq!(board.all()[0].1.phase, Phase::Off);
        handle.connected("without a token");
        handle.heard(100);
        let (source, status) = board.all().remove(0);
        assert_eq!((source, status.phase, status.n_bytes), (SourceKind::SignalR, Phase::Connected, 100));
        assert!(status.last_message.is_some());
    }
}
