//! How many threads to use, and independent work spread over them.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, available_parallelism};

/// Every core there is; one if that cannot be found out.
pub fn all_cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// As many as were asked for, or every core.
pub fn wanted(asked: Option<u16>) -> usize {
    asked.map_or_else(all_cores, usize::from)
}

/// Does `work` for each number below `n` on so many threads. The results are in order of the numbers, whatever thread
/// was first; `done` is called after each piece.
pub fn map<T: Send>(n: usize, n_threads: usize, work: impl Fn(usize) -> T + Sync, done: impl Fn() + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    // Each result is put in once; the lock is held for that alone.
    let results: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(n));
    thread::scope(|scope| {
        for _ in 0..n_threads.min(n) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= n {
                        return;
                    }
                    let result = work(number);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
                    done();
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_on_any_number_of_threads() {
        for n_threads in [1, 2, 7] {
            let n_done = AtomicUsize::new(0);
            let count = || {
                n_done.fetch_add(1, Ordering::Relaxed);
            };
            let squares = map(20, n_threads, |n| n * n, count);
            assert_eq!(squares, (0..20).map(|n| n * n).collect::<Vec<_>>());
            assert_eq!(n_done.into_inner(), 20);
        }
        assert!(map(0, 3, |n| n, || {}).is_empty());
    }
}
