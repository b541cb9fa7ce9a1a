//! Servers that say what the real ones say, on loopback, with faults to switch while they run.

pub mod archive;
mod http;
pub mod open_meteo;
pub mod openf1;
pub mod signalr;
pub mod tls;
