//! Cells that serde's own rules would refuse: whole numbers written `57.0`, and flags written `0` and `1`.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use overcut_domain::{Compound, DriverNumber};

/// A whole number, perhaps written with a decimal point; `None` where the cell is empty.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    let Some(value) = Option::<f64>::deserialize(deserializer)? else { return Ok(None) };
    if value.fract() != 0.0 || !(0.0..=f64::from(u16::MAX)).contains(&value) {
        return Err(D::Error::custom(format_args!("{value} is no whole number from 0 to 65535")));
    }
    Ok(Some(value as u16))
}

/// A finite number; `None` where the cell is empty.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let Some(value) = Option::<f64>::deserialize(deserializer)? else { return Ok(None) };
    if !value.is_finite() {
        return Err(D::Error::custom(format_args!("{value} is not finite")));
    }
    Ok(Some(value))
}

/// A finite number that every row has.
pub(crate) fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number(deserializer)?.ok_or_else(|| D::Error::custom("an empty cell where every row has a number"))
}

/// A racing number that every row has.
pub(crate) fn driver<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DriverNumber, D::Error> {
    let value = whole(deserializer)?.ok_or_else(|| D::Error::custom("an empty cell where every row has a number"))?;
    Ok(DriverNumber(value))
}

/// A racing number; `None` where the cell is empty or not a number, as in the results of the fifties.
pub(crate) fn driver_if_known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DriverNumber>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.parse().ok())
}

/// A flag written `0` or `1`, or spelt out; `None` where the cell is empty.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "" => Ok(None),
        "1" | "1.0" | "True" | "true" => Ok(Some(true)),
        "0" | "0.0" | "False" | "false" => Ok(Some(false)),
        _ => Err(D::Error::custom("neither 0 nor 1")),
    }
}

/// A compound by its name; empty, unknown and unheard-of ones are [`Compound::Unknown`].
pub(crate) fn compound<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Compound, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(Compound::ALL.into_iter().find(|compound| compound.name() == text).unwrap_or(Compound::Unknown))
}
