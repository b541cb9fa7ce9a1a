//! What a synthetic session writes is read back by the same program as what it truly was.

use std::collections::BTreeMap;
use std::path::Path;

use indicatif::ProgressBar;
use overcut_domain::{DriverNumber, LapNumber};
use overcut_session::Session;
use overcut_sim::grand_prix::Truth;

use super::*;
use crate::config::DataConfig;
use crate::library::Library;
use crate::load::load;

fn race(seed: u64, n_laps: u16) -> Synthetic {
    Synthetic { seed, n_laps: Some(n_laps), ..Synthetic::default() }
}

/// Writes a session and returns its truth.
fn write(synthetic: &Synthetic, folder: &Path, has_quirks: bool) -> Truth {
    let mut transmission = synthetic.transmission(has_quirks).unwrap();
    folder::write(folder, |out| transmission.next_messages(out), &ProgressBar::hidden()).unwrap();
    transmission.events.truth()
}

fn read(folder: &Path) -> Session {
    load(folder, PipelineConfig::default().build()).unwrap().session
}

/// Every file's name and bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|e| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).unwrap())).collect()
}

#[test]
fn what_is_written_reads_back_as_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    for (seed, has_quirks) in [(1, false), (6, false), (9, true)] {
        let path = folder.path().join(format!("race-{seed}"));
        let truth = write(&race(seed, 12), &path, has_quirks);
        let session = read(&path);
        assert_eq!(session.board_order(), truth.classification, "seed {seed}: the classification");
        let n_laps: usize = session.laps().filter(|lap| lap.ended_at.is_some()).count();
        let ended = truth.laps.iter().filter(|lap| lap.ended_at.is_some());
        assert_eq!(n_laps, ended.clone().count(), "seed {seed}: laps");
        for lap in ended {
            let (driver, number) = (lap.driver, lap.number);
            let read =
                session.lap(driver, number).unwrap_or_else(|| panic!("seed {seed}: no lap {number} of {driver}"));
            let said = (read.time, read.compound, read.tyre_life, read.stint);
            let is = (lap.time, Some(lap.compound), Some(lap.tyre_age), Some(lap.stint));
            assert_eq!(said, is, "seed {seed}: lap {number} of {driver}");
        }
        for stop in &truth.pit_stops {
            let said = session.pit_stop(stop.driver, stop.number).map(|stop| stop.lap);
            assert_eq!(said, Some(stop.lap), "seed {seed}: stop {} of {}", stop.number, stop.driver);
        }
    }
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, seed: u64| {
        write(&race(seed, 3), &folder.path().join(name), true);
        contents(&folder.path().join(name))
    };
    let first = written("first", 4);
    assert!(first.len() > 20 && first.contains_key("TimingData.jsonStream"));
    assert!(first == written("again", 4));
    assert!(first != written("other", 5));
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    write(&race(1, 2), folder.path(), false);
    let before = contents(folder.path());
    let mut transmission = race(2, 2).transmission(false).unwrap();
    let again = folder::write(folder.path(), |out| transmission.next_messages(out), &ProgressBar::hidden());
    assert!(again.is_err());
    assert!(before == contents(folder.path()));
}

#[test]
fn the_library_lists_it_under_the_name_it_is_played_under() {
    let folder = tempfile::tempdir().unwrap();
    let synthetic = race(1, 2);
    write(&synthetic, &folder.path().join("anything"), false);
    let config = DataConfig { folder: folder.path().to_owned(), ..DataConfig::default() };
    let library = Library::scan(&config);
    let [entry] = library.entries() else { panic!("{:?}", library.entries()) };
    assert_eq!(entry.id, synthetic.id());
    assert!(entry.id.contains("synthetic") && entry.title.text().contains("synthetic"), "{entry:?}");
    let session = read(&entry.path);
    assert!(session.lap(DriverNumber(7), LapNumber(2)).is_some());
}

/// What is there before anybody looks: the field on the grid, the map, and no more than the clock allows.
#[test]
fn a_played_race_opens_on_the_grid() {
    let shared = race(1, 3).play(PipelineConfig::default(), Speed::NORMAL).unwrap();
    let timeline = shared.read();
    let limits = shared.limits(&timeline);
    assert!(limits.is_live && limits.is_held && limits.head < timeline.head());
    let board = timeline.snapshot_at(limits.head);
    let cars = board.iter().filter(|entry| matches!(entry.item, overcut_timeline::Item::Car(_)));
    assert_eq!(cars.count(), 22);
    let outline = timeline.outline().expect("the circuit is known from the start");
    let on_line =
        timeline.telemetry().drivers().filter_map(|driver| timeline.telemetry().latest_position(driver, limits.head));
    for fix in on_line {
        let offset_m = outline.project(f64::from(fix.x_dm), f64::from(fix.y_dm), None).offset_m.abs();
        assert!(offset_m < 40.0, "{} stands {offset_m} m from the track", fix.driver);
    }
}
