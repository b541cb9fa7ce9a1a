//! Sessions that grow while they are watched.
//!
//! A [`Feed`] hands out events as they become known; a [`Grower`] folds them and lets a timeline grow; [`play`] does
//! that on a thread, a little ahead of a house clock that runs at the pace it is given. Clients see nothing later than
//! that clock, may stay behind it and may rewind. The thread ends when the feed does or when nobody holds the session.

mod grow;
mod growing;
mod map_maker;
mod play;

pub use grow::Grower;
pub use growing::Growing;
pub use map_maker::MapMaker;
pub use play::{Start, play};
