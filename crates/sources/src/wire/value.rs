//! The feed's loosely typed values: numbers as texts, flags as words, empty texts for "none".

use std::str::FromStr;

use overcut_domain::{Change, DriverNumber, Gap, LapTime, UtcTime};

use super::{Json, Malformed, Scalar, utc};
use crate::report::DecodeReport;

/// Where in a topic a value stands, and where to count it if it makes no sense.
pub(crate) struct Place<'r> {
    /// The topic and the members above, such as `TimingData.Lines`.
    pub(crate) name: &'static str,
    pub(crate) report: &'r mut DecodeReport,
}

impl<'r> Place<'r> {
    pub(crate) fn new(name: &'static str, report: &'r mut DecodeReport) -> Self {
        Place { name, report }
    }

    /// The same report under another name.
    pub(crate) fn at(&mut self, name: &'static str) -> Place<'_> {
        Place { name, report: self.report }
    }

    /// Counts a value that makes no sense.
    pub(crate) fn bad(&mut self, member: &str, example: &str) {
        self.report.bad_value(self.name, member, example);
    }

    /// Counts a member that is not known, and passes over it.
    pub(crate) fn unknown(&mut self, member: &str, json: &mut Json<'_>) -> Result<(), Malformed> {
        let example = json.raw()?;
        // Index keys and car numbers are data, not names.
        let member = if member.bytes().all(|b| b.is_ascii_digit()) { "#" } else { member };
        self.report.unknown_member(self.name, member, example);
        Ok(())
    }

    fn bad_scalar(&mut self, member: &str, scalar: &Scalar<'_>) {
        match scalar {
            Scalar::Text(text) => self.bad(member, text),
            Scalar::Number(number) => self.bad(member, number),
            other => self.bad(member, &format!("{other:?}")),
        }
    }

    /// An integer, as number or text. Empty or null is "not stated".
    pub(crate) fn number<T>(&mut self, member: &str, json: &mut Json<'_>) -> Result<Option<T>, Malformed>
    where
        T: FromStr,
    {
        let scalar = json.scalar()?;
        let read = match &scalar {
            Scalar::Number(number) => number.parse().ok(),
            Scalar::Text(text) if text.is_empty() => return Ok(None),
            Scalar::Text(text) => text.trim().parse().ok(),
            Scalar::Null => return Ok(None),
            Scalar::Bool(_) | Scalar::Nested => None,
        };
        if read.is_none() {
            self.bad_scalar(member, &scalar);
        }
        Ok(read)
    }

    /// A finite real number, as number or text.
    pub(crate) fn real(&mut self, member: &str, json: &mut Json<'_>) -> Result<Option<f32>, Malformed> {
        let read: Option<f32> = self.number(member, json)?;
        Ok(read.filter(|number| number.is_finite()))
    }

    /// True or false, as such, as a word, or as 0 and 1.
    pub(crate) fn flag(&mut self, member: &str, json: &mut Json<'_>) -> Result<Option<bool>, Malformed> {
        let scalar = json.scalar()?;
        let read = match &scalar {
            Scalar::Bool(flag) => Some(*flag),
            Scalar::Number("0") => Some(false),
            Scalar::Number("1") => Some(true),
            Scalar::Text(text) => match &**text {
                "true" | "True" | "1" => Some(true),
                "false" | "False" | "0" => Some(false),
                "" => return Ok(None),
                _ => None,
            },
            Scalar::Null => return Ok(None),
            Scalar::Number(_) | Scalar::Nested => None,
        };
        if read.is_none() {
            self.bad_scalar(member, &scalar);
        }
        Ok(read)
    }

    /// A text; numbers are taken as written.
    pub(crate) fn text(&mut self, member: &str, json: &mut Json<'_>) -> Result<Option<String>, Malformed> {
        let scalar = json.scalar()?;
        Ok(match scalar {
            Scalar::Text(text) => Some(text.into_owned()),
            Scalar::Number(number) => Some(number.to_owned()),
            Scalar::Null => None,
            Scalar::Bool(_) | Scalar::Nested => {
                self.bad_scalar(member, &scalar);
                None
            }
        })
    }

    /// A value that an empty text clears.
    pub(crate) fn change<T>(
        &mut self,
        member: &str,
        json: &mut Json<'_>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Change<T>, Malformed> {
        let scalar = json.scalar()?;
        let value = match &scalar {
            Scalar::Text(text) if text.is_empty() => return Ok(Change::Clear),
            Scalar::Text(text) => read(text),
            Scalar::Number(number) => read(number),
            Scalar::Null => return Ok(Change::Clear),
            Scalar::Bool(_) | Scalar::Nested => None,
        };
        if value.is_none() {
            self.bad_scalar(member, &scalar);
        }
        Ok(value.map_or(Change::Keep, Change::Set))
    }

    /// A lap or sector time.
    pub(crate) fn lap_time(&mut self, member: &str, json: &mut Json<'_>) -> Result<Change<LapTime>, Malformed> {
        self.change(member, json, |text| text.parse().ok())
    }

    /// A gap or an interval.
    pub(crate) fn gap(&mut self, member: &str, json: &mut Json<'_>) -> Result<Change<Gap>, Malformed> {
        self.change(member, json, |text| text.parse().ok())
    }

    /// A moment in UTC.
    pub(crate) fn utc(&mut self, member: &str, json: &mut Json<'_>) -> Result<Option<UtcTime>, Malformed> {
        Ok(self.change(member, json, utc)?.set())
    }

    /// The racing number that is a member's name.
    pub(crate) fn driver(&mut self, name: &str) -> Option<DriverNumber> {
        name.parse().ok()
    }

    /// The numbers of a `_deleted` list.
    pub(crate) fn deleted(&mut self, json: &mut Json<'_>, into: &mut Vec<DriverNumber>) -> Result<(), Malformed> {
        let is_list = json.elements(|_, json| {
            into.extend(self.number::<u16>("_deleted", json)?.map(DriverNumber));
            Ok(())
        })?;
        if !is_list {
            self.bad("_deleted", "not a list");
        }
        Ok(())
    }

    /// An object; anything else counts as a bad value.
    pub(crate) fn object<'a>(
        &mut self,
        member: &str,
        json: &mut Json<'a>,
        mut each: impl FnMut(&mut Place<'_>, &str, &mut Json<'a>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if !json.members(|name, json| each(&mut Place { name: self.name, report: self.report }, name, json))? {
            self.bad(member, "not an object");
        }
        Ok(())
    }

    /// A list, or an object keyed by index as deltas write it. Says whether it was a list, which states everything.
    pub(crate) fn indexed<'a>(
        &mut self,
        member: &str,
        json: &mut Json<'a>,
        mut each: impl FnMut(&mut Place<'_>, u16, &mut Json<'a>) -> Result<(), Malformed>,
    ) -> Result<bool, Malformed> {
        let name = self.name;
        if json.peek() == Some(b'[') {
            return json.elements(|idx, json| match u16::try_from(idx) {
                Ok(idx) => each(&mut Place { name, report: self.report }, idx, json),
                Err(_) => json.skip(),
            });
        }
        let is_object = json.members(|key, json| match key.parse() {
            Ok(idx) => each(&mut Place { name, report: self.report }, idx, json),
            Err(_) if key == "_kf" => json.skip(),
            Err(_) => Place { name, report: self.report }.unknown(key, json),
        })?;
        if !is_object {
            self.bad(member, "not a list");
        }
        Ok(false)
    }
}
