//! REST, WebSocket and the dashboard, over one clock.
//!
//! [`Server::bind`] listens; [`Library`] says which sessions there are and opens them; a [`SharedSession`] is what
//! clients share of one. A client is a cursor on its timeline: at each tick of the server's clock it is sent what lies
//! between where it was and where it is, encoded once for all ([`wire`] is the contract), and nothing later.
//!
//! It never decodes or folds anything, and it writes nothing: what it serves comes through [`Shelf`].

pub mod wire;

mod client;
mod clock;
mod convert;
mod dashboard;
mod guard;
mod library;
mod listener;
mod live;
mod message;
mod problem;
mod rest;
mod serve;
mod shared;
mod sql;
mod state;

pub use clock::{TICK_MS, instant_of, next_tick_ms, now_ms};
pub use convert::{board_line, kind_name};
pub use library::{Library, LibraryError, Shelf};
pub use live::LiveReport;
pub use serve::{FeedConfig, ServeError, Server, ServerConfig};
pub use shared::SharedSession;
pub use sql::{Sql, SqlAnswer, SqlError, SqlErrorKind, SqlFormat, SqlFuture, SqlOffer, SqlQuestion};
