//! What estimates are laid on.

use overcut_track::Outline;

use super::lane::Lane;
use super::profile::Profile;

/// The track, and how fast it is driven where.
#[derive(Debug, Clone)]
pub struct Map {
    pub(super) outline: Outline,
    pub(super) profile: Profile,
    pub(super) lane: Option<Lane>,
}

impl Map {
    /// An outline with a profile of its laps.
    pub fn new(outline: Outline, profile: Profile) -> Map {
        let lane = Lane::of(&outline);
        Map { outline, profile, lane }
    }

    /// The outline.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }
}
