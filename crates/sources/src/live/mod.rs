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

mod note;

pub use note::{Channel, Note};
