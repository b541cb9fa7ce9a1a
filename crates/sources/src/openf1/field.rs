//! Members of rows: typed, and tolerant of what the service has been seen to send.
//!
//! A member of another type than documented must not cost the rest of its row, so it is kept as bad, to be counted.

use std::fmt;
use std::marker::PhantomData;

use overcut_domain::{Gap, LapTime, UtcTime};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Longest list kept of a row: mini-sectors of a sector are at most eleven.
const MAX_ITEMS: usize = 64;

/// Longest time of a lap or in the pit lane that is kept: a car may sit in the garage all day.
const MAX_SECONDS: f64 = 100_000.0;

/// One member of a row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Field<T> {
    /// Not there, null or an empty text: all three are used for "no value".
    #[default]
    None,
    /// There.
    Value(T),
    /// Something that is no such value.
    Bad,
}

impl<T> Field<T> {
    pub(super) fn get(self) -> Option<T> {
        match self {
            Field::Value(value) => Some(value),
            Field::None | Field::Bad => None,
        }
    }

    pub(super) fn is_bad(&self) -> bool {
        matches!(self, Field::Bad)
    }
}

/// A member that holds a list, or one value where others hold a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Fields<T> {
    pub(super) items: Vec<Field<T>>,
    pub(super) is_list: bool,
}

impl<T> Fields<T> {
    pub(super) fn is_bad(&self) -> bool {
        self.items.iter().any(Field::is_bad)
    }
}

/// What a member can be read from.
pub(super) trait Scalar: Sized {
    fn of_whole(_: i64) -> Option<Self> {
        None
    }

    fn of_real(_: f64) -> Option<Self> {
        None
    }

    fn of_text(_: &str) -> Option<Self> {
        None
    }

    fn of_bool(_: bool) -> Option<Self> {
        None
    }
}

/// Whole numbers: tables made of the same rows write them as `2.0`, and texts of digits cost nothing to read.
macro_rules! whole_scalar {
    ($($number:ty)*) => {$(
        impl Scalar for $number {
            fn of_whole(number: i64) -> Option<Self> {
                number.try_into().ok()
            }

            fn of_real(number: f64) -> Option<Self> {
                let is_whole = number.fract() == 0.0 && number.abs() < 1e15;
                if is_whole { (number as i64).try_into().ok() } else { None }
            }

            fn of_text(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
        }
    )*};
}
whole_scalar! { u8 u16 u32 i32 i64 }

impl Scalar for f32 {
    fn of_whole(number: i64) -> Option<Self> {
        Some(number as f32)
    }

    fn of_real(number: f64) -> Option<Self> {
        Some(number as f32).filter(|number| number.is_finite())
    }

    fn of_text(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|number: &f32| number.is_finite())
    }
}

impl Scalar for bool {
    fn of_whole(number: i64) -> Option<Self> {
        Some(number != 0).filter(|_| (0..=1).contains(&number))
    }

    fn of_bool(value: bool) -> Option<Self> {
        Some(value)
    }

    fn of_text(text: &str) -> Option<Self> {
        text.trim().to_ascii_lowercase().parse().ok()
    }
}

impl Scalar for String {
    fn of_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Scalar for UtcTime {
    fn of_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// Seconds, to the millisecond.
impl Scalar for LapTime {
    fn of_whole(seconds: i64) -> Option<Self> {
        LapTime::of_real(seconds as f64)
    }

    fn of_real(seconds: f64) -> Option<Self> {
        let is_time = (0.0..=MAX_SECONDS).contains(&seconds);
        is_time.then(|| LapTime::from_millis((seconds * 1000.0).round() as u32))
    }

    fn of_text(text: &str) -> Option<Self> {
        text.trim().parse().ok().and_then(LapTime::of_real)
    }
}

/// Seconds, or laps as `+1 LAP`. A leader has neither: it comes as 0.
impl Scalar for Gap {
    fn of_whole(seconds: i64) -> Option<Self> {
        LapTime::of_whole(seconds).map(Gap::Time)
    }

    fn of_real(seconds: f64) -> Option<Self> {
        LapTime::of_real(seconds).map(Gap::Time)
    }

    fn of_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tolerant(PhantomData))
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TolerantList(PhantomData))
    }
}

struct Tolerant<T>(PhantomData<T>);

fn field<T>(value: Option<T>) -> Field<T> {
    value.map_or(Field::Bad, Field::Value)
}

impl<'de, T: Scalar> Visitor<'de> for Tolerant<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Field<T>, E> {
        Ok(Field::None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field<T>, E> {
        Ok(field(T::of_bool(value)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field<T>, E> {
        Ok(field(T::of_whole(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field<T>, E> {
        Ok(field(i64::try_from(number).ok().and_then(T::of_whole)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Field<T>, E> {
        Ok(field(T::of_real(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<T>, E> {
        Ok(if text.is_empty() { Field::None } else { field(T::of_text(text)) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field<T>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Bad)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Field<T>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Bad)
    }
}

struct TolerantList<T>(PhantomData<T>);

fn single<T>(field: Field<T>) -> Fields<T> {
    let items = if matches!(field, Field::None) { Vec::new() } else { vec![field] };
    Fields { items, is_list: false }
}

impl<'de, T: Scalar> Visitor<'de> for TolerantList<T> {
    type Value = Fields<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Fields<T>, E> {
        Ok(single(Field::None))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Fields<T>, E> {
        Tolerant(PhantomData).visit_bool(value).map(single)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Fields<T>, E> {
        Tolerant(PhantomData).visit_i64(number).map(single)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Fields<T>, E> {
        Tolerant(PhantomData).visit_u64(number).map(single)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Fields<T>, E> {
        Tolerant(PhantomData).visit_f64(number).map(single)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Fields<T>, E> {
        Tolerant(PhantomData).visit_str(text).map(single)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Fields<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() < MAX_ITEMS {
                items.push(item);
            }
        }
        Ok(Fields { items, is_list: true })
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Fields<T>, A::Error> {
        Tolerant(PhantomData).visit_map(members).map(single)
    }
}

#[cfg(test)]
mod tests {
    use overcut_domain::LapNumber;

    use super::*;

    fn field<T: Scalar>(json: &str) -> Field<T> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn reads_members_as_the_service_sends_them() {
        assert_eq!(field("7"), Field::Value(7u8));
        assert_eq!(field("2.0"), Field::Value(2u16));
        assert_eq!(field::<u8>("null"), Field::None);
        assert_eq!(field::<u8>("\"\""), Field::None);
        assert_eq!(field("26.204"), Field::Value(LapTime::from_millis(26_204)));
        assert_eq!(field("\"+1 LAP\""), Field::Value(Gap::Laps(1)));
        assert_eq!(field("1.157"), Field::Value(Gap::Time(LapTime::from_millis(1157))));
        assert_eq!(field("\"LAP 3\""), Field::Value(Gap::Leader(LapNumber(3))));
        assert_eq!(field("1"), Field::Value(true));
    }

    #[test]
    fn what_is_no_such_value_is_bad_and_costs_nothing_else() {
        assert_eq!(field::<u8>("[1,[2],{\"a\":3}]"), Field::Bad);
        assert_eq!(field::<u8>("{\"$numberInt\":\"5\"}"), Field::Bad);
        assert_eq!(field::<u8>("300"), Field::Bad);
        assert_eq!(field::<LapTime>("-1"), Field::Bad);
        assert_eq!(field::<LapTime>("1e300"), Field::Bad);
        assert_eq!(field::<UtcTime>("1718968625129"), Field::Bad);
    }

    #[test]
    fn lists_may_be_single_values() {
        let list: Fields<LapTime> = serde_json::from_str("[75.717,null]").unwrap();
        assert_eq!((list.is_list, list.items.len()), (true, 2));
        let single: Fields<LapTime> = serde_json::from_str("75.717").unwrap();
        assert_eq!((single.is_list, single.items.len()), (false, 1));
        let none: Fields<LapTime> = serde_json::from_str("null").unwrap();
        assert!(none.items.is_empty());
    }
}
