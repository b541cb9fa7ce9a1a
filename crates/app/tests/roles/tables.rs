//! What sinks have written, beside what `overcut tables` writes of the same recording.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::stage::{Role, Stage, said};
use crate::{LOOK, PATIENCE, RECORDING};

/// Every Parquet file below a folder of tables, by its path in there.
fn files(tables: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![tables.to_owned()]);
    while let Some(folder) = folders.pop() {
        // A folder that is not there yet holds nothing.
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "parquet" => {
                    // It may be replaced while we look: then it is looked at again.
                    let bytes = std::fs::read(&path).unwrap_or_default();
                    found.insert(path.strip_prefix(tables).unwrap().to_owned(), bytes);
                }
                _ => {}
            }
        }
    }
    found
}

/// A schema of a PostgreSQL server, dropped with this.
pub struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// One of a stage's own.
    pub fn make(server: &str, stage: &Stage, name: &str) -> Schema {
        let name = format!("{}_{name}", stage.prefix.trim_end_matches('.').replace('-', "_"));
        let schema = Schema { server: server.to_owned(), name };
        schema.ask(&format!("create schema {}", schema.name));
        schema
    }

    /// An address at which unqualified names mean those of the schema.
    pub fn url(&self) -> String {
        let separator = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{separator}options=-csearch_path%3D{}", self.server, self.name)
    }

    /// How many rows each table has, and a digest of them.
    pub fn digests(&self) -> BTreeMap<String, String> {
        let tables = self.ask(&format!(
            "select table_name from information_schema.tables where table_schema = '{}' and table_type = 'BASE TABLE' \
             and table_name !~ '^telemetry_' order by 1",
            self.name
        ));
        let digest = |table: &str| {
            let sql =
                format!("select count(*), md5(string_agg(t::text, '|' order by t::text)) from {}.{table} t", self.name);
            (table.to_owned(), self.ask(&sql))
        };
        tables.lines().map(digest).collect()
    }

    fn ask(&self, sql: &str) -> String {
        let answer = Command::new("psql").args([&self.server, "-qAtc", sql]).output().unwrap();
        assert!(answer.status.success(), "{sql}: {}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.ask(&format!("drop schema {} cascade", self.name));
    }
}

/// Lets a single program write its tables.
pub fn write_single(stage: &Stage, words: &str, data: &Path, to: &str) {
    Role::start(stage, "tables", &["--data", data.to_str().unwrap(), "tables", words, "--to", to]).end();
}

/// Waits until what sinks wrote is what is wanted.
pub fn until_equal<K: Ord + Debug, V: PartialEq>(
    roles: &[Role],
    look: impl Fn() -> BTreeMap<K, V>,
    want: &BTreeMap<K, V>,
    show: impl Fn(&V) -> String,
) {
    assert!(!want.is_empty());
    let began = Instant::now();
    loop {
        let got = look();
        if got == *want {
            return;
        }
        if began.elapsed() > PATIENCE / 2 {
            for name in got.keys().chain(want.keys()) {
                let [got, want] = [got.get(name), want.get(name)].map(|value| value.map(&show));
                println!("{name:?}: {got:?}, single {want:?}");
            }
            panic!("{}", said(roles));
        }
        thread::sleep(LOOK * 4);
    }
}

/// Waits until the sink's files are those that a single program writes, to the byte.
pub fn until_files_equal(stage: &Stage, roles: &[Role]) {
    let single = stage.folder.path().join("single");
    write_single(stage, RECORDING, &single, "parquet");
    let (tables, single) = (stage.folder.path().join("data/tables"), single.join("tables"));
    until_equal(roles, || files(&tables), &files(&single), |bytes| format!("{} bytes", bytes.len()));
}
