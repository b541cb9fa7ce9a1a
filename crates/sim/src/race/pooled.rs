//! A race of ordinary numbers, for circuits and seasons that nothing has been fitted to.

use overcut_domain::DriverNumber;

use super::{
    CarModel, CarState, CircuitModel, DurationModel, FirstLapModel, NeutralisationModel, NoiseModel, PitModel,
    RaceModel, RaceState, Rules, Status, StopTimeModel, TrackState, TrafficModel, Tyre, TyreModel, WeatherModel,
};

impl RaceModel {
    /// A race on an average circuit with ordinary cars, two to a team, fastest first, numbered from 1.
    ///
    /// Where a number has a source it is named beside it: "TUM" is the median over 121 races of 2014–2019 or the prior
    /// in the parameter files of TUMFTM's race simulation; "laps" is the median over the laps of 2018–2023.
    pub fn pooled(n_cars: usize, n_laps: u16) -> RaceModel {
        RaceModel {
            circuit: CircuitModel::pooled(n_laps),
            tyres: TyreModel::pooled(),
            cars: (0..n_cars).map(|idx| CarModel::pooled(idx, n_cars)).collect(),
            rules: Rules::default(),
        }
    }
}

impl CircuitModel {
    /// An average circuit.
    pub fn pooled(n_laps: u16) -> CircuitModel {
        CircuitModel {
            name: "pooled".to_owned(),
            n_laps,
            // A race distance of 305 km at the pace of an average race.
            base_lap_s: (5_300.0 / f32::from(n_laps.max(1))).clamp(60.0, 120.0),
            // TUM: 0.031 s/kg at 1.9 kg a lap.
            fuel_s_per_lap: 0.058,
            evolution_s: 0.8,
            evolution_laps: 15.0,
            // TUM: 0.47 to 0.61 s in all, traffic and mistakes included, which are apart here.
            noise: NoiseModel {
                sigma_s: 0.28,
                wide_share: 0.08,
                wide_factor: 2.5,
                mistake_probability: 0.008,
                mistake_mean_s: 1.2,
            },
            traffic: TrafficModel {
                dirty_air_s: 0.45,
                dirty_air_reach_s: 1.3,
                following_gap_s: 0.4,
                // With these a car half a second a lap faster on tyres of the same age and with the rear-wing aid passes
                // within a lap one time in three; a car as fast as the one ahead one time in seven.
                overtake_intercept: -2.6,
                overtake_per_s: 1.1,
                overtake_per_tyre_lap: 0.03,
                overtake_aid: 0.8,
                // TUM: 0.3 s for the loser of a duel.
                overtake_cost_s: 0.3,
                lapped_loss_s: 0.9,
                lapping_loss_s: 0.25,
            },
            first_lap: FirstLapModel {
                // TUM: 3.8 s for the standing start and 0.14 s a place on the grid; the jam of the first corners, which
                // the laps show, comes on top of the latter.
                standing_start_s: 3.8,
                grid_gap_s: 0.35,
                shuffle_sigma_s: 0.9,
                crash_factor: 14.0,
            },
            pit: PitModel::pooled(),
            neutralisation: NeutralisationModel::pooled(n_laps),
            weather: WeatherModel::pooled(n_laps),
        }
    }
}

impl PitModel {
    /// An average pit lane.
    pub fn pooled() -> PitModel {
        PitModel {
            // TUM: 19 s with in- and out-lap, stop apart; 12 s behind either safety car.
            lane_loss_s: 19.0,
            vsc_share: 0.62,
            sc_share: 0.58,
            in_lap_share: 0.16,
            // TUM: nobody under 1.9 s; the modern crews' median is near 2.5 s.
            stop: StopTimeModel { minimum_s: 1.9, scale_s: 0.65, shape: 2.4 },
            double_stack_s: 4.5,
            hold_probability: 0.04,
            hold_mean_s: 1.0,
        }
    }
}

impl NeutralisationModel {
    /// What an average race of this many laps sees.
    pub fn pooled(n_laps: u16) -> NeutralisationModel {
        let per_lap = |per_race: f32| per_race / f32::from(n_laps.max(1));
        NeutralisationModel {
            sc_per_crash: 0.42,
            vsc_per_crash: 0.12,
            red_per_crash: 0.05,
            // TUM: a failure is followed by a virtual safety car in 23 % of cases.
            sc_per_failure: 0.12,
            vsc_per_failure: 0.2,
            // TUM: 55 % of races see a safety car; most of them after a crash.
            sc_hazard: per_lap(0.12),
            vsc_hazard: per_lap(0.15),
            red_hazard: per_lap(0.01),
            // TUM: 4 laps (2 to 8), and 1.75 laps of virtual safety car.
            sc_laps: DurationModel { minimum: 2.0, mean: 4.2 },
            vsc_laps: DurationModel { minimum: 1.0, mean: 1.8 },
            // TUM: 1.6 and 1.4.
            sc_lap_factor: 1.55,
            vsc_lap_factor: 1.4,
            catch_up_factor: 1.25,
            bunch_gap_s: 0.9,
            standing_restart_share: 0.7,
            restart_shuffle_share: 0.25,
            profile: [1.0; 5],
            suspension_s: 1_800.0,
        }
    }
}

impl WeatherModel {
    /// What an average race of this many laps sees: rain in about one of seven.
    pub fn pooled(n_laps: u16) -> WeatherModel {
        let per_lap = |per_race: f32| (per_race / f32::from(n_laps.max(1))).min(1.0);
        WeatherModel {
            rain_at_start: 0.06,
            rain_begins: per_lap(0.09),
            rain_ends: per_lap(4.0),
            shower_wetness: 0.45,
            wetting: 0.25,
            drying: 0.06,
            wet_lap_share: 0.17,
            slick_crossover: 0.2,
            wet_crossover: 0.65,
            crash_factor: 2.5,
        }
    }
}

impl TyreModel {
    /// Ordinary tyres, by [`Tyre::index`].
    ///
    /// Wear is near the laps' median fuel-corrected slope by compound of 2024 (0.099, 0.073 and 0.058 s a lap from soft
    /// to hard; 0.055, 0.052 and 0.045 over 2018–2023), more for softs, whose measured slopes are of tyres being saved;
    /// one stop and two are about equally good with it over the usual distance.
    pub fn pooled() -> [TyreModel; Tyre::COUNT] {
        let tyre = |offset_s, warm_up_s, wear_s_per_lap, wear_s_per_lap2, cliff_age| TyreModel {
            offset_s,
            warm_up_s,
            wear_s_per_lap,
            wear_s_per_lap2,
            cliff_age,
            cliff_s_per_lap: 0.25,
        };
        [
            tyre(-0.45, 0.3, 0.125, 0.0010, 22.0),
            tyre(0.0, 0.5, 0.075, 0.0005, 32.0),
            tyre(0.35, 0.8, 0.048, 0.0003, 44.0),
            tyre(0.0, 0.8, 0.050, 0.0008, 40.0),
            tyre(0.0, 0.8, 0.040, 0.0008, 50.0),
        ]
    }
}

impl CarModel {
    /// The car at `idx` of `n_cars`, fastest first.
    pub fn pooled(idx: usize, n_cars: usize) -> CarModel {
        // The field spreads over about 1.6 % of a lap, a little less between team mates than between teams.
        let rank = if n_cars > 1 { idx as f32 / (n_cars - 1) as f32 } else { 0.5 };
        CarModel {
            driver: DriverNumber(idx as u16 + 1),
            team_idx: (idx / 2) as u8,
            pace_s: (rank - 0.5) * 1.5,
            pace_sigma_s: 0.2,
            team_share: 0.6,
            noise_factor: 0.85 + 0.3 * rank,
            wear_factor: 1.0,
            start_s: 0.0,
            attack: 0.0,
            defence: 0.0,
            // TUM has 9 % of failures and 6 % of crashes a race; failures have become half as frequent since. A seventh of
            // the crashes falls on the first lap.
            failure_hazard: 0.000_8,
            crash_hazard: 0.000_8,
            penalty_hazard: 0.001_2,
            crew_s: 0.3 * rank,
        }
    }
}

impl RaceState {
    /// The grid of a dry race in the order of the cars' pace, on the tyres that such a race is mostly started on.
    pub fn grid(model: &RaceModel) -> RaceState {
        let mut order: Vec<usize> = (0..model.cars.len()).collect();
        order.sort_by(|a, b| model.cars[*a].pace_s.total_cmp(&model.cars[*b].pace_s));
        let mut position = vec![0; order.len()];
        for (place, car_idx) in order.into_iter().enumerate() {
            position[car_idx] = place as u8 + 1;
        }
        // Every fifth starts on another compound than the rest, which is usually the harder one at the back.
        let tyre = |position: u8| if position.is_multiple_of(5) { Tyre::Hard } else { Tyre::Medium };
        RaceState {
            lap: 0,
            track: TrackState::Green,
            track_laps: 0,
            is_raining: false,
            wetness: 0.0,
            cars: position.into_iter().map(|position| CarState::on_grid(position, tyre(position))).collect(),
        }
    }
}

impl CarState {
    /// A car on the grid on new tyres.
    pub fn on_grid(position: u8, tyre: Tyre) -> CarState {
        CarState {
            position,
            time_s: 0.0,
            n_laps_down: Some(0),
            tyre,
            tyre_age: 0,
            used: 1 << tyre.index(),
            n_stops: 0,
            out_lap_loss_s: 0.0,
            carried_s: 0.0,
            best_lap_s: 0.0,
            penalty_s: 0.0,
            status: Status::Running,
            plan: None,
        }
    }
}
