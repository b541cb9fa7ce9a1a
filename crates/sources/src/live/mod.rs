//! A live session as several sources told it at once.
//!
//! Its recording holds what each source said, byte for byte, one channel per source and kind of message:
//!
//! | channel | a message is |
//! |---|---|
//! | `signalr/a`, `signalr/b` | a record of SignalR Core without its end mark; two, for a connection and its successor |
//! | `archive/TOPIC` | a line of a growing archive file without its end |
//! | `openf1/ENDPOINT` | an answer of the REST API (a list) or a message of the broker (an object) |
//! | `open_meteo` | a forecast |
//! | `note` | a [`Note`] of whoever recorded it |

//!
//! An [`Assembler`] makes one session of it. It keeps every message once ([`log`]) with the moment that is believed of
//! it ([`belief`]), knows what each connection and file covered ([`connection`], [`archive`]), and chooses from that
//! what counts ([`choose`]): the better source where it covers, the lower one where it does not. It gives events as
//! messages come, and the whole sorted session as a [`Replay`]. Which feed a topic belongs to is in [`feeds`].

mod archive;
mod assembler;
mod belief;
mod choose;
mod clock;
mod connection;
mod decision;
mod feeds;
mod gaps;
mod health;
mod log;
mod note;
mod replay;
mod rows;
mod twins;

pub use assembler::{Assembler, AssemblerConfig, Taken};
pub use feeds::{feed_of, topics_of};
pub use note::{Channel, Note};
pub use replay::Replay;
