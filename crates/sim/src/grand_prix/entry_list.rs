//! Who takes part: eleven teams and twenty-two drivers who exist nowhere else.
//!
//! Names, numbers and colours are ours. The colours are chosen to be told apart by people with any of the three common
//! kinds of colour blindness too; a test measures that.

use overcut_domain::{DriverNumber, DriverUpdate, DriversUpdate};

/// A team.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Team {
    /// Name as on the entry list.
    pub name: &'static str,
    /// Six hexadecimal digits without `#`.
    pub colour: &'static str,
    /// How much faster its car is than the average car, as a share of a lap: negative is faster.
    pub pace_share: f32,
    /// Time its crew needs more than others at a stop.
    pub crew_s: f32,
    /// Mechanical failures per lap.
    pub failure_hazard: f32,
}

/// A driver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Driver {
    /// Racing number.
    pub number: DriverNumber,
    /// Three letters.
    pub tla: &'static str,
    /// First name.
    pub first_name: &'static str,
    /// Last name.
    pub last_name: &'static str,
    /// Which team, from 0.
    pub team_idx: u8,
    /// Pace against the team mate's average, as a share of a lap: negative is faster.
    pub pace_share: f32,
    /// Added to the log-odds of passing.
    pub attack: f32,
    /// Taken from the log-odds of being passed.
    pub defence: f32,
    /// Factor on the noise of laps: a calm driver is below 1.
    pub noise_factor: f32,
}

impl Driver {
    /// The team.
    pub fn team(&self) -> &'static Team {
        &TEAMS[usize::from(self.team_idx)]
    }
}

const fn team(name: &'static str, colour: &'static str, pace_share: f32, crew_s: f32, failure_hazard: f32) -> Team {
    Team { name, colour, pace_share, crew_s, failure_hazard }
}

/// The teams, the fastest first on an average weekend. From first to last they span some 1.7 % of a lap, as a season's
/// field does.
pub const TEAMS: [Team; 11] = [
    team("Aurelia Racing", "E69F00", -0.0068, -0.10, 0.0006),
    team("Boreal Grand Prix", "56B4E9", -0.0060, 0.00, 0.0005),
    team("Carmine Union", "9C1030", -0.0049, 0.05, 0.0009),
    team("Cobalt Works", "0072B2", -0.0041, -0.05, 0.0006),
    team("Verdant Motorsport", "009E73", -0.0012, 0.10, 0.0008),
    team("Rosewood Racing", "CC79A7", 0.0000, 0.05, 0.0007),
    team("Solaris Corse", "F0E442", 0.0017, 0.15, 0.0010),
    team("Indigo Kinetic", "7B3FE4", 0.0028, 0.00, 0.0009),
    team("Vermilion Engineering", "D55E00", 0.0045, 0.10, 0.0011),
    team("Ivory Line", "F4F4F4", 0.0064, 0.20, 0.0012),
    team("Basalt Autosport", "5C5C5C", 0.0096, 0.30, 0.0016),
];

/// Drivers in a team.
pub const DRIVERS_PER_TEAM: usize = 2;
/// Cars that take part.
pub const N_CARS: usize = TEAMS.len() * DRIVERS_PER_TEAM;

/// Pace share, attack, defence and noise factor.
type Skill = (f32, f32, f32, f32);

const fn driver(
    number: u16,
    tla: &'static str,
    name: (&'static str, &'static str),
    team_idx: u8,
    skill: Skill,
) -> Driver {
    let (number, (first_name, last_name)) = (DriverNumber(number), name);
    let (pace_share, attack, defence, noise_factor) = skill;
    Driver { number, tla, first_name, last_name, team_idx, pace_share, attack, defence, noise_factor }
}

/// The drivers, team by team.
#[rustfmt::skip]
pub const DRIVERS: [Driver; N_CARS] = [
    driver(7, "QUI", ("Mateo", "Quiroga"), 0, (-0.0010, 0.2, 0.2, 0.85)),
    driver(21, "SOL", ("Ingrid", "Solheim"), 0, (0.0006, 0.0, 0.1, 0.90)),
    driver(42, "MOR", ("Kaito", "Morishita"), 1, (-0.0007, 0.3, 0.0, 0.95)),
    driver(34, "BIT", ("Noor", "Bitar"), 1, (0.0002, 0.1, 0.2, 0.90)),
    driver(76, "MON", ("Rafael", "Montesinos"), 2, (-0.0008, 0.2, 0.3, 1.00)),
    driver(39, "BAE", ("Jun-ho", "Baek"), 2, (0.0008, 0.0, 0.0, 1.05)),
    driver(18, "MOK", ("Thandiwe", "Mokoena"), 3, (-0.0009, 0.3, 0.1, 0.95)),
    driver(25, "ASH", ("Callum", "Ashdown"), 3, (0.0007, -0.1, 0.2, 1.00)),
    driver(48, "FAL", ("Beatriz", "Falc\u{e3}o"), 4, (-0.0006, 0.1, 0.0, 1.00)),
    driver(9, "LIN", ("Aksel", "Lindqvist"), 4, (0.0004, 0.0, 0.1, 0.95)),
    driver(36, "MAR", ("\u{c9}lodie", "Marchand"), 5, (-0.0011, 0.2, 0.2, 0.90)),
    driver(19, "LAN", ("Diego", "Lanzarote"), 5, (0.0010, 0.1, -0.1, 1.10)),
    driver(3, "BRA", ("Luca", "Bramante"), 6, (-0.0003, 0.0, 0.3, 1.00)),
    driver(53, "RAG", ("Priya", "Raghunathan"), 6, (0.0001, 0.1, 0.0, 0.95)),
    driver(94, "OKO", ("Amara", "Okonjo"), 7, (-0.0012, 0.3, 0.0, 1.05)),
    driver(13, "DAL", ("Henrik", "Dalgaard"), 7, (0.0008, -0.1, 0.1, 1.00)),
    driver(28, "WEI", ("Jonas", "Weidlich"), 8, (-0.0002, 0.0, 0.1, 1.05)),
    driver(64, "TAM", ("Aroha", "Tamatea"), 8, (0.0003, 0.1, 0.0, 1.10)),
    driver(88, "LON", ("Wei", "Longjiang"), 9, (-0.0006, 0.0, 0.0, 1.00)),
    driver(46, "THO", ("Olivia", "Thornbury"), 9, (0.0005, 0.0, 0.1, 1.05)),
    driver(50, "YIL", ("Sefa", "Yildirim"), 10, (-0.0008, 0.1, 0.1, 1.10)),
    driver(71, "KOW", ("Marek", "Kowalczuk"), 10, (0.0010, -0.1, 0.0, 1.20)),
];

/// The entry list as a feed states it, every text in it. `lines` gives each driver's line on the screen, from 1.
pub(super) fn full_list(lines: &[u8]) -> DriversUpdate {
    let drivers = DRIVERS.iter().zip(lines).map(|(driver, line)| describe(driver, *line)).collect();
    DriversUpdate { is_full: true, drivers, removed: Vec::new() }
}

fn describe(driver: &Driver, line: u8) -> DriverUpdate {
    let initial = driver.first_name.chars().next().unwrap_or_default();
    let surname = driver.last_name.to_uppercase();
    DriverUpdate {
        driver: driver.number,
        line: Some(line),
        tla: Some(driver.tla.to_owned()),
        full_name: Some(format!("{} {surname}", driver.first_name)),
        broadcast_name: Some(format!("{initial} {surname}")),
        first_name: Some(driver.first_name.to_owned()),
        last_name: Some(driver.last_name.to_owned()),
        team: Some(driver.team().name.to_owned()),
        team_colour: Some(driver.team().colour.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_letters_are_unique() {
        let numbers: BTreeSet<_> = DRIVERS.iter().map(|driver| driver.number).collect();
        let letters: BTreeSet<_> = DRIVERS.iter().map(|driver| driver.tla).collect();
        assert_eq!((numbers.len(), letters.len()), (N_CARS, N_CARS));
        for (idx, driver) in DRIVERS.iter().enumerate() {
            assert_eq!(usize::from(driver.team_idx), idx / DRIVERS_PER_TEAM, "{driver:?}");
            assert_eq!(driver.tla.len(), 3, "{driver:?}");
        }
    }

    /// Linear RGB of six hexadecimal digits.
    fn linear_rgb(colour: &str) -> [f64; 3] {
        [0, 2, 4].map(|at| {
            let level = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if level <= 0.04045 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn product(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    /// CIE L*a*b* of linear sRGB under D65.
    fn lab(rgb: [f64; 3]) -> [f64; 3] {
        let to_xyz = [[0.412, 0.358, 0.180], [0.213, 0.715, 0.072], [0.019, 0.119, 0.950]];
        let root = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let xyz = product(&to_xyz, rgb);
        let [x, y, z] = [root(xyz[0] / 0.950), root(xyz[1]), root(xyz[2] / 1.089)];
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn colours_are_told_apart_by_everybody() {
        // Machado, Oliveira and Fernandes 2009, severity 1.0.
        let eyes = [
            ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            ("no red", [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
            ("no green", [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
            ("no blue", [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
        ];
        for (eye, matrix) in eyes {
            let seen = TEAMS.map(|team| lab(product(&matrix, linear_rgb(team.colour)).map(|c| c.clamp(0.0, 1.0))));
            for (a, team) in TEAMS.iter().enumerate() {
                for b in 0..a {
                    let distance = (0..3).map(|c| (seen[a][c] - seen[b][c]).powi(2)).sum::<f64>().sqrt();
                    // A difference of 2 is just seen side by side; 12 is plain at a glance.
                    assert!(distance > 12.0, "{eye}: {} and {}: {distance:.1}", team.name, TEAMS[b].name);
                }
            }
        }
    }
}
