//! What stands beside a circuit: timing lines, marshals, zones, grid.

use super::features::Straight;
use super::line::Line;
use super::{DrsZone, GridSlot, MarshalSector, SpeedTraps};

/// What is wished for where geometry leaves a choice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Furniture {
    /// At most so many DRS zones.
    pub(super) n_drs_zones: usize,
    /// How far before the line the pit lane leaves the track; `None` for what the straight allows.
    pub(super) pit_entry_before_m: Option<f64>,
    /// How far after the line it comes back.
    pub(super) pit_exit_after_m: Option<f64>,
    /// Speed limit in it.
    pub(super) pit_limit_kmh: f64,
}

impl Default for Furniture {
    fn default() -> Self {
        Furniture { n_drs_zones: 3, pit_entry_before_m: None, pit_exit_after_m: None, pit_limit_kmh: 80.0 }
    }
}

/// The wing opens this long after the corner, metres; about where real zones begin.
const ZONE_AFTER_CORNER_M: f64 = 90.0;

/// The gap is measured this far before the corner that leads to the zone.
const DETECTION_BEFORE_CORNER_M: f64 = 40.0;

/// Zones shorter than this are not worth a line on the road.
const SHORTEST_DRS_ZONE_M: f64 = 320.0;

/// The same for the active wings of 2026, which every car uses on each straight.
const SHORTEST_STRAIGHT_ZONE_M: f64 = 220.0;

/// Mini-sectors are about this long on real circuits.
const MINI_SECTOR_M: f64 = 230.0;

/// Marshals' posts are about this far apart.
const MARSHAL_SECTOR_M: f64 = 280.0;

/// Places on the grid are this far apart (FIA Sporting Regulations: 8 m), and there are a few more than cars.
const GRID_STEP_M: f64 = 8.0;
const N_GRID_SLOTS: usize = 26;

/// Where a third and two thirds of a lap's time have passed, metres.
pub(super) fn sector_ends_m(line: &Line, speeds_ms: &[f64]) -> [f64; 2] {
    let total_s: f64 = speeds_ms.iter().map(|v| line.step_m / v).sum();
    let after = |share: f64| {
        let mut left_s = total_s * share;
        let idx = speeds_ms.iter().position(|v| {
            left_s -= line.step_m / v;
            left_s <= 0.0
        });
        idx.unwrap_or(speeds_ms.len() - 1) as f64 * line.step_m
    };
    [after(1.0 / 3.0), after(2.0 / 3.0)]
}

/// Even parts of each sector.
pub(super) fn mini_sector_ends_m(line: &Line, sector_ends_m: [f64; 2]) -> [Vec<f64>; 3] {
    let bounds = [0.0, sector_ends_m[0], sector_ends_m[1], line.length_m()];
    [0, 1, 2].map(|sector| {
        let (from, to) = (bounds[sector], bounds[sector + 1]);
        let parts = ((to - from) / MINI_SECTOR_M).round().max(1.0) as usize;
        (1..=parts).map(|k| from + (to - from) * k as f64 / parts as f64).collect()
    })
}

/// The ends of the sectors, the line, and the place of highest speed.
pub(super) fn speed_traps(line: &Line, speeds_ms: &[f64], sector_ends_m: [f64; 2]) -> SpeedTraps {
    let fastest = (0..line.len()).max_by(|a, b| speeds_ms[*a].total_cmp(&speeds_ms[*b])).unwrap_or(0);
    let st_m = fastest as f64 * line.step_m;
    SpeedTraps { i1_m: sector_ends_m[0], i2_m: sector_ends_m[1], fl_m: 0.0, st_m }
}

/// Even parts of the lap.
pub(super) fn marshal_sectors(line: &Line) -> Vec<MarshalSector> {
    let parts = (line.length_m() / MARSHAL_SECTOR_M).round().clamp(3.0, 60.0) as u8;
    let start_m = |k: u8| line.length_m() * f64::from(k) / f64::from(parts);
    (0..parts).map(|k| MarshalSector { number: k + 1, start_m: start_m(k) }).collect()
}

/// Zones on the longest straights, in order of driving.
pub(super) fn drs_zones(straights: &[Straight], at_most: usize) -> Vec<DrsZone> {
    let mut zones = zones(straights, SHORTEST_DRS_ZONE_M);
    zones.truncate(at_most);
    zones.sort_by(|a, b| a.start_m.total_cmp(&b.start_m));
    zones
}

/// Zones on all straights worth it, in order of driving.
pub(super) fn straight_zones(straights: &[Straight]) -> Vec<DrsZone> {
    let mut zones = zones(straights, SHORTEST_STRAIGHT_ZONE_M);
    zones.sort_by(|a, b| a.start_m.total_cmp(&b.start_m));
    zones
}

fn zones(straights: &[Straight], shortest_m: f64) -> Vec<DrsZone> {
    let long = straights.iter().filter(|s| s.length_m - ZONE_AFTER_CORNER_M >= shortest_m);
    long.map(|s| DrsZone {
        detection_m: (s.corner_m - DETECTION_BEFORE_CORNER_M).max(0.0),
        start_m: s.start_m + ZONE_AFTER_CORNER_M,
        end_m: s.end_m,
    })
    .collect()
}

/// Places alternate left and right of the middle of the track, pole position on the side of the racing line.
pub(super) fn grid(line: &Line) -> Vec<GridSlot> {
    let slot = |k: usize| {
        let behind_line_m = GRID_STEP_M * (k + 1) as f64;
        let (idx, _, _) = line.locate(-behind_line_m);
        let (left_m, right_m) = (line.left_m[idx], line.right_m[idx]);
        let middle_m = (left_m - right_m) / 2.0;
        let aside_m = ((left_m + right_m) / 4.0).min(4.0);
        let pole_side = if middle_m > 0.0 { -1.0 } else { 1.0 };
        let side = if k.is_multiple_of(2) { pole_side } else { -pole_side };
        GridSlot { behind_line_m, lateral_m: middle_m + side * aside_m }
    };
    (0..N_GRID_SLOTS).map(slot).collect()
}
