//! The track and laps along it.

use overcut_domain::LapTime;
use overcut_track as track;
use overcut_track::Outline;

use super::drs_code;
use crate::wire;

/// The map of a track.
pub(crate) fn track_map(outline: &Outline) -> wire::TrackMap {
    let pair = |[x, y]: &[f64; 2]| [*x as f32, *y as f32];
    let metres = |list: &[f64]| list.iter().map(|metres| *metres as f32).collect();
    let n_points = outline.points_dm().len();
    let corner = |corner: &track::Corner| wire::Corner {
        number: u8::try_from(corner.number).unwrap_or(u8::MAX),
        letter: corner.letter.clone(),
        x_dm: corner.x_dm as f32,
        y_dm: corner.y_dm as f32,
        distance_m: corner.distance_m as f32,
    };
    wire::TrackMap {
        points_dm: outline.points_dm().iter().map(pair).collect(),
        distances_m: (0..n_points).map(|idx| (idx as f64 * outline.step_m()) as f32).collect(),
        length_m: outline.length_m() as f32,
        rotation_deg: outline.rotation_deg as f32,
        corners: outline.corners.iter().map(corner).collect(),
        pit_lane_dm: outline.pit_lane_dm.iter().map(pair).collect(),
        marshal_sectors_m: metres(&outline.marshal_sectors_m),
        sectors_m: metres(&outline.sectors_m),
        origin: match outline.origin {
            track::Origin::CircuitFile => "circuit_file",
            track::Origin::Derived => "derived",
            track::Origin::Designed => "designed",
        }
        .to_owned(),
    }
}

/// One lap's channels. `time` is the lap time as timed.
pub(crate) fn trace(lap: u16, time: Option<LapTime>, trace: track::LapTrace) -> wire::Trace {
    wire::Trace {
        driver: trace.driver.0,
        lap,
        time_ms: time.map(|time| time.as_millis()),
        step_m: trace.step_m as f32,
        elapsed_s: trace.elapsed_s.iter().map(|seconds| *seconds as f32).collect(),
        speed_kmh: trace.speed_kmh,
        throttle_percent: trace.throttle_percent,
        brake_percent: trace.brake_percent,
        gear: trace.gear,
        rpm: trace.rpm,
        drs: trace.drs.map(|drs| drs.into_iter().map(drs_code).collect()),
        x_dm: trace.x_dm,
        y_dm: trace.y_dm,
        sample_interval_ms: trace.sample_interval_ms,
    }
}

/// Two laps held against each other.
pub(crate) fn comparison(a: wire::Trace, b: wire::Trace, comparison: track::Comparison) -> wire::Comparison {
    let section = |section: track::Section| wire::SectionDelta {
        name: section.name,
        is_corner: section.is_corner,
        from_m: section.from_m as f32,
        to_m: section.to_m as f32,
        min_speed_kmh: section.min_speed_kmh,
        delta_s: section.delta_ms as f32 / 1000.0,
    };
    wire::Comparison {
        a,
        b,
        delta_s: comparison.delta_s.iter().map(|seconds| *seconds as f32).collect(),
        sections: comparison.sections.into_iter().map(section).collect(),
    }
}
