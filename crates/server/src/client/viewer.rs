//! What one client is sent: a cursor on a session and what it knows already.
//!
//! Pure but for the session's caches: it is stepped with monotonic milliseconds and answers with messages. Whatever
//! the client does and however seldom it is stepped, no message bears a time later than its clock.

use std::sync::Arc;

use axum::extract::ws::Message;
use overcut_domain::SessionTime;
use overcut_timeline::{Cursor, Delay, Limits, OutOfRange, Speed, Timeline};

use crate::message::{Format, Roster, encode};
use crate::shared::SharedSession;
use crate::wire::{self, ClientMessage, ServerMessage};
use crate::{convert, shared};

/// Between two words about the clock while nothing else happens.
const CLOCK_EVERY_MS: u64 = 1000;

/// A client that was not stepped for so long, because it does not read what it is sent, has lagged.
const LAG_MS: u64 = 2000;

/// More changes than this are told as a snapshot: at 60× a tick brings some fifty.
const MAX_DELTAS: usize = 500;

/// Most telemetry frames a second.
pub(crate) const MAX_HZ: f32 = 50.0;

/// What a client may ask for when it connects.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opening {
    pub format: Format,
    /// Where to begin.
    pub time: Option<SessionTime>,
    pub delay: Delay,
    pub speed: Option<Speed>,
    /// True to follow, false not to; otherwise follows where there is a house clock to follow.
    pub follow: Option<bool>,
    pub is_paused: bool,
    /// False for telemetry only.
    pub wants_board: bool,
    pub telemetry: Option<Subscription>,
}

/// The telemetry a client wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subscription {
    pub hz: f32,
    pub roster: Roster,
}

/// What a client knows of the board.
#[derive(Debug, Clone, Copy)]
struct Known {
    version: u64,
    time: SessionTime,
    marks: (usize, usize, usize),
}

/// One client's view of a session.
#[derive(Debug)]
pub(crate) struct Viewer {
    session: Arc<SharedSession>,
    format: Format,
    cursor: Cursor,
    wants_board: bool,
    /// `None` if it needs a snapshot.
    known: Option<Known>,
    telemetry: Option<Subscription>,
    last_frame: Option<SessionTime>,
    next_frame_at_ms: f64,
    /// The last word about the clock, and when it was sent.
    last_clock: Option<(wire::Clock, u64)>,
    stepped_at_ms: u64,
    knows_successor: bool,
}

impl Viewer {
    pub(crate) fn new(session: Arc<SharedSession>, opening: Opening, now_ms: u64) -> Viewer {
        let cursor = first_cursor(&session, &opening, now_ms);
        Viewer {
            session,
            format: opening.format,
            cursor,
            wants_board: opening.wants_board,
            known: None,
            telemetry: opening.telemetry,
            last_frame: None,
            next_frame_at_ms: 0.0,
            last_clock: None,
            stepped_at_ms: now_ms,
            knows_successor: false,
        }
    }

    /// The clock as of the last step or command.
    #[cfg(test)]
    pub(crate) fn time(&self) -> SessionTime {
        self.cursor.time()
    }

    /// Obeys a command. What follows from it is sent at the next step.
    ///
    /// # Errors
    ///
    /// If a value is out of range; nothing has changed then.
    pub(crate) fn obey(&mut self, command: ClientMessage, now_ms: u64) -> Result<(), OutOfRange> {
        let limits = {
            let timeline = self.session.read();
            self.session.limits_at(now_ms, &timeline)
        };
        let cursor = &mut self.cursor;
        match command {
            ClientMessage::Play => cursor.play(now_ms, limits),
            ClientMessage::Pause => cursor.pause(now_ms, limits),
            ClientMessage::Seek { t_ms } => {
                cursor.seek(convert::time(t_ms), now_ms, limits);
                self.known = None;
            }
            ClientMessage::Speed { value } => cursor.set_speed(Speed::from_times(value)?, now_ms, limits),
            ClientMessage::Delay { seconds } => cursor.set_delay(Delay::from_seconds(seconds)?, now_ms, limits),
            ClientMessage::Follow => cursor.follow(now_ms, limits),
            ClientMessage::Telemetry { hz, drivers } => self.telemetry = subscription(hz, drivers)?,
        }
        self.last_clock = None;
        self.last_frame = None;
        Ok(())
    }

    /// Moves the clock to `now_ms` and appends what the client must be sent for it.
    pub(crate) fn step(&mut self, now_ms: u64, out: &mut Vec<Message>) {
        let session = self.session.clone();
        let timeline = session.read();
        let limits = session.limits_at(now_ms, &timeline);
        self.cursor.advance(now_ms, limits);
        if now_ms.saturating_sub(self.stepped_at_ms) > LAG_MS {
            self.known = None;
        }
        self.stepped_at_ms = now_ms;
        if self.wants_board {
            self.tell_board(&timeline, out);
            self.tell_clock(now_ms, limits, out);
            self.tell_successor(&timeline, out);
        }
        self.tell_telemetry(now_ms, limits, &timeline, out);
    }

    /// A snapshot if there is need for one, otherwise what changed.
    fn tell_board(&mut self, timeline: &Timeline, out: &mut Vec<Message>) {
        let time = self.cursor.time();
        let marks = timeline.marks_version_at(time);
        let known = self.known.filter(|known| known.time <= time);
        let changes = known.and_then(|known| timeline.changes(known.version, time));
        let (Some(known), Some(changes)) = (known, changes.filter(|changes| changes.len() <= MAX_DELTAS)) else {
            let session = &self.session;
            let (version, message) = session.snapshots.message(self.format, &session.summary().id, time, timeline);
            out.push(message);
            self.known = Some(Known { version, time, marks });
            return;
        };
        let is_retold = known.version < timeline.log().base();
        let version = timeline.version_at(time).max(known.version);
        out.extend(changes.into_iter().map(|entry| self.session.deltas.message(self.format, entry)));
        if known.marks != marks || is_retold {
            let marks = convert::marks(timeline.marks_at(time));
            out.push(encode(self.format, &ServerMessage::Marks { marks }));
        }
        self.known = Some(Known { version, time, marks });
    }

    /// The clock, if a second has gone by or its mode has changed.
    fn tell_clock(&mut self, now_ms: u64, limits: Limits, out: &mut Vec<Message>) {
        let clock = self.clock(limits);
        let is_due = self.last_clock.is_none_or(|(last, sent_at_ms)| {
            let same_mode = wire::Clock { t_ms: clock.t_ms, head_ms: clock.head_ms, ..last } == clock;
            !same_mode || now_ms.saturating_sub(sent_at_ms) >= CLOCK_EVERY_MS
        });
        if is_due {
            out.push(encode(self.format, &ServerMessage::Clock(clock)));
            self.last_clock = Some((clock, now_ms));
        }
    }

    /// The session after this one, to a client that followed this one to its end.
    fn tell_successor(&mut self, timeline: &Timeline, out: &mut Vec<Message>) {
        let has_seen_all =
            timeline.is_complete() && self.cursor.is_following() && self.cursor.time() >= timeline.head();
        let Some(session_id) = self.session.successor().filter(|_| has_seen_all && !self.knows_successor) else {
            return;
        };
        out.push(encode(self.format, &ServerMessage::Successor { session_id: session_id.to_owned() }));
        self.knows_successor = true;
    }

    fn clock(&self, limits: Limits) -> wire::Clock {
        wire::Clock {
            t_ms: convert::millis(self.cursor.time()),
            start_ms: convert::millis(limits.start),
            head_ms: convert::millis(limits.head),
            is_playing: self.cursor.is_playing(limits),
            speed: self.cursor.speed(limits).times(),
            delay_s: self.cursor.delay().seconds(),
            is_following: self.cursor.is_following(),
            is_live: limits.is_live,
        }
    }

    /// The latest telemetry frame, if it is due and new.
    fn tell_telemetry(&mut self, now_ms: u64, limits: Limits, timeline: &Timeline, out: &mut Vec<Message>) {
        let Some(subscription) = &self.telemetry else { return };
        let now = now_ms as f64;
        // Half a tick of tolerance: timers fire a little early or late, and 50 Hz must not fall to 25.
        if now + crate::clock::TICK_MS as f64 / 2.0 < self.next_frame_at_ms {
            return;
        }
        let interval_ms = 1000.0 / f64::from(subscription.hz);
        // Live samples come late: frames bear the time up to which they are there, which may be before the clock's.
        let frame_time = Timeline::frame_time(self.cursor.time().min(limits.telemetry_until));
        if self.last_frame == Some(frame_time) {
            return;
        }
        out.push(self.session.frames.message(self.format, &subscription.roster, frame_time, timeline));
        self.last_frame = Some(frame_time);
        // Keeps its beat; a client that fell behind starts a new one.
        let on_beat = self.next_frame_at_ms + interval_ms;
        self.next_frame_at_ms = if on_beat > now - interval_ms { on_beat } else { now + interval_ms };
    }
}

/// The telemetry that a client asks for; `None` if it wants none.
pub(crate) fn subscription(hz: f32, drivers: Vec<u16>) -> Result<Option<Subscription>, OutOfRange> {
    if !(0.0..=MAX_HZ).contains(&hz) {
        return Err(OutOfRange { what: "hz", value: hz, min: 0.0, max: MAX_HZ });
    }
    // A frame every hundred seconds is as good as none.
    Ok((hz >= 0.01).then(|| Subscription { hz, roster: Roster::new(drivers) }))
}

/// Where a client's clock begins.
pub(super) fn first_cursor(session: &SharedSession, opening: &Opening, now_ms: u64) -> Cursor {
    let timeline = session.read();
    let limits = session.limits_at(now_ms, &timeline);
    let has_house_clock = limits.house_speed.is_some();
    let mut cursor = if opening.follow.unwrap_or(has_house_clock && opening.time.is_none() && opening.speed.is_none()) {
        Cursor::following(opening.delay, now_ms, limits)
    } else {
        let time = opening.time.unwrap_or_else(|| shared::opening_moment(&timeline, limits));
        let mut cursor = Cursor::playing_from(time, now_ms, limits);
        cursor.set_delay(opening.delay, now_ms, limits);
        cursor
    };
    if let Some(speed) = opening.speed {
        cursor.set_speed(speed, now_ms, limits);
    }
    if opening.is_paused {
        cursor.pause(now_ms, limits);
    }
    cursor
}

#[cfg(test)]
mod tests;
