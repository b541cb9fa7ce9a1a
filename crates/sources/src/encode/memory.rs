//! What was said before, as far as a delta depends on it.

use std::collections::BTreeMap;

use overcut_domain::{
    Compound, DriverNumber, PitStopReport, RaceControlMessage, SessionInfo, SessionKind, SessionStatus, Weather,
};

/// What an encoder must remember between messages.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) info: Option<Box<SessionInfo>>,
    pub(super) phase: Phase,
    pub(super) weather: Weather,
    pub(super) race_control: BTreeMap<u16, RaceControlMessage>,
    pub(super) last_stop: Option<PitStopReport>,
    /// Compound each car is on, and the stint.
    pub(super) tyres: BTreeMap<DriverNumber, (u8, Compound)>,
    /// Lines of the diary so far: laps and parts, statuses.
    pub(super) n_series: [u16; 2],
    pub(super) n_radio: u16,
    pub(super) n_stops: BTreeMap<DriverNumber, u16>,
    pub(super) n_overtakes: BTreeMap<DriverNumber, u16>,
}

impl Memory {
    /// True unless the session is known to be no race: the screen states gaps by time on track.
    pub(super) fn is_race(&self) -> bool {
        let kind = self.info.as_ref().map_or(SessionKind::Unknown, |info| info.kind);
        kind.is_race() || kind == SessionKind::Unknown
    }
}

/// The session's phase, and the one that `Started` repeats: how far the session has come.
#[derive(Debug, Default)]
pub(super) struct Phase {
    pub(super) status: SessionStatus,
    pub(super) reached: SessionStatus,
}

impl Phase {
    pub(super) fn enter(&mut self, status: SessionStatus) {
        self.status = status;
        if let SessionStatus::Inactive | SessionStatus::Started | SessionStatus::Finished = status {
            self.reached = status;
        }
    }
}

/// The next index of a growing list, which is taken by this.
pub(super) fn take_idx(n: &mut u16) -> u16 {
    let idx = *n;
    *n = n.saturating_add(1);
    idx
}

/// Cuts a list before every entry that cannot stand in one message with those before it.
pub(super) fn apart<T>(list: &[T], clashes: impl Fn(&[T], &T) -> bool) -> impl Iterator<Item = &[T]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let cut = (1..rest.len()).find(|at| {
            let (before, after) = rest.split_at(*at);
            after.first().is_some_and(|next| clashes(before, next))
        });
        let (message, later) = rest.split_at(cut.unwrap_or(rest.len()));
        rest = later;
        (!message.is_empty()).then_some(message)
    })
}

/// Cuts a list where a car comes back after another one: a message has one member per car.
pub(super) fn cars_apart<T>(list: &[T], driver: impl Fn(&T) -> DriverNumber) -> impl Iterator<Item = &[T]> {
    apart(list, move |before, next| {
        let goes_on = before.last().is_some_and(|last| driver(last) == driver(next));
        !goes_on && before.iter().any(|earlier| driver(earlier) == driver(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_where_a_car_comes_back() {
        let cut =
            |list: &[u16]| -> Vec<Vec<u16>> { cars_apart(list, |n| DriverNumber(*n)).map(<[u16]>::to_vec).collect() };
        assert_eq!(cut(&[1, 1, 2, 1, 2, 3]), [vec![1, 1, 2], vec![1, 2, 3]]);
        assert!(cut(&[]).is_empty());
    }
}
