//! Where a session takes place.

use overcut_domain::SessionInfo;

/// One line a circuit: key, names, latitude, longitude.
const PLACES: &str = include_str!("places.csv");

/// A place on earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// Degrees, north positive.
    pub(super) latitude: f64,
    /// Degrees, east positive.
    pub(super) longitude: f64,
}

impl Place {
    /// The place of a session's circuit: by its key, else by its name, else by the town. `None` if nobody knows it.
    pub(super) fn of(session: &SessionInfo) -> Option<Place> {
        let key = session.circuit_key.map(|key| key.to_string());
        let by_key = places().find(|(known, ..)| key.as_deref() == Some(*known));
        let named = |name: &str| {
            let same = |other: &str| !name.is_empty() && other.to_lowercase() == name.to_lowercase();
            places().find(move |(_, names, _)| names.split(';').any(same))
        };
        let found = by_key.or_else(|| named(&session.circuit_name)).or_else(|| named(&session.location));
        found.map(|(_, _, place)| place)
    }
}

/// Key, names and place of every circuit in the table.
fn places() -> impl Iterator<Item = (&'static str, &'static str, Place)> {
    let rows = PLACES.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.filter_map(|line| {
        let mut cells = line.split(',');
        let (key, names) = (cells.next()?, cells.next()?);
        let (latitude, longitude) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        Some((key, names, Place { latitude, longitude }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(key: Option<u32>, circuit: &str, town: &str) -> SessionInfo {
        SessionInfo {
            circuit_key: key,
            circuit_name: circuit.to_owned(),
            location: town.to_owned(),
            ..SessionInfo::default()
        }
    }

    #[test]
    fn a_circuit_is_found_by_key_then_by_name_then_by_town() {
        let latitude = |key, circuit, town| Place::of(&session(key, circuit, town)).map(|place| place.latitude);
        assert_eq!(latitude(Some(39), "whatever", ""), Some(45.621));
        assert_eq!(latitude(Some(9999), "madring", "Barcelona"), Some(40.471));
        assert_eq!(latitude(None, "", "SÃO PAULO"), Some(-23.702));
        assert_eq!(latitude(Some(9999), "Nowhere", ""), None);
        assert_eq!(latitude(None, "", ""), None);
    }

    #[test]
    fn every_row_of_the_table_is_whole() {
        let n_rows = PLACES.lines().filter(|line| !line.starts_with('#')).count() - 1;
        assert_eq!(places().count(), n_rows);
        assert!(n_rows >= 30);
        let on_earth = |place: Place| place.latitude.abs() < 90.0 && place.longitude.abs() < 180.0;
        assert!(places().all(|(_, names, place)| on_earth(place) && !names.is_empty()));
    }
}
