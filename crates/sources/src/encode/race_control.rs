//! Race control and radio: `RaceControlMessages` and `TeamRadio`.

use overcut_domain::{Change, Flag, FlagScope, RaceControlCategory, RaceControlMessage, RadioCapture, SafetyCarMode};

use super::json::JsonWriter;
use super::memory::{Memory, apart, take_idx};

/// Cuts a list before a message whose index is there already.
pub(super) fn messages_apart(messages: &[RaceControlMessage]) -> impl Iterator<Item = &[RaceControlMessage]> {
    apart(messages, |before, next| before.iter().any(|earlier| earlier.index == next.index))
}

/// New messages in full, corrected ones by what changed.
pub(super) fn messages(json: &mut JsonWriter<'_>, messages: &[RaceControlMessage], memory: &mut Memory) {
    if messages.is_empty() {
        return;
    }
    let known = &memory.race_control;
    // A list replaces what was there, so a corrected message never stands in one.
    let list = json.list_of(
        messages.iter().map(|message| if known.contains_key(&message.index) { u16::MAX } else { message.index }),
    );
    json.entries_as(
        list,
        "Messages",
        messages,
        |message| message.index,
        |json, new| match known.get(&new.index) {
            None => message(json, &RaceControlMessage::default(), new, true),
            Some(old) => message(json, old, new, false),
        },
    );
    memory.race_control.extend(messages.iter().map(|message| (message.index, message.clone())));
}

fn message(json: &mut JsonWriter<'_>, old: &RaceControlMessage, new: &RaceControlMessage, is_new: bool) {
    if new.utc != old.utc {
        json.utc_without_zone("Utc", new.utc.into());
    }
    if new.lap != old.lap {
        json.number_or_empty("Lap", new.lap.map(|lap| lap.0));
    }
    if is_new || new.category != old.category {
        json.text("Category", Some(category_name(new.category)));
    }
    if new.flag != old.flag {
        json.text("Flag", Some(new.flag.map_or("", flag_name)));
    }
    if new.scope != old.scope {
        scope(json, new.scope);
    }
    if new.driver != old.driver {
        json.number_or_empty("RacingNumber", new.driver.map(|driver| driver.0));
    }
    if new.safety_car != old.safety_car {
        json.text("Mode", Some(new.safety_car.map_or("", mode_name)));
    }
    if new.status != old.status {
        json.text("Status", Some(&new.status));
    }
    if is_new || new.text != old.text {
        json.text("Message", Some(&new.text));
    }
}

fn scope(json: &mut JsonWriter<'_>, scope: Option<FlagScope>) {
    match scope {
        Some(FlagScope::Track) => json.text("Scope", Some("Track")),
        Some(FlagScope::Sector(sector)) => {
            json.text("Scope", Some("Sector"));
            json.number("Sector", Some(sector));
        }
        Some(FlagScope::Driver(_)) => json.text("Scope", Some("Driver")),
        None => {}
    }
}

fn category_name(category: RaceControlCategory) -> &'static str {
    match category {
        RaceControlCategory::Flag => "Flag",
        RaceControlCategory::SafetyCar => "SafetyCar",
        RaceControlCategory::Drs => "Drs",
        RaceControlCategory::CarEvent => "CarEvent",
        RaceControlCategory::SessionStatus => "SessionStatus",
        RaceControlCategory::Other => "Other",
    }
}

fn flag_name(flag: Flag) -> &'static str {
    match flag {
        Flag::Green => "GREEN",
        Flag::Clear => "CLEAR",
        Flag::Yellow => "YELLOW",
        Flag::DoubleYellow => "DOUBLE YELLOW",
        Flag::Red => "RED",
        Flag::Blue => "BLUE",
        Flag::Chequered => "CHEQUERED",
        Flag::BlackAndWhite => "BLACK AND WHITE",
        Flag::BlackAndOrange => "BLACK AND ORANGE",
        Flag::Black => "BLACK",
    }
}

fn mode_name(mode: SafetyCarMode) -> &'static str {
    match mode {
        SafetyCarMode::SafetyCar => "SAFETY CAR",
        SafetyCarMode::Virtual => "VIRTUAL SAFETY CAR",
    }
}

pub(super) fn radio(json: &mut JsonWriter<'_>, captures: &[RadioCapture], memory: &mut Memory) {
    if captures.is_empty() {
        return;
    }
    let n = &mut memory.n_radio;
    let numbered: Vec<_> = captures.iter().map(|capture| (take_idx(n), capture)).collect();
    json.entries(
        "Captures",
        &numbered,
        |(idx, _)| *idx,
        |json, (_, capture)| {
            json.utc("Utc", capture.utc);
            json.change("RacingNumber", Change::Set(capture.driver.0), |out, number| {
                super::text::push_integer(out, number.into());
            });
            json.text("Path", Some(&capture.path));
        },
    );
}
