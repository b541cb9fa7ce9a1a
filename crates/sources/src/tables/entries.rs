//! Who takes part: names, numbers, teams, colours and grid.

use std::collections::BTreeMap;

use overcut_domain::{CarStints, DriverNumber, DriverUpdate, DriversUpdate, StintsUpdate};
use serde::Deserialize;

use super::cell::{text, whole};
use super::table::{Table, TableError};
use crate::report::{DecodeReport, Skip};

/// Most entries kept.
const MAX_ENTRIES: usize = 200;

/// One entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) number: Option<DriverNumber>,
    pub(super) tla: String,
    pub(super) full_name: Option<String>,
    pub(super) broadcast_name: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) team: Option<String>,
    pub(super) team_colour: Option<String>,
    /// Place on the grid; `None` for the pit lane and where there is no grid.
    pub(super) grid: Option<u8>,
    /// True if the entry has a time in a part of qualifying.
    pub(super) has_qualifying_time: bool,
}

/// Reads FastF1's results. What is known only at the end (places, points, status) is left alone: a client that looks
/// at the first lap must not learn the result.
pub(super) fn read_results(
    file: &str,
    payload: &[u8],
    entries: &mut Vec<Entry>,
    report: &mut DecodeReport,
) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let (number, tla) = (table.column("DriverNumber")?, table.column("Abbreviation")?);
    let texts = ["FullName", "BroadcastName", "FirstName", "LastName", "TeamName", "TeamColor"];
    let texts = texts.map(|name| table.optional(name));
    let (grid, qualifying) = (table.optional("GridPosition"), table.optional("Q1"));
    while let Some(row) = table.next()? {
        let [full_name, broadcast_name, first_name, last_name, team, team_colour] =
            texts.map(|column| text(row.cell(column)).map(str::to_owned));
        let entry = Entry {
            number: whole(row.cell(number)).map(DriverNumber),
            tla: text(row.cell(tla)).unwrap_or_default().to_owned(),
            full_name,
            broadcast_name,
            first_name,
            last_name,
            team,
            team_colour,
            grid: whole(row.cell(grid)).filter(|grid| *grid > 0),
            has_qualifying_time: text(row.cell(qualifying)).is_some(),
        };
        if entry.number.is_some() && entries.len() < MAX_ENTRIES {
            entries.push(entry);
        } else {
            report.skip(Skip::BadRow, &row.example());
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct EntryList {
    drivers: Vec<EntryListDriver>,
}

#[derive(Deserialize)]
struct EntryListDriver {
    driver: String,
    #[serde(default)]
    team: Option<String>,
}

/// Reads TracingInsights' entry list.
pub(super) fn read_entry_list(payload: &[u8], entries: &mut Vec<Entry>) -> Result<(), serde_json::Error> {
    let list: EntryList = serde_json::from_slice(payload)?;
    for driver in list.drivers.into_iter().take(MAX_ENTRIES) {
        entries.push(Entry { tla: driver.driver, team: driver.team, ..Entry::default() });
    }
    Ok(())
}

/// The racing numbers of 2025. TracingInsights' tables name drivers by three letters only; where no other table says
/// their numbers, these are used, and what is not here gets a free number from 99 downwards.
const NUMBERS_2025: [(&str, u16); 21] = [
    ("VER", 1),
    ("NOR", 4),
    ("BOR", 5),
    ("HAD", 6),
    ("DOO", 7),
    ("GAS", 10),
    ("ANT", 12),
    ("ALO", 14),
    ("LEC", 16),
    ("STR", 18),
    ("TSU", 22),
    ("ALB", 23),
    ("HUL", 27),
    ("LAW", 30),
    ("OCO", 31),
    ("COL", 43),
    ("HAM", 44),
    ("SAI", 55),
    ("RUS", 63),
    ("PIA", 81),
    ("BEA", 87),
];

/// Every entry, each with a number of its own.
#[derive(Debug, Default)]
pub(super) struct Entries {
    by_number: BTreeMap<DriverNumber, Entry>,
    numbers: BTreeMap<String, DriverNumber>,
    /// In the order of the grid; cars without a place on it come last, in the order of their table.
    pub(super) start_order: Vec<DriverNumber>,
}

impl Entries {
    /// Merges what the tables say, and numbers those who have no number.
    pub(super) fn resolve(said: Vec<Entry>) -> Entries {
        let mut entries = Entries::default();
        // Numbers that tables state come first, so that a made-up one never takes theirs.
        let (stated, unstated): (Vec<_>, Vec<_>) = said.into_iter().partition(|entry| entry.number.is_some());
        for entry in stated.into_iter().chain(unstated) {
            entries.add(entry);
        }
        entries
            .start_order
            .sort_by_key(|number| entries.by_number.get(number).and_then(|entry| entry.grid).unwrap_or(u8::MAX));
        entries
    }

    fn add(&mut self, entry: Entry) {
        let known = self.numbers.get(&entry.tla).copied().filter(|_| !entry.tla.is_empty());
        let Some(number) = entry.number.or(known).or_else(|| self.free_number(&entry.tla)) else { return };
        if !entry.tla.is_empty() {
            self.numbers.entry(entry.tla.clone()).or_insert(number);
        }
        let Some(old) = self.by_number.get_mut(&number) else {
            if self.by_number.len() >= MAX_ENTRIES {
                return;
            }
            self.start_order.push(number);
            self.by_number.insert(number, Entry { number: Some(number), ..entry });
            return;
        };
        old.full_name = old.full_name.take().or(entry.full_name);
        old.team = old.team.take().or(entry.team);
        old.grid = old.grid.or(entry.grid);
        if old.tla.is_empty() {
            old.tla = entry.tla;
        }
    }

    fn free_number(&self, tla: &str) -> Option<DriverNumber> {
        let is_free = |number: &DriverNumber| !self.by_number.contains_key(number);
        let known = NUMBERS_2025.iter().find(|(name, _)| *name == tla).map(|(_, number)| DriverNumber(*number));
        known.filter(is_free).or_else(|| (1..100).rev().map(DriverNumber).find(is_free))
    }

    /// The number of a driver known by number or by three letters.
    pub(super) fn number(&self, number: Option<DriverNumber>, tla: &str) -> Option<DriverNumber> {
        let number = number.or_else(|| self.numbers.get(tla).copied());
        number.filter(|number| self.by_number.contains_key(number))
    }

    /// The driver of that last name, as printed: in any case.
    pub(super) fn by_last_name(&self, name: &str) -> Option<DriverNumber> {
        let is_name = |entry: &&Entry| {
            let last = entry.last_name.as_deref().unwrap_or_default();
            !last.is_empty() && last.to_lowercase() == name.to_lowercase()
        };
        let mut found = self.by_number.values().filter(is_name);
        match (found.next(), found.next()) {
            (Some(entry), None) => entry.number,
            _ => None, // nobody, or two brothers
        }
    }

    /// One entry.
    pub(super) fn get(&self, number: DriverNumber) -> Option<&Entry> {
        self.by_number.get(&number)
    }

    /// True if a grid is known.
    pub(super) fn has_grid(&self) -> bool {
        self.by_number.values().any(|entry| entry.grid.is_some())
    }

    /// True if a table of results has times of qualifying.
    pub(super) fn has_qualifying_times(&self) -> bool {
        self.by_number.values().any(|entry| entry.has_qualifying_time)
    }

    /// The entry list.
    pub(super) fn drivers(&self) -> DriversUpdate {
        let drivers = self.start_order.iter().zip(1u8..).filter_map(|(number, line)| {
            let entry = self.by_number.get(number)?.clone();
            Some(DriverUpdate {
                driver: *number,
                line: Some(line),
                tla: Some(entry.tla).filter(|tla| !tla.is_empty()),
                full_name: entry.full_name,
                broadcast_name: entry.broadcast_name,
                first_name: entry.first_name,
                last_name: entry.last_name,
                team: entry.team,
                team_colour: entry.team_colour.map(|colour| colour.trim_start_matches('#').to_owned()),
            })
        });
        DriversUpdate { is_full: true, drivers: drivers.collect(), removed: Vec::new() }
    }

    /// The grid.
    pub(super) fn grid(&self) -> StintsUpdate {
        let places = self.start_order.iter().filter_map(|number| {
            let grid_position = Some(self.by_number.get(number)?.grid?);
            Some(CarStints { driver: *number, grid_position, ..CarStints::default() })
        });
        StintsUpdate { cars: places.collect() }
    }
}
