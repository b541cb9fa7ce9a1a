//! The board as plain text, for tests and the command line.

use std::fmt;

use overcut_domain::{Compound, DriverNumber, TimeColour};

use crate::{CarRow, CarStatus, Session, TimeCell};

/// Writes the board of a session as text: a heading, and one line per car in the order of the screen.
#[derive(Debug, Clone, Copy)]
pub struct Board<'a>(pub &'a Session);

impl fmt::Display for Board<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, track) = (self.0.state(), self.0.track());
        let name = [state.info.meeting_name.as_str(), state.info.name.as_str()].join(" ");
        if !name.trim().is_empty() {
            write!(f, "{} | ", name.trim())?;
        }
        write!(f, "{:?} | {}", state.status, track.status)?;
        if let Some(lap) = state.lap {
            write!(f, " | lap {lap}/{}", state.n_laps.map_or("?".to_owned(), |n| n.to_string()))?;
        }
        if let Some(part) = state.part.filter(|part| part.0 > 0) {
            write!(f, " | Q{}", part.0)?;
        }
        for driver in self.0.board_order() {
            if let Some(row) = self.0.car(driver) {
                write!(f, "\n{}", line(self.0, driver, row).trim_end())?;
            }
        }
        Ok(())
    }
}

fn line(session: &Session, driver: DriverNumber, row: &CarRow) -> String {
    let place = row.position.map_or("P-".to_owned(), |position| format!("P{position}"));
    let tla = session.driver(driver).map_or("", |entry| entry.tla.as_str());
    let gap = row.gap.map_or(String::new(), |gap| gap.to_string());
    let interval = row.interval.map_or(String::new(), |gap| gap.to_string());
    let sectors = row.sectors.each_ref().map(|sector| {
        let cell = TimeCell { time: sector.time, colour: sector.colour };
        let text = time(cell);
        if sector.is_stale && !text.is_empty() { format!("({text})") } else { text }
    });
    format!(
        "{place:<3} {driver:>2} {tla:<3} L{:<2} {gap:<9} {interval:<9} last {:<10} best {:<10} {:<9} {:<9} {:<9} {:<9} {}{}",
        row.lap,
        time(row.last_lap),
        time(row.best_lap),
        sectors[0],
        sectors[1],
        sectors[2],
        tyre(row),
        status(row.status),
        notes(row),
    )
}

/// `1:23.456*` is purple, `1:23.456+` green.
fn time(cell: TimeCell) -> String {
    let mark = match cell.colour {
        TimeColour::Plain => "",
        TimeColour::Green => "+",
        TimeColour::Purple => "*",
    };
    cell.time.map_or(String::new(), |time| format!("{time}{mark}"))
}

/// `S12#2`: soft, 12 laps old, second stint.
fn tyre(row: &CarRow) -> String {
    if row.stint == 0 {
        return String::new();
    }
    let letter = row.compound.map_or("?", letter);
    format!("{letter}{}#{}", row.tyre_age.map_or("?".to_owned(), |age| age.to_string()), row.stint)
}

fn letter(compound: Compound) -> &'static str {
    match compound {
        Compound::Hypersoft => "HS",
        Compound::Ultrasoft => "US",
        Compound::Supersoft => "SS",
        Compound::Soft => "S",
        Compound::Medium => "M",
        Compound::Hard => "H",
        Compound::Superhard => "SH",
        Compound::Intermediate => "I",
        Compound::Wet => "W",
        Compound::TestUnknown => "T",
        Compound::Unknown => "?",
    }
}

fn status(status: CarStatus) -> &'static str {
    match status {
        CarStatus::OnTrack => "track",
        CarStatus::InPit => "PIT",
        CarStatus::OutLap => "out",
        CarStatus::Stopped => "STOPPED",
        CarStatus::Retired => "RETIRED",
        CarStatus::KnockedOut => "KNOCKED OUT",
        CarStatus::Finished => "finished",
    }
}

fn notes(row: &CarRow) -> String {
    let mut notes = String::new();
    let mut add = |text: String| notes.push_str(&text);
    let stewards = &row.stewards;
    if row.n_pit_stops > 0 {
        add(format!(" stops {}", row.n_pit_stops));
    }
    if row.in_drop_zone {
        add(" drop zone".to_owned());
    }
    if stewards.n_under_investigation > 0 {
        add(format!(" investigated {}", stewards.n_under_investigation));
    }
    if stewards.penalty_s > 0 {
        add(format!(" +{}s", stewards.penalty_s));
    }
    if !stewards.other_penalty.is_empty() {
        add(format!(" {}", stewards.other_penalty));
    }
    if stewards.n_deleted_laps > 0 {
        add(format!(" deleted {}", stewards.n_deleted_laps));
    }
    if stewards.is_warned {
        add(" warned".to_owned());
    }
    notes
}
