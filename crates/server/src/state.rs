//! What every request may need.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use overcut_domain::SessionTime;
use overcut_timeline::{Limits, Timeline};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::clock::Ticker;
use crate::convert;
use crate::library::Library;
use crate::problem::problem;
use crate::shared::SharedSession;
use crate::wire::Problem;

/// What every request may need.
#[derive(Debug)]
pub(crate) struct App {
    pub library: Arc<Library>,
    pub ticker: Ticker,
    pub shutdown: CancellationToken,
    pub started_ms: u64,
    pub n_clients: AtomicU32,
    /// Connected clients: a server that stops waits for their goodbye.
    pub clients: TaskTracker,
}

/// Counts a WebSocket client for as long as it lives.
pub(crate) struct ClientGuard(
    Arc<App>,
    #[expect(dead_code, reason = "held for as long as the client lives")] TaskTrackerToken,
);

impl ClientGuard {
    pub(crate) fn new(app: Arc<App>) -> ClientGuard {
        app.n_clients.fetch_add(1, Ordering::Relaxed);
        let token = app.clients.token();
        ClientGuard(app, token)
    }
}

impl Drop for ClientGuard {
    fn drop(&mut self) {
        self.0.n_clients.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The moment a request is about: `t_ms`, or the available head.
///
/// # Errors
///
/// If it is before the start or after the head: what is not out yet does not leave.
pub(crate) fn moment(session: &SharedSession, timeline: &Timeline, t_ms: Option<i32>) -> Result<SessionTime, Problem> {
    let limits = session.limits(timeline);
    let Some(t_ms) = t_ms else { return Ok(limits.head) };
    let time = convert::time(t_ms);
    if (limits.start..=limits.head).contains(&time) {
        return Ok(time);
    }
    Err(problem("out-of-range", format!("t_ms is {t_ms}, want {}", range(limits))))
}

fn range(limits: Limits) -> String {
    format!("{} to {} (start and head of the session)", convert::millis(limits.start), convert::millis(limits.head))
}
