//! Entries of the log and marks.

use overcut_timeline::{Entry, Item, Mark};

use super::{board, millis, names, origin, tables};
use crate::wire;

/// The wire's form of an entry's item.
pub(crate) fn item(entry: &Entry) -> wire::Item {
    match &entry.item {
        Item::Session(state) => wire::Item::Session(board::session(state)),
        Item::Track(state) => wire::Item::Track(board::track(state)),
        Item::Weather(reading) => wire::Item::Weather(board::weather(reading)),
        Item::Driver(entry) => wire::Item::Driver(tables::driver(entry)),
        Item::Car(row) => wire::Item::Car(Box::new(board::car(row))),
        Item::Gone(driver) => wire::Item::Gone(driver.0),
        Item::Lap(lap) => wire::Item::Lap(Box::new(tables::lap(lap))),
        Item::Stint(stint) => wire::Item::Stint(tables::stint(stint)),
        Item::PitStop(stop) => wire::Item::PitStop(tables::pit_stop(stop)),
        Item::RaceControl(message) => wire::Item::RaceControl(tables::race_control(message, entry.time)),
        Item::Alert(index, alert) => wire::Item::Alert(tables::alert(*index, alert)),
        Item::Radio(index, radio) => wire::Item::Radio(wire::Radio {
            index: *index,
            t_ms: millis(entry.time),
            driver: radio.driver.0,
            path: radio.path.clone(),
        }),
        Item::Feed(state) => wire::Item::Feed(origin::feed_state(state, entry.time)),
        Item::Gap(gap) => wire::Item::Gap(origin::feed_gap(gap, entry.time)),
        Item::Forecast(forecast) => wire::Item::Forecast(origin::forecast(forecast)),
    }
}

/// The wire's form of the marks.
pub(crate) fn marks(marks: Vec<Mark>) -> Vec<wire::Mark> {
    let mark = |mark: Mark| wire::Mark {
        t_ms: millis(mark.time),
        until_ms: mark.until.map(millis),
        kind: names::mark_kind(mark.kind).to_owned(),
        text: mark.text,
    };
    marks.into_iter().map(mark).collect()
}
