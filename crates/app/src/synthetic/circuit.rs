//! Where a synthetic session is held: on a circuit of our own, or on any centre line.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use overcut_sim::circuit::{Circuit, TrackPoint};

use crate::library::slug;

/// The circuit that a name or a path means; without either the first of our own.
///
/// # Errors
///
/// If there is none; the message lists those there are.
pub fn find(name: Option<&str>) -> Result<Circuit> {
    let own = Circuit::fictional();
    let Some(name) = name else { return Ok(own[0].clone()) };
    let path = Path::new(name);
    if path.is_file() {
        return from_file(path);
    }
    let wanted = slug(name);
    let is_meant = |circuit: &&Circuit| !wanted.is_empty() && slug(&circuit.name).contains(&wanted);
    let found = own.iter().find(is_meant).cloned();
    found.with_context(|| {
        let names: Vec<&str> = own.iter().map(|circuit| circuit.name.as_str()).collect();
        format!("no circuit and no file {name:?}; our own are {}", names.join(" and "))
    })
}

/// Reads a centre line as TUMFTM's racetrack database has them: x, y, width to the right and to the left in metres,
/// separated by commas, one point a line; lines that begin with `#` are comments.
fn from_file(path: &Path) -> Result<Circuit> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut points = Vec::new();
    for (idx, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        points.push(point(line).with_context(|| format!("line {} of {}", idx + 1, path.display()))?);
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Circuit::from_centre_line(&name, &points).with_context(|| format!("{} is no circuit", path.display()))
}

fn point(line: &str) -> Result<TrackPoint> {
    let numbers = line.split(',').map(|cell| cell.trim().parse::<f64>()).collect::<Result<Vec<f64>, _>>();
    let Ok(numbers) = numbers else { bail!("{line:?} is not x, y and two widths in metres") };
    let [x_m, y_m, right_m, left_m] = numbers[..] else { bail!("{line:?} is not x, y and two widths in metres") };
    ensure!(numbers.iter().all(|n| n.is_finite()), "{line:?} has a number without a value");
    Ok(TrackPoint { x_m, y_m, right_m, left_m })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circuits_are_found_by_a_word_of_their_name() {
        assert_eq!(find(None).unwrap(), Circuit::fictional()[0]);
        assert_eq!(find(Some("maristelle")).unwrap(), Circuit::fictional()[1]);
        let error = find(Some("nowhere")).unwrap_err().to_string();
        assert!(error.contains("nowhere") && error.contains(&Circuit::fictional()[0].name), "{error}");
    }

    #[test]
    fn a_centre_line_is_read_or_refused_in_words() {
        assert_eq!(point(" 1.5, -2 ,6,7.5").unwrap(), TrackPoint { x_m: 1.5, y_m: -2.0, right_m: 6.0, left_m: 7.5 });
        for line in ["1,2,3", "a,b,c,d", "1,2,3,NaN"] {
            assert!(point(line).unwrap_err().to_string().contains(line), "{line}");
        }
    }
}
