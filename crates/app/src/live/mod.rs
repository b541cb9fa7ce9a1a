//! Sessions that grow while they are watched.
//!
//! A [`Feed`] hands out events as they become known; a [`Grower`] folds them and lets a timeline grow; [`play`] does
//! that on a thread, a little ahead of a house clock that runs at the pace it is given. Clients see nothing later than
//! that clock, may stay behind it and may rewind. The thread ends when the feed does or when nobody holds the session.
//!
//! A session that happens now comes when it comes: [`Wall`] is told of it by the conductor of the live sources and shows
//! it at once, behind a clock that runs with it.

mod grow;
mod growing;
mod map_maker;
mod play;
mod recording_progress;
mod report;
mod retelling;
mod wall;

pub use grow::Grower;
pub use growing::Growing;
pub use map_maker::MapMaker;
pub use play::{Start, play};
pub use recording_progress::RecordingProgress;
pub use report::report;
pub use wall::Wall;
