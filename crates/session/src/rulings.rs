//! What a text of race control rules about cars: incidents, penalties, deleted laps.
//!
//! The texts are written by people after fixed patterns; whatever fits none of them rules nothing.

use overcut_domain::{DriverNumber, LapNumber, LapTime};

/// What one text rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// The stewards look at something, or will.
    Incident { cars: Vec<DriverNumber>, reason: String },
    /// They looked, and that is that.
    Closed { cars: Vec<DriverNumber>, reason: String },
    /// A penalty of seconds.
    TimePenalty { cars: Vec<DriverNumber>, seconds: u16, reason: String },
    /// Any other penalty, in race control's words.
    OtherPenalty { cars: Vec<DriverNumber>, words: String, reason: String },
    /// A penalty was served or taken back. `seconds` is `None` for penalties that are not counted in seconds.
    PenaltyGone { cars: Vec<DriverNumber>, seconds: Option<u16>, reason: String },
    /// A lap was struck off, or put back.
    Lap(LapRuling),
    /// The black-and-white flag.
    Warning { cars: Vec<DriverNumber> },
}

/// A lap struck off or put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LapRuling {
    pub(crate) car: DriverNumber,
    /// The lap, if the text names it.
    pub(crate) lap: Option<LapNumber>,
    /// Its time, if the text names it.
    pub(crate) time: Option<LapTime>,
    /// False if the lap was put back.
    pub(crate) is_deleted: bool,
    /// Why, in race control's words.
    pub(crate) reason: String,
}

/// Reads a text of race control.
pub(crate) fn read_ruling(text: &str) -> Option<Ruling> {
    let text = strip_sender(text);
    if text.starts_with("PENALTY SERVED") {
        return Some(served(text));
    }
    let (head, reason) = split_reason(text);
    let cars = cars_in(head);
    let first = *cars.first()?;
    let has = |words: &str| head.contains(words);
    if head.starts_with("CAR ") && (has("DELETED") || has("REINSTATED")) {
        return Some(Ruling::Lap(lap_ruling(first, head, reason)));
    }
    let reason = reason.to_owned();
    if has("BLACK AND WHITE FLAG") {
        return Some(Ruling::Warning { cars });
    }
    if has("RESCINDED") || has("CANCELLED") || has("WITHDRAWN") {
        return Some(served(text));
    }
    if let Some(seconds) = seconds_of_penalty(head) {
        return Some(Ruling::TimePenalty { cars, seconds, reason });
    }
    if has("PENALTY") || has("DISQUALIFI") {
        let words = head.split(" FOR CAR").next().unwrap_or(head).to_owned();
        return Some(Ruling::OtherPenalty { cars, words, reason });
    }
    if has("NO FURTHER") || has("NO INVESTIGATION") || has("REPRIMAND") || has("WARNING") {
        return Some(Ruling::Closed { cars, reason });
    }
    if has("NOTED") || has("UNDER INVESTIGATION") || has("WILL BE INVESTIGATED") {
        return Some(Ruling::Incident { cars, reason });
    }
    None
}

fn strip_sender(text: &str) -> &str {
    let mut text = text.trim();
    for prefix in ["CORRECTION: ", "FIA STEWARDS: ", "CORRECTION: "] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    text
}

/// The text before and after the first dash. A reason may itself hold dashes, plain or long.
fn split_reason(text: &str) -> (&str, &str) {
    let cut = [" - ", " \u{2013} "].into_iter().filter_map(|dash| Some((text.find(dash)?, dash.len()))).min();
    match cut {
        Some((at, len)) => (&text[..at], text[at + len..].trim()),
        None => (text, ""),
    }
}

/// `PENALTY SERVED - 10 SECOND TIME PENALTY FOR CAR 12 (ANT) - CAUSING A COLLISION`: what is gone stands behind the
/// first dash.
fn served(text: &str) -> Ruling {
    let what = text.strip_prefix("PENALTY SERVED").map_or(text, |rest| rest.trim_start_matches([' ', '-', '\u{2013}']));
    let (head, reason) = split_reason(what);
    Ruling::PenaltyGone { cars: cars_in(head), seconds: seconds_of_penalty(head), reason: reason.to_owned() }
}

/// `5 SECOND TIME PENALTY`: five.
fn seconds_of_penalty(head: &str) -> Option<u16> {
    let before = &head[..head.find(" SECOND TIME PENALTY")?];
    before.rsplit(' ').next()?.parse().ok()
}

/// Every car of the text, in the order in which it names them: `CARS 6 (HAD) AND 12 (ANT)`, `CAR 3 (VER)`, `CAR 3`.
fn cars_in(text: &str) -> Vec<DriverNumber> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_name = |word: &&str| word.starts_with('(') && word.ends_with(')');
    let mut cars = Vec::new();
    for (idx, word) in words.iter().enumerate() {
        let follows_car = idx > 0 && words.get(idx - 1).is_some_and(|before| matches!(*before, "CAR" | "CARS"));
        if !follows_car && !words.get(idx + 1).is_some_and(&is_name) {
            continue;
        }
        if let Ok(car) = word.parse()
            && !cars.contains(&car)
        {
            cars.push(car);
        }
    }
    cars
}

/// `CAR 3 (VER) LAP DELETED - TRACK LIMITS AT TURN 6 LAP 13 11:24:28 (PIT)` or
/// `CAR 44 (HAM) TIME 1:20.5 DELETED - TRACK LIMITS AT TURN 4 LAP 9 14:31:07`.
fn lap_ruling(car: DriverNumber, head: &str, reason: &str) -> LapRuling {
    let after = |text: &str, word: &str| -> Option<String> {
        let rest = &text[text.rfind(word)? + word.len()..];
        rest.split(' ').next().map(str::to_owned)
    };
    LapRuling {
        car,
        lap: after(reason, " LAP ").and_then(|word| word.parse().ok()).map(LapNumber),
        time: after(head, " TIME ").and_then(|word| word.parse().ok()),
        is_deleted: head.contains("DELETED"),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_race_control_writes() {
        let show = |text: &str| read_ruling(text).map_or("-".to_owned(), |ruling| format!("{ruling:?}"));
        let cases = [
            "TURN 6 INCIDENT INVOLVING CARS 6 (HAD) AND 12 (ANT) NOTED - CAUSING A COLLISION",
            "FIA STEWARDS: TURN 1 INCIDENT INVOLVING CARS 1 (VER), 4 (NOR) AND 63 (RUS) UNDER INVESTIGATION - MOVING",
            "FIA STEWARDS: INCIDENT INVOLVING CAR 6 (HAD) WILL BE INVESTIGATED AFTER THE RACE - UNSAFE \u{2013} RELEASE",
            "FIA STEWARDS: INCIDENT INVOLVING CARS 81 (PIA) AND 12 (ANT) REVIEWED NO FURTHER INVESTIGATION - WHY",
            "FIA STEWARDS: 5 SECOND TIME PENALTY FOR CAR 11 (PER) - SPEEDING IN THE PIT LANE",
            "FIA STEWARDS: DRIVE THROUGH PENALTY FOR CAR 20 (MAG) - CAUSING A COLLISION",
            "FIA STEWARDS: 10 SECOND STOP/GO PENALTY FOR CAR 2 (SAR) - JUMP START",
            "FIA STEWARDS: PENALTY SERVED - 10 SECOND TIME PENALTY FOR CAR 12 (ANT) - CAUSING A COLLISION",
            "CAR 3 (VER) LAP DELETED - TRACK LIMITS AT TURN 6 LAP 13 11:24:28 (PIT)",
            "CAR 44 (HAM) TIME 1:20.512 DELETED - TRACK LIMITS AT TURN 4 LAP 9 14:31:07",
            "CAR 44 (HAM) TIME 1:20.512 REINSTATED - TRACK LIMITS AT TURN 4 LAP 9 14:31:07",
            "BLACK AND WHITE FLAG FOR CAR 18 (STR) - TRACK LIMITS",
            "WAVED BLUE FLAG FOR CAR 77 (BOT) TIMED AT 15:21:16",
            "YELLOW IN TRACK SECTOR 8",
            "RISK OF RAIN FOR THE F1 SPRINT IS 0%",
            "",
        ];
        insta::assert_snapshot!(cases.map(show).join("\n"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text: String) {
            read_ruling(&text);
        }

        #[test]
        fn no_scrambled_ruling_panics(words in proptest::collection::vec("CAR|CARS|\\(VER\\)|[0-9]{1,7}|LAP|TIME|DELETED|PENALTY SERVED|SECOND TIME PENALTY|-|\u{2013}|é", 0..12)) {
            read_ruling(&words.join(" "));
        }
    }
}
