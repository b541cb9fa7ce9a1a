//! Readers of the real recordings for tests, with the feature `stubs` servers that play them, and with `any` generators of
//! whatever may be said. A dev-dependency only.

#[cfg(feature = "any")]
pub mod any_events;
#[cfg(feature = "any")]
pub mod any_insights;
#[cfg(feature = "stubs")]
pub mod stub;
#[cfg(feature = "stubs")]
pub mod tape;

use std::path::PathBuf;

/// The folder of the real recordings: `$OVERCUT_DATA`, or `../shared/data` beside the checkout.
///
/// Returns `None`, and says so on standard error, where there is none. Under CI (`CI` is set) it must be there.
///
/// # Panics
///
/// Under CI, if the folder is missing.
pub fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("OVERCUT_DATA").map(PathBuf::from).unwrap_or_else(|| {
        let checkout = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        checkout.join("../shared/data")
    });
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "no real recordings at {}: set OVERCUT_DATA", folder.display());
    eprintln!("skipped: no real recordings at {}; set OVERCUT_DATA to run this test", folder.display());
    None
}

/// A setting that says where a server for tests is, such as `DATABASE_URL`.
///
/// Returns `None`, and says so on standard error, where it is not set. With `OVERCUT_TEST_SERVICES` set, as by
/// `make test-services`, it must be.
///
/// # Panics
///
/// Where it must be set and is not.
pub fn service(name: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("OVERCUT_TEST_SERVICES").is_none(), "{name} names no server");
        eprintln!("skipped: {name} names no server; `make test-services` starts one");
    }
    value
}

/// A file or folder among the real recordings, such as `f1/livetiming/2026_chinese_gp_sprint`.
///
/// # Panics
///
/// If the data folder is there but the recording is not.
pub fn recording(path: &str) -> Option<PathBuf> {
    let path = data()?.join(path);
    assert!(path.exists(), "no recording at {}", path.display());
    Some(path)
}
