//! Who delivered good samples when, so that a hole in the whole feed is not blamed on one car.

use overcut_domain::SessionTime;

const SLOT_MS: i64 = 250;
const SLOTS: usize = 1_024;
/// Other cars that must be heard in a slot for the feed to count as alive.
const ENOUGH: u32 = 3;

/// The cars that delivered good samples at speed, in slots of a quarter of a second, for the last four minutes.
#[derive(Debug, Clone)]
pub(crate) struct Presence {
    slots: Vec<(i64, u64)>,
    heard_at: Option<SessionTime>,
}

impl Default for Presence {
    fn default() -> Self {
        Presence { slots: vec![(i64::MIN, 0); SLOTS], heard_at: None }
    }
}

impl Presence {
    pub(crate) fn mark(&mut self, time: SessionTime, car_idx: usize) {
        self.heard_at = self.heard_at.max(Some(time));
        let slot = time.as_millis().div_euclid(SLOT_MS);
        if let Some(entry) = self.slots.get_mut(slot.rem_euclid(SLOTS as i64) as usize) {
            if entry.0 != slot {
                *entry = (slot, 0);
            }
            entry.1 |= 1 << (car_idx % 64);
        }
    }

    /// The time of the newest good sample of any car.
    pub(crate) fn heard_at(&self) -> Option<SessionTime> {
        self.heard_at
    }

    /// The share of the time between two moments in which at least three other cars were heard.
    pub(crate) fn others_share(&self, from: SessionTime, to: SessionTime, car_idx: usize) -> f32 {
        let (first, last) = (from.as_millis().div_euclid(SLOT_MS), to.as_millis().div_euclid(SLOT_MS));
        let last = last.min(first + SLOTS as i64 - 1);
        let own = 1u64 << (car_idx % 64);
        let heard = (first..=last)
            .filter_map(|slot| Some((slot, self.slots.get(slot.rem_euclid(SLOTS as i64) as usize)?)))
            .filter(|(slot, entry)| entry.0 == *slot && (entry.1 & !own).count_ones() >= ENOUGH)
            .count();
        heard as f32 / (last - first + 1).max(1) as f32
    }
}
