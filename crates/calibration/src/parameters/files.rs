//! The files of `models/sim/`: written, read back, and carried in the program.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rust_embed::RustEmbed;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Parameters;
use crate::baseline::LookupTable;

/// Everything that was fitted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterSet {
    /// For the reference race: a lap of 90 s, 57 laps.
    pub pooled: Parameters,
    /// Per circuit, for its own lap and distance.
    pub circuits: BTreeMap<String, CircuitFile>,
    /// Where cars finish from where they are.
    pub lookup: LookupTable,
}

/// What is known of one circuit.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct CircuitFile {
    /// Names of the Grands Prix fitted, such as `Italian Grand Prix`: what a recording may call this place.
    #[serde(default)]
    pub events: Vec<String>,
    /// Layout of the last race fitted.
    pub layout: String,
    /// Its racing laps.
    pub n_laps: u16,
    /// Green lap of the average car on fresh mediums and an empty tank in the last race fitted.
    pub base_lap_s: f64,
    /// Races fitted.
    pub n_races: usize,
    /// The estimates.
    pub parameters: Parameters,
}

/// A parameter file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    /// The file cannot be opened or written.
    #[error("cannot use {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its text is not what a parameter file has.
    #[error("{}: {reason}", path.display())]
    Text {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

#[derive(RustEmbed)]
#[folder = "../../models/sim"]
struct Embedded;

const POOLED: &str = "pooled.toml";
const LOOKUP: &str = "lookup.toml";
const CIRCUITS: &str = "circuits";

impl ParameterSet {
    /// The set that the program carries.
    ///
    /// # Panics
    ///
    /// If it cannot be read, which a test would have found.
    pub fn embedded() -> ParameterSet {
        let text = |name: &str| {
            let file = Embedded::get(name)?;
            Some(String::from_utf8_lossy(&file.data).into_owned())
        };
        let circuits = Embedded::iter().filter_map(|name| {
            let circuit = name.strip_prefix("circuits/")?.strip_suffix(".toml")?.to_owned();
            Some((circuit, text(&name)?))
        });
        ParameterSet::from_texts(&text(POOLED).unwrap_or_default(), &text(LOOKUP).unwrap_or_default(), circuits)
            .expect("the parameter files in the program are read by a test")
    }

    /// Reads a folder.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] with the name of the file.
    pub fn read(folder: &Path) -> Result<ParameterSet, ParameterError> {
        let read = |path: PathBuf| fs::read_to_string(&path).map_err(|source| ParameterError::Io { path, source });
        let names = folder.join(CIRCUITS);
        let failed = |source| ParameterError::Io { path: names.clone(), source };
        let mut circuits = Vec::new();
        for entry in fs::read_dir(&names).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let is_toml = path.extension().is_some_and(|extension| extension == "toml");
            let name = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
            if let (true, Some(name)) = (is_toml, name) {
                circuits.push((name, read(path)?));
            }
        }
        ParameterSet::from_texts(&read(folder.join(POOLED))?, &read(folder.join(LOOKUP))?, circuits)
            .map_err(|(file, reason)| ParameterError::Text { path: folder.join(file), reason })
    }

    fn from_texts(
        pooled: &str,
        lookup: &str,
        circuits: impl IntoIterator<Item = (String, String)>,
    ) -> Result<ParameterSet, (String, String)> {
        let mut set =
            ParameterSet { pooled: parse(POOLED, pooled)?, circuits: BTreeMap::new(), lookup: parse(LOOKUP, lookup)? };
        for (circuit, text) in circuits {
            let file = parse(&format!("{CIRCUITS}/{circuit}.toml"), &text)?;
            set.circuits.insert(circuit, file);
        }
        Ok(set)
    }

    /// The files by name, in order: the same set, the same bytes.
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files =
            vec![(POOLED.to_owned(), pooled_text(&self.pooled)), (LOOKUP.to_owned(), self.lookup.to_toml())];
        files.extend(
            self.circuits.iter().map(|(name, file)| (format!("{CIRCUITS}/{name}.toml"), circuit_text(name, file))),
        );
        files
    }

    /// SHA-256 over names and contents of the files, in hexadecimal: what a score or a card is about.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in self.files() {
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Writes the files into a folder, which it makes; circuits of an earlier set that are not in this one are removed.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Io`] with the name of the file.
    pub fn write(&self, folder: &Path) -> Result<(), ParameterError> {
        let circuits = folder.join(CIRCUITS);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ParameterError::Io { path, source }
        };
        if circuits.is_dir() {
            fs::remove_dir_all(&circuits).map_err(failed(&circuits))?;
        }
        fs::create_dir_all(&circuits).map_err(failed(&circuits))?;
        for (name, text) in self.files() {
            let path = folder.join(name);
            fs::write(&path, text).map_err(failed(&path))?;
        }
        Ok(())
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, (String, String)> {
    toml::from_str(text).map_err(|error| (file.to_owned(), error.to_string()))
}

fn pooled_text(pooled: &Parameters) -> String {
    let mut text = String::from(
        "# Parameters of the race simulator for all circuits, for a lap of 90 s and 57 laps. Written by `overcut fit`.\n\
         # Each has its value, the ends of its 95 % interval and the observations behind it; n = 0 is a choice.\n",
    );
    write_sections(&mut text, pooled, "");
    text
}

fn circuit_text(name: &str, file: &CircuitFile) -> String {
    let mut text = format!(
        "# Parameters of the race simulator for {name}: its own races, pulled towards all others by what they cannot tell.\n\
         events = {:?}\nlayout = {:?}\nn_laps = {}\nbase_lap_s = {:.3}\nn_races = {}\n",
        file.events, file.layout, file.n_laps, file.base_lap_s, file.n_races
    );
    write_sections(&mut text, &file.parameters, "parameters.");
    text
}

fn write_sections(text: &mut String, parameters: &Parameters, prefix: &str) {
    for (section, estimates) in &parameters.sections {
        write!(text, "\n[{prefix}{section}]\n").expect("text takes any length");
        for (name, estimate) in estimates {
            writeln!(text, "{name} = {estimate}").expect("text takes any length");
        }
    }
}
