//! The topics of live timing: what each message says, as events.
//!
//! One file per group of topics. A topic's function reads the text of one message; it has no state, but for the few
//! topics whose events state more than their messages do (a corrected message of race control, a pit stop that leaves
//! out an unchanged lap), for which [`State`] keeps the merged value.

mod bests;
mod drivers;
mod pit;
mod race;
mod race_control;
mod samples;
mod session;
mod timing;
mod tyres;
mod weather;

use std::collections::BTreeMap;

use overcut_domain::{
    DriverNumber, Event, PitStopReport, RaceControlMessage, SessionInfo, SessionStatus, SessionTime, TimingFeed,
    UtcTime, Weather,
};

use crate::report::{DecodeReport, Skip};
use crate::wire::{Inflate, Json, Malformed, Place, Scalar};
pub(crate) use samples::{Shape, car_sample, position_sample};
pub(crate) use session::{offset_s, session_kind};

macro_rules! topics {
    ($($topic:ident $name:literal),* $(,)?) => {
        /// A topic that is known by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Topic { $($topic),* }

        impl Topic {
            pub(crate) const ALL: [Topic; Topic::COUNT] = [$(Topic::$topic),*];
            pub(crate) const COUNT: usize = [$($name),*].len();

            /// The name, as the feed writes it.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Topic::$topic => $name),* }
            }

            pub(crate) fn from_name(name: &str) -> Option<Topic> {
                Some(match name {
                    $($name => Topic::$topic,)*
                    _ => return None,
                })
            }
        }
    };
}

topics! {
    ArchiveStatus "ArchiveStatus",
    AudioStreams "AudioStreams",
    CarData "CarData.z",
    ChampionshipPrediction "ChampionshipPrediction",
    ContentStreams "ContentStreams",
    CurrentTyres "CurrentTyres",
    DriverList "DriverList",
    DriverRaceInfo "DriverRaceInfo",
    DriverScore "DriverScore",
    DriverTracker "DriverTracker",
    ExtrapolatedClock "ExtrapolatedClock",
    Heartbeat "Heartbeat",
    LapCount "LapCount",
    LapSeries "LapSeries",
    OvertakeSeries "OvertakeSeries",
    PitLaneTimeCollection "PitLaneTimeCollection",
    PitStop "PitStop",
    PitStopSeries "PitStopSeries",
    Position "Position.z",
    RaceControlMessages "RaceControlMessages",
    RcmSeries "RcmSeries",
    SessionData "SessionData",
    SessionInfo "SessionInfo",
    SessionStatus "SessionStatus",
    SpFeed "SPFeed",
    TeamRadio "TeamRadio",
    TimingAppData "TimingAppData",
    TimingData "TimingData",
    TimingDataF1 "TimingDataF1",
    TimingStats "TimingStats",
    TlaRcm "TlaRcm",
    TopThree "TopThree",
    TrackStatus "TrackStatus",
    TyreStintSeries "TyreStintSeries",
    WeatherData "WeatherData",
    WeatherDataSeries "WeatherDataSeries",
}

impl Topic {
    /// True for topics that say nothing which another topic does not say better.
    ///
    /// `CurrentTyres` is among them because it names a compound but not the stint, and runs ahead of the stints.
    pub(crate) const fn is_ignored(self) -> bool {
        matches!(
            self,
            Topic::ArchiveStatus
                | Topic::AudioStreams
                | Topic::ContentStreams
                | Topic::CurrentTyres
                | Topic::DriverScore
                | Topic::DriverTracker
                | Topic::RcmSeries
                | Topic::SpFeed
                | Topic::TlaRcm
                | Topic::WeatherDataSeries
        )
    }
}

/// When a message arrived, and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) at: SessionTime,
    /// True for a message out of a snapshot: it states everything, and its samples may be old.
    pub(crate) is_snapshot: bool,
    /// True if the offset between UTC and the session clock may be learnt from the message itself.
    pub(crate) sets_zero: bool,
}

/// What the decoder must remember between messages.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) zero: Zero,
    inflate: Inflate,
    pub(crate) info: Option<SessionInfo>,
    weather: Weather,
    pit_stop: Option<PitStopReport>,
    race_control: BTreeMap<u16, RaceControlMessage>,
}

impl State {
    /// Reads one message of a topic and hands out its events.
    pub(crate) fn decode(
        &mut self,
        topic: Topic,
        payload: &[u8],
        arrival: Arrival,
        report: &mut DecodeReport,
        out: &mut impl FnMut(Event),
    ) -> Result<(), Skip> {
        report.topic(topic);
        if topic.is_ignored() {
            return Ok(());
        }
        if let Topic::CarData | Topic::Position = topic {
            return self.decode_samples(topic, payload, arrival, report, out);
        }
        let text = std::str::from_utf8(payload).map_err(|_| Skip::NotUtf8)?;
        let is_snapshot = arrival.is_snapshot;
        match topic {
            Topic::TimingData => timing::timing(text, TimingFeed::Full, is_snapshot, report)?.map(out),
            Topic::TimingDataF1 => timing::timing(text, TimingFeed::Reduced, is_snapshot, report)?.map(out),
            Topic::TimingAppData => tyres::timing_app_data(text, report)?.map(out),
            Topic::TyreStintSeries => tyres::tyre_stint_series(text, report)?.map(out),
            Topic::TimingStats => bests::timing_stats(text, report)?.map(out),
            Topic::TopThree => bests::top_three(text, report)?.map(out),
            Topic::DriverList => drivers::driver_list(text, is_snapshot, report)?.map(out),
            Topic::SessionInfo => session::session_info(text, &mut self.info, report)?.map(out),
            Topic::SessionStatus => session::session_status(text, report)?.map(out),
            Topic::SessionData => session::session_data(text, report)?.map(out),
            Topic::TrackStatus => session::track_status(text, report)?.map(out),
            Topic::LapCount => session::lap_count(text, report)?.map(out),
            Topic::Heartbeat => session::heartbeat(text, report)?.map(out),
            Topic::ExtrapolatedClock => return self.decode_clock(text, arrival, report, out),
            Topic::WeatherData => weather::weather(text, &mut self.weather, report)?.map(out),
            Topic::RaceControlMessages => {
                race_control::messages(text, &mut self.race_control, is_snapshot, report)?.map(out)
            }
            Topic::TeamRadio => race_control::team_radio(text, report)?.map(out),
            Topic::PitLaneTimeCollection => pit::pit_lane_times(text, report)?.map(out),
            Topic::PitStop => pit::pit_stop(text, &mut self.pit_stop, report)?.map(out),
            Topic::PitStopSeries => pit::pit_stop_series(text, report)?.map(out),
            Topic::DriverRaceInfo => race::driver_race_info(text, report)?.map(out),
            Topic::ChampionshipPrediction => race::championship(text, report)?.map(out),
            Topic::OvertakeSeries => race::overtakes(text, report)?.map(out),
            Topic::LapSeries => race::lap_series(text, report)?.map(out),
            _ => None,
        };
        Ok(())
    }

    fn decode_clock(
        &mut self,
        text: &str,
        arrival: Arrival,
        report: &mut DecodeReport,
        out: &mut impl FnMut(Event),
    ) -> Result<(), Skip> {
        let Some(clock) = session::extrapolated_clock(text, report)? else { return Ok(()) };
        if let (true, Some(utc)) = (arrival.sets_zero, clock.utc) {
            self.zero.learn(utc, arrival.at, Witness::SessionClock).map(&mut *out);
        }
        out(Event::Clock(clock));
        Ok(())
    }

    fn decode_samples(
        &mut self,
        topic: Topic,
        payload: &[u8],
        arrival: Arrival,
        report: &mut DecodeReport,
        out: &mut impl FnMut(Event),
    ) -> Result<(), Skip> {
        let unescaped;
        let base64 = match payload.trim_ascii() {
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => inner,
            other => {
                // Some writers escape the slashes of base64.
                let text = std::str::from_utf8(other).map_err(|_| Skip::NotUtf8)?;
                unescaped = Json::whole(text, |json| json.scalar()).map_err(|_| Skip::NotJson)?;
                let Scalar::Text(text) = &unescaped else { return Err(Skip::WrongShape) };
                text.as_bytes()
            }
        };
        let text = self.inflate.text(base64)?;
        samples::samples(topic, text, arrival, &mut self.zero, report, out)
    }
}

/// Holds the scanner of samples to the general reader on any bytes.
///
/// # Panics
///
/// If they disagree.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn check_samples(topic: Topic, text: &[u8]) {
    samples::check(topic, text);
}

/// The session info that a text states, if it states any.
pub(crate) fn session_info_of(text: &str) -> Option<SessionInfo> {
    let mut known = None;
    session::session_info(text, &mut known, &mut DecodeReport::default()).ok()?;
    known.filter(|info| *info != SessionInfo::default())
}

/// The phase that a message of `SessionStatus` states.
pub(crate) fn session_status_of(text: &str) -> Option<SessionStatus> {
    match session::session_status(text, &mut DecodeReport::default()) {
        Ok(Some(Event::SessionStatus(status))) => Some(status),
        _ => None,
    }
}

/// UTC of the last sample in a message of `CarData` or `Position`.
pub(crate) fn last_sample_utc(topic: Topic, payload: &[u8], inflate: &mut Inflate) -> Option<UtcTime> {
    let [b'"', base64 @ .., b'"'] = payload.trim_ascii() else { return None };
    samples::last_utc(topic, inflate.text(base64).ok()?)
}

/// The server's own clock out of a message of `Heartbeat`.
pub(crate) fn heartbeat_utc(payload: &[u8]) -> Option<UtcTime> {
    match session::heartbeat(std::str::from_utf8(payload).ok()?, &mut DecodeReport::default()) {
        Ok(Some(Event::Heartbeat(utc))) => Some(utc),
        _ => None,
    }
}

/// UTC of the session clock's zero.
///
/// The first word counts, but samples outdo the session clock's, which may have been set before the feed began. It is
/// given up only if several messages in a row agree on quite another one, because then the first message was a damaged
/// one. Smaller differences mean only that a message was late.
#[derive(Debug, Default)]
pub(crate) struct Zero {
    utc: Option<UtcTime>,
    /// Who said so.
    witness: Witness,
    rival: Option<(i64, u8)>,
}

/// How well a message knows when the session clock's zero was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Witness {
    /// The session clock: exact if it was set just then.
    #[default]
    SessionClock,
    /// A sample, or the server's stamp: exact.
    Sample,
}

impl Zero {
    /// Messages in a row that must agree before a zero is given up.
    const AGREE: u8 = 4;
    /// How far apart two words are that contradict each other.
    const APART_MS: u64 = 10 * 60_000;

    pub(crate) fn utc(&self) -> Option<UtcTime> {
        self.utc
    }

    /// The zero, once a sample or a stamp has told it.
    pub(crate) fn exact(&self) -> Option<UtcTime> {
        self.utc.filter(|_| self.witness == Witness::Sample)
    }

    /// Hears that `utc` is `at` on the session clock; returns the event if that changes anything.
    pub(crate) fn learn(&mut self, utc: UtcTime, at: SessionTime, witness: Witness) -> Option<Event> {
        let zero = utc.as_millis().saturating_sub(at.as_millis());
        if witness > self.witness && self.utc.is_some_and(|utc| utc.as_millis() != zero) {
            self.utc = None;
        }
        self.witness = self.witness.max(witness);
        let is_near = |other: i64| other.abs_diff(zero) <= Self::APART_MS;
        if self.utc.is_some_and(|utc| is_near(utc.as_millis())) {
            self.rival = None;
            return None;
        }
        let votes = match self.rival {
            Some((rival, votes)) if is_near(rival) => votes + 1,
            _ => 1,
        };
        self.rival = Some((zero, votes));
        if self.utc.is_some() && votes < Self::AGREE {
            return None;
        }
        self.rival = None;
        self.utc = Some(UtcTime::from_millis(zero));
        self.utc.map(Event::UtcOfZero)
    }
}

/// Reads a message that is an object into `value`, member by member. `_kf` is read here: the answer says whether the
/// message is a key frame, which states everything.
fn read_object<T>(
    text: &str,
    mut value: T,
    mut place: Place<'_>,
    mut each: impl FnMut(&mut Place<'_>, &mut T, &str, &mut Json<'_>) -> Result<(), Malformed>,
) -> Result<(T, bool), Skip> {
    let mut is_key_frame = false;
    let is_object = Json::whole(text, |json| {
        json.members(|name, json| {
            if name == "_kf" {
                is_key_frame = place.flag(name, json)? == Some(true);
                return Ok(());
            }
            each(&mut place, &mut value, name, json)
        })
    });
    match is_object {
        Ok(true) => Ok((value, is_key_frame)),
        Ok(false) => Err(Skip::WrongShape),
        Err(_) => Err(Skip::NotJson),
    }
}

/// A topic whose one member holds a list per car: `{"PitTimes":{"44":[…]}}`, its lists by index as anywhere.
struct ListsPerCar {
    topic: &'static str,
    member: &'static str,
    /// Where the lists are, as reports name it: `topic.member`.
    path: &'static str,
}

impl ListsPerCar {
    /// Reads every element of every list, in order.
    fn read<T>(
        &self,
        text: &str,
        report: &mut DecodeReport,
        mut element: impl FnMut(&mut Place<'_>, DriverNumber, &mut Json<'_>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Skip> {
        let place = Place::new(self.topic, report);
        let (elements, _) = read_object(text, Vec::new(), place, |place, elements, name, json| {
            if name != self.member {
                return place.unknown(name, json);
            }
            place.at(self.path).object(name, json, |place, number, json| {
                match (place.driver(number), number) {
                    (Some(driver), _) => {
                        place.indexed("#", json, |place, _, json| {
                            elements.push(element(place, driver, json)?);
                            Ok(())
                        })?;
                    }
                    (None, "_kf" | "_deleted") => json.skip()?,
                    (None, _) => place.unknown(number, json)?,
                }
                Ok(())
            })
        })?;
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_on_the_zero_counts_unless_all_others_contradict_it() {
        let mut zero = Zero::default();
        let mut learn =
            |utc: i64, at: i64| zero.learn(UtcTime::from_millis(utc), SessionTime::from_millis(at), Witness::Sample);
        assert_eq!(learn(9_000_000_000, 0), Some(Event::UtcOfZero(UtcTime::from_millis(9_000_000_000))));
        for at in [10, 20, 30] {
            assert_eq!(learn(5000 + at, at), None);
        }
        assert_eq!(learn(5040, 40), Some(Event::UtcOfZero(UtcTime::from_millis(5000))));
        assert_eq!(learn(7000, 50), None); // a late message
    }

    #[test]
    fn samples_outdo_the_session_clock() {
        let mut zero = Zero::default();
        let mut learn = |utc: i64, witness| zero.learn(UtcTime::from_millis(utc), SessionTime::ZERO, witness);
        assert!(learn(1000, Witness::SessionClock).is_some());
        assert_eq!(learn(23_000, Witness::Sample), Some(Event::UtcOfZero(UtcTime::from_millis(23_000))));
        assert_eq!(learn(1000, Witness::SessionClock), None);
        assert_eq!(learn(23_001, Witness::Sample), None);
    }
}
