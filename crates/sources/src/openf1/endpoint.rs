//! The endpoints of the service, by name.

use overcut_domain::Feed;

/// An endpoint of OpenF1: a path of the REST API and, with `v1/` before it, a topic of the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// What a session is.
    Sessions,
    /// What a weekend is.
    Meetings,
    /// The entry list.
    Drivers,
    /// The grid of a race.
    StartingGrid,
    /// Messages of race control, and the phases of the session.
    RaceControl,
    /// Laps, rewritten as they progress.
    Laps,
    /// Visits to the pit lane.
    Pit,
    /// Tyres.
    Stints,
    /// Places.
    Position,
    /// Gaps; races only.
    Intervals,
    /// The circuit's weather station.
    Weather,
    /// Radio recordings.
    TeamRadio,
    /// Overtakes.
    Overtakes,
    /// The drivers' championship.
    ChampionshipDrivers,
    /// The teams' championship.
    ChampionshipTeams,
    /// The result.
    SessionResult,
    /// Car channels.
    CarData,
    /// Position fixes.
    Location,
}

impl Endpoint {
    /// Every endpoint, in the order in which a session's rows are best read: what later ones lean on comes first.
    pub const ALL: [Endpoint; 18] = [
        Endpoint::Sessions,
        Endpoint::Meetings,
        Endpoint::Drivers,
        Endpoint::StartingGrid,
        Endpoint::RaceControl,
        Endpoint::Pit,
        Endpoint::Laps,
        Endpoint::Stints,
        Endpoint::Position,
        Endpoint::Intervals,
        Endpoint::Weather,
        Endpoint::TeamRadio,
        Endpoint::Overtakes,
        Endpoint::ChampionshipDrivers,
        Endpoint::ChampionshipTeams,
        Endpoint::SessionResult,
        Endpoint::CarData,
        Endpoint::Location,
    ];

    /// Its name, as paths and topics write it.
    pub const fn name(self) -> &'static str {
        match self {
            Endpoint::Sessions => "sessions",
            Endpoint::Meetings => "meetings",
            Endpoint::Drivers => "drivers",
            Endpoint::StartingGrid => "starting_grid",
            Endpoint::RaceControl => "race_control",
            Endpoint::Laps => "laps",
            Endpoint::Pit => "pit",
            Endpoint::Stints => "stints",
            Endpoint::Position => "position",
            Endpoint::Intervals => "intervals",
            Endpoint::Weather => "weather",
            Endpoint::TeamRadio => "team_radio",
            Endpoint::Overtakes => "overtakes",
            Endpoint::ChampionshipDrivers => "championship_drivers",
            Endpoint::ChampionshipTeams => "championship_teams",
            Endpoint::SessionResult => "session_result",
            Endpoint::CarData => "car_data",
            Endpoint::Location => "location",
        }
    }

    /// The endpoint of that name.
    pub fn from_name(name: &str) -> Option<Endpoint> {
        Endpoint::ALL.into_iter().find(|endpoint| endpoint.name() == name)
    }

    /// The feeds that its rows tell of.
    pub const fn feeds(self) -> &'static [Feed] {
        match self {
            Endpoint::Sessions | Endpoint::Meetings | Endpoint::Drivers => &[Feed::Session],
            Endpoint::RaceControl => &[Feed::RaceControl, Feed::Session],
            // Stints begin where laps do, and the leader's lap is the session's.
            Endpoint::Laps => &[Feed::Timing, Feed::Tyres, Feed::Session],
            Endpoint::Position | Endpoint::Intervals | Endpoint::SessionResult => &[Feed::Timing],
            // A car that goes into the pit lane is seen on the timing screen, too.
            Endpoint::Pit => &[Feed::PitStops, Feed::Timing],
            Endpoint::Stints | Endpoint::StartingGrid => &[Feed::Tyres],
            Endpoint::Weather => &[Feed::Weather],
            Endpoint::TeamRadio | Endpoint::Overtakes | Endpoint::ChampionshipDrivers | Endpoint::ChampionshipTeams => {
                &[Feed::Extras]
            }
            Endpoint::CarData => &[Feed::Cars],
            Endpoint::Location => &[Feed::Positions],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back() {
        for endpoint in Endpoint::ALL {
            assert_eq!(Endpoint::from_name(endpoint.name()), Some(endpoint));
        }
        assert_eq!(Endpoint::from_name("tyres"), None);
    }

    #[test]
    fn every_feed_has_an_endpoint() {
        for feed in Feed::ALL {
            assert!(Endpoint::ALL.iter().any(|endpoint| endpoint.feeds().contains(&feed)), "{feed:?}");
        }
    }
}
