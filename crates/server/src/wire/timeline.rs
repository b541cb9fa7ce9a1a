//! The WebSocket `/ws/v1/timeline`: what the server sends and what a client may ask.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::board::Car;
use super::lists::{Alert, Lap, PitStop, RaceControl, Radio, Stint};
use super::origin::{FeedGap, FeedState, Forecast};
use super::session::{Driver, Session, Track, Weather};
use super::telemetry::CarFrame;

/// One part of what a client may see, whole. Each replaces the part with the same key: kind, and driver, number or
/// index where there are several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Item {
    /// The session.
    Session(Session),
    /// The track.
    Track(Track),
    /// The weather.
    Weather(Weather),
    /// A driver; key `driver`.
    Driver(Driver),
    /// A row of the board; key `driver`.
    Car(Box<Car>),
    /// A car that left the list: forget its row.
    Gone(u16),
    /// A lap; key `driver`, `number`.
    Lap(Box<Lap>),
    /// A stint; key `driver`, `number`.
    Stint(Stint),
    /// A pit stop; key `driver`, `number`.
    PitStop(PitStop),
    /// A message of race control; key `index`.
    RaceControl(RaceControl),
    /// An alert; key `index`.
    Alert(Alert),
    /// A radio recording; key `index`.
    Radio(Radio),
    /// Where a feed comes from now; key `feed`. Live sessions and their recordings only.
    Feed(FeedState),
    /// A time without some feeds; key `index`.
    Gap(FeedGap),
    /// The latest weather forecast.
    Forecast(Forecast),
}

/// A mark on the scrubber: what kind of thing happened when. Only marks up to the client's clock are sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Mark {
    /// When.
    pub t_ms: i32,
    /// When it was over, for spans (safety car, red flag, gap in the data).
    pub until_ms: Option<i32>,
    /// `start`, `finish`, `yellow`, `safety_car`, `virtual_safety_car`, `red`, `retirement`, `alert`, `part`, `gap` (a
    /// time without some feeds) or `filled_gap` (another source has since told what was missed).
    pub kind: String,
    /// One line for people.
    pub text: String,
}

/// Where a client's clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Clock {
    /// The client's clock: nothing later has been sent.
    pub t_ms: i32,
    /// First moment of the recording.
    pub start_ms: i32,
    /// Last moment available now (grows while live).
    pub head_ms: i32,
    /// False while paused.
    pub is_playing: bool,
    /// Speed, 0.25–60.
    pub speed: f32,
    /// Delay behind the head when following it, seconds, 0–300.
    pub delay_s: f32,
    /// True while the client follows the head (less its delay).
    pub is_following: bool,
    /// True if the head still grows: a live session, or a replay run as if live.
    pub is_live: bool,
}

/// What the server sends on `/ws/v1/timeline`. JSON text frames, or MessagePack binary frames with `?format=msgpack`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Everything at one moment: forget what you know and take this. Sent on connect, after a seek and when a client
    /// lagged too far behind.
    Snapshot {
        /// Session shown.
        session_id: String,
        /// Version: the last change included.
        #[ts(type = "number")]
        version: u64,
        /// The moment.
        t_ms: i32,
        /// Every part there is.
        items: Vec<Item>,
        /// Marks on the scrubber up to now.
        marks: Vec<Mark>,
    },
    /// One change. Versions rise by any step; a version not above the known one can be ignored.
    Delta {
        /// Version.
        #[ts(type = "number")]
        version: u64,
        /// When it became known.
        t_ms: i32,
        /// The new value.
        item: Item,
    },
    /// The marks on the scrubber up to now, all of them: sent when they change after the snapshot.
    Marks {
        /// In order of time.
        marks: Vec<Mark>,
    },
    /// The client's clock: on every change of mode and about once a second.
    Clock(Clock),
    /// A telemetry frame, if asked for with [`ClientMessage::Telemetry`].
    Telemetry {
        /// The moment of the frame: about 0.3 s behind the client's clock (one sample of look-ahead), and in a live session
        /// as far behind it as samples come late.
        t_ms: i32,
        /// Cars with anything to show.
        cars: Vec<CarFrame>,
    },
    /// The session is over, as far as this client follows it, and another one has begun.
    Successor {
        /// Which.
        session_id: String,
    },
    /// The client asked for something that cannot be done. The connection stays open.
    Error {
        /// One line for people.
        message: String,
    },
}

/// What a client sends on `/ws/v1/timeline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Let the clock run.
    Play,
    /// Let the clock stand.
    Pause,
    /// Put the clock to a moment (held inside what is available). Stops following the head.
    Seek {
        /// The moment.
        t_ms: i32,
    },
    /// Change the speed. Stops following the head unless 1.
    Speed {
        /// 0.25–60.
        value: f32,
    },
    /// Change the delay behind the head.
    Delay {
        /// Seconds, 0–300.
        seconds: f32,
    },
    /// Follow the head, less the delay.
    Follow,
    /// Ask for telemetry frames.
    Telemetry {
        /// Frames per second of wall time, 0 (off) to 50.
        hz: f32,
        /// Cars; all if empty.
        drivers: Vec<u16>,
    },
}
