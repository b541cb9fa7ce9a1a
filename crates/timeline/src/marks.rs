//! Marks on the scrubber: what kind of thing happened when, gathered as the log grows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use overcut_domain::{
    AlertKind, DriverNumber, FeedGap, QualifyingPart, SessionKind, SessionStatus, SessionTime, TrackStatus,
};
use overcut_session::{CarRow, CarStatus, SessionState};

use crate::{Item, Key, Log};

/// What kind of thing a mark stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// The session began, or began again.
    Start,
    /// The chequered flag.
    Finish,
    /// Yellow somewhere.
    Yellow,
    /// Safety car.
    SafetyCar,
    /// Virtual safety car, with its ending.
    VirtualSafetyCar,
    /// Red flag.
    Red,
    /// A car is out of the race.
    Retirement,
    /// An anomaly on a car.
    Alert,
    /// A qualifying part began.
    Part,
    /// Some feeds came from nowhere, and nothing has told since what was missed.
    Gap,
    /// Some feeds came from nowhere, and another source has told since what was missed.
    FilledGap,
}

/// A mark on the scrubber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When it became known; for gaps, when they began, which shows only later.
    pub time: SessionTime,
    /// When it was over, for spans.
    pub until: Option<SessionTime>,
    /// What it stands for.
    pub kind: MarkKind,
    /// One line for people.
    pub text: String,
}

/// The marks of a session, in order of time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    marks: Vec<Mark>,
    /// The span that still runs, as an index.
    open_span: Option<usize>,
    status: SessionStatus,
    part: Option<QualifyingPart>,
    retired: BTreeSet<DriverNumber>,
    /// All that was said about gaps, with the moment at which it became known.
    gaps: Vec<(SessionTime, Arc<FeedGap>)>,
}

impl Marks {
    /// Looks at a change that was just appended to the log.
    pub(crate) fn observe(&mut self, time: SessionTime, item: &Item, log: &Log) {
        match item {
            Item::Session(state) => self.observe_session(time, state),
            Item::Track(track) => self.observe_track(time, track.status),
            Item::Car(row) => self.observe_car(time, row, log),
            Item::Alert(_, alert) => {
                let text = format!("{}: {}", name_of(alert.driver, log), alert_name(alert.kind));
                self.push(time, MarkKind::Alert, text);
            }
            Item::Gap(gap) => self.gaps.push((time, gap.clone())),
            _ => {}
        }
    }

    fn observe_session(&mut self, time: SessionTime, state: &SessionState) {
        if state.part != self.part {
            self.part = state.part;
            if let Some(QualifyingPart(part)) = state.part.filter(|part| part.0 > 0) {
                let prefix = if state.info.kind == SessionKind::SprintQualifying { "SQ" } else { "Q" };
                self.push(time, MarkKind::Part, format!("{prefix}{part}"));
            }
        }
        let before = std::mem::replace(&mut self.status, state.status);
        match state.status {
            SessionStatus::Started if before == SessionStatus::Aborted => {
                self.push(time, MarkKind::Start, "Restart".to_owned());
            }
            SessionStatus::Started if before != SessionStatus::Started => {
                self.push(time, MarkKind::Start, "Start".to_owned());
            }
            SessionStatus::Finished if before != SessionStatus::Finished => {
                self.push(time, MarkKind::Finish, "Chequered flag".to_owned());
            }
            _ => {}
        }
    }

    fn observe_track(&mut self, time: SessionTime, status: TrackStatus) {
        let kind = match status {
            TrackStatus::Clear => None,
            TrackStatus::Yellow => Some(MarkKind::Yellow),
            TrackStatus::SafetyCar => Some(MarkKind::SafetyCar),
            TrackStatus::Red => Some(MarkKind::Red),
            TrackStatus::VirtualSafetyCar | TrackStatus::VirtualSafetyCarEnding => Some(MarkKind::VirtualSafetyCar),
        };
        let open = self.open_span.and_then(|idx| self.marks.get_mut(idx));
        if open.as_ref().map(|mark| mark.kind) == kind {
            return;
        }
        if let Some(mark) = open {
            mark.until = Some(time);
        }
        self.open_span = kind.map(|kind| {
            self.push(time, kind, status.to_string());
            self.marks.len() - 1
        });
    }

    fn observe_car(&mut self, time: SessionTime, row: &CarRow, log: &Log) {
        if row.status == CarStatus::Retired && self.retired.insert(row.driver) {
            self.push(time, MarkKind::Retirement, format!("{} out", name_of(row.driver, log)));
        }
    }

    fn push(&mut self, time: SessionTime, kind: MarkKind, text: String) {
        self.marks.push(Mark { time, until: None, kind, text });
    }

    /// The marks known at `time`. A span that is not over by then has no end.
    pub(crate) fn at(&self, time: SessionTime) -> Vec<Mark> {
        let known = self.marks.partition_point(|mark| mark.time <= time);
        let hide_end = |mark: &Mark| Mark { until: mark.until.filter(|until| *until <= time), ..mark.clone() };
        let mut marks: Vec<_> = self.marks.iter().take(known).map(hide_end).collect();
        marks.extend(self.gaps_at(time));
        marks.sort_by_key(|mark| mark.time);
        marks
    }

    /// The latest word on each gap that is known at `time`.
    fn gaps_at(&self, time: SessionTime) -> impl Iterator<Item = Mark> {
        let latest: BTreeMap<u16, &FeedGap> =
            self.gap_news_at(time).iter().map(|(_, gap)| (gap.index, &**gap)).collect();
        latest.into_values().map(|gap| Mark {
            time: gap.from,
            until: gap.to,
            kind: if gap.filled_by.is_some() { MarkKind::FilledGap } else { MarkKind::Gap },
            text: gap_text(gap),
        })
    }

    fn gap_news_at(&self, time: SessionTime) -> &[(SessionTime, Arc<FeedGap>)] {
        let n_known = self.gaps.partition_point(|(known_at, _)| *known_at <= time);
        self.gaps.split_at(n_known).0
    }

    /// How many marks are known at `time`, how many of their spans are over, and how often gaps were spoken of: equal
    /// numbers, equal marks.
    pub(crate) fn count_at(&self, time: SessionTime) -> (usize, usize, usize) {
        let known = self.marks.partition_point(|mark| mark.time <= time);
        let is_over = |mark: &&Mark| mark.until.is_some_and(|until| until <= time);
        (known, self.marks.iter().take(known).filter(is_over).count(), self.gap_news_at(time).len())
    }
}

/// A gap in one line: what was missing and what became of it.
fn gap_text(gap: &FeedGap) -> String {
    let feeds: Vec<_> = gap.feeds.iter().map(|feed| feed.name().replace('_', " ")).collect();
    match gap.filled_by {
        Some(source) => format!("Gap filled from {source}: {}", feeds.join(", ")),
        None => format!("Gap: no {}", feeds.join(", ")),
    }
}

/// The three letters of a driver, or the number.
fn name_of(driver: DriverNumber, log: &Log) -> String {
    match log.latest(&Key::Driver(driver)).map(|entry| &entry.item) {
        Some(Item::Driver(entry)) if !entry.tla.is_empty() => entry.tla.clone(),
        _ => driver.to_string(),
    }
}

/// An anomaly in the words of a scrubber.
fn alert_name(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::EngineOverRev => "engine over-rev",
        AlertKind::DrsOpenOutOfZone => "DRS open out of zone",
        AlertKind::DrsOpenUnderBraking => "DRS open under braking",
        AlertKind::LockUp => "lock-up",
        AlertKind::SensorStuck => "sensor stuck",
        AlertKind::SensorDropOut => "sensor drop-out",
        AlertKind::PowerLoss => "power loss",
        AlertKind::SlowPuncture => "slow puncture",
        AlertKind::TyreCliff => "tyre cliff",
    }
}
