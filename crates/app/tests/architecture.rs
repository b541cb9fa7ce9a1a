//! The dependency arrows between our crates point down only. The floors are those of `ARCHITECTURE.md`.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// The floor of every crate; a crate may only depend on floors below its own, or on a named neighbour.
const FLOORS: [(&str, u8); 16] = [
    ("overcut-domain", 0),
    ("overcut-bus", 1),
    ("overcut-track", 1),
    ("overcut-sources", 1),
    ("overcut-store", 1),
    ("overcut-sim", 1),
    ("overcut-history", 1),
    ("overcut-live", 2),
    ("overcut-calibration", 2),
    ("overcut-session", 2),
    ("overcut-sql", 2),
    ("overcut-warehouse", 2),
    ("overcut-timeline", 3),
    ("overcut-predict", 3),
    ("overcut-server", 4),
    ("overcut", 5),
];

/// Crates that may not know of each other although their floors would allow it.
const FORBIDDEN: [(&str, &str); 4] = [
    ("overcut-server", "overcut-predict"),
    ("overcut-server", "overcut-sql"),
    ("overcut-server", "overcut-warehouse"),
    ("overcut-store", "overcut-predict"),
];

/// Crates that do no I/O: none of these may be among their direct dependencies.
const PURE: [&str; 6] =
    ["overcut-domain", "overcut-track", "overcut-sim", "overcut-session", "overcut-timeline", "overcut-predict"];
const IO: [&str; 5] = ["tokio", "axum", "reqwest", "mcap", "hyper-util"];

#[test]
fn dependency_arrows_point_down() {
    let floors = BTreeMap::from(FLOORS);
    for (from, dependencies) in our_dependencies() {
        let Some(floor) = floors.get(from.as_str()) else {
            assert_eq!(from, "overcut-testkit", "{from} has no floor: give it one here and in ARCHITECTURE.md");
            continue;
        };
        for to in dependencies.iter().filter(|to| to.starts_with("overcut")) {
            let below = floors.get(to.as_str()).unwrap_or_else(|| panic!("{from} depends on {to}, which has no floor"));
            assert!(below < floor, "{from} (floor {floor}) depends on {to} (floor {below}): the arrow points up");
            assert!(!FORBIDDEN.contains(&(from.as_str(), to.as_str())), "{from} must not know {to}");
        }
    }
}

#[test]
fn the_core_does_no_io() {
    for (from, dependencies) in our_dependencies() {
        for io in IO {
            assert!(!PURE.contains(&from.as_str()) || !dependencies.iter().any(|d| d == io), "{from} uses {io}");
        }
    }
}

/// The engine of SQL is a hundred crates: whoever does not ask for it does not build it.
#[test]
fn the_engine_of_sql_is_optional() {
    for package in metadata().packages {
        for dependency in
            package.dependencies.iter().filter(|d| ["datafusion", "overcut-sql"].contains(&d.name.as_str()))
        {
            assert!(dependency.optional, "{} needs {}", package.name, dependency.name);
        }
    }
}

/// Normal (not dev) dependencies of each of our crates.
fn our_dependencies() -> Vec<(String, Vec<String>)> {
    let metadata = metadata();
    let dependencies = |package: &cargo_metadata::Package| {
        let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
        normal.map(|d| d.name.clone()).collect()
    };
    metadata.packages.iter().map(|p| (p.name.to_string(), dependencies(p))).collect()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .other_options(vec!["--offline".into()])
        .exec()
        .expect("cargo metadata reads this workspace")
}
