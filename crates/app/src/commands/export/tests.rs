use super::*;
use crate::pipeline::PipelineConfig;

const TABLES: [cli::Table; 9] = [
    cli::Table::Laps,
    cli::Table::Stints,
    cli::Table::PitStops,
    cli::Table::RaceControl,
    cli::Table::Weather,
    cli::Table::Drivers,
    cli::Table::Alerts,
    cli::Table::Telemetry,
    cli::Table::Results,
];

#[test]
fn every_table_says_the_same_in_every_format() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let tables = Tables::read(&path, PipelineConfig::default().build()).unwrap();
    for table in TABLES {
        let mut n_rows = Vec::new();
        for format in [TableFormat::Csv, TableFormat::Json, TableFormat::Parquet] {
            n_rows.push(tables.write(table, format, Some(DriverNumber(63)), io::sink()).unwrap());
        }
        let all = tables.write(table, TableFormat::Csv, None, io::sink()).unwrap();
        assert!(n_rows.iter().all(|n| *n == n_rows[0]), "{table:?}: {n_rows:?}");
        // A race without anomalies is what everybody hopes for; every other table has rows.
        assert!(all >= n_rows[0] && (all > 0 || table == cli::Table::Alerts), "{table:?}: {all}");
    }
    assert!(tables.knows(DriverNumber(63)) && !tables.knows(DriverNumber(99)));
}

#[test]
fn results_of_a_sprint() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let tables = Tables::read(&path, PipelineConfig::default().build()).unwrap();
    let mut csv = Vec::new();
    tables.write(cli::Table::Results, TableFormat::Csv, None, &mut csv).unwrap();
    insta::assert_snapshot!(String::from_utf8(csv).unwrap().lines().take(6).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_file_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("laps.csv");
    let failed = write_file(&path, |mut out| {
        out.write_all(b"half")?;
        bail!("no more")
    });
    assert!(failed.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(write_file(&path, |mut out| Ok(out.write_all(b"whole").and(out.flush()).map(|()| 1)?)).unwrap(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), b"whole");
}
