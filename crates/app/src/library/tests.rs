use std::fs;

use super::*;

/// A folder of recordings in several formats, with junk between them.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let info = |meeting: &str, name: &str, kind: &str, start: &str| {
        format!(
            "00:00:00.100{{\"Meeting\":{{\"Key\":1,\"Name\":\"{meeting}\",\"Location\":\"Shanghai\",\
             \"Country\":{{\"Key\":5,\"Code\":\"CHN\",\"Name\":\"China\"}},\"Circuit\":{{\"Key\":49,\"ShortName\":\"Shanghai\"}}}},\
             \"Key\":2,\"Type\":\"{kind}\",\"Name\":\"{name}\",\"StartDate\":\"{start}\",\"EndDate\":\"{start}\",\
             \"GmtOffset\":\"08:00:00\",\"Path\":\"2031/x/\"}}\r\n"
        )
    };
    let sprint = info("Chinese Grand Prix", "Sprint", "Race", "2031-03-14T11:00:00");
    write("a/b/sprint/SessionInfo.jsonStream", &sprint);
    write("a/b/sprint/Heartbeat.jsonStream", "00:00:01.000{\"Utc\":\"2031-03-14T03:00:00Z\"}\r\n");
    write("z/copy/SessionInfo.jsonStream", &sprint);
    write("z/copy/CarData.z.jsonStream", "00:00:01.000\"q1YqLUktLi5RslIyAgA=\"\r\n");
    let qualifying = info("Chinese Grand Prix", "Sprint Qualifying", "Qualifying", "2031-03-13T15:30:00");
    write("sq/SessionInfo.jsonStream", &qualifying);
    write("sq/TrackStatus.jsonStream", "00:00:01.000{\"Status\":\"1\"}\r\n");
    write(
        "captures/2030_são_paulo_gp_fp1.txt",
        "['Heartbeat', {'Utc': '2030-11-08T14:20:19Z'}, '2030-11-08T14:20:19Z']\n",
    );
    write(
        "captures/2030_são_paulo_gp_race.txt",
        "['Heartbeat', {'Utc': '2030-11-09T14:20:19Z'}, '2030-11-09T14:20:19Z']\n",
    );
    write("captures/notes.md", "# not a recording\n");
    write("junk/picture.png", "\u{89}PNG");
    write("junk/empty.txt", "");
    write("junk/broken.mcap", "\u{89}MCAP");
    write(".hidden/SessionInfo.jsonStream", &sprint);
    write("unfinished.mcap.part", "");
    folder
}

fn library(folder: &Path) -> Library {
    Library::scan(&DataConfig {
        folder: folder.to_owned(),
        also: vec![folder.join("a"), folder.join("nowhere")],
        ..DataConfig::default()
    })
}

fn ids(library: &Library) -> Vec<&str> {
    library.entries().iter().map(|entry| entry.id.as_str()).collect()
}

#[test]
fn finds_recordings_among_junk() {
    let data = data();
    let library = library(data.path());
    let lines: Vec<String> = library
        .entries()
        .iter()
        .map(|entry| {
            let path = entry.path.strip_prefix(data.path()).unwrap().display().to_string();
            format!("{} | {} | {} | {:?} | {path}", entry.id, entry.title.text(), entry.format, entry.has_car_data)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn ids_depend_on_the_files_alone() {
    let data = data();
    assert_eq!(ids(&library(data.path())), ids(&library(data.path())));
    let sprint = library(data.path()).get("2031-chinese-grand-prix-sprint").unwrap().clone();
    assert!(sprint.path.ends_with("z/copy"), "the one with car data has the plain id");
}

#[test]
fn words_find_what_is_meant() {
    let data = data();
    let library = library(data.path());
    let cases = [
        ("2031-chinese-grand-prix-sprint", Ok("2031-chinese-grand-prix-sprint")),
        ("2031-chinese-grand-prix-sprint-f1-archive", Ok("2031-chinese-grand-prix-sprint-f1-archive")),
        ("2031-chinese-grand-prix-sprint-q", Ok("2031-chinese-grand-prix-sprint-qualifying")),
        ("china sprint", Ok("2031-chinese-grand-prix-sprint")),
        ("Sprint Shanghai", Ok("2031-chinese-grand-prix-sprint")),
        ("china sprint qualifying", Ok("2031-chinese-grand-prix-sprint-qualifying")),
        ("São Paulo fp1", Ok("2030-sao-paulo-grand-prix-practice-1")),
        ("sao gp race", Ok("2030-sao-paulo-grand-prix-race")),
        ("paulo", Err("fits several recordings")),
        ("chinesse sprint", Err("is it one of these?\n  2031-chinese-grand-prix-sprint\n")),
        ("zandvoort", Err("`overcut sessions` lists")),
        ("", Err("fits several recordings")),
    ];
    for (query, want) in cases {
        match (library.find(query), want) {
            (Ok(entry), Ok(id)) => assert_eq!(entry.id, id, "{query:?}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{query:?}: {error}"),
            (found, want) => panic!("{query:?}: {found:?} instead of {want:?}"),
        }
    }
}

#[test]
fn an_empty_library_says_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let error = library(data.path()).find("china").unwrap_err().to_string();
    assert!(error.contains("overcut import"), "{error}");
}

#[test]
fn a_path_is_taken_as_it_is() {
    let data = data();
    let config = DataConfig { folder: data.path().to_owned(), ..DataConfig::default() };
    let path = data.path().join("sq");
    let entry = Library::resolve(&config, path.to_str().unwrap()).unwrap();
    assert_eq!((entry.id.as_str(), entry.path), ("2031-chinese-grand-prix-sprint-qualifying", path));
    let junk = data.path().join("junk/picture.png");
    assert!(Library::resolve(&config, junk.to_str().unwrap()).is_err());
}

#[test]
fn a_summary_is_what_the_api_lists() {
    let data = data();
    let library = library(data.path());
    let summary = library.get("2031-chinese-grand-prix-sprint").unwrap().summary();
    assert_eq!((summary.kind.as_str(), summary.season), ("sprint", Some(2031)));
    assert_eq!(summary.starts_at.as_deref(), Some("2031-03-14T03:00:00.000Z"));
}

#[test]
fn titles_come_from_names_where_the_feed_is_silent() {
    let cases = [
        ("2025_dutch_gp_race", "2025 Dutch Grand Prix – Race", "2025-dutch-grand-prix-race"),
        (
            "2024_mexico_city_gp_fp3_fastf1client",
            "2024 Mexico City Grand Prix – Practice 3",
            "2024-mexico-city-grand-prix-practice-3",
        ),
        ("2023-sprint_quali.txt.zst", "2023 – Sprint Qualifying", "2023-sprint-qualifying"),
        ("practice_2 monza.log", "Monza – Practice 2", "monza-practice-2"),
        ("saved_data.txt", "Saved Data", "saved-data"),
        ("...", "...", "recording"),
    ];
    for (name, text, id) in cases {
        let title = Title::new(None, Path::new(name));
        assert_eq!((title.text().as_str(), title.slug().as_str()), (text, id), "{name:?}");
    }
}
