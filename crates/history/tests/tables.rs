//! The readers on small tables, on damaged ones, and on the real folder.

use std::fs;
use std::path::Path;

use overcut_domain::{Compound, DriverNumber};
use overcut_history::{History, HistoryError, LapRow, Place, ResultRow, WeatherRow, parse_priors, parse_table};
use proptest::prelude::*;

const LAP_HEADER: &str = "season,round,driver,number,team,lap,position,lap_time_s,time_s,stint,compound,tyre_life,\
                          fresh_tyre,pit_out_s,pit_in_s,track_status,is_accurate";

fn laps(rows: &str) -> Result<Vec<LapRow>, HistoryError> {
    parse_table(Path::new("laps.csv"), format!("{LAP_HEADER}\n{rows}").as_bytes())
}

#[test]
fn reads_a_lap_whose_season_lacks_columns() {
    let laps = laps("2020,1,AAA,7,Team,3,2.0,71.5,2038.25,1.0,SOFT,4,0,,,12,1\n").unwrap();
    let lap = &laps[0];
    assert_eq!((lap.number, lap.lap, lap.position), (DriverNumber(7), 3, Some(2)), "2.0 is a whole number");
    assert_eq!((lap.lap_time_s, lap.time_s, lap.s1_s), (Some(71.5), 2038.25, None));
    assert_eq!((lap.compound, lap.fresh_tyre, lap.deleted), (Compound::Soft, Some(false), None));
    assert_eq!((lap.pit_in_s, lap.track_status.as_str()), (None, "12"));
}

#[test]
fn names_file_line_and_column_of_a_bad_cell() {
    let error = laps("2020,1,AAA,7,Team,1,,,10.0,,,,,,,1,1\n2020,1,AAA,7,Team,2,,x,20.0,,,,,,,1,1\n").unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(r#"laps.csv, line 3, column "lap_time_s": "x""#), "{text}");
}

#[test]
fn refuses_numbers_that_are_none() {
    for cell in ["inf", "NaN", "-1", "1.5", "70000"] {
        let row = format!("2020,1,AAA,7,Team,1,{cell},,10.0,,,,,,,1,1\n");
        assert!(matches!(laps(&row), Err(HistoryError::Cell { line: 2, .. })), "{cell}");
    }
}

#[test]
fn a_missing_column_is_about_the_table() {
    let error = parse_table::<LapRow>(Path::new("laps.csv"), b"season,round\n2020,1\n").unwrap_err();
    assert!(matches!(error, HistoryError::Table { .. }), "{error}");
}

#[test]
fn reads_every_kind_of_place() {
    let header = "season,round,position,driver_number,driver_id,constructor_id,grid_position,laps,time_s,gap_s,\
                  reason_retired,points";
    let rows = "2020,1,1,44,a,b,1,70,5000.0,,,25\n2020,1,DNF,,a,b,PL,3,,,Engine,\n2020,1,DSQ,1,a,b,3,70,,,,\n\
                2020,1,DNS,1,a,b,,,,,,\n2020,1,NC,1,a,b,5,40,,,,\n";
    let rows: Vec<ResultRow> = parse_table(Path::new("r.csv"), format!("{header}\n{rows}").as_bytes()).unwrap();
    let places: Vec<_> = rows.iter().map(|row| row.position.clone()).collect();
    let other = Place::Other("NC".into());
    assert_eq!(places, [Place::Classified(1), Place::Retired, Place::Disqualified, Place::NotStarted, other]);
    assert_eq!((rows[1].driver_number, rows[1].grid_position), (None, None));
    assert_eq!(rows[1].reason_retired.as_deref(), Some("Engine"));
}

#[test]
fn reads_priors_and_names_the_line_of_a_bad_one() {
    let priors =
        parse_priors("# p\n[A]\np_accident = {\"x\": 0.05}\nt_pit_var_fisk_pars = {\"y\": [3.0, -0.2, 1.0]}\n")
            .unwrap();
    assert_eq!((priors.accidents, priors.stop_time["y"]), (vec![0.05], [3.0, -0.2, 1.0]));
    assert_eq!(parse_priors("\np_failure = {0.5").unwrap_err().0, 2);
}

#[test]
fn a_folder_without_a_needed_file_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let error = History::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("races.csv"), "{error}");
}

#[test]
fn a_damaged_gzip_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("results")).unwrap();
    for name in History::NEEDED {
        fs::write(folder.path().join(format!("{name}.csv.gz")), [0x1f, 0x8b, 8, 0, 0xff, 0xff, 0xff, 0xff]).unwrap();
    }
    let history = History::open(folder.path()).unwrap();
    assert!(matches!(history.races(), Err(HistoryError::Gzip { .. })));
    assert_eq!(history.pit_stops().unwrap(), None, "an optional table may be absent");
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in r#"[a-z0-9_,."\r\n-]{0,300}"#, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let path = Path::new("x.csv");
        let _ = laps(&text);
        let _ = parse_table::<LapRow>(path, &bytes);
        let _ = parse_table::<ResultRow>(path, text.as_bytes());
        let _ = parse_table::<WeatherRow>(path, &bytes);
        let _ = parse_priors(&text);
    }

    #[test]
    fn no_bytes_make_unpacking_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("results")).unwrap();
        for name in History::NEEDED {
            fs::write(folder.path().join(format!("{name}.csv.gz")), [&[0x1f, 0x8b, 8, 0], bytes.as_slice()].concat()).unwrap();
        }
        prop_assert!(History::open(folder.path()).unwrap().races().is_err());
    }
}

#[test]
fn reads_every_real_table() {
    let Some(folder) = overcut_testkit::recording("history") else { return };
    let history = History::open(folder).unwrap();
    assert_eq!(history.seasons().unwrap(), (2018..=2024).collect::<Vec<_>>());
    // The counts of the collection's own manifest.
    assert_eq!(history.races().unwrap().len(), 1_125);
    assert_eq!(history.results().unwrap().len(), 26_811);
    assert_eq!(history.qualifying().unwrap().len(), 26_236);
    assert_eq!(history.grids().unwrap().len(), 25_048);
    assert_eq!(history.pit_stops().unwrap().unwrap().len(), 21_272);
    assert_eq!(history.compound_selection().unwrap().unwrap().len(), 151);
    assert_eq!(history.weather().unwrap().unwrap().len(), 21_743);
    assert_eq!(history.track_status().unwrap().unwrap().len(), 1_718);
    assert_eq!(history.safety_cars().unwrap().unwrap().len(), 346);
    assert_eq!(history.red_flags().unwrap().unwrap().len(), 98);
    assert_eq!(history.virtual_safety_car_laps().unwrap().unwrap().len(), 195);
    assert_eq!(history.track_params().unwrap().unwrap().len(), 121);
    assert_eq!(history.monte_carlo_priors().unwrap().unwrap().phases.safety_cars.len(), 4);
    let counts: Vec<_> = (2018..=2024).map(|season| history.laps(season).unwrap().len()).collect();
    assert_eq!(counts, [22_321, 23_675, 18_337, 23_748, 23_568, 23_464, 26_606]);
}
