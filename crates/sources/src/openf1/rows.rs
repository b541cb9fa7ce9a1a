//! Rows of every endpoint, as documented; see [`super::field`] for what they may be instead.

use overcut_domain::{Gap, LapTime, UtcTime};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::endpoint::Endpoint;
use super::field::{Field, Fields};
use crate::report::DecodeReport;

/// A row of some endpoint.
pub(super) trait Row: DeserializeOwned {
    /// The session it belongs to.
    fn session_key(&self) -> Option<u32>;

    /// Counts the members that could not be read.
    fn count_bad(&self, report: &mut DecodeReport);
}

/// Declares a row: its members, and that every row has a session, a meeting and perhaps an id.
macro_rules! row {
    ($name:ident of $endpoint:ident { $($member:ident: $type:ty),* $(,)? }) => {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        pub(super) struct $name {
            /// The broker's ever increasing number; answers of the REST API have none.
            #[serde(rename = "_id")]
            pub(super) id: Field<i64>,
            pub(super) session_key: Field<u32>,
            pub(super) meeting_key: Field<u32>,
            $(pub(super) $member: $type,)*
        }

        impl Row for $name {
            fn session_key(&self) -> Option<u32> {
                self.session_key.get()
            }

            fn count_bad(&self, report: &mut DecodeReport) {
                let mut count = |is_bad: bool, member: &str| {
                    if is_bad {
                        report.bad_value(Endpoint::$endpoint.name(), member, "");
                    }
                };
                count(self.session_key.is_bad(), "session_key");
                $(count(self.$member.is_bad(), stringify!($member));)*
            }
        }
    };
}

row!(CarData of CarData {
    date: Field<UtcTime>,
    driver_number: Field<u16>,
    speed: Field<i32>,
    rpm: Field<i32>,
    n_gear: Field<i32>,
    throttle: Field<i32>,
    brake: Field<i32>,
    drs: Field<i32>,
});

row!(Location of Location {
    date: Field<UtcTime>,
    driver_number: Field<u16>,
    x: Field<i32>,
    y: Field<i32>,
    z: Field<i32>,
});

row!(Laps of Laps {
    driver_number: Field<u16>,
    lap_number: Field<u16>,
    date_start: Field<UtcTime>,
    lap_duration: Field<LapTime>,
    duration_sector_1: Field<LapTime>,
    duration_sector_2: Field<LapTime>,
    duration_sector_3: Field<LapTime>,
    i1_speed: Field<u16>,
    i2_speed: Field<u16>,
    st_speed: Field<u16>,
    is_pit_out_lap: Field<bool>,
    segments_sector_1: Fields<u16>,
    segments_sector_2: Fields<u16>,
    segments_sector_3: Fields<u16>,
});

row!(Intervals of Intervals {
    date: Field<UtcTime>,
    driver_number: Field<u16>,
    gap_to_leader: Field<Gap>,
    interval: Field<Gap>,
});

row!(Position of Position {
    date: Field<UtcTime>,
    driver_number: Field<u16>,
    position: Field<u8>,
});

row!(Stints of Stints {
    driver_number: Field<u16>,
    stint_number: Field<u8>,
    lap_start: Field<u16>,
    lap_end: Field<u16>,
    compound: Field<String>,
    tyre_age_at_start: Field<u16>,
});

row!(Pit of Pit {
    date: Field<UtcTime>,
    driver_number: Field<u16>,
    lap_number: Field<u16>,
    lane_duration: Field<LapTime>,
    pit_duration: Field<LapTime>,
    stop_duration: Field<LapTime>,
});

row!(Overtakes of Overtakes {
    date: Field<UtcTime>,
    overtaking_driver_number: Field<u16>,
    overtaken_driver_number: Field<u16>,
    position: Field<u8>,
});

row!(RaceControl of RaceControl {
    date: Field<UtcTime>,
    category: Field<String>,
    flag: Field<String>,
    scope: Field<String>,
    sector: Field<u8>,
    driver_number: Field<u16>,
    lap_number: Field<u16>,
    qualifying_phase: Field<u8>,
    message: Field<String>,
});

row!(TeamRadio of TeamRadio {
    date: Field<UtcTime>,
    driver_number: Field<u16>,
    recording_url: Field<String>,
});

row!(Weather of Weather {
    date: Field<UtcTime>,
    air_temperature: Field<f32>,
    track_temperature: Field<f32>,
    humidity: Field<f32>,
    pressure: Field<f32>,
    rainfall: Field<f32>,
    wind_direction: Field<u16>,
    wind_speed: Field<f32>,
});

row!(Drivers of Drivers {
    driver_number: Field<u16>,
    broadcast_name: Field<String>,
    full_name: Field<String>,
    first_name: Field<String>,
    last_name: Field<String>,
    name_acronym: Field<String>,
    team_name: Field<String>,
    team_colour: Field<String>,
});

row!(Sessions of Sessions {
    session_name: Field<String>,
    session_type: Field<String>,
    date_start: Field<UtcTime>,
    date_end: Field<UtcTime>,
    gmt_offset: Field<String>,
    location: Field<String>,
    country_name: Field<String>,
    circuit_key: Field<u32>,
    circuit_short_name: Field<String>,
    is_cancelled: Field<bool>,
});

row!(Meetings of Meetings {
    meeting_name: Field<String>,
});

row!(SessionResult of SessionResult {
    driver_number: Field<u16>,
    position: Field<u8>,
    duration: Fields<LapTime>,
    dnf: Field<bool>,
    dns: Field<bool>,
    dsq: Field<bool>,
});

row!(StartingGrid of StartingGrid {
    driver_number: Field<u16>,
    position: Field<u8>,
});

row!(ChampionshipDrivers of ChampionshipDrivers {
    driver_number: Field<u16>,
    position_start: Field<u16>,
    position_current: Field<u16>,
    points_start: Field<f32>,
    points_current: Field<f32>,
});

row!(ChampionshipTeams of ChampionshipTeams {
    team_name: Field<String>,
    position_start: Field<u16>,
    position_current: Field<u16>,
    points_start: Field<f32>,
    points_current: Field<f32>,
});
