//! The log against the plain fold that it stands for.

use std::collections::BTreeMap;
use std::sync::Arc;

use overcut_domain::{DriverNumber, Feed, FeedGap, SessionTime, SourceKind, TrackStatus};
use overcut_session::{CarRow, CarStatus, DriverEntry, TrackState};
use overcut_timeline::{Entry, Item, Key, MarkKind, Timeline, coalesced};
use proptest::prelude::*;

fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

fn car(driver: u16, lap: u16) -> Item {
    let row = CarRow { driver: DriverNumber(driver), lap: overcut_domain::LapNumber(lap), ..CarRow::default() };
    Item::Car(Arc::new(row))
}

/// A timeline of (milliseconds after the one before, driver, lap) changes; a lap of 0 means that the car is gone.
fn timeline(changes: &[(i64, u16, u16)]) -> Timeline {
    let mut timeline = Timeline::new();
    let mut time = 0;
    for &(later, driver, lap) in changes {
        time += later;
        let item = if lap == 0 { Item::Gone(DriverNumber(driver)) } else { car(driver, lap) };
        timeline.append(at(time), item);
    }
    timeline
}

/// The latest entry of every key, the obvious way.
fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<&'a Entry> {
    let latest: BTreeMap<Key, &Entry> = entries.into_iter().map(|entry| (entry.item.key(), entry)).collect();
    latest.into_values().collect()
}

proptest! {
    #[test]
    fn a_snapshot_equals_the_fold(
        changes in prop::collection::vec((0i64..40, 0u16..30, 0u16..6), 0..1500),
        moments in prop::collection::vec(-100i64..60_000, 1..8),
    ) {
        let timeline = timeline(&changes);
        for moment in moments {
            let snapshot = timeline.snapshot_at(at(moment));
            prop_assert_eq!(&snapshot, &fold(timeline.since(0, at(moment))));
            prop_assert!(snapshot.iter().all(|entry| entry.time <= at(moment)));
        }
    }

    #[test]
    fn steps_of_any_size_end_in_the_same_state(
        changes in prop::collection::vec((0i64..40, 0u16..30, 0u16..6), 0..600),
        steps in prop::collection::vec(0i64..5_000, 0..60),
    ) {
        let timeline = timeline(&changes);
        let (mut version, mut time, mut state) = (0, 0, BTreeMap::new());
        for step in steps {
            time += step;
            let entries = timeline.since(version, at(time));
            version = entries.last().map_or(version, |entry| entry.version);
            for entry in coalesced(entries) {
                prop_assert!(entry.time <= at(time));
                state.insert(entry.item.key(), entry);
            }
            prop_assert_eq!(state.values().copied().collect::<Vec<_>>(), timeline.snapshot_at(at(time)));
        }
    }
}

#[test]
fn an_item_equal_to_the_latest_is_no_change() {
    let timeline = timeline(&[(0, 44, 1), (10, 44, 1), (10, 44, 2), (10, 44, 1)]);
    let versions: Vec<_> = timeline.log().entries().iter().map(|entry| (entry.version, entry.time)).collect();
    assert_eq!(versions, [(1, at(0)), (2, at(20)), (3, at(30))]);
    assert_eq!(timeline.head(), at(30));
}

#[test]
fn a_change_stamped_before_the_last_one_counts_from_then() {
    let mut timeline = timeline(&[(1000, 44, 1)]);
    timeline.append(at(400), car(1, 1));
    assert_eq!(timeline.log().entries().last().map(|entry| entry.time), Some(at(1000)));
}

#[test]
fn a_mark_shows_only_what_is_known() {
    let mut timeline = Timeline::new();
    let track = |status| Item::Track(Arc::new(TrackState { status, ..TrackState::default() }));
    let entry = DriverEntry { driver: DriverNumber(44), tla: "HAM".to_owned(), ..DriverEntry::default() };
    timeline.append(at(0), Item::Driver(Arc::new(entry)));
    timeline.append(at(100), track(TrackStatus::Yellow));
    timeline.append(at(200), track(TrackStatus::VirtualSafetyCar));
    timeline.append(at(300), track(TrackStatus::VirtualSafetyCarEnding));
    timeline.append(at(400), track(TrackStatus::Clear));
    let row = CarRow { driver: DriverNumber(44), status: CarStatus::Retired, ..CarRow::default() };
    timeline.append(at(500), Item::Car(Arc::new(row)));

    let seen = |time| -> Vec<_> {
        timeline.marks_at(at(time)).into_iter().map(|mark| (mark.kind, mark.until.map(|t| t.as_millis()))).collect()
    };
    assert_eq!(seen(99), []);
    assert_eq!(seen(199), [(MarkKind::Yellow, None)]);
    assert_eq!(seen(399), [(MarkKind::Yellow, Some(200)), (MarkKind::VirtualSafetyCar, None)]);
    assert_eq!(seen(400), [(MarkKind::Yellow, Some(200)), (MarkKind::VirtualSafetyCar, Some(400))]);
    assert_eq!(timeline.marks_at(at(500)).last().map(|mark| mark.text.clone()), Some("HAM out".to_owned()));
    assert_ne!(timeline.marks_version_at(at(399)), timeline.marks_version_at(at(400)));
}

proptest! {
    /// A better account in place of the first: whoever followed the first one ends with the second.
    #[test]
    fn a_client_of_the_old_account_ends_with_the_new_one(
        first in prop::collection::vec((0i64..40, 0u16..30, 0u16..6), 0..600),
        second in prop::collection::vec((0i64..40, 0u16..30, 0u16..6), 0..600),
        known in 0i64..20_000,
    ) {
        let (mut timeline, other) = (timeline(&first), timeline(&second));
        let time = at(known);
        let mut state: BTreeMap<Key, Entry> =
            timeline.snapshot_at(time).into_iter().map(|entry| (entry.item.key(), entry.clone())).collect();
        let version = timeline.version_at(time);
        let wanted: Vec<Item> = other.snapshot_at(time).into_iter().map(|entry| entry.item.clone()).collect();
        timeline.replace(other);
        match timeline.changes(version, time) {
            Some(changes) => {
                prop_assert!(changes.iter().all(|entry| entry.version > version && entry.time <= time));
                state.extend(changes.into_iter().map(|entry| (entry.item.key(), entry.clone())));
            }
            None => state = timeline.snapshot_at(time).into_iter().map(|e| (e.item.key(), e.clone())).collect(),
        }
        prop_assert_eq!(state.into_values().map(|entry| entry.item).collect::<Vec<_>>(), wanted);
    }
}

#[test]
fn versions_go_on_over_a_better_account() {
    let mut timeline = timeline(&[(0, 44, 1), (10, 44, 2), (10, 1, 1)]);
    timeline.replace(self::timeline(&[(0, 44, 1), (5, 44, 3)]));
    let versions: Vec<_> = timeline.log().entries().iter().map(|entry| entry.version).collect();
    assert_eq!(versions, [5, 6], "no version means two things");
    assert_eq!(timeline.log().entry(6).map(|entry| entry.time), Some(at(5)));
    assert_eq!(timeline.changes(3, at(20)), None, "car 1 is gone: a snapshot must say so");
    assert_eq!(timeline.changes(2, at(20)).map(|changes| changes.len()), Some(1));
}

#[test]
fn a_gap_is_marked_where_it_was_once_it_is_known() {
    let mut timeline = Timeline::new();
    let mut gap = FeedGap {
        index: 0,
        feeds: vec![Feed::Timing, Feed::RaceControl],
        from: at(100),
        to: None,
        filled_by: None,
        reason: "no message".to_owned(),
    };
    let mut tell = |time, gap: &FeedGap| timeline.append(at(time), Item::Gap(Arc::new(gap.clone())));
    tell(150, &gap);
    gap.to = Some(at(300));
    tell(310, &gap);
    gap.filled_by = Some(SourceKind::Archive);
    tell(400, &gap);
    timeline.append(at(500), Item::Track(Arc::new(TrackState { status: TrackStatus::Red, ..TrackState::default() })));
    let seen = |time| -> Vec<_> {
        timeline.marks_at(at(time)).into_iter().map(|mark| (mark.kind, mark.time, mark.until, mark.text)).collect()
    };
    let missing = "Gap: no timing, race control".to_owned();
    assert_eq!(seen(149), []);
    assert_eq!(seen(150), [(MarkKind::Gap, at(100), None, missing.clone())]);
    assert_eq!(seen(399), [(MarkKind::Gap, at(100), Some(at(300)), missing)]);
    let filled = "Gap filled from archive: timing, race control".to_owned();
    assert_eq!(seen(400), [(MarkKind::FilledGap, at(100), Some(at(300)), filled)]);
    assert_eq!(seen(500).len(), 2, "and the flag after it");
    let versions: std::collections::BTreeSet<_> =
        [149, 150, 310, 400, 500].map(|time| timeline.marks_version_at(at(time))).into();
    assert_eq!(versions.len(), 5);
}
