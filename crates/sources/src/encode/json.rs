//! Writes JSON by hand, straight into a line.
//!
//! A race has a hundred thousand messages; a tree per message would cost more than all the rest. Commas need no
//! bookkeeping: a value is the first of its object or list exactly if the byte before it is the opening bracket.

use std::io::Write;

use overcut_domain::{Change, DriverNumber, Gap, LapTime, UtcTime};

use super::quirks::Dice;
use super::text::{push_escaped, push_gap, push_integer, push_lap_time, push_utc};

/// An object or list under construction, at the end of a line.
pub(super) struct JsonWriter<'a> {
    out: &'a mut Vec<u8>,
    /// True in a message that states everything: lists are lists, and members that never change are there.
    is_full: bool,
    /// Decides how whole lists are written, if that is left to chance.
    dice: Option<&'a mut Dice>,
}

impl<'a> JsonWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, is_full: bool, dice: Option<&'a mut Dice>) -> Self {
        JsonWriter { out, is_full, dice }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// How a list of entries with these indices is written: as a list only if it is whole.
    pub(super) fn list_of(&mut self, indices: impl IntoIterator<Item = u16>) -> List {
        let is_whole = indices.into_iter().zip(0..).all(|(idx, want)| idx == want);
        let is_list = match &mut self.dice {
            Some(dice) => dice.one_in(if self.is_full { 2 } else { 4 }),
            None => self.is_full,
        };
        if is_whole && is_list { List::Whole } else { List::ByIndex }
    }

    fn comma(&mut self) {
        if !matches!(self.out.last(), Some(b'{' | b'[') | None) {
            self.out.push(b',');
        }
    }

    /// A member's name, which needs no escapes.
    fn name(&mut self, name: &str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// The message itself: one object.
    pub(super) fn message(&mut self, body: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        body(self);
        self.out.push(b'}');
    }

    /// A member that is an object.
    pub(super) fn object(&mut self, name: &str, body: impl FnOnce(&mut Self)) {
        self.name(name);
        self.message(body);
    }

    /// A member that is an object, under a name from outside.
    pub(super) fn object_named(&mut self, name: &str, body: impl FnOnce(&mut Self)) {
        self.comma();
        push_escaped(self.out, name);
        self.out.push(b':');
        self.message(body);
    }

    /// A car's object, under its racing number.
    pub(super) fn car(&mut self, driver: DriverNumber, body: impl FnOnce(&mut Self)) {
        self.index(driver.0);
        self.message(body);
    }

    fn index(&mut self, idx: u16) {
        self.comma();
        self.out.push(b'"');
        push_integer(self.out, idx.into());
        self.out.extend_from_slice(b"\":");
    }

    /// A member that is a list of objects.
    pub(super) fn entries<T>(
        &mut self,
        name: &str,
        entries: &[T],
        idx: impl Fn(&T) -> u16,
        body: impl FnMut(&mut Self, &T),
    ) {
        let list = self.list_of(entries.iter().map(&idx));
        self.entries_as(list, name, entries, idx, body);
    }

    /// A member that is a list of objects, written in that way.
    pub(super) fn entries_as<T>(
        &mut self,
        list: List,
        name: &str,
        entries: &[T],
        idx: impl Fn(&T) -> u16,
        mut body: impl FnMut(&mut Self, &T),
    ) {
        self.name(name);
        let numbered = entries.iter().map(|entry| (idx(entry), entry));
        self.list(list, numbered, |json, entry| json.message(|json| body(json, entry)));
    }

    /// Entries of a car's growing list, under its racing number. Those from the first on are a list, as in the feed;
    /// later ones are keyed by index.
    pub(super) fn car_list<T>(
        &mut self,
        driver: DriverNumber,
        entries: &[(u16, T)],
        mut body: impl FnMut(&mut Self, &T),
    ) {
        let list = if entries.first().is_some_and(|(idx, _)| *idx == 0) { List::Whole } else { List::ByIndex };
        self.index(driver.0);
        let numbered = entries.iter().map(|(idx, entry)| (*idx, entry));
        self.list(list, numbered, |json, entry| json.message(|json| body(json, entry)));
    }

    /// A member that is a list of plain numbers, in quotes or not.
    pub(super) fn numbers(&mut self, name: &str, is_text: bool, numbers: &[(u16, u8)]) {
        let list = self.list_of(numbers.iter().map(|(idx, _)| *idx));
        self.name(name);
        self.list(list, numbers.iter().copied(), |json, number| json.push_number(number.into(), is_text));
    }

    fn list<T>(
        &mut self,
        list: List,
        entries: impl IntoIterator<Item = (u16, T)>,
        mut value: impl FnMut(&mut Self, T),
    ) {
        let (open, close) = if list == List::Whole { (b'[', b']') } else { (b'{', b'}') };
        self.out.push(open);
        for (idx, entry) in entries {
            match list {
                List::Whole => self.comma(),
                List::ByIndex => self.index(idx),
            }
            value(self, entry);
        }
        self.out.push(close);
    }

    /// The `_deleted` list of keys that are gone, if any are.
    pub(super) fn deleted(&mut self, drivers: &[DriverNumber]) {
        if drivers.is_empty() {
            return;
        }
        let numbered = drivers.iter().map(|driver| (0, driver.0));
        self.name("_deleted");
        self.list(List::Whole, numbered, |json, number| json.push_number(number.into(), true));
    }

    /// The mark of a key frame, if it is one.
    pub(super) fn key_frame(&mut self, is_full: bool) {
        self.flag("_kf", is_full.then_some(true));
    }

    fn push_number(&mut self, number: i64, is_text: bool) {
        if is_text {
            self.out.push(b'"');
            push_integer(self.out, number);
            self.out.push(b'"');
        } else {
            push_integer(self.out, number);
        }
    }

    /// A whole number, if it is stated.
    pub(super) fn number<N: Into<i64>>(&mut self, name: &str, number: Option<N>) {
        if let Some(number) = number {
            self.name(name);
            self.push_number(number.into(), false);
        }
    }

    /// A whole number in quotes, if it is stated.
    pub(super) fn number_text<N: Into<i64>>(&mut self, name: &str, number: Option<N>) {
        if let Some(number) = number {
            self.name(name);
            self.push_number(number.into(), true);
        }
    }

    /// A whole number in quotes; an empty text where there is none.
    pub(super) fn number_or_empty<N: Into<i64>>(&mut self, name: &str, number: Option<N>) {
        if number.is_none() {
            self.text(name, Some(""));
        }
        self.number_text(name, number);
    }

    /// A real number that is stated and finite, in quotes or not.
    pub(super) fn real(&mut self, name: &str, number: Option<f32>, is_text: bool) {
        let Some(number) = number.filter(|number| number.is_finite()) else { return };
        self.name(name);
        let quote: &[u8] = if is_text { b"\"" } else { b"" };
        self.out.extend_from_slice(quote);
        // `{:?}` keeps the `.0` of whole numbers, as the feed does. Writing to memory cannot fail.
        let _ = write!(self.out, "{number:?}");
        self.out.extend_from_slice(quote);
    }

    /// True or false, if it is stated.
    pub(super) fn flag(&mut self, name: &str, flag: Option<bool>) {
        if let Some(flag) = flag {
            self.name(name);
            self.out.extend_from_slice(if flag { b"true" } else { b"false" });
        }
    }

    /// A text, if it is stated.
    pub(super) fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.name(name);
            push_escaped(self.out, text);
        }
    }

    /// A value in quotes that needs no escapes: kept out where it is not mentioned, empty where it is gone.
    pub(super) fn change<T>(&mut self, name: &str, change: Change<T>, value: impl FnOnce(&mut Vec<u8>, T)) {
        if change.is_keep() {
            return;
        }
        self.name(name);
        self.out.push(b'"');
        if let Change::Set(set) = change {
            value(self.out, set);
        }
        self.out.push(b'"');
    }

    /// A lap or sector time.
    pub(super) fn lap_time(&mut self, name: &str, time: Change<LapTime>) {
        self.change(name, time, push_lap_time);
    }

    /// A gap as the timing screen writes it: laps as `1L`.
    pub(super) fn gap(&mut self, name: &str, gap: Change<Gap>) {
        self.change(name, gap, push_gap);
    }

    /// A moment to the millisecond, if it is stated.
    pub(super) fn utc(&mut self, name: &str, utc: Option<UtcTime>) {
        if let Some(utc) = utc {
            self.change(name, Change::Set(utc), |out, utc| push_utc(out, utc, "Z"));
        }
    }

    /// A moment without zone and, where it is a whole second, without fraction, as race control writes it.
    pub(super) fn utc_without_zone(&mut self, name: &str, utc: Change<UtcTime>) {
        self.change(name, utc, |out, utc| push_utc(out, utc, ""));
    }
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// As a list, which starts at index 0 and has no holes.
    Whole,
    /// As an object keyed by index.
    ByIndex,
}
