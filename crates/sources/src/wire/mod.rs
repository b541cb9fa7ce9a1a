//! The feed's notations: JSON, its loosely typed values, UTC, compressed texts.

mod inflate;
mod json;
mod python;
mod utc;
mod value;

pub(crate) use inflate::Inflate;
pub(crate) use json::{Json, Malformed, Scalar};
pub(crate) use python::json_from_python;
pub(crate) use utc::utc;
pub(crate) use value::Place;
