//! The race that a command line means: what it is run with, where it stands, and who drives.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use overcut_calibration::{CircuitFile, LoadedModel, ModelRequest, ParameterSet, load_model};
use overcut_domain::SessionKind;
use overcut_sim::estimate::estimate;
use overcut_sim::race::{RaceModel, RaceState, Rules, TeamPolicy};

use super::from_session::{self, Cut};
use crate::cli::SimulateArguments;
use crate::commands::Context;
use crate::library::{Entry, Library, slug};

/// A race that can be simulated.
#[derive(Debug)]
pub struct Prepared {
    /// What race.
    pub title: String,
    /// What it is run with.
    pub model: RaceModel,
    /// Where it stands.
    pub state: RaceState,
    /// Names of the cars, in the order of the model.
    pub names: Vec<Name>,
    /// How teams decide.
    pub team: TeamPolicy,
    /// What the answer rests on.
    pub notes: Vec<String>,
}

/// How a car is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Three letters.
    pub tla: String,
    /// Colour of its team, six hexadecimal digits; empty if unknown.
    pub colour: String,
}

/// Season whose rules a circuit's race is run under when no session names one.
const SEASON: u16 = 2025;
/// Cars of a race without a session.
const N_CARS: usize = 20;

/// Puts the race together.
///
/// # Errors
///
/// If there is no such race, or it cannot be simulated from there.
pub fn prepare(context: &Context, arguments: &SimulateArguments) -> Result<Prepared> {
    let parameters = parameters(arguments.model.as_deref())?;
    match (&arguments.from, &arguments.race) {
        (Some(session), _) => {
            let entry = context.resolve(session)?;
            of_session(context, arguments, &parameters, &entry)
        }
        (None, Some(race)) if Path::new(race).is_file() => of_file(arguments, parameters, Path::new(race)),
        (None, Some(race)) => of_circuit(arguments, &parameters, race),
        (None, None) => anyhow::bail!("name a circuit, a parameter file, or a session with --from"),
    }
}

/// The parameters of a folder, or those in the program.
pub fn parameters(folder: Option<&Path>) -> Result<ParameterSet> {
    match folder {
        Some(folder) => ParameterSet::read(folder).context("cannot read the fitted parameters"),
        None => Ok(ParameterSet::embedded()),
    }
}

/// The race of a recorded session, from the end of a lap on.
fn of_session(
    context: &Context,
    arguments: &SimulateArguments,
    parameters: &ParameterSet,
    entry: &Entry,
) -> Result<Prepared> {
    let lap = arguments.lap.unwrap_or(0);
    let Cut { mut so_far, names, places, season, kind, mut notes } =
        from_session::cut(&entry.path, lap, arguments.laps)?;
    let gaps = if lap == 0 { qualifying(context, entry, kind) } else { None };
    match gaps {
        Some((id, gaps)) => {
            for car in &mut so_far.cars {
                car.qualifying_gap = gaps.iter().find(|(driver, _)| *driver == car.driver).map(|(_, gap)| *gap);
            }
            notes.push(format!("pace from {id}"));
        }
        None if lap == 0 => notes.push("no qualifying at hand: pace is guessed from the places on the grid".to_owned()),
        None => {}
    }
    let circuit = places.iter().find_map(|place| circuit_named(parameters, place));
    let circuit = circuit.or_else(|| circuit_of_event(parameters, &places, &entry.title.meeting));
    let circuit = circuit.unwrap_or_else(|| places.first().cloned().unwrap_or_default());
    let season = season.or(entry.title.season).unwrap_or(SEASON);
    // What happens on a lap is that of a Grand Prix there, also in a sprint: the estimate sets the laps of this race.
    let n_laps = (kind != SessionKind::Sprint).then_some(so_far.n_laps);
    let request = ModelRequest { circuit: &circuit, season, n_laps, base_lap_s: None, n_cars: so_far.cars.len() };
    let LoadedModel { model, pace, team, notes: about_model, .. } = load_model(parameters, &request);
    let (mut model, state) = estimate(&so_far, &model, &pace);
    if kind == SessionKind::Sprint {
        model.rules = sprint(model.rules);
    }
    notes.splice(0..0, about_model.iter().map(ToString::to_string));
    Ok(Prepared { title: entry.title.text(), model, state, names, team, notes })
}

/// Best laps of the qualifying of the same weekend, if it is in the library.
fn qualifying(
    context: &Context,
    race: &Entry,
    kind: SessionKind,
) -> Option<(String, Vec<(overcut_domain::DriverNumber, f32)>)> {
    let wanted = if kind == SessionKind::Sprint { SessionKind::SprintQualifying } else { SessionKind::Qualifying };
    let library = Library::scan(&context.config.data);
    let is_it = |entry: &&Entry| {
        let (title, of) = (&entry.title, &race.title);
        title.kind == wanted && title.season == of.season && title.meeting == of.meeting
    };
    let entry = library.entries().iter().find(is_it)?;
    let gaps = from_session::qualifying_gaps(&entry.path);
    let gaps =
        gaps.inspect_err(|error| tracing::warn!(session = entry.id, %error, "cannot read the qualifying")).ok()?;
    (!gaps.is_empty()).then(|| (entry.id.clone(), gaps))
}

/// What a sprint demands and awards: no stop, points for eight, an hour at most.
fn sprint(rules: Rules) -> Rules {
    Rules {
        n_dry_compounds: 1,
        n_stops: 0,
        points: vec![8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0],
        fastest_lap_points: 0.0,
        time_limit_s: 3_600.0,
        ..rules
    }
}

/// A race of ordinary cars at a fitted circuit.
fn of_circuit(arguments: &SimulateArguments, parameters: &ParameterSet, name: &str) -> Result<Prepared> {
    let circuit = circuit_named(parameters, name).with_context(|| {
        let known: Vec<&str> = parameters.circuits.keys().map(String::as_str).collect();
        format!("no circuit and no file {name:?}; there are {}", known.join(", "))
    })?;
    ordinary(arguments, parameters, &circuit)
}

/// A race at the circuit of a parameter file, or the race of a file that states all of it.
fn of_file(arguments: &SimulateArguments, mut parameters: ParameterSet, path: &Path) -> Result<Prepared> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let is_whole_race = text.lines().any(|line| line.trim_start().starts_with("[[cars]]"));
    if is_whole_race {
        let model = toml::from_str(&text).with_context(|| format!("{} is not a race", path.display()))?;
        return Ok(from_grid(with_laps(model, arguments.laps), TeamPolicy::default(), Vec::new()));
    }
    let file: CircuitFile =
        toml::from_str(&text).with_context(|| format!("{} is not a parameter file", path.display()))?;
    let name = slug(&path.file_stem().unwrap_or_default().to_string_lossy());
    parameters.circuits.insert(name.clone(), file);
    ordinary(arguments, &parameters, &name)
}

fn ordinary(arguments: &SimulateArguments, parameters: &ParameterSet, circuit: &str) -> Result<Prepared> {
    ensure!(arguments.lap.is_none(), "--lap needs a session to start from");
    let request = ModelRequest { circuit, season: SEASON, n_laps: None, base_lap_s: None, n_cars: N_CARS };
    let LoadedModel { model, team, notes, .. } = load_model(parameters, &request);
    let model = with_laps(model, arguments.laps);
    let mut notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    notes.push(format!("{N_CARS} ordinary cars, the fastest on pole; name a session with --from for real ones"));
    Ok(from_grid(model, team, notes))
}

fn from_grid(model: RaceModel, team: TeamPolicy, notes: Vec<String>) -> Prepared {
    let state = RaceState::grid(&model);
    let name = |car: &overcut_sim::race::CarModel| Name { tla: format!("car {}", car.driver), colour: String::new() };
    let names = model.cars.iter().map(name).collect();
    Prepared { title: title_of(&model.circuit.name), model, state, names, team, notes }
}

fn with_laps(mut model: RaceModel, n_laps: Option<u16>) -> RaceModel {
    model.circuit.n_laps = n_laps.unwrap_or(model.circuit.n_laps);
    model
}

/// The fitted circuit that a name means: `Spa-Francorchamps`, `spa` and `spa_francorchamps` are one.
fn circuit_named(parameters: &ParameterSet, name: &str) -> Option<String> {
    let wanted = slug(name);
    let known = || parameters.circuits.keys().map(|known| (known, slug(known)));
    let exact = known().find(|(_, known)| *known == wanted);
    let similar = || {
        let is_similar =
            |known: &str| known.split('-').next() == wanted.split('-').next() || known.starts_with(&wanted);
        let mut similar = known().filter(|(_, known)| !wanted.is_empty() && is_similar(known));
        similar.next().filter(|_| similar.next().is_none())
    };
    exact.or_else(similar).map(|(name, _)| name.clone())
}

/// The fitted circuit at which the event was held; the one with more races if it moved.
fn circuit_of_event(parameters: &ParameterSet, places: &[String], meeting: &str) -> Option<String> {
    let wanted: Vec<String> = places.iter().map(String::as_str).chain([meeting]).map(slug).collect();
    let is_there = |file: &CircuitFile| file.events.iter().any(|event| wanted.contains(&slug(event)));
    let circuits = parameters.circuits.iter().filter(|(_, file)| is_there(file));
    circuits.max_by_key(|(_, file)| file.n_races).map(|(name, _)| name.clone())
}

/// `red_bull_ring` as people write it.
fn title_of(circuit: &str) -> String {
    let words = circuit.split(['_', '-']).filter(|word| !word.is_empty());
    let capitalised = words.map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    capitalised.collect::<Vec<_>>().join(" ")
}

impl Prepared {
    /// The car that a number or three letters mean, by its place in the model.
    ///
    /// # Errors
    ///
    /// If there is none; the message lists those there are.
    pub fn car_idx(&self, name: &str) -> Result<usize> {
        let number = name.trim().parse().ok();
        let is_meant = |(idx, known): &(usize, &Name)| {
            known.tla.eq_ignore_ascii_case(name.trim()) || number == Some(self.model.cars[*idx].driver.0)
        };
        let found = self.names.iter().enumerate().find(is_meant).map(|(idx, _)| idx);
        found.with_context(|| {
            let known: Vec<&str> = self.names.iter().map(|name| name.tla.as_str()).collect();
            format!("no car {name:?} in this race; there are {}", known.join(", "))
        })
    }
}
