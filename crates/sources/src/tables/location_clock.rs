//! The clock of a low-rate table of positions, found by laying its path over one whose clock is known.

use std::collections::BTreeMap;

use super::samples::Location;

/// Paths this close on average, in decimetres, are the same: 10 m, where another lap differs by tens of metres.
const SAME_PATH_DM: f64 = 100.0;

/// Least number of rows that must lie within the known path.
const MIN_OVERLAP: usize = 20;

/// Most rows compared, and offsets tried: four hours' worth. A damaged table may claim weeks.
const MAX_ROWS: usize = 5_000;
const MAX_OFFSETS: usize = 30_000;

/// Milliseconds to add to the table's times to put them on the session's clock. `None` if no car's known path is long
/// enough to tell, or none fits.
///
/// `known` holds, by three letters, paths on the session's clock as (time, x, y), sorted by time.
pub(super) fn offset_ms(
    locations: &BTreeMap<String, Vec<Location>>,
    known: &BTreeMap<String, Vec<(i32, i32, i32)>>,
) -> Option<i32> {
    let (name, path) = known.iter().max_by_key(|(_, path)| path.len())?;
    let rows = locations.get(name)?;
    let rows = rows.get(..MAX_ROWS).unwrap_or(rows);
    let (first, last) = (path.first()?.0, path.last()?.0);
    let (row_first, row_last) = (rows.first()?.time_ms, rows.last()?.time_ms);
    let mut coarse: Vec<(f64, i32)> = Vec::new();
    let (from, to) = (first.saturating_sub(row_last), last.saturating_sub(row_first));
    for offset in (from..=to).step_by(500).take(MAX_OFFSETS) {
        coarse.extend(distance_dm(rows, path, offset).map(|distance| (distance, offset)));
    }
    coarse.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let fine = coarse.iter().take(5).flat_map(|(_, offset)| (-500..=500).step_by(20).map(move |step| offset + step));
    let fitted = fine.filter_map(|offset| Some((distance_dm(rows, path, offset)?, offset)));
    let (distance, offset) = fitted.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
    (distance < SAME_PATH_DM).then_some(offset)
}

/// Mean distance between the rows, moved by `offset`, and the path at the same moments.
fn distance_dm(rows: &[Location], path: &[(i32, i32, i32)], offset: i32) -> Option<f64> {
    let (first, last) = (path.first()?.0, path.last()?.0);
    let from = rows.partition_point(|row| row.time_ms.saturating_add(offset) < first);
    let to = rows.partition_point(|row| row.time_ms.saturating_add(offset) < last);
    let inside = rows.get(from..to).filter(|inside| inside.len() >= MIN_OVERLAP)?;
    let sum: f64 = inside.iter().filter_map(|row| distance_at(row, path, row.time_ms.saturating_add(offset))).sum();
    Some(sum / inside.len() as f64)
}

fn distance_at(row: &Location, path: &[(i32, i32, i32)], time: i32) -> Option<f64> {
    let next = path.partition_point(|(at, ..)| *at <= time);
    let ((t0, x0, y0), (t1, x1, y1)) = (*path.get(next.checked_sub(1)?)?, *path.get(next)?);
    let share = f64::from(time - t0) / f64::from((t1 - t0).max(1));
    let along = |a: i32, b: i32| f64::from(a) + share * (f64::from(b) - f64::from(a));
    Some((along(x0, x1) - f64::from(row.x_dm)).hypot(along(y0, y1) - f64::from(row.y_dm)))
}
