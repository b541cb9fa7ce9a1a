//! What every store must do, whatever it is.

use overcut_domain::UtcTime;
use overcut_warehouse::{Progress, SessionId, Warehouse, WarehouseError, Written};

use crate::log::{Log, State};
use crate::rig::{Rig, assert_same, is_gone};

/// Runs every scenario, each with sessions of its own.
pub fn run(rig: &dyn Rig) {
    rig.open().prepare().unwrap();
    rig.open().prepare().unwrap(); // once more changes nothing
    the_same_rows_come_back(rig);
    repeats_change_nothing(rig);
    a_gap_is_refused(rig);
    a_higher_revision_takes_the_place_of_the_older(rig);
    the_end_is_the_end(rig);
    whoever_takes_over_leaves_nothing_out(rig);
    a_refused_batch_leaves_nothing(rig);
    two_sessions_do_not_mix(rig);
    old_sessions_are_forgotten(rig);
}

fn id(text: &str) -> SessionId {
    text.parse().unwrap()
}

/// Goes on from where the store says, in batches of the sizes given, over and over; false if it gave up before the end.
fn go_on(
    store: &dyn Warehouse,
    session: &SessionId,
    log: &Log,
    revision: u64,
    sizes: &[u64],
    n_batches: usize,
) -> bool {
    let progress = store.progress(session).unwrap().filter(|progress| progress.revision == revision);
    let mut after = progress.map_or(0, |progress| progress.sequence);
    for size in sizes.iter().cycle().take(n_batches) {
        if after == log.end() {
            return true;
        }
        let up_to = (after + size).min(log.end());
        assert_eq!(store.write(session, &log.batch(revision, after, up_to)).unwrap(), Written::Now);
        after = up_to;
    }
    after == log.end()
}

fn write_all(store: &dyn Warehouse, session: &SessionId, log: &Log, revision: u64) {
    assert!(go_on(store, session, log, revision, &[3, 1, 7], usize::MAX));
    store.finish(session).unwrap();
}

fn the_same_rows_come_back(rig: &dyn Rig) {
    let (store, session, log) = (rig.open(), id("same-rows"), Log::new(1, 40));
    assert_eq!(store.progress(&session).unwrap(), None);
    write_all(&*store, &session, &log, 0);
    assert_same(rig, &session, &log.states[40]);
    let progress = Progress { revision: 0, sequence: 40, is_finished: true };
    assert_eq!(rig.open().progress(&session).unwrap(), Some(progress));
}

fn repeats_change_nothing(rig: &dyn Rig) {
    let (store, session, log) = (rig.open(), id("repeats"), Log::new(2, 30));
    for (after, up_to) in [(0, 10), (10, 20)] {
        assert_eq!(store.write(&session, &log.batch(0, after, up_to)).unwrap(), Written::Now);
        for n in [1, 5, up_to] {
            assert_eq!(store.write(&session, &log.batch(0, 0, n)).unwrap(), Written::Before, "{n}");
        }
        assert_eq!(store.write(&session, &log.batch(0, after, up_to)).unwrap(), Written::Before);
    }
    assert_eq!(store.write(&session, &log.batch(0, 20, 30)).unwrap(), Written::Now);
    store.finish(&session).unwrap();
    store.finish(&session).unwrap();
    assert_same(rig, &session, &log.states[30]);
    // Another program writes it all again.
    let other = rig.open();
    for n in 0..30 {
        assert_eq!(other.write(&session, &log.batch(0, n, n + 1)).unwrap(), Written::Before);
    }
    other.finish(&session).unwrap();
    assert_same(rig, &session, &log.states[30]);
}

fn a_gap_is_refused(rig: &dyn Rig) {
    let (store, session, log) = (rig.open(), id("gaps"), Log::new(3, 20));
    let is_refused = |after, up_to| {
        let written = store.write(&session, &log.batch(0, after, up_to));
        matches!(written, Err(WarehouseError::Misaligned { .. }))
    };
    assert!(is_refused(5, 9), "nothing is there yet");
    store.write(&session, &log.batch(0, 0, 10)).unwrap();
    assert!(is_refused(12, 15) && is_refused(8, 15));
    // One that says everything is welcome at any time.
    assert_eq!(store.write(&session, &log.batch(0, 0, 15)).unwrap(), Written::Now);
    store.write(&session, &log.batch(0, 15, 20)).unwrap();
    store.finish(&session).unwrap();
    assert_same(rig, &session, &log.states[20]);
}

fn a_higher_revision_takes_the_place_of_the_older(rig: &dyn Rig) {
    let (store, session) = (rig.open(), id("revisions"));
    let (old, new) = (Log::new(4, 40), Log::new(5, 12));
    assert!(!go_on(&*store, &session, &old, 1, &[10], 3));
    assert!(store.write(&session, &new.batch(2, 5, 12)).is_err(), "a revision begins at its start");
    assert_eq!(store.write(&session, &new.batch(2, 0, 5)).unwrap(), Written::Now);
    // The older writer lives on, and is not heard.
    assert_eq!(store.write(&session, &old.batch(1, 30, 40)).unwrap(), Written::Before);
    assert_eq!(store.write(&session, &new.batch(2, 5, 12)).unwrap(), Written::Now);
    store.finish(&session).unwrap();
    assert_same(rig, &session, &new.states[12]);
    // A finished session can be told anew, too; by another program, of which the older knows nothing.
    let other = rig.open();
    write_all(&*other, &session, &old, 3);
    assert_eq!(rig.open().write(&session, &new.batch(2, 0, 12)).unwrap(), Written::Before);
    assert_same(rig, &session, &old.states[40]);
}

fn the_end_is_the_end(rig: &dyn Rig) {
    let (store, session, log) = (rig.open(), id("ends"), Log::new(6, 20));
    store.finish(&session).unwrap();
    assert!(is_gone(rig, &session), "what never began is not there");
    store.write(&session, &log.batch(0, 0, 10)).unwrap();
    store.finish(&session).unwrap();
    for store in [store, rig.open()] {
        let refused = store.write(&session, &log.batch(0, 10, 20));
        assert!(matches!(refused, Err(WarehouseError::Finished { .. })), "{refused:?}");
    }
    assert_same(rig, &session, &log.states[10]);
}

/// Writers are killed again and again, with what they held; in the end everything is there once.
fn whoever_takes_over_leaves_nothing_out(rig: &dyn Rig) {
    let log = Log::new(7, 60);
    for (name, sizes) in [("taken-over-1", [1, 2, 9]), ("taken-over-2", [5, 4, 1]), ("taken-over-3", [30, 1, 2])] {
        let session = id(name);
        for n_batches in [1, 2, 0, 3, 5, 1, 8] {
            let killed = rig.open();
            go_on(&*killed, &session, &log, 0, &sizes, n_batches);
        }
        let released = rig.open();
        go_on(&*released, &session, &log, 0, &sizes, 4);
        released.release(&session).unwrap();
        write_all(&*rig.open(), &session, &log, 0);
        assert_same(rig, &session, &log.states[60]);
    }
}

fn a_refused_batch_leaves_nothing(rig: &dyn Rig) {
    let (store, session, log) = (rig.open(), id("refused"), Log::new(8, 20));
    store.write(&session, &log.batch(0, 0, 10)).unwrap();
    let before = store.progress(&session).unwrap();
    rig.break_results();
    assert!(store.write(&session, &log.batch(0, 10, 20)).is_err());
    assert_eq!(store.progress(&session).unwrap(), before);
    rig.mend_results();
    assert_eq!(store.write(&session, &log.batch(0, 10, 20)).unwrap(), Written::Now);
    store.finish(&session).unwrap();
    assert_same(rig, &session, &log.states[20]);
}

fn two_sessions_do_not_mix(rig: &dyn Rig) {
    let (a, b) = (id("mixed"), id("mixed-2"));
    let (log_a, log_b) = (Log::new(9, 25), Log::new(10, 25));
    let (one, two) = (rig.open(), rig.open());
    for n in 0..25 {
        one.write(&a, &log_a.batch(0, n, n + 1)).unwrap();
        one.write(&b, &log_b.batch(7, n, n + 1)).unwrap();
    }
    one.finish(&a).unwrap();
    one.finish(&b).unwrap();
    assert_same(rig, &a, &log_a.states[25]);
    assert_same(rig, &b, &log_b.states[25]);
    two.forget(&a).unwrap();
    assert!(is_gone(rig, &a));
    assert_same(rig, &b, &log_b.states[25]);
    assert_eq!(two.progress(&a).unwrap(), None);
    // What was forgotten can come back.
    write_all(&*two, &a, &log_a, 0);
    assert_same(rig, &a, &log_a.states[25]);
}

fn old_sessions_are_forgotten(rig: &dyn Rig) {
    let day = |n: i64| UtcTime::from_millis(1_773_457_200_000 + n * 86_400_000);
    let store = rig.open();
    let (old, running, young, unknown) = (id("old"), id("running"), id("young"), id("unknown"));
    let mut log_of_unknown = Log::new(0, 5);
    log_of_unknown.session.starts_at = None;
    write_all(&*store, &old, &Log::new(0, 5), 0);
    write_all(&*store, &young, &Log::new(100, 5), 0);
    write_all(&*store, &unknown, &log_of_unknown, 0);
    store.write(&running, &Log::new(0, 5).batch(0, 0, 5)).unwrap();
    assert_eq!(store.forget_before(day(0)).unwrap(), []);
    let forgotten = store.forget_before(UtcTime::from_millis(day(0).as_millis() + 1)).unwrap();
    assert_eq!(forgotten, std::slice::from_ref(&old));
    assert!(is_gone(rig, &old));
    store.finish(&running).unwrap();
    for (session, log) in [(&young, Log::new(100, 5)), (&unknown, log_of_unknown), (&running, Log::new(0, 5))] {
        let state: &State = &log.states[5];
        assert_same(rig, session, state);
    }
}
