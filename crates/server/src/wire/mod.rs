//! What goes over the wire: the API's own types, apart from the core's so that either can change.
//!
//! Times are whole milliseconds: `t_ms` and `*_at_ms` on the session clock, `*_ms` durations. An absent value is
//! `null`, never a made-up one. The TypeScript types of the dashboard and the OpenAPI schemas are generated from here.

mod answer;
mod board;
mod health;
mod lists;
mod origin;
mod session;
mod sql;
mod telemetry;
mod timeline;
mod track;

pub use answer::{Page, Problem};
pub use board::{Board, Car, Colour, Gap, Part, Sector, Speed, Stewards, TimeCell};
pub use health::{CredentialHealth, FeedHealth, Health, LiveHealth, RecorderHealth, SourceHealth};
pub use lists::{Alert, Evidence, Lap, PitStop, RaceControl, Radio, Stint};
pub use origin::{FeedGap, FeedState, Forecast, ForecastStep};
pub use session::{Driver, Session, SessionDetail, SessionSummary, Track, Weather, WeatherReading, YellowSector};
pub use sql::{SqlColumn, SqlProblem, SqlRows, SqlTable, SqlTableColumn};
pub use telemetry::{CarFrame, CarSample, LiveSample, PositionSample, TelemetryWindow};
pub use timeline::{ClientMessage, Clock, Item, Mark, ServerMessage};
pub use track::{Comparison, Corner, SectionDelta, Trace, TrackMap};
