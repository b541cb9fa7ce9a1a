//! The live sources of a session, and the recorder that hears them first.
//!
//! Each source is a task that runs until it is told to stop: it connects, waits out failures, and hands what it hears,
//! byte for byte, to the one [`Inbox`]. Whoever holds the other end records it and only then reads it
//! ([`overcut_sources::live`]). What a source is doing, and why, is on the [`StatusBoard`]. The [`Conductor`] is who holds
//! all of it together.

pub mod archive;
mod arrival;
mod backoff;
mod certificates;
mod conductor;
mod config;
pub mod download;
pub mod http;
pub mod openf1;
mod recorder;
mod secret;
pub mod signalr;
mod status;
pub mod weather;

pub use arrival::{Arrival, Closed, Inbox, inbox};
pub use backoff::Backoff;
pub use conductor::{Audience, Conductor, Source, Tools};
pub use config::LiveConfig;
pub use recorder::{
    Clock, Loss, Moment, Recorded, Recorder, RecorderConfig, RecorderError, RecorderState, RecorderStatus,
    RecorderStatusHandle, SessionChange,
};
pub use secret::{Secret, SecretError};
pub use status::{Credential, CredentialState, Phase, SourceStatus, StatusBoard, StatusHandle};
