//! Parameters as text: one file for all circuits, one for each, every value with its interval.

mod apply;
mod estimate;
mod files;
mod load;

pub use estimate::Estimate;
pub use files::{CircuitFile, ParameterError, ParameterSet};
pub use load::{LoadedModel, ModelRequest, Note, load_model};

pub(crate) use apply::{FIELDS, REFERENCE_LAP_S, REFERENCE_LAPS, Scale};

use std::collections::BTreeMap;

use serde::Deserialize;

/// Estimates by section and name, as in a file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Parameters {
    /// The sections.
    pub sections: BTreeMap<String, BTreeMap<String, Estimate>>,
}

impl Parameters {
    /// One estimate.
    pub fn get(&self, section: &str, name: &str) -> Option<Estimate> {
        self.sections.get(section)?.get(name).copied()
    }

    /// One value, or another where there is none.
    pub fn value_or(&self, section: &str, name: &str, otherwise: f64) -> f64 {
        self.get(section, name).map_or(otherwise, |estimate| estimate.value)
    }

    /// Puts an estimate in.
    pub fn set(&mut self, section: &str, name: &str, estimate: Estimate) {
        self.sections.entry(section.to_owned()).or_default().insert(name.to_owned(), estimate);
    }
}
