//! A client's clock: a position in a session that plays, pauses, seeks and follows.
//!
//! A client *is* a cursor: whatever it is sent is what the log holds up to [`Cursor::time`] and nothing later, so
//! delay, rewind while live and watching without spoilers need no further rule. The cursor never reads a clock: it is
//! given monotonic milliseconds and the [`Limits`] of its session.

use overcut_domain::SessionTime;

use crate::Limits;

/// How fast a clock runs, 0.25–60 times real time, exact to a thousandth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(u32);

impl Speed {
    /// Real time.
    pub const NORMAL: Speed = Speed(1000);
    /// Slowest.
    pub const MIN: Speed = Speed(250);
    /// Fastest.
    pub const MAX: Speed = Speed(60_000);

    /// From times real time.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] outside 0.25–60.
    ///
    /// ```
    /// # use overcut_timeline::Speed;
    /// assert_eq!(Speed::from_times(0.25), Ok(Speed::MIN));
    /// assert!(Speed::from_times(61.0).is_err());
    /// ```
    pub fn from_times(times: f32) -> Result<Speed, OutOfRange> {
        if (0.25..=60.0).contains(&times) {
            return Ok(Speed((f64::from(times) * 1000.0).round() as u32));
        }
        Err(OutOfRange { what: "speed", value: times, min: 0.25, max: 60.0 })
    }

    /// Times real time.
    pub fn times(self) -> f32 {
        self.0 as f32 / 1000.0
    }

    /// Milliseconds of session time in so many milliseconds of real time.
    pub fn session_millis(self, real_ms: u64) -> i64 {
        let millis = u128::from(real_ms) * u128::from(self.0) / 1000;
        i64::try_from(millis).unwrap_or(i64::MAX).min(SessionTime::MAX.as_millis())
    }
}

/// How far a client stays behind the house clock, 0–300 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Delay(u32);

impl Delay {
    /// No delay.
    pub const NONE: Delay = Delay(0);
    /// The longest.
    pub const MAX: Delay = Delay(300_000);

    /// From seconds.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] outside 0–300.
    pub fn from_seconds(seconds: f32) -> Result<Delay, OutOfRange> {
        if (0.0..=300.0).contains(&seconds) {
            return Ok(Delay((f64::from(seconds) * 1000.0).round() as u32));
        }
        Err(OutOfRange { what: "delay", value: seconds, min: 0.0, max: 300.0 })
    }

    /// Milliseconds.
    pub fn as_millis(self) -> i64 {
        i64::from(self.0)
    }

    /// Seconds.
    pub fn seconds(self) -> f32 {
        self.0 as f32 / 1000.0
    }
}

/// A speed or delay that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{what} is {value}, want {min} to {max}")]
pub struct OutOfRange {
    /// What.
    pub what: &'static str,
    /// The value.
    pub value: f32,
    /// The least it may be.
    pub min: f32,
    /// The most it may be.
    pub max: f32,
}

/// How a cursor moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Stands.
    Paused,
    /// Runs at its own speed.
    Playing,
    /// Stays its delay behind the house clock.
    Following,
}

/// A client's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    mode: Mode,
    speed: Speed,
    delay: Delay,
    time: SessionTime,
    /// While playing: where the clock was at which monotonic time. Kept apart from `time` so that steps do not add up
    /// rounding errors.
    anchor: (SessionTime, u64),
}

impl Cursor {
    /// A clock that plays from a moment, which is held inside the limits.
    pub fn playing_from(time: SessionTime, now_ms: u64, limits: Limits) -> Cursor {
        let time = within(time, Delay::NONE, limits);
        Cursor { mode: Mode::Playing, speed: Speed::NORMAL, delay: Delay::NONE, time, anchor: (time, now_ms) }
    }

    /// A clock that follows the house clock.
    pub fn following(delay: Delay, now_ms: u64, limits: Limits) -> Cursor {
        let mut cursor = Cursor::playing_from(limits.start, now_ms, limits);
        cursor.delay = delay;
        cursor.follow(now_ms, limits);
        cursor
    }

    /// The clock as of the last [`Cursor::advance`] or command. Nothing later may be sent.
    pub fn time(&self) -> SessionTime {
        self.time
    }

    /// True unless the clock stands, by command or at the end of a recording.
    pub fn is_playing(&self, limits: Limits) -> bool {
        match self.mode {
            Mode::Paused => false,
            Mode::Playing => true,
            Mode::Following => limits.house_speed.is_some() && (limits.is_live || self.time < limits.head),
        }
    }

    /// True while it stays its delay behind the house clock.
    pub fn is_following(&self) -> bool {
        self.mode == Mode::Following
    }

    /// Its delay.
    pub fn delay(&self) -> Delay {
        self.delay
    }

    /// How fast it runs (or would run): its own speed, or that of the house clock while it follows.
    pub fn speed(&self, limits: Limits) -> Speed {
        match self.mode {
            Mode::Following => limits.house_speed.unwrap_or(Speed::NORMAL),
            Mode::Paused | Mode::Playing => self.speed,
        }
    }

    /// Moves the clock to what it shows at monotonic time `now_ms`.
    ///
    /// A clock that runs into the head of a live session follows from there; at the end of a recording it pauses.
    pub fn advance(&mut self, now_ms: u64, limits: Limits) {
        match self.mode {
            Mode::Paused => self.time = within(self.time, self.delay, limits),
            Mode::Following => self.time = within(limits.house - self.delay.as_millis(), Delay::NONE, limits),
            Mode::Playing => {
                let (from, since_ms) = self.anchor;
                let target = from + self.speed.session_millis(now_ms.saturating_sub(since_ms));
                self.time = within(target, self.delay, limits);
                if target > self.time {
                    let caught_up = limits.is_held && limits.house - self.delay.as_millis() <= limits.head;
                    self.mode = if caught_up { Mode::Following } else { Mode::Paused };
                }
            }
        }
    }

    /// Lets the clock run. One that was paused while following plays on from where it stands.
    pub fn play(&mut self, now_ms: u64, limits: Limits) {
        if self.mode == Mode::Paused {
            // At the end of a recording there is nothing left to play: begin again, as players do.
            let ended = !limits.is_live && self.time >= limits.head;
            let from = if ended { limits.start } else { self.time };
            self.play_from(from, now_ms, limits);
        }
    }

    /// Lets the clock stand.
    pub fn pause(&mut self, now_ms: u64, limits: Limits) {
        self.advance(now_ms, limits);
        self.mode = Mode::Paused;
    }

    /// Puts the clock to a moment, held inside the limits. It plays on if it played and no longer follows.
    pub fn seek(&mut self, time: SessionTime, now_ms: u64, limits: Limits) {
        self.advance(now_ms, limits);
        if self.mode == Mode::Paused {
            self.time = within(time, self.delay, limits);
        } else {
            self.play_from(time, now_ms, limits);
        }
    }

    /// Changes the speed. A clock that follows goes on doing so at normal speed only.
    pub fn set_speed(&mut self, speed: Speed, now_ms: u64, limits: Limits) {
        self.advance(now_ms, limits);
        self.speed = speed;
        let keeps_following = self.mode == Mode::Following && speed == Speed::NORMAL;
        if self.mode != Mode::Paused && !keeps_following {
            self.play_from(self.time, now_ms, limits);
        }
    }

    /// Changes the delay.
    pub fn set_delay(&mut self, delay: Delay, now_ms: u64, limits: Limits) {
        self.advance(now_ms, limits);
        self.delay = delay;
        self.advance(now_ms, limits);
    }

    /// Follows the house clock, less the delay.
    pub fn follow(&mut self, now_ms: u64, limits: Limits) {
        self.mode = Mode::Following;
        self.speed = Speed::NORMAL;
        self.advance(now_ms, limits);
    }

    fn play_from(&mut self, time: SessionTime, now_ms: u64, limits: Limits) {
        self.time = within(time, self.delay, limits);
        self.anchor = (self.time, now_ms);
        self.mode = Mode::Playing;
    }
}

/// Holds a moment inside what a client may see. The delay counts only where the house clock holds the session back:
/// the end of a finished recording is everybody's to watch.
fn within(time: SessionTime, delay: Delay, limits: Limits) -> SessionTime {
    let held = if limits.is_held { time.min(limits.house - delay.as_millis()) } else { time };
    held.min(limits.head).max(limits.start)
}
