//! From the bytes of a message to its rows.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserializer, de};
use serde_json::value::RawValue;

use super::rows::Row;
use crate::decoder::BOM;
use crate::report::{DecodeReport, Skip};

/// Calls `each` with every row of a message: a list, as the REST API answers, or one object, as the broker sends.
///
/// A list that is cut off gives the rows before the cut. What is no row is counted.
pub(super) fn each_row<R: Row>(payload: &[u8], report: &mut DecodeReport, mut each: impl FnMut(R, &mut DecodeReport)) {
    let payload = payload.strip_prefix(BOM).unwrap_or(payload).trim_ascii();
    let Ok(text) = std::str::from_utf8(payload) else {
        report.skip(Skip::NotUtf8, payload);
        return;
    };
    // A list where an object should be would be read as the row's members in order.
    let mut row = |text: &str| match serde_json::from_str::<R>(text) {
        Ok(row) if text.starts_with('{') => {
            row.count_bad(report);
            each(row, report);
        }
        _ => report.skip(Skip::BadRow, text.as_bytes()),
    };
    let is_whole = match text.as_bytes().first() {
        Some(b'[') => {
            let mut json = serde_json::Deserializer::from_str(text);
            json.deserialize_seq(EachItem(&mut row)).and_then(|()| json.end()).is_ok()
        }
        Some(b'{') if serde_json::from_str::<de::IgnoredAny>(text).is_ok() => {
            row(text);
            true
        }
        _ => false,
    };
    if !is_whole {
        report.skip(Skip::NotJson, payload);
    }
}

struct EachItem<F>(F);

impl<'de, F: FnMut(&str)> Visitor<'de> for EachItem<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            (self.0)(item.get());
        }
        Ok(())
    }
}
