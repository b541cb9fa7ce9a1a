//! Where values come from: the feeds of a live session, its gaps, and the forecast beside the weather station.

use overcut_domain::{FeedGap, FeedState, Forecast};

use crate::changes::Changes;
use crate::{Part, Session};

impl Session {
    pub(crate) fn apply_feeds(&mut self, states: &[FeedState], changes: &mut Changes) {
        for state in states {
            if self.feeds.get(&state.feed) != Some(state) {
                self.feeds.insert(state.feed, state.clone());
                changes.add(Part::Feed(state.feed));
            }
        }
    }

    pub(crate) fn apply_gap(&mut self, gap: &FeedGap, changes: &mut Changes) {
        if self.gaps.get(&gap.index) != Some(gap) {
            self.gaps.insert(gap.index, gap.clone());
            changes.add(Part::Gap(gap.index));
        }
    }

    pub(crate) fn apply_forecast(&mut self, forecast: &Forecast, changes: &mut Changes) {
        if self.forecast.as_ref() != Some(forecast) {
            self.forecast = Some(forecast.clone());
            changes.add(Part::Forecast);
        }
    }
}
