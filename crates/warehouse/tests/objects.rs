//! An object store that speaks S3, behind `S3_ENDPOINT`.
#![cfg(feature = "s3")]
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::fs;

use overcut_warehouse::{ObjectMirror, ObjectOptions, Transfer};

fn mirror() -> Option<ObjectMirror> {
    let endpoint = overcut_testkit::service("S3_ENDPOINT")?;
    let bucket = std::env::var("S3_BUCKET").unwrap_or_else(|_| "overcut".to_owned());
    let prefix = format!("test {}/ä", std::process::id());
    Some(ObjectMirror::new(&ObjectOptions { bucket, prefix, endpoint }).unwrap())
}

/// Bytes that do not repeat.
fn content(n: usize) -> Vec<u8> {
    (0..n as u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

#[test]
fn what_is_sent_comes_back() {
    let Some(mirror) = mirror() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (small, large) = (folder.path().join("small"), folder.path().join("large"));
    fs::write(&small, content(1000)).unwrap();
    fs::write(&large, content((17 << 20) + 5)).unwrap(); // in three parts
    for (path, name) in [(&small, "tables/laps/season=2026/a.parquet"), (&large, "recordings/a.mcap")] {
        assert_eq!(mirror.send(path, name).unwrap(), Transfer::Now);
        assert_eq!(mirror.send(path, name).unwrap(), Transfer::Before);
        let back = folder.path().join("back");
        assert_eq!(mirror.fetch(name, &back).unwrap(), Transfer::Now);
        assert!(fs::read(&back).unwrap() == fs::read(path).unwrap());
        assert_eq!(mirror.fetch(name, &back).unwrap(), Transfer::Before);
        // Half of it is there from a transfer that broke off; then half of something else.
        let (bytes, part) = (fs::read(path).unwrap(), folder.path().join("back.part"));
        fs::remove_file(&back).unwrap();
        fs::write(&part, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(mirror.fetch(name, &back).unwrap(), Transfer::Now);
        assert!(fs::read(&back).unwrap() == bytes && !part.exists());
        fs::remove_file(&back).unwrap();
        fs::write(&part, vec![7; bytes.len() / 2]).unwrap();
        assert!(mirror.fetch(name, &back).is_err() && !back.exists() && !part.exists());
    }
    // Same size, other content.
    let mut other = content(1000);
    other[500] ^= 1;
    fs::write(&small, &other).unwrap();
    assert_eq!(mirror.send(&small, "tables/laps/season=2026/a.parquet").unwrap(), Transfer::Now);
    let listed = mirror.list("tables").unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].name.as_str(), listed[0].n_bytes), ("tables/laps/season=2026/a.parquet", 1000));
    for object in mirror.list("").unwrap() {
        mirror.remove(&object.name).unwrap();
        mirror.remove(&object.name).unwrap();
    }
    assert!(mirror.list("").unwrap().is_empty());
    assert!(mirror.fetch("recordings/a.mcap", &folder.path().join("none")).is_err());
}
