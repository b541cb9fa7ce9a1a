use std::time::Duration;

use overcut_warehouse::ParquetFolder;

use super::*;
use crate::library::Library;
use crate::pipeline::PipelineConfig;

#[test]
fn a_session_is_written_once_and_anew_when_asked() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = ParquetFolder::new(folder.path(), Duration::MAX);
    let entry = Library::resolve(&crate::config::DataConfig::default(), path.to_str().unwrap()).unwrap();
    let kept = |again| keep(&store, &entry, PipelineConfig::default().build(), again).unwrap();
    let Kept::Now(n_rows) = kept(false) else { panic!("nothing was written") };
    assert!(n_rows > 100_000, "{n_rows}");
    assert_eq!(kept(false), Kept::Before);
    let before = store.progress(&entry.id.parse().unwrap()).unwrap().unwrap();
    assert_eq!(kept(true), Kept::Now(n_rows));
    let after = store.progress(&entry.id.parse().unwrap()).unwrap().unwrap();
    assert_eq!((after.revision, after.sequence), (before.revision + 1, before.sequence));
    let file = folder.path().join("laps/season=2026/2026-chinese-grand-prix-sprint.parquet");
    assert!(file.is_file(), "{}", file.display());
}
