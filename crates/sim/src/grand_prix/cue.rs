//! What happens when: the agenda of a session.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use overcut_domain::{
    DriverNumber, Flag, FlagScope, QualifyingPart, RaceControlCategory, SafetyCarMode, SessionStatus, TrackStatus,
};

/// Something that happens at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// A word of those who run the session, by its place in the script.
    Word(u32),
    /// A car passes the end of a mini-sector.
    Mini { car: u8, lap_idx: u16, mini: u8 },
    /// A car passes the trap on the straight.
    Trap { car: u8, lap_idx: u16 },
    /// A car comes into the pit lane or leaves it.
    PitIn { car: u8, lap_idx: u16 },
    /// A car leaves the pit lane.
    PitOut { car: u8, lap_idx: u16 },
    /// A car stands on the track.
    Stopped { car: u8 },
    /// A car is given up.
    Retired { car: u8 },
    /// A car's time in the lane is taken off the list.
    LaneTimeGone { car: u8 },
    /// A car is no longer overtaking.
    PassOver { car: u8 },
    /// A car's next set of tyres becomes known.
    NewSet { car: u8, stint_idx: u8 },
    /// Tyres and championship are brought up to date.
    Tick,
    /// The weather station reports.
    Weather,
    /// The feed says that it lives.
    Heartbeat,
    /// A radio message is put up.
    Radio(u32),
    /// The next batch of car samples is complete.
    Cars,
    /// The next batch of positions is complete.
    Positions,
}

/// What those who run the session say or do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// Everything that a feed states when it begins.
    Opening,
    /// The session changes phase.
    Status(SessionStatus),
    /// The track changes.
    Track(TrackStatus),
    /// A message of race control.
    Message(Note),
    /// The session clock: time left, and whether it runs.
    Clock { remaining_ms: u32, is_running: bool },
    /// Tyres on the grid become known.
    GridTyres,
    /// A part of qualifying begins.
    Part(QualifyingPart),
    /// A part of qualifying is over: these cars are out.
    KnockedOut(Vec<usize>),
    /// The result with all penalties.
    Result,
}

/// A message of race control before it has its number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Note {
    pub(super) category: RaceControlCategory,
    pub(super) flag: Option<Flag>,
    pub(super) scope: Option<FlagScope>,
    pub(super) driver: Option<DriverNumber>,
    pub(super) safety_car: Option<SafetyCarMode>,
    pub(super) status: &'static str,
    pub(super) text: String,
}

/// Cues in order of their time; those of one moment in the order in which they were noted.
#[derive(Debug, Clone, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    cues: Vec<Cue>,
}

impl Agenda {
    pub(super) fn note(&mut self, at_ms: i64, cue: Cue) {
        self.heap.push(Reverse((at_ms, self.cues.len() as u32)));
        self.cues.push(cue);
    }

    /// When the next cue is due.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.heap.peek().map(|Reverse((at_ms, _))| *at_ms)
    }

    /// The next cue.
    pub(super) fn pop(&mut self) -> Option<(i64, Cue)> {
        let Reverse((at_ms, idx)) = self.heap.pop()?;
        Some((at_ms, self.cues[idx as usize]))
    }
}
