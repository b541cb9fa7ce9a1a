//! Speed over distance.

use std::path::Path;

use overcut_sim::circuit::Circuit;
use overcut_sim::vehicle::{Aid, Conditions, ErsMode, Profile, Vehicle, air_density_kgm3, best_wing, lap};

use super::circuits;

/// A real lap: metres driven, seconds, km/h.
struct RealLap(Vec<[f64; 3]>);

/// How a simulated lap and a real one compare.
struct Likeness {
    correlation: f64,
    rmse_kmh: f64,
    /// Of each corner: number, slowest real and simulated speed near it.
    slowest_kmh: Vec<(u8, f64, f64)>,
}

/// A quick race lap at Monza without DRS.
#[test]
fn a_lap_of_monza_has_the_shape_of_a_real_one() {
    let Some(file) = overcut_testkit::recording("f1/fastf1_2024_italian_gp_race/telemetry_VER.csv") else { return };
    let mut rows = csv::Reader::from_path(file).unwrap();
    let columns =
        ["Distance", "Time", "Speed"].map(|name| rows.headers().unwrap().iter().position(|h| h == name).unwrap());
    let samples = rows.records().map(|row| {
        let row = row.unwrap();
        [row[columns[0]].parse().unwrap(), seconds(&row[columns[1]]), row[columns[2]].parse().unwrap()]
    });
    let likeness = compare("Monza", 2024, 160.0, &RealLap(samples.collect()));
    assert!(likeness.correlation > 0.98 && likeness.rmse_kmh < 12.0, "{} {}", likeness.correlation, likeness.rmse_kmh);
}

/// The quickest lap of the race in São Paulo: Norris, lap 61.
#[test]
fn a_lap_of_sao_paulo_has_the_shape_of_a_real_one() {
    let Some(folder) = overcut_testkit::recording("f1/fastf1_2023/2023_sao_paulo_gp_race") else { return };
    let (from_s, to_s) = lap_bounds_s(&folder.join("laps.csv.zst"), "4", "61.0");
    let mut rows = compressed_csv(&folder.join("4_telemetry.csv.zst"));
    let at = |headers: &csv::StringRecord, name: &str| headers.iter().position(|h| h == name).unwrap();
    let (time, speed) = (at(rows.headers().unwrap(), "SessionTime"), at(rows.headers().unwrap(), "Speed"));
    let mut lap: Vec<[f64; 3]> = Vec::new();
    for row in rows.records() {
        let row = row.unwrap();
        let (time_s, kmh) = (seconds(&row[time]) - from_s, row[speed].parse::<f64>().unwrap());
        if (-0.3..=to_s - from_s).contains(&time_s) {
            let driven_m = lap.last().map_or(0.0, |last| last[0] + (last[2] + kmh) / 7.2 * (time_s - last[1]));
            lap.push([driven_m, time_s, kmh]);
        }
    }
    let likeness = compare("SaoPaulo", 2023, 770.0, &RealLap(lap));
    assert!(likeness.correlation > 0.97 && likeness.rmse_kmh < 14.0, "{} {}", likeness.correlation, likeness.rmse_kmh);
}

/// Compares shapes: grip is set so that the lap takes as long as the real one, and the lines' zero points, which differ
/// by some tens of metres, are laid where they fit best.
fn compare(name: &str, season: u16, altitude_m: f64, real: &RealLap) -> Likeness {
    let folder = overcut_testkit::recording("f1/circuits/tumftm").unwrap();
    let (circuit, _) = circuits::read(&folder, name);
    let conditions = Conditions { air_density_kgm3: air_density_kgm3(altitude_m, 28.0), ..Conditions::default() };
    let car = best_wing(&circuit, &Vehicle::season(season), &conditions);
    let race = Conditions { fuel_kg: 20.0, aid: Aid::Shut, ers: ErsMode::Balanced, ..conditions };
    let simulated = as_quick_as(&circuit, &car, &race, real.0[real.0.len() - 1][1]);
    let shift_m = (-30..=30)
        .map(|k| f64::from(k) * 2.5)
        .min_by(|a, b| {
            likeness(&circuit, &simulated, real, *a)
                .rmse_kmh
                .total_cmp(&likeness(&circuit, &simulated, real, *b).rmse_kmh)
        })
        .unwrap();
    let likeness = likeness(&circuit, &simulated, real, shift_m);
    println!(
        "{name}: correlation {:.4}, RMSE {:.1} km/h, zero shifted {shift_m} m",
        likeness.correlation, likeness.rmse_kmh
    );
    for (number, real_kmh, simulated_kmh) in &likeness.slowest_kmh {
        println!("| {number} | {real_kmh:.0} | {simulated_kmh:.0} |");
    }
    likeness
}

fn as_quick_as(circuit: &Circuit, car: &Vehicle, conditions: &Conditions, lap_s: f64) -> Profile {
    let (mut low, mut high) = (0.7, 1.3);
    for _ in 0..12 {
        let grip = (low + high) / 2.0;
        if lap(circuit, car, &Conditions { grip, ..*conditions }).time_s() > lap_s { low = grip } else { high = grip }
    }
    println!("grip {low:.3}");
    lap(circuit, car, &Conditions { grip: low, ..*conditions })
}

fn likeness(circuit: &Circuit, simulated: &Profile, real: &RealLap, shift_m: f64) -> Likeness {
    let length_m = circuit.length_m();
    let simulated_kmh = |d: f64| 3.6 * simulated.at_distance((d + shift_m).rem_euclid(length_m)).speed_ms;
    let real_kmh = |d: f64| real.speed_kmh(d.rem_euclid(length_m) / length_m);
    let distances: Vec<f64> = (0..length_m as u32 / 10).map(|k| f64::from(k) * 10.0).collect();
    let pairs: Vec<(f64, f64)> = distances.iter().map(|d| (real_kmh(*d), simulated_kmh(*d))).collect();
    let slowest = |speed: &dyn Fn(f64) -> f64, at: f64| {
        (-12..=12).map(|k| speed(at + f64::from(k) * 5.0)).fold(f64::INFINITY, f64::min)
    };
    let slowest_kmh = circuit
        .corners
        .iter()
        .map(|c| c.distance_m - shift_m)
        .zip(&circuit.corners)
        .map(|(at, c)| (c.number, slowest(&real_kmh, at), slowest(&simulated_kmh, at)))
        .collect();
    let square = pairs.iter().map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / pairs.len() as f64;
    Likeness { correlation: correlation(&pairs), rmse_kmh: square.sqrt(), slowest_kmh }
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (mean_a, mean_b) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        ab += (a - mean_a) * (b - mean_b);
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
    }
    ab / (aa * bb).sqrt()
}

impl RealLap {
    /// Speed at a share of the lap's length: what the car's speed adds up to and what the line measures differ by a
    /// hundredth.
    fn speed_kmh(&self, share: f64) -> f64 {
        let samples = &self.0;
        let at = share * samples[samples.len() - 1][0];
        let next = samples.partition_point(|s| s[0] < at).clamp(1, samples.len() - 1);
        let ([d0, _, v0], [d1, _, v1]) = (samples[next - 1], samples[next]);
        v0 + (v1 - v0) * ((at - d0) / (d1 - d0).max(1e-9)).clamp(0.0, 1.0)
    }
}

fn lap_bounds_s(file: &Path, number: &str, lap: &str) -> (f64, f64) {
    let mut rows = compressed_csv(file);
    let headers = rows.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let row =
        rows.records().map(Result::unwrap).find(|r| &r[at("DriverNumber")] == number && &r[at("LapNumber")] == lap);
    let row = row.unwrap();
    (seconds(&row[at("LapStartTime")]), seconds(&row[at("Time")]))
}

fn compressed_csv(file: &Path) -> csv::Reader<std::io::Cursor<Vec<u8>>> {
    let bytes = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
    csv::Reader::from_reader(std::io::Cursor::new(bytes))
}

/// `0 days 01:23:45.678` in seconds.
fn seconds(text: &str) -> f64 {
    let clock = text.rsplit(' ').next().unwrap();
    clock.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
}
