//! A session as clients may see it: the log with its marks.

use overcut_domain::SessionTime;

use crate::marks::Marks;
use crate::{Entry, Item, Log, Mark};

/// A session as clients may see it, moment by moment. It may still grow.
#[derive(Debug, Default)]
pub struct Timeline {
    log: Log,
    marks: Marks,
    bounds: Option<(SessionTime, SessionTime)>,
    is_complete: bool,
}

impl Timeline {
    /// An empty timeline.
    pub fn new() -> Timeline {
        Timeline::default()
    }

    /// Appends a change that became known at `time` and returns its version; `None` if nothing changed by it.
    pub fn append(&mut self, time: SessionTime, item: Item) -> Option<u64> {
        self.advance(time);
        let version = self.log.append(time, item)?;
        if let Some(entry) = self.log.entry(version) {
            self.marks.observe(entry.time, &entry.item, &self.log);
        }
        Some(version)
    }

    /// Says that the session has reached `time`, with or without a change. Never moves back.
    pub fn advance(&mut self, time: SessionTime) {
        let (start, head) = self.bounds.unwrap_or((time, time));
        self.bounds = Some((start, head.max(time)));
    }

    /// Says that nothing more will come.
    pub fn complete(&mut self) {
        self.is_complete = true;
    }

    /// True once nothing more will come.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// First moment of the session; its zero while there is nothing.
    pub fn start(&self) -> SessionTime {
        self.bounds.map_or(SessionTime::ZERO, |(start, _)| start)
    }

    /// Last moment the session has reached.
    pub fn head(&self) -> SessionTime {
        self.bounds.map_or(SessionTime::ZERO, |(_, head)| head)
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The latest entry of every key known at `time`, in order of key.
    pub fn snapshot_at(&self, time: SessionTime) -> Vec<&Entry> {
        self.log.snapshot_at(time)
    }

    /// The entries after `version` that are known at `time`, in order.
    pub fn since(&self, version: u64, time: SessionTime) -> &[Entry] {
        self.log.since(version, time)
    }

    /// The version of the last entry known at `time`; 0 if there is none.
    pub fn version_at(&self, time: SessionTime) -> u64 {
        self.log.version_at(time)
    }

    /// The marks known at `time`, in order. A span that is not over by then has no end.
    pub fn marks_at(&self, time: SessionTime) -> Vec<Mark> {
        self.marks.at(time)
    }

    /// Changes whenever [`Timeline::marks_at`] does: the number of marks and of finished spans.
    pub fn marks_version_at(&self, time: SessionTime) -> (usize, usize) {
        self.marks.count_at(time)
    }
}
