//! Measured figures, printed as a table for people or as one JSON object a line for programs.

use anyhow::Result;
use serde::Serialize;

use crate::output::out;

/// One measured figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Name, such as `replay.cpu`.
    pub name: String,
    /// The figure: the median where there are several runs.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it is held against, in the same unit, and where that comes from.
    pub reference: Option<Reference>,
    /// Number of runs or samples.
    pub n: u64,
    /// Smallest and largest of the runs.
    pub spread: Option<[f64; 2]>,
}

/// What a figure is held against.
#[derive(Debug, Clone, Serialize)]
pub struct Reference {
    /// The figure, in the unit of what is held against it.
    pub value: f64,
    /// Where it comes from.
    pub what: &'static str,
}

impl Figure {
    /// The median of several runs, with their spread.
    ///
    /// # Panics
    ///
    /// Without a run.
    pub fn of_runs(name: &str, unit: &'static str, runs: &[f64], reference: Option<Reference>) -> Figure {
        assert!(!runs.is_empty(), "a figure needs a run");
        let mut sorted = runs.to_vec();
        sorted.sort_by(f64::total_cmp);
        Figure {
            name: name.to_owned(),
            value: sorted[sorted.len() / 2],
            unit,
            reference,
            n: runs.len() as u64,
            spread: Some([sorted[0], sorted[sorted.len() - 1]]),
        }
    }
}

/// Prints figures to standard output.
pub fn print(figures: &[Figure], as_json: bool) -> Result<()> {
    if as_json {
        for figure in figures {
            out!("{}", serde_json::to_string(figure).expect("a figure is plain data"));
        }
        return Ok(());
    }
    let mut table = crate::table::new(&["figure", "value", "unit", "spread", "reference", "n"]);
    for figure in figures {
        table.add_row([
            figure.name.clone(),
            number(figure.value),
            figure.unit.to_owned(),
            figure.spread.map_or(String::new(), |[low, high]| format!("{} – {}", number(low), number(high))),
            figure.reference.as_ref().map_or(String::new(), |r| format!("{} ({})", number(r.value), r.what)),
            figure.n.to_string(),
        ]);
    }
    out!("{table}");
    Ok(())
}

/// Three significant digits are enough for a table.
fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 || v == 0.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
