//! Events in, live timing's wire format out: what a decoder does, the other way round.
//!
//! An [`Encoder`] writes each event as the message that a [`Decoder`](crate::Decoder) of the archive reads it from: the
//! first message of a topic states everything it has, later ones what changed, samples come packed. An
//! [`ArchiveWriter`] puts messages into a folder like the publisher's. With [`Quirks`] the messages get the habits of
//! the real feed.
//!
//! One file per group of topics, with the same names as under `topic`. What an encoder must remember to write a delta
//! is in [`Memory`]; how a line gets its clock, its place and its quirks, in `wire`.

mod archive;
mod bests;
mod drivers;
mod json;
mod memory;
mod merge;
mod pit;
mod quirks;
mod race;
mod race_control;
mod samples;
mod session;
mod text;
mod timing;
mod tyres;
mod weather;
mod wire;

use overcut_domain::{Event, RawMessage, SessionTime, Stamped, TimingFeed, TimingUpdate, UtcTime};

use crate::topic::Topic;
pub use archive::{ArchiveWriter, WriteError};
use memory::Memory;
pub use merge::merge;
pub use quirks::Quirks;
use samples::Samples;
use wire::Wire;

/// How a session is written.
#[derive(Debug, Clone, Default)]
pub struct EncoderConfig {
    /// UTC of the session clock's zero, until an [`Event::UtcOfZero`] says otherwise. Samples are stamped by it.
    pub utc_of_zero: UtcTime,
    /// Writes the topics that say again what others say, as the publisher does: `ArchiveStatus`, `SessionInfo` with
    /// every phase, `TyreStintSeries`, `CurrentTyres` and `TimingDataF1`. A decoder makes more events of them, a fold
    /// the same state.
    pub has_redundant_topics: bool,
    /// The feed's habits.
    pub quirks: Quirks,
    /// Decides where quirks strike. The same seed and events give the same bytes.
    pub seed: u64,
}

/// One message of a topic: a line of an archive file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When it arrives. Never decreases from one message to the next.
    pub time: SessionTime,
    /// The topic, such as `TimingData`.
    pub channel: &'static str,
    /// The line without its end: session clock and JSON.
    pub payload: Vec<u8>,
}

impl Message {
    /// The message as a decoder of [`Format::Archive`](crate::Format::Archive) takes it.
    pub fn raw(&self) -> RawMessage<'_> {
        RawMessage { time: self.time, channel: self.channel, payload: &self.payload }
    }

    /// The JSON alone, as a live connection carries it.
    pub fn json(&self) -> &[u8] {
        self.payload.get(crate::decoder::CLOCK_LEN..).unwrap_or_default()
    }
}

/// Writes the events of one session as messages of live timing.
///
/// Decoding the messages gives the events again, in the same order and at the same times, as long as events are what
/// a decoder makes: no car, row or index twice in one update, values in the ranges their documentation states, and
/// something said. What the wire has no words for is lost: [`Event::UtcOfZero`], which a decoder learns from the
/// samples instead; a car's DRS code beside off, eligible and open; a scope withdrawn from a message of race control.
///
/// ```
/// use overcut_domain::{Event, LapCountUpdate, SessionTime, Stamped};
/// use overcut_sources::{Encoder, EncoderConfig};
///
/// let mut encoder = Encoder::new(EncoderConfig::default());
/// let value = Event::LapCount(LapCountUpdate { current: Some(1), total: Some(57) });
/// let mut messages = Vec::new();
/// encoder.encode(&Stamped { time: SessionTime::from_millis(3_427_107), value }, &mut messages);
/// assert_eq!(messages[0].channel, "LapCount");
/// assert_eq!(messages[0].payload, br#"00:57:07.107{"CurrentLap":1,"TotalLaps":57}"#);
/// ```
pub struct Encoder {
    has_redundant_topics: bool,
    memory: Memory,
    wire: Wire,
    samples: Samples,
    now: SessionTime,
}

impl Encoder {
    /// An encoder of one session.
    pub fn new(config: EncoderConfig) -> Encoder {
        Encoder {
            has_redundant_topics: config.has_redundant_topics,
            memory: Memory::default(),
            samples: Samples::new(config.utc_of_zero, &config.quirks, config.seed),
            wire: Wire::new(config.quirks, config.seed),
            now: SessionTime::ZERO,
        }
    }

    /// Writes one event and appends its messages: mostly one, none for an event without words on the wire.
    ///
    /// Events come in order of their time.
    pub fn encode(&mut self, event: &Stamped<Event>, out: &mut Vec<Message>) {
        self.now = self.now.max(event.time);
        let (at, memory) = (self.now, &mut self.memory);
        if self.has_redundant_topics && self.wire.is_new() {
            self.wire.send(Topic::ArchiveStatus, at, false, out, |json| json.text("Status", Some("Generating")));
        }
        self.samples.release_overdue(at, &mut self.wire, out);
        let wire = &mut self.wire;
        let mut send =
            |topic, write: &mut dyn FnMut(&mut json::JsonWriter<'_>)| wire.send(topic, at, false, out, write);
        match &event.value {
            Event::UtcOfZero(utc) => self.samples.set_zero(*utc),
            Event::Heartbeat(utc) => send(Topic::Heartbeat, &mut |json| json.utc("Utc", Some(*utc))),
            Event::SessionInfo(info) => {
                memory.info = Some(info.clone());
                send(Topic::SessionInfo, &mut |json| session::session_info(json, memory));
            }
            Event::SessionStatus(status) => {
                memory.phase.enter(*status);
                send(Topic::SessionStatus, &mut |json| session::session_status(json, memory));
                if self.has_redundant_topics && memory.info.is_some() {
                    send(Topic::SessionInfo, &mut |json| session::session_info(json, memory));
                }
            }
            Event::Series(entries) => {
                for entries in session::series_messages(entries) {
                    send(Topic::SessionData, &mut |json| session::session_data(json, entries, memory));
                }
            }
            Event::Clock(clock) => send(Topic::ExtrapolatedClock, &mut |json| session::clock(json, clock)),
            Event::LapCount(laps) => send(Topic::LapCount, &mut |json| session::lap_count(json, laps)),
            Event::TrackStatus(status) => send(Topic::TrackStatus, &mut |json| session::track_status(json, *status)),
            Event::RaceControl(messages) => {
                for messages in race_control::messages_apart(messages) {
                    send(Topic::RaceControlMessages, &mut |json| race_control::messages(json, messages, memory));
                }
            }
            Event::Radio(captures) => send(Topic::TeamRadio, &mut |json| race_control::radio(json, captures, memory)),
            Event::Weather(weather) => send(Topic::WeatherData, &mut |json| weather::weather(json, weather, memory)),
            Event::Drivers(update) => {
                wire.send(Topic::DriverList, at, update.is_full, out, |json| drivers::drivers(json, update));
            }
            Event::Timing(update) => self.timing(at, update, out),
            Event::Stints(update) => {
                send(Topic::TimingAppData, &mut |json| tyres::timing_app_data(json, update));
                if self.has_redundant_topics {
                    tyres::repeat(update, memory, &mut send);
                }
            }
            Event::Bests(update) => send(Topic::TimingStats, &mut |json| bests::timing_stats(json, update)),
            Event::TopThree(rows) => {
                for rows in bests::rows_apart(rows) {
                    send(Topic::TopThree, &mut |json| bests::top_three(json, rows));
                }
            }
            Event::PitLane(reports) => {
                for reports in pit::lane_reports_apart(reports) {
                    send(Topic::PitLaneTimeCollection, &mut |json| pit::lane_times(json, reports));
                }
            }
            Event::PitStops(stops) => match stops.as_slice() {
                [stop] if stop.utc.is_none() => send(Topic::PitStop, &mut |json| pit::stop(json, stop, memory)),
                stops => {
                    for stops in memory::cars_apart(stops, |stop| stop.driver) {
                        send(Topic::PitStopSeries, &mut |json| pit::stop_series(json, stops, memory));
                    }
                }
            },
            Event::RaceInfo(cars) => {
                for cars in race::infos_apart(cars) {
                    send(Topic::DriverRaceInfo, &mut |json| race::race_info(json, cars));
                }
            }
            Event::Championship(update) => {
                send(Topic::ChampionshipPrediction, &mut |json| race::championship(json, update));
            }
            Event::Overtakes(overtakes) => {
                for overtakes in memory::cars_apart(overtakes, |overtake| overtake.driver) {
                    send(Topic::OvertakeSeries, &mut |json| race::overtakes(json, overtakes, memory));
                }
            }
            Event::LapPositions(laps) => {
                for laps in memory::cars_apart(laps, |lap| lap.driver) {
                    send(Topic::LapSeries, &mut |json| race::lap_series(json, laps));
                }
            }
            // Not the publisher's words but ours about them.
            Event::Feeds(_) | Event::Gap(_) | Event::Forecast(_) => {}
            Event::Cars(samples) => self.samples.cars(at, samples, wire, out),
            Event::Positions(samples) => self.samples.positions(at, samples, wire, out),
        }
    }

    fn timing(&mut self, at: SessionTime, update: &TimingUpdate, out: &mut Vec<Message>) {
        let (is_race, is_full) = (self.memory.is_race(), update.is_full);
        let topic = match update.feed {
            TimingFeed::Full => Topic::TimingData,
            TimingFeed::Reduced => Topic::TimingDataF1,
        };
        self.wire.send(topic, at, is_full, out, |json| timing::timing(json, update, is_race));
        if self.has_redundant_topics
            && update.feed == TimingFeed::Full
            && let Some(reduced) = timing::reduced(update)
        {
            self.wire.send(Topic::TimingDataF1, at, is_full, out, |json| timing::timing(json, &reduced, is_race));
        }
    }

    /// Ends the session: appends the samples that were held back.
    pub fn finish(&mut self, out: &mut Vec<Message>) {
        self.samples.release(self.now, &mut self.wire, out);
    }
}
