//! What a lap's row says beyond its times: tyres, track status, place, deletion, whether it may be compared.

use overcut_domain::{DriverNumber, Lap, LapNumber, LapTime, TrackStatus};

use crate::changes::Changes;
use crate::{Part, Session};

/// Sector times are cut to milliseconds one by one, so their sum may differ from the lap time by this much.
const SUM_TOLERANCE_MS: u32 = 3;

impl Session {
    /// Brings everything about a lap up to date that other parts of the state decide.
    pub(crate) fn describe_lap(&mut self, driver: DriverNumber, number: LapNumber, changes: &mut Changes) {
        self.describe_tyres(driver, number, changes);
        self.describe_deletion(driver, number, changes);
        self.describe_track(driver, number, changes);
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let Some(lap) = history.laps.get_mut(number) else { return };
        let is_accurate = is_accurate(lap);
        if lap.is_accurate != is_accurate {
            lap.is_accurate = is_accurate;
            changes.add(Part::Lap(driver, number));
        }
    }

    /// The statuses met between a finished lap's start and end; messages that closed it came a little later.
    fn describe_track(&mut self, driver: DriverNumber, number: LapNumber, changes: &mut Changes) {
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let Some(lap) = history.laps.get_mut(number) else { return };
        let (Some(start), Some(end)) = (lap.started_at, lap.ended_at) else { return };
        let before = self.track_log.iter().rev().find(|(at, _)| *at <= start).map(|(_, status)| *status);
        let during = self.track_log.iter().filter(|(at, _)| *at > start && *at < end).map(|(_, status)| *status);
        let mut n = 0;
        let mut is_changed = false;
        for status in before.or(Some(TrackStatus::Clear)).into_iter().chain(during) {
            if lap.track_status.iter().take(n).any(|known| *known == status) {
                continue;
            }
            match lap.track_status.get_mut(n) {
                Some(slot) if *slot == status => {}
                Some(slot) => (*slot, is_changed) = (status, true),
                None => {
                    lap.track_status.push(status);
                    is_changed = true;
                }
            }
            n += 1;
        }
        if is_changed || lap.track_status.len() > n {
            lap.track_status.truncate(n);
            changes.add(Part::Lap(driver, number));
        }
    }
}

/// Complete, consistent, green, no pit, not deleted.
fn is_accurate(lap: &Lap) -> bool {
    let [Some(s1), Some(s2), Some(s3)] = lap.sectors.map(|sector| sector.map(LapTime::as_millis)) else { return false };
    let sum = s1.saturating_add(s2).saturating_add(s3);
    let is_consistent = lap.time.is_some_and(|time| time.as_millis().abs_diff(sum) <= SUM_TOLERANCE_MS);
    let is_green = lap.track_status.iter().all(|status| *status == TrackStatus::Clear);
    is_consistent && is_green && lap.pit_in_at.is_none() && lap.pit_out_at.is_none() && !lap.deleted
}
