//! The program in roles: the one way through, cut where a bus can carry it.
//!
//! ```text
//!  ingest ──raw──▶            engine ──insights──▶  gateway ──▶ clients
//!     └─────events──▶ topics ──▶ │                  sink ────▶ stores
//! ```
//!
//! Everything behind the topics is a function of what is on them, and what is on them is numbered ([`overcut_bus`]). So any
//! role may be killed at any moment: whoever takes over reads a session's log from its first message, folds it again, which
//! takes a tenth of a second for a race, and goes on where the numbers end. No state is stored but the log.
//!
//! [`teller`] tells a session, [`follow`] follows the sessions of a group's partitions, [`script`] reads one session's
//! events and conclusions as one; the roles are built on these.

mod catalogue;
mod drain;
mod engine;
mod follow;
mod gateway;
mod ingest;
#[cfg(feature = "redis")]
mod latest;
mod live;
mod open;
mod outlet;
mod patience;
mod script;
mod sink;
mod status;
mod take_over;
mod teller;
mod turn;

#[cfg(test)]
mod tests;

pub use catalogue::Catalogue;
pub use engine::Engine;
pub use follow::follow;
pub use gateway::BusShelf;
pub use ingest::{pace, tell_events, tell_recording};
#[cfg(feature = "redis")]
pub use latest::Latest;
pub use live::LiveTeller;
pub use open::{EVENTS_TOPIC, INSIGHTS_TOPIC, open};
pub use outlet::{Out, Outlet};
pub use sink::Sink;
pub use status::Status;
pub use take_over::take_over;
pub use teller::Teller;
pub use turn::Turn;
