//! Messages of race control, after the pattern that the sport uses and people know.

use overcut_domain::{Flag, FlagScope, RaceControlCategory, SafetyCarMode, UtcTime};

use super::cue::Note;
use super::entry_list::DRIVERS;

/// A car as race control names it: `CAR 7 (QUI)`.
pub(super) fn car_name(car: usize) -> String {
    format!("CAR {} ({})", DRIVERS[car].number, DRIVERS[car].tla)
}

fn flag(flag: Flag, scope: FlagScope, text: String) -> Note {
    Note { category: RaceControlCategory::Flag, flag: Some(flag), scope: Some(scope), text, ..Note::default() }
}

/// Free text.
pub(super) fn other(text: impl Into<String>) -> Note {
    Note { text: text.into(), ..Note::default() }
}

pub(super) fn pit_exit_open() -> Note {
    flag(Flag::Green, FlagScope::Track, "GREEN LIGHT - PIT EXIT OPEN".to_owned())
}

pub(super) fn pit_exit_closed() -> Note {
    other("PIT EXIT CLOSED")
}

pub(super) fn yellow(sector: u8, is_double: bool) -> Note {
    let (kind, word) = if is_double { (Flag::DoubleYellow, "DOUBLE YELLOW") } else { (Flag::Yellow, "YELLOW") };
    flag(kind, FlagScope::Sector(sector), format!("{word} IN TRACK SECTOR {sector}"))
}

pub(super) fn clear(sector: u8) -> Note {
    flag(Flag::Clear, FlagScope::Sector(sector), format!("CLEAR IN TRACK SECTOR {sector}"))
}

pub(super) fn track_clear() -> Note {
    flag(Flag::Clear, FlagScope::Track, "TRACK CLEAR".to_owned())
}

pub(super) fn red() -> Note {
    flag(Flag::Red, FlagScope::Track, "RED FLAG".to_owned())
}

pub(super) fn chequered() -> Note {
    flag(Flag::Chequered, FlagScope::Track, "CHEQUERED FLAG".to_owned())
}

pub(super) fn blue(car: usize, local_time: &str) -> Note {
    let text = format!("WAVED BLUE FLAG FOR {} TIMED AT {local_time}", car_name(car));
    let driver = DRIVERS[car].number;
    Note { driver: Some(driver), ..flag(Flag::Blue, FlagScope::Driver(driver), text) }
}

pub(super) fn safety_car(mode: SafetyCarMode, status: &'static str) -> Note {
    let name = match mode {
        SafetyCarMode::SafetyCar => "SAFETY CAR",
        SafetyCarMode::Virtual => "VIRTUAL SAFETY CAR",
    };
    Note {
        category: RaceControlCategory::SafetyCar,
        safety_car: Some(mode),
        status,
        text: format!("{name} {status}"),
        ..Note::default()
    }
}

/// DRS to 2025, overtake mode from 2026.
pub(super) fn overtaking_aid(season: u16, is_enabled: bool) -> Note {
    let status = if is_enabled { "ENABLED" } else { "DISABLED" };
    if season >= 2026 {
        return other(format!("OVERTAKE {status}"));
    }
    Note { category: RaceControlCategory::Drs, status, text: format!("DRS {status}"), ..Note::default() }
}

pub(super) fn rain_risk(percent: u8) -> Note {
    other(format!("RISK OF RAIN FOR THE RACE IS {percent}%"))
}

pub(super) fn noted(car: usize, corner: u8, reason: &str) -> Note {
    other(format!("TURN {corner} INCIDENT INVOLVING {} NOTED - {reason}", car_name(car)))
}

pub(super) fn under_investigation(car: usize, corner: u8, reason: &str) -> Note {
    other(format!("FIA STEWARDS: TURN {corner} INCIDENT INVOLVING {} UNDER INVESTIGATION - {reason}", car_name(car)))
}

pub(super) fn time_penalty(car: usize, seconds: u32, reason: &str) -> Note {
    other(format!("FIA STEWARDS: {seconds} SECOND TIME PENALTY FOR {} - {reason}", car_name(car)))
}

pub(super) fn penalty_served(car: usize, seconds: u32, reason: &str) -> Note {
    other(format!("FIA STEWARDS: PENALTY SERVED - {seconds} SECOND TIME PENALTY FOR {} - {reason}", car_name(car)))
}

pub(super) fn debris(corner: u8) -> Note {
    other(format!("DEBRIS ON TRACK AT TURN {corner}"))
}

pub(super) fn stopped(car: usize, corner: u8) -> Note {
    let driver = Some(DRIVERS[car].number);
    let text = format!("{} STOPPED ON TRACK AT TURN {corner}", car_name(car));
    Note { category: RaceControlCategory::CarEvent, driver, text, ..Note::default() }
}

/// `HH:MM:SS` at the track.
pub(super) fn local_time(utc: UtcTime, offset_s: i32) -> String {
    let seconds = (utc.as_millis().div_euclid(1000) + i64::from(offset_s)).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_people_know_them() {
        assert_eq!(
            time_penalty(0, 5, "SPEEDING IN THE PIT LANE").text,
            "FIA STEWARDS: 5 SECOND TIME PENALTY FOR CAR 7 (QUI) - SPEEDING IN THE PIT LANE"
        );
        assert_eq!(
            blue(1, &local_time(UtcTime::from_millis(0), 7_200)).text,
            "WAVED BLUE FLAG FOR CAR 21 (SOL) TIMED AT 02:00:00"
        );
        assert_eq!(safety_car(SafetyCarMode::Virtual, "ENDING").text, "VIRTUAL SAFETY CAR ENDING");
    }
}
