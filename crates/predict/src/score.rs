//! Alerts against the truth: what was found, how late, and what was made up.
//!
//! The unit is an event. A fault is found if its car has an alert of a kind that names it, about the time it ran; a
//! further alert of such a kind is a repeat and counts neither way. An alert of any other kind about that time is a
//! confusion, one that no fault explains is a false alarm, and both count against the precision of their kind. Faults
//! that no sample shows while the car raced are left out: nobody can find them.

use std::collections::BTreeMap;

use overcut_domain::{Alert, AlertKind};
use overcut_sim::fault::{FaultKind, FaultTruth};
use serde::Serialize;

/// An alert may say that a fault began this much before its first sample or after its last, in milliseconds.
const NEAR_MS: i64 = 2_500;
/// What shows over laps may be told this long after its last sample: when that lap's times have come.
const LAPS_NEAR_MS: i64 = 150_000;

/// The kinds of alert that name a fault.
pub fn alert_kinds(kind: FaultKind) -> &'static [AlertKind] {
    match kind {
        FaultKind::OverRev => &[AlertKind::EngineOverRev],
        // A wing stuck open is open where it may not be, once the braking is over.
        FaultKind::DrsStuckOpen => &[AlertKind::DrsOpenUnderBraking, AlertKind::DrsOpenOutOfZone],
        FaultKind::DrsEarly => &[AlertKind::DrsOpenOutOfZone],
        FaultKind::LockUp => &[AlertKind::LockUp],
        FaultKind::SensorFreeze => &[AlertKind::SensorStuck],
        FaultKind::SensorDropOut => &[AlertKind::SensorDropOut],
        FaultKind::PowerLoss => &[AlertKind::PowerLoss],
        FaultKind::SlowPuncture => &[AlertKind::SlowPuncture],
        FaultKind::TyreCliff => &[AlertKind::TyreCliff],
    }
}

/// The kind of fault that an alert is blamed on when no fault explains it.
fn blamed(kind: AlertKind) -> FaultKind {
    match kind {
        AlertKind::EngineOverRev => FaultKind::OverRev,
        AlertKind::DrsOpenOutOfZone => FaultKind::DrsEarly,
        AlertKind::DrsOpenUnderBraking => FaultKind::DrsStuckOpen,
        AlertKind::LockUp => FaultKind::LockUp,
        AlertKind::SensorStuck => FaultKind::SensorFreeze,
        AlertKind::SensorDropOut => FaultKind::SensorDropOut,
        AlertKind::PowerLoss => FaultKind::PowerLoss,
        AlertKind::SlowPuncture => FaultKind::SlowPuncture,
        AlertKind::TyreCliff => FaultKind::TyreCliff,
    }
}

/// Counts of many sessions, from which the figures are made.
#[derive(Debug, Clone, Default)]
pub struct AnomalyScore {
    kinds: BTreeMap<FaultKind, Tally>,
    confusions: BTreeMap<(FaultKind, AlertKind), u32>,
    n_cars: u32,
}

#[derive(Debug, Clone, Default)]
struct Tally {
    n_faults: u32,
    n_found: u32,
    n_wrong: u32,
    n_false_alarms: u32,
    /// Milliseconds from the start of the fault to the alert: without the feed's delivery, and with it.
    delays: Vec<i64>,
    delivered_delays: Vec<i64>,
}

impl AnomalyScore {
    /// Takes in a session: its truth, the alerts that were raised in it, and how many cars took part.
    pub fn add(&mut self, truths: &[FaultTruth], alerts: &[Alert], n_cars: u32) {
        self.n_cars += n_cars;
        let truths: Vec<_> = truths.iter().filter(|truth| truth.n_samples > 0).collect();
        let mut is_explained = vec![false; alerts.len()];
        for truth in &truths {
            let names = alert_kinds(truth.kind);
            let near: Vec<_> = alerts.iter().enumerate().filter(|(_, alert)| is_near(truth, alert)).collect();
            let first = near.iter().filter(|(_, alert)| names.contains(&alert.kind)).min_by_key(|(_, a)| a.raised_at);
            let tally = self.kinds.entry(truth.kind).or_default();
            tally.n_faults += 1;
            if let Some((_, alert)) = first {
                tally.n_found += 1;
                let signal_ms = alert.settled_at.millis_since(truth.start) + i64::from(alert.waited_ms);
                tally.delays.push(signal_ms.max(0));
                tally.delivered_delays.push(alert.raised_at.millis_since(truth.start).max(0));
            }
            for (i, _) in near.iter().filter(|(_, alert)| names.contains(&alert.kind)) {
                is_explained.iter_mut().skip(*i).take(1).for_each(|explained| *explained = true);
            }
        }
        for (alert, _) in alerts.iter().zip(is_explained).filter(|(_, explained)| !explained) {
            let tally = self.kinds.entry(blamed(alert.kind)).or_default();
            tally.n_wrong += 1;
            match truths.iter().find(|truth| is_near(truth, alert)) {
                Some(truth) => *self.confusions.entry((truth.kind, alert.kind)).or_default() += 1,
                None => tally.n_false_alarms += 1,
            }
        }
    }

    /// The figures.
    pub fn report(&self) -> AnomalyReport {
        let rows: Vec<_> = self.kinds.iter().map(|(kind, tally)| row(Some(*kind), tally, self.n_cars)).collect();
        let sum = |tallies: &mut dyn Iterator<Item = &Tally>| {
            tallies.fold(Tally::default(), |mut all, tally| {
                all.n_faults += tally.n_faults;
                all.n_found += tally.n_found;
                all.n_wrong += tally.n_wrong;
                all.n_false_alarms += tally.n_false_alarms;
                all.delays.extend(&tally.delays);
                all.delivered_delays.extend(&tally.delivered_delays);
                all
            })
        };
        let all = sum(&mut self.kinds.values());
        let at_once = self.kinds.iter().filter(|(kind, _)| !kind.is_in_motion()).map(|(_, tally)| tally);
        let at_once = sum(&mut at_once.into_iter());
        let confusions = self.confusions.iter();
        AnomalyReport {
            n_cars: self.n_cars,
            rows,
            at_once: row(None, &at_once, self.n_cars),
            all: row(None, &all, self.n_cars),
            confusions: confusions
                .map(|((fault, alert), n)| Confusion { fault: *fault, alert: *alert, n: *n })
                .collect(),
        }
    }
}

fn is_near(truth: &FaultTruth, alert: &Alert) -> bool {
    let after_ms = if truth.kind.lasts_laps() { LAPS_NEAR_MS } else { NEAR_MS };
    let is_early = alert.started_at < truth.start - NEAR_MS && alert.settled_at < truth.start;
    let is_about = alert.started_at <= truth.end + after_ms && alert.settled_at >= truth.start;
    alert.driver == truth.driver && is_about && !is_early
}

/// How well anomalies are found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnomalyReport {
    /// Cars of all sessions together.
    pub n_cars: u32,
    /// One row a kind of fault.
    pub rows: Vec<AnomalyRow>,
    /// What shows in the channels at once: all kinds but those that are in the motion of the car.
    pub at_once: AnomalyRow,
    /// All kinds together.
    pub all: AnomalyRow,
    /// Faults that were called something else.
    pub confusions: Vec<Confusion>,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnomalyRow {
    /// The kind; `None` for several.
    pub kind: Option<FaultKind>,
    /// Faults put in that at least one sample shows.
    pub n_faults: u32,
    /// Faults found.
    pub n_found: u32,
    /// Alerts of this kind that name no fault of it: false alarms and confusions.
    pub n_wrong: u32,
    /// Share of alerts that are right; 1 if there are none.
    pub precision: f32,
    /// Share of faults that are found; 1 if there are none.
    pub recall: f32,
    /// Harmonic mean of both.
    pub f1: f32,
    /// Median time from the start of a fault to its alert, without the time the feed took to deliver.
    pub delay_p50_ms: Option<i64>,
    /// 95 % of these are no longer than this.
    pub delay_p95_ms: Option<i64>,
    /// Median time from the start of a fault to its alert, delivery included.
    pub delivered_p50_ms: Option<i64>,
    /// 95 % of these are no longer than this.
    pub delivered_p95_ms: Option<i64>,
    /// False alarms per car and session.
    pub false_alarms_per_car: f32,
}

/// A fault that was called something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// What it was.
    pub fault: FaultKind,
    /// What it was called.
    pub alert: AlertKind,
    /// How often.
    pub n: u32,
}

fn row(kind: Option<FaultKind>, tally: &Tally, n_cars: u32) -> AnomalyRow {
    let share = |part: u32, whole: u32| if whole == 0 { 1.0 } else { part as f32 / whole as f32 };
    let precision = share(tally.n_found, tally.n_found + tally.n_wrong);
    let recall = share(tally.n_found, tally.n_faults);
    let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
    AnomalyRow {
        kind,
        n_faults: tally.n_faults,
        n_found: tally.n_found,
        n_wrong: tally.n_wrong,
        precision,
        recall,
        f1,
        delay_p50_ms: quantile(&tally.delays, 0.5),
        delay_p95_ms: quantile(&tally.delays, 0.95),
        delivered_p50_ms: quantile(&tally.delivered_delays, 0.5),
        delivered_p95_ms: quantile(&tally.delivered_delays, 0.95),
        false_alarms_per_car: if n_cars == 0 { 0.0 } else { tally.n_false_alarms as f32 / n_cars as f32 },
    }
}

/// The smallest value that at least a share of all do not exceed.
fn quantile(values: &[i64], share: f64) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use overcut_domain::{DriverNumber, SessionTime};

    use super::*;

    fn truth(kind: FaultKind, driver: u16, start: i64) -> FaultTruth {
        let (start, end) = (SessionTime::from_millis(start), SessionTime::from_millis(start + 1_000));
        FaultTruth { kind, driver: DriverNumber(driver), lap: 9, start, end, severity: 0.5, n_samples: 4 }
    }

    fn alert(kind: AlertKind, driver: u16, start: i64, settled: i64, raised: i64) -> Alert {
        let at = SessionTime::from_millis;
        Alert {
            kind,
            driver: DriverNumber(driver),
            lap: None,
            raised_at: at(raised),
            settled_at: at(settled),
            waited_ms: 0,
            started_at: at(start),
            peak_at: at(start),
            ended_at: None,
            distance_m: None,
            evidence: Vec::new(),
            confidence: 0.8,
            text: String::new(),
        }
    }

    #[test]
    fn counts_found_missed_made_up_and_confused() {
        let mut score = AnomalyScore::default();
        let truths = [
            truth(FaultKind::LockUp, 1, 100_000),
            truth(FaultKind::LockUp, 2, 100_000),
            truth(FaultKind::PowerLoss, 3, 200_000),
            FaultTruth { n_samples: 0, ..truth(FaultKind::LockUp, 4, 300_000) },
        ];
        let alerts = [
            alert(AlertKind::LockUp, 1, 99_800, 100_300, 101_400),
            alert(AlertKind::LockUp, 1, 100_600, 101_000, 101_900), // a repeat
            alert(AlertKind::SensorStuck, 3, 200_100, 201_000, 202_000),
            alert(AlertKind::LockUp, 5, 100_000, 100_300, 101_000),
        ];
        score.add(&truths, &alerts, 20);
        let report = score.report();
        let of = |kind| report.rows.iter().find(|row| row.kind == Some(kind)).expect("it has a row");
        let lock_up = of(FaultKind::LockUp);
        assert_eq!((lock_up.n_faults, lock_up.n_found, lock_up.n_wrong), (2, 1, 1));
        assert_eq!((lock_up.precision, lock_up.recall, lock_up.f1), (0.5, 0.5, 0.5));
        assert_eq!((lock_up.delay_p50_ms, lock_up.delivered_p95_ms), (Some(300), Some(1_400)));
        assert_eq!(lock_up.false_alarms_per_car, 0.05);
        assert_eq!((of(FaultKind::PowerLoss).recall, of(FaultKind::PowerLoss).precision), (0.0, 1.0));
        let confusion = Confusion { fault: FaultKind::PowerLoss, alert: AlertKind::SensorStuck, n: 1 };
        assert_eq!(report.confusions, [confusion]);
        assert_eq!((report.all.n_faults, report.at_once.n_faults), (3, 2));
    }

    #[test]
    fn a_quantile_is_a_value_that_was_seen() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3, 1, 2, 4], 0.5), Some(2));
        assert_eq!(quantile(&[3, 1, 2, 4], 0.95), Some(4));
    }
}
