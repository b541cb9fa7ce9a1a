//! Radio, overtakes and championship: what nothing else is built on.

use std::collections::{BTreeMap, BTreeSet};

use overcut_domain::{
    ChampionshipEntry, ChampionshipUpdate, DriverNumber, Event, Feed, OvertakeReport, RadioCapture, UtcTime,
};

use super::rows::{ChampionshipDrivers, ChampionshipTeams, Overtakes, TeamRadio};
use super::tell::Telling;
use crate::report::{DecodeReport, Skip};

/// Most recordings and overtakes that are remembered.
const MAX_SEEN: usize = 20_000;

/// The folder of recordings in a session's archive.
const RADIO_FOLDER: &str = "TeamRadio/";

/// What was told already.
#[derive(Debug, Default)]
pub(super) struct Seen {
    radio: BTreeSet<String>,
    overtakes: BTreeSet<(UtcTime, DriverNumber, u16)>,
}

impl Seen {
    pub(super) fn take_radio(&mut self, rows: Vec<TeamRadio>, report: &mut DecodeReport, news: &mut Vec<Telling>) {
        for row in rows {
            let (Some(date), Some(driver), Some(url)) =
                (row.date.get(), row.driver_number.get(), row.recording_url.get())
            else {
                report.skip(Skip::BadRow, b"team_radio without date, driver or recording");
                continue;
            };
            // The row has the whole address; the feed, and we, name it below the session's archive.
            let path = url.find(RADIO_FOLDER).and_then(|at| url.get(at..)).unwrap_or(&url).to_owned();
            if self.radio.len() < MAX_SEEN && self.radio.insert(path.clone()) {
                let capture = RadioCapture { driver: DriverNumber(driver), utc: Some(date), path };
                news.push(Telling::new(date, Feed::Extras, Event::Radio(vec![capture])));
            }
        }
    }

    pub(super) fn take_overtakes(&mut self, rows: Vec<Overtakes>, report: &mut DecodeReport, news: &mut Vec<Telling>) {
        let mut n_passed: BTreeMap<(UtcTime, DriverNumber), u8> = BTreeMap::new();
        for row in rows {
            let cars = row.overtaking_driver_number.get().zip(row.overtaken_driver_number.get());
            let (Some(date), Some((driver, passed))) = (row.date.get(), cars) else {
                report.skip(Skip::BadRow, b"overtakes without date or drivers");
                continue;
            };
            let driver = DriverNumber(driver);
            if self.overtakes.len() < MAX_SEEN && self.overtakes.insert((date, driver, passed)) {
                let n = n_passed.entry((date, driver)).or_default();
                *n = n.saturating_add(1);
            }
        }
        for ((date, driver), n_passed) in n_passed {
            let overtake = OvertakeReport { driver, utc: Some(date), n_passed };
            news.push(Telling::new(date, Feed::Extras, Event::Overtakes(vec![overtake])));
        }
    }
}

pub(super) fn drivers(rows: Vec<ChampionshipDrivers>, news: &mut Vec<Telling>) {
    let entry = |row: ChampionshipDrivers| {
        Some(ChampionshipEntry {
            key: row.driver_number.get()?.to_string(),
            name: None,
            current_position: row.position_start.get(),
            predicted_position: row.position_current.get(),
            current_points: row.points_start.get(),
            predicted_points: row.points_current.get(),
        })
    };
    let drivers = rows.into_iter().filter_map(entry).collect();
    tell(ChampionshipUpdate { drivers, teams: Vec::new() }, news);
}

pub(super) fn teams(rows: Vec<ChampionshipTeams>, news: &mut Vec<Telling>) {
    let entry = |row: ChampionshipTeams| {
        let name = row.team_name.get()?;
        Some(ChampionshipEntry {
            key: name.clone(),
            name: Some(name),
            current_position: row.position_start.get(),
            predicted_position: row.position_current.get(),
            current_points: row.points_start.get(),
            predicted_points: row.points_current.get(),
        })
    };
    let teams = rows.into_iter().filter_map(entry).collect();
    tell(ChampionshipUpdate { drivers: Vec::new(), teams }, news);
}

fn tell(update: ChampionshipUpdate, news: &mut Vec<Telling>) {
    if !update.drivers.is_empty() || !update.teams.is_empty() {
        news.push(Telling::of_now(Feed::Extras, Event::Championship(update)));
    }
}
