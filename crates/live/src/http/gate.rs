//! When the next request to a host may go out.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row after which a host is left alone for a while.
const MAX_FAILURES: u32 = 5;

/// Never more than so many requests within any such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many requests; at least one.
    pub n_requests: usize,
    /// Within which time.
    pub per: Duration,
}

impl Window {
    /// A window of so many requests within any such time.
    pub const fn new(n_requests: usize, per: Duration) -> Window {
        Window { n_requests, per }
    }
}

/// What all requests to one host pass. Its lock is never held across an await.
#[derive(Debug)]
pub(super) struct Gate {
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    windows: Vec<Window>,
    /// When the latest requests went out, or will: as many as the largest window counts.
    slots: VecDeque<Instant>,
    n_failures: u32,
    rests_until: Option<Instant>,
}

impl Gate {
    /// A gate that keeps to these windows, and closes for `rest` after too many failures in a row.
    pub(super) fn new(windows: Vec<Window>, rest: Duration) -> Gate {
        let state = State { windows, slots: VecDeque::new(), n_failures: 0, rests_until: None };
        Gate { rest, state: Mutex::new(state) }
    }

    /// Waits for the caller's turn; turns are in the order of asking.
    ///
    /// # Errors
    ///
    /// How long the host is still left alone, if it is: no request goes out then.
    pub(super) async fn pass(&self) -> Result<(), Duration> {
        let slot = self.lock().reserve(Instant::now())?;
        tokio::time::sleep_until(slot).await;
        Ok(())
    }

    /// The host answered.
    pub(super) fn succeeded(&self) {
        let mut state = self.lock();
        (state.n_failures, state.rests_until) = (0, None);
    }

    /// The host did not answer, or not sensibly.
    pub(super) fn failed(&self) {
        let mut state = self.lock();
        state.n_failures = state.n_failures.saturating_add(1);
        if state.n_failures >= MAX_FAILURES {
            state.rest(self.rest);
        }
    }

    /// The host asked to be left alone for so long.
    pub(super) fn asked_to_wait(&self, pause: Duration) {
        self.lock().rest(pause);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn rest(&mut self, pause: Duration) {
        self.rests_until = self.rests_until.max(Some(Instant::now() + pause));
    }

    /// The moment at which another request may go out, which it then takes.
    fn reserve(&mut self, now: Instant) -> Result<Instant, Duration> {
        if let Some(left) =
            self.rests_until.and_then(|until| until.checked_duration_since(now)).filter(|d| !d.is_zero())
        {
            return Err(left);
        }
        let bound = |window: &Window| {
            let idx = self.slots.len().checked_sub(window.n_requests.max(1))?;
            Some(*self.slots.get(idx)? + window.per)
        };
        let slot = self.windows.iter().filter_map(bound).fold(now, Instant::max);
        // A reserved slot may lie ahead: the next one does not overtake it.
        let slot = self.slots.back().map_or(slot, |last| slot.max(*last));
        self.slots.push_back(slot);
        let n_kept = self.windows.iter().map(|window| window.n_requests.max(1)).max().unwrap_or(0);
        while self.slots.len() > n_kept {
            self.slots.pop_front();
        }
        Ok(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn gate(windows: &[(usize, u64)]) -> Gate {
        let windows = windows.iter().map(|(n, seconds)| Window::new(*n, SECOND * *seconds as u32)).collect();
        Gate::new(windows, 30 * SECOND)
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_is_ever_exceeded() {
        let windows = [(3, 1), (30, 60)];
        let gate = gate(&windows);
        let mut passed = Vec::new();
        for _ in 0..100 {
            gate.pass().await.unwrap();
            passed.push(Instant::now());
        }
        for (n, seconds) in windows {
            for slots in passed.windows(n + 1) {
                assert!(slots[n] - slots[0] >= SECOND * seconds as u32, "{n} in {seconds} s");
            }
        }
        let whole = passed[99] - passed[0];
        assert!(whole <= 189 * SECOND, "no slower than need be: {whole:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_fails_five_times_is_left_alone() {
        let gate = gate(&[]);
        for _ in 0..5 {
            assert_eq!(gate.pass().await, Ok(()));
            gate.failed();
        }
        assert_eq!(gate.pass().await, Err(30 * SECOND));
        tokio::time::advance(31 * SECOND).await;
        assert_eq!(gate.pass().await, Ok(()), "it is tried again");
        gate.failed();
        assert_eq!(gate.pass().await, Err(30 * SECOND), "and left alone at once if it fails again");
        tokio::time::advance(31 * SECOND).await;
        gate.succeeded();
        gate.failed();
        assert_eq!(gate.pass().await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_a_pause_gets_it() {
        let gate = gate(&[]);
        gate.asked_to_wait(7 * SECOND);
        gate.asked_to_wait(2 * SECOND);
        assert_eq!(gate.pass().await, Err(7 * SECOND));
    }
}
