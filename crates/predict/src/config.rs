//! What the detectors are told; every default is explained in `docs/alerts.md`.

use serde::{Deserialize, Serialize};

/// Settings of all detectors. Times are milliseconds, speeds km/h, engine speeds 1/min.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long a sample waits for its elders before it is looked at, in a feed that mixes them up.
    pub hold_ms: u32,
    /// Once a feed has kept the order of each car's samples for this long, they are looked at as they come.
    pub trust_ms: u32,
    /// Samples closer to the last one than this are skipped: merged tables repeat themselves, interpolated.
    pub min_spacing_ms: u32,
    /// Quiet time after a start, safety car or red flag: cars weave, bunch up and launch.
    pub settle_after_track_ms: u32,
    /// Quiet time after a car has left the pit lane.
    pub settle_after_pit_ms: u32,
    /// Engine over-rev.
    pub over_rev: OverRevConfig,
    /// Drag reduction system, both kinds of alert.
    pub drs: DrsConfig,
    /// Wheel lock-up.
    pub lock_up: LockUpConfig,
    /// Stuck and missing channels.
    pub sensor: SensorConfig,
    /// Sudden loss of power.
    pub power_loss: PowerLossConfig,
    /// Slow punctures and tyre cliffs.
    pub pace: PaceConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            hold_ms: 2_500,
            trust_ms: 60_000,
            min_spacing_ms: 100,
            settle_after_track_ms: 15_000,
            settle_after_pit_ms: 6_000,
            over_rev: OverRevConfig::default(),
            drs: DrsConfig::default(),
            lock_up: LockUpConfig::default(),
            sensor: SensorConfig::default(),
            power_loss: PowerLossConfig::default(),
            pace: PaceConfig::default(),
        }
    }
}

/// Settings of the over-rev detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OverRevConfig {
    /// Off switch.
    pub enabled: bool,
    /// Threshold until the car has shown what is normal.
    pub default_rpm: f32,
    /// The learnt threshold stays above this.
    pub floor_rpm: f32,
    /// The learnt threshold stays below this: no engine of these rules may turn at 15 000.
    pub ceiling_rpm: f32,
    /// Share of a car's samples that its usual limit leaves above itself.
    pub tail: f32,
    /// How far above the usual limit the threshold lies.
    pub margin_rpm: f32,
    /// An episode ends when the engine turns this much below the threshold.
    pub hysteresis_rpm: f32,
    /// Samples above the threshold that make an episode.
    pub min_samples: u16,
    /// This far above a learnt threshold one sample is enough.
    pub certain_rpm: f32,
    /// Samples on track before the learnt threshold replaces the default one.
    pub learn_samples: u32,
}

impl Default for OverRevConfig {
    fn default() -> Self {
        OverRevConfig {
            enabled: true,
            default_rpm: 13_400.0,
            floor_rpm: 13_000.0,
            ceiling_rpm: 14_000.0,
            tail: 0.002,
            margin_rpm: 500.0,
            hysteresis_rpm: 300.0,
            min_samples: 2,
            certain_rpm: 800.0,
            learn_samples: 2_000,
        }
    }
}

/// Settings of the DRS detectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrsConfig {
    /// Off switch.
    pub enabled: bool,
    /// The wing may stay open this long into braking: drivers close it by braking, and channels lag.
    pub braking_ms: u32,
    /// Where wings are usually closed sooner, twice their usual time is allowed, but never less than this.
    pub close_braking_ms: u32,
    /// Speed that must have been lost meanwhile, so that it was braking and not a dab.
    pub braking_drop_kmh: f32,
    /// The wing must be open this long where or when it may not be.
    pub out_of_zone_ms: u32,
    /// The same once the zones have been known for twice as long as they need.
    pub close_out_of_zone_ms: u32,
    /// Cars that must have opened at a place to make it a zone.
    pub zone_cars: u32,
    /// How long after the first opening zones count as known: a few laps.
    pub zone_learn_ms: u32,
    /// Slowest speed at which an open wing is looked at.
    pub min_speed_kmh: f32,
}

impl Default for DrsConfig {
    fn default() -> Self {
        DrsConfig {
            enabled: true,
            braking_ms: 1_200,
            close_braking_ms: 550,
            braking_drop_kmh: 30.0,
            out_of_zone_ms: 700,
            close_out_of_zone_ms: 450,
            zone_cars: 2,
            zone_learn_ms: 300_000,
            min_speed_kmh: 80.0,
        }
    }
}

/// Settings of the lock-up detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockUpConfig {
    /// Off switch.
    pub enabled: bool,
    /// Smallest dip below the line between the samples around it.
    pub min_dip_kmh: f32,
    /// Smallest dip as a share of the speed expected there.
    pub min_dip_share: f32,
    /// The speed must come back by this much while the brake is still on.
    pub min_rebound_kmh: f32,
    /// Slowest expected speed at which a dip is looked at.
    pub min_speed_kmh: f32,
    /// Longest time from the sample before the dip to the one after it.
    pub max_span_ms: u32,
    /// Dips closer together than this are one episode.
    pub join_ms: u32,
}

impl Default for LockUpConfig {
    fn default() -> Self {
        LockUpConfig {
            enabled: true,
            min_dip_kmh: 12.0,
            min_dip_share: 0.12,
            min_rebound_kmh: 8.0,
            min_speed_kmh: 30.0,
            max_span_ms: 1_300,
            join_ms: 4_000,
        }
    }
}

/// Settings of the sensor detectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SensorConfig {
    /// Off switch.
    pub enabled: bool,
    /// A channel may hold one value this long while the car plainly moves.
    pub stuck_ms: u32,
    /// A car may be silent, or without a valid value, this long while others deliver.
    pub drop_out_ms: u32,
    /// Feeds differ in how long they hold values when they lose packets: the limit is at least this many times the
    /// 99th percentile of the session's own holds.
    pub usual_factor: f32,
    /// Samples of a channel, all cars together, after which the longest holds seen make a closer limit.
    pub learn_samples: u32,
    /// That limit is this many times the third longest.
    pub close_factor: f32,
    /// The closer limit of holds is never closer than this.
    pub close_stuck_ms: u32,
    /// A hold is told sooner if what shows that the car moves has moved this many times the third widest such move.
    pub move_factor: f32,
    /// But not sooner than this.
    pub move_stuck_ms: u32,
    /// The closer limit of silences is never closer than this.
    pub close_drop_out_ms: u32,
    /// Silences longer than this are a car that was off, not a sensor that came back.
    pub max_drop_out_ms: u32,
}

impl Default for SensorConfig {
    fn default() -> Self {
        SensorConfig {
            enabled: true,
            stuck_ms: 6_000,
            drop_out_ms: 6_000,
            usual_factor: 2.0,
            learn_samples: 30_000,
            close_factor: 3.0,
            close_stuck_ms: 700,
            move_factor: 2.5,
            move_stuck_ms: 400,
            close_drop_out_ms: 900,
            max_drop_out_ms: 120_000,
        }
    }
}

/// Settings of the power-loss detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PowerLossConfig {
    /// Off switch.
    pub enabled: bool,
    /// An engine that turns slower than this in a moving car has stopped: engines idle near 4 000.
    pub stopped_rpm: f32,
    /// Speed above which a stopped engine counts.
    pub stopped_min_speed_kmh: f32,
    /// How long the engine must be stopped.
    pub stopped_ms: u32,
    /// Throttle at and above which it counts as fully open, in %.
    pub full_throttle_percent: f32,
    /// Time over which the gain of speed is measured.
    pub window_ms: u32,
    /// Time after opening the throttle that is not judged: wheelspin, gear shifts, torque maps.
    pub skip_ms: u32,
    /// A shorter time, for losses so large that they show at once.
    pub short_window_ms: u32,
    /// The same as `skip_ms` for it.
    pub short_skip_ms: u32,
    /// The same as `deficit_kmh` for it.
    pub short_deficit_kmh: f32,
    /// Samples running that must lack that much.
    pub short_samples: u16,
    /// How far below the car's own lowest usual gain the gain must be, in km/h over the window.
    pub deficit_kmh: f32,
    /// How long that must last.
    pub min_ms: u32,
    /// Share of the usual gains that lie below the lowest usual one.
    pub tail: f32,
    /// Gains that must have been seen at a speed before it is judged.
    pub learn_samples: u32,
}

impl Default for PowerLossConfig {
    fn default() -> Self {
        PowerLossConfig {
            enabled: true,
            stopped_rpm: 2_800.0,
            stopped_min_speed_kmh: 80.0,
            stopped_ms: 1_200,
            full_throttle_percent: 95.0,
            window_ms: 1_600,
            skip_ms: 600,
            short_window_ms: 700,
            short_skip_ms: 0,
            short_deficit_kmh: 11.0,
            short_samples: 2,
            deficit_kmh: 10.0,
            min_ms: 1_000,
            tail: 0.01,
            learn_samples: 100,
        }
    }
}

/// Settings of the detectors of slow punctures and tyre cliffs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaceConfig {
    /// Off switch.
    pub enabled: bool,
    /// Share of the usual time by which every sector must be slower.
    pub min_share: f32,
    /// Sectors in a row that must be.
    pub min_sectors: u8,
    /// Time that must be lost a lap, in seconds.
    pub min_lost_s: f32,
    /// From lap to lap, a puncture's loss grows at least by this factor.
    pub puncture_growth: f32,
    /// And a cliff's by less than this.
    pub cliff_growth: f32,
}

impl Default for PaceConfig {
    fn default() -> Self {
        PaceConfig {
            enabled: true,
            min_share: 0.01,
            min_sectors: 5,
            min_lost_s: 1.5,
            puncture_growth: 1.35,
            cliff_growth: 1.2,
        }
    }
}
