//! What the wall makes of a live session: the conductor's audience that folds and shows it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use overcut_domain::{Event, Feed, FeedState, Liveness, SessionInfo, SessionTime, Stamped};
use overcut_live::Audience;
use overcut_server::wire::SessionSummary;
use overcut_server::{Library, now_ms};
use overcut_sources::live::Assembler;

use super::growing::Growing;
use super::map_maker::MapMaker;
use super::report::CurrentId;
use crate::config::DataConfig;
use crate::library::Title;
use crate::pipeline::PipelineConfig;

/// Between two times that a session is told again: what comes late mostly comes in many pieces.
const RETELL_EVERY: Duration = Duration::from_secs(10);
/// Between two looks at whether there is enough for a better map.
const MAP_EVERY: Duration = Duration::from_secs(2);

/// The id of what is shown before a session is known.
const WAITING: &str = "live";

/// Shows live sessions, one after the other.
pub struct Wall {
    library: Arc<Library>,
    pipeline: PipelineConfig,
    data: DataConfig,
    /// The recording that grows, for the shelf, which does not list it.
    recording: Arc<Mutex<Option<PathBuf>>>,
    current: CurrentId,
    now: Option<Shown>,
}

/// The session that is on.
struct Shown {
    growing: Growing,
    map: MapMaker,
    /// True if something came late since the session was last told as a whole.
    has_late: bool,
    retold_at: Option<Instant>,
    map_at: Instant,
}

impl Wall {
    /// A wall with nothing on it.
    pub fn new(
        library: Arc<Library>,
        pipeline: PipelineConfig,
        data: DataConfig,
        recording: Arc<Mutex<Option<PathBuf>>>,
    ) -> Wall {
        let current = CurrentId::default();
        let mut wall = Wall { library, pipeline, data, recording, current, now: None };
        wall.show(&SessionInfo::default(), waiting(), Path::new(""));
        if let Some(shown) = &mut wall.now {
            shown.growing.hear(&[nothing_yet()]);
        }
        wall
    }

    /// The id of the session that is on, for whoever reports.
    pub fn current(&self) -> CurrentId {
        self.current.clone()
    }

    /// Puts a session on the wall, in place of the one before.
    fn show(&mut self, info: &SessionInfo, summary: SessionSummary, recording: &Path) {
        let id = summary.id.clone();
        let growing = Growing::new(summary, self.pipeline.clone());
        let session = growing.shared().clone();
        let (pipeline, data) = (self.pipeline.clone(), self.data.clone());
        let map = MapMaker::new(pipeline, data, info, recording.to_owned(), &session);
        let shown = Shown { growing, map, has_late: false, retold_at: None, map_at: Instant::now() };
        let before = self.now.replace(shown);
        if let Some(mut before) = before {
            before.growing.finish();
            let before = before.growing.shared();
            // Whoever looks at it keeps it; others open its recording.
            self.library.retire(&before.summary().id);
            before.succeed(&id);
        }
        self.library.put(session);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        *self.recording.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(recording.to_owned()).filter(|path| !path.as_os_str().is_empty());
    }
}

impl Shown {
    /// Begins to tell the session anew.
    fn retell(&mut self, assembler: &mut Assembler) {
        self.retold_at = Some(Instant::now());
        match self.growing.retell(assembler.retell()) {
            Ok(()) => self.has_late = false,
            Err(error) => tracing::warn!(%error, "cannot tell the session anew"),
        }
    }

    /// Shows what was told anew, if it is done or `waits` for it.
    fn turn_to_retold(&mut self, assembler: &mut Assembler, waits: bool) {
        let Some((account, replay)) = self.growing.retold(waits) else { return };
        let mut since = Vec::new();
        assembler.adopt(replay, &mut since);
        self.growing.turn_to(account, &since);
    }
}

impl Audience for Wall {
    fn begin(&mut self, info: &SessionInfo, recording: &Path) {
        let title = Title::new(Some(info), recording);
        self.show(info, title.summary(title.slug(), "live".to_owned(), None, 0), recording);
    }

    fn hear(&mut self, events: &[Stamped<Event>], is_late: bool) {
        let Some(shown) = &mut self.now else { return };
        shown.growing.hear(events);
        shown.has_late |= is_late;
    }

    fn pass(&mut self, assembler: &mut Assembler) {
        let Some(shown) = &mut self.now else { return };
        shown.growing.pass(now_ms());
        shown.turn_to_retold(assembler, false);
        let is_due = shown.retold_at.is_none_or(|at| at.elapsed() >= RETELL_EVERY);
        if shown.has_late && is_due && !shown.growing.is_retelling() {
            shown.retell(assembler);
        }
        if shown.map_at.elapsed() >= MAP_EVERY {
            shown.map_at = Instant::now();
            shown.map.consider(shown.growing.state(), shown.growing.shared());
        }
    }

    fn end(&mut self, assembler: &mut Assembler) {
        let Some(shown) = &mut self.now else { return };
        if shown.has_late {
            shown.retell(assembler); // in place of one that may be under way
        }
        shown.turn_to_retold(assembler, true);
        shown.growing.finish();
    }
}

/// That every feed is missing. What each source does about it, the health says, source by source.
fn nothing_yet() -> Stamped<Event> {
    let state = |feed| FeedState {
        feed,
        source: None,
        liveness: Liveness::Missing,
        delay_ms: None,
        last: None,
        reason: "no session yet".to_owned(),
    };
    Stamped { time: SessionTime::ZERO, value: Event::Feeds(Feed::ALL.map(state).to_vec()) }
}

/// What is on the wall before a session is known.
fn waiting() -> SessionSummary {
    let title =
        Title { meeting: "Live timing".to_owned(), name: "Waiting for a session".to_owned(), ..Title::default() };
    title.summary(WAITING.to_owned(), "live".to_owned(), None, 0)
}
