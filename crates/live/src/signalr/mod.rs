//! Formula 1's live timing, pushed: the client of its SignalR Core service.
//!
//! A [`link`] is one connection from negotiation to end; what it hears it hands over record by record, as it came. The
//! [`supervisor`] keeps one link up: it waits out failures, opens a second link before the service cuts the first after
//! two hours, and hands over both for a few seconds, so that there is no seam. Whoever reads them, here only a
//! [`record`]'s kind is looked at: is it the snapshot, is the session still the same one, does it run.
//!
//! A token is optional. It opens car data and positions; without one, or with one that is refused, the rest comes all
//! the same.

mod config;
mod dial;
mod failure;
mod link;
mod record;
mod supervisor;
mod token;

pub use config::Config;
pub use supervisor::run;
pub use token::TokenSource;
