//! What a car is: masses, wings, tyres, power. Constants with their sources are in `docs/physics.md`, too.

/// A car.
#[derive(Debug, Clone, PartialEq)]
pub struct Vehicle {
    /// With driver and without fuel, kg.
    pub mass_kg: f64,
    /// Wings and floor.
    pub aero: Aero,
    /// Tyres, new and at their best temperature on a dry track.
    pub tyres: TyreGrip,
    /// Engine, gearbox and motor.
    pub power: PowerUnit,
    /// What the motor may take and give.
    pub ers: EnergyStore,
    /// Where the mass is.
    pub chassis: Chassis,
}

/// Downforce and drag, as coefficient times area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aero {
    /// Downforce, m².
    pub downforce_m2: f64,
    /// Drag of a car without downforce, m².
    pub base_drag_m2: f64,
    /// Drag that comes with downforce: by this times its square (the parabolic polar), 1/m².
    pub induced_drag: f64,
    /// Share of the downforce on the rear axle.
    pub rear_share: f64,
    /// Share of the drag that stays with open wings.
    pub open_drag_share: f64,
    /// Share of the downforce that stays with open wings.
    pub open_downforce_share: f64,
    /// True if every car may open its wings on every straight (2026), false for DRS in its zones.
    pub is_active: bool,
}

impl Aero {
    /// Drag with shut wings, m².
    pub fn drag_m2(&self) -> f64 {
        self.base_drag_m2 + self.induced_drag * self.downforce_m2 * self.downforce_m2
    }
}

/// Grip of one tyre: a coefficient of friction that falls with its load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TyreGrip {
    /// Coefficient along the car at the nominal load.
    pub long: f64,
    /// Coefficient across the car at the nominal load.
    pub lat: f64,
    /// The nominal load, N.
    pub nominal_load_n: f64,
    /// What a newton more takes from the coefficient, 1/N.
    pub per_newton: f64,
    /// Share of the grip along the car that a driver dares to use in braking.
    pub braking_share: f64,
    /// Slip angle at the limit of grip, radians.
    pub peak_slip_rad: f64,
    /// Slip ratio at the limit of grip.
    pub peak_slip_ratio: f64,
    /// Rolling resistance by load.
    pub rolling: f64,
}

/// Engine and gearbox.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerUnit {
    /// Engine power at full fuel flow, W.
    pub engine_w: f64,
    /// What of all power reaches the tyres.
    pub efficiency: f64,
    /// Fuel flow is full from here on, 1/min; below it is limited by the rules.
    pub full_flow_rpm: f64,
    /// Power fades from here, 1/min.
    pub fade_rpm: f64,
    /// And is gone here, 1/min.
    pub max_rpm: f64,
    /// The driver changes up here, 1/min.
    pub shift_rpm: f64,
    /// Engine speed with the car at rest, 1/min.
    pub idle_rpm: f64,
    /// Engine speed by car speed in each gear, 1/min by km/h.
    pub rpm_per_kmh: [f64; 8],
    /// What the car seems heavier by in each gear for what turns in it.
    pub rotating: [f64; 8],
    /// Braking by the engine alone, by the weight of the car.
    pub engine_braking: f64,
}

/// The electric part: a motor on the rear axle and a store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnergyStore {
    /// Motor power, W.
    pub motor_w: f64,
    /// The motor may give less at speed: `(at, per)` gives `at - per * speed` in W with the speed in km/h, up to
    /// `motor_w`; whatever of the two lines is higher above where they cross is not modelled, the lower counts.
    pub tapers: [(f64, f64); 2],
    /// The same with overtake mode.
    pub overtake_taper: (f64, f64),
    /// The motor does nothing below this, m/s.
    pub motor_from_ms: f64,
    /// Between full and empty, J.
    pub capacity_j: f64,
    /// At most this much from the store in a lap, J.
    pub lap_deploy_j: f64,
    /// At most this much from the motor into the store in a lap, J.
    pub lap_harvest_j: f64,
    /// What overtake mode may spend beyond the budget of a lap, J.
    pub overtake_extra_j: f64,
    /// From the exhaust, at full throttle, W (to 2025).
    pub exhaust_w: f64,
    /// Taken from the engine when the driver wants less than it gives, W (2026).
    pub part_throttle_w: f64,
    /// What of the energy braked away on the rear axle is recovered.
    pub recovery: f64,
}

/// Where the mass is and how far the wheels are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chassis {
    /// Axle to axle, m.
    pub wheelbase_m: f64,
    /// Wheel to wheel of an axle, m.
    pub track_m: f64,
    /// Height of the centre of mass, m.
    pub height_m: f64,
    /// Share of the weight at rest on the rear axle.
    pub rear_weight_share: f64,
    /// Share of the braking force on the rear axle.
    pub rear_brake_share: f64,
    /// Force of the brakes at full pedal, N.
    pub full_brake_n: f64,
    /// The hand turns the wheel by this times what the front wheels turn.
    pub steering_ratio: f64,
}

/// The one number found by comparing with real laps: all grip coefficients are multiplied by it.
const GRIP_SCALE: f64 = 1.003;

impl Default for Vehicle {
    fn default() -> Self {
        Vehicle::season_2022()
    }
}

impl Vehicle {
    /// A front-running car of a season from 2014 on. To 2025 seasons differ by the least mass that the rules allow; the
    /// wide cars of 2017 to 2021 and those of 2022 to 2025 are given the same wings and tyres.
    pub fn season(year: u16) -> Self {
        let mass_kg = match year {
            ..=2017 => 728.0,
            2018 => 734.0,
            2019 => 743.0,
            2020 => 746.0,
            2021 => 752.0,
            2022..=2025 => 798.0,
            2026.. => return Vehicle::season_2026(),
        };
        Vehicle { mass_kg, ..Vehicle::season_2022() }
    }

    /// A front-running car of 2022 to 2025.
    pub fn season_2022() -> Self {
        Vehicle {
            mass_kg: 798.0,
            aero: Aero {
                downforce_m2: 6.3,
                base_drag_m2: 0.15,
                induced_drag: 0.032,
                rear_share: 0.55,
                open_drag_share: 0.80,
                open_downforce_share: 0.85,
                is_active: false,
            },
            tyres: TyreGrip {
                long: 1.53 * GRIP_SCALE,
                lat: 1.85 * GRIP_SCALE,
                nominal_load_n: 3000.0,
                per_newton: 4.0e-5,
                braking_share: 0.85,
                peak_slip_rad: 0.084,
                peak_slip_ratio: 0.09,
                rolling: 0.015,
            },
            power: PowerUnit {
                engine_w: 567_000.0,
                efficiency: 0.96,
                full_flow_rpm: 10_500.0,
                fade_rpm: 12_200.0,
                max_rpm: 13_500.0,
                shift_rpm: 11_700.0,
                idle_rpm: 4_000.0,
                rpm_per_kmh: [112.0, 87.0, 73.0, 60.5, 51.7, 44.9, 39.6, 35.4],
                rotating: [1.16, 1.11, 1.09, 1.08, 1.08, 1.08, 1.07, 1.07],
                engine_braking: 0.08,
            },
            ers: EnergyStore {
                motor_w: 120_000.0,
                tapers: [(120_000.0, 0.0); 2],
                overtake_taper: (120_000.0, 0.0),
                motor_from_ms: 20.0,
                capacity_j: 4.0e6,
                lap_deploy_j: 4.0e6,
                lap_harvest_j: 2.0e6,
                overtake_extra_j: 0.0,
                exhaust_w: 40_000.0,
                part_throttle_w: 0.0,
                recovery: 0.95,
            },
            chassis: Chassis {
                wheelbase_m: 3.6,
                track_m: 1.6,
                height_m: 0.30,
                rear_weight_share: 0.545,
                rear_brake_share: 0.44,
                full_brake_n: 45_000.0,
                steering_ratio: 11.0,
            },
        }
    }

    /// A car of 2026: lighter, less downforce, wings that open on every straight, half of the power electric.
    pub fn season_2026() -> Self {
        let before = Vehicle::season_2022();
        Vehicle {
            mass_kg: 768.0,
            aero: Aero {
                downforce_m2: 5.0,
                open_drag_share: 0.62,
                open_downforce_share: 0.55,
                is_active: true,
                ..before.aero
            },
            power: PowerUnit { engine_w: 400_000.0, ..before.power },
            ers: EnergyStore {
                motor_w: 350_000.0,
                tapers: [(1_800_000.0, 5_000.0), (6_900_000.0, 20_000.0)],
                overtake_taper: (7_100_000.0, 20_000.0),
                motor_from_ms: 14.0,
                capacity_j: 4.0e6,
                lap_deploy_j: 12.5e6,
                lap_harvest_j: 8.5e6,
                overtake_extra_j: 0.5e6,
                exhaust_w: 0.0,
                part_throttle_w: 200_000.0,
                recovery: 0.95,
            },
            chassis: Chassis { wheelbase_m: 3.4, track_m: 1.55, ..before.chassis },
            ..before
        }
    }
}

impl TyreGrip {
    /// Coefficients along and across the car with the mean load of its four tyres.
    pub(super) fn at(&self, mean_load_n: f64, scale: f64) -> (f64, f64) {
        let loss = self.per_newton * (mean_load_n - self.nominal_load_n);
        ((self.long - loss).max(0.1) * scale, (self.lat - loss).max(0.1) * scale)
    }
}
