//! What the wall makes of a live session: the conductor's audience that folds and shows it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use overcut_domain::{Event, SessionInfo, Stamped};
use overcut_live::Audience;
use overcut_server::{Library, now_ms};
use overcut_sources::live::Assembler;

use super::growing::Growing;
use super::map_maker::MapMaker;
use crate::config::DataConfig;
use crate::library::Title;
use crate::pipeline::PipelineConfig;

/// Between two times that a session is told again: what comes late mostly comes in many pieces.
const RETELL_EVERY: Duration = Duration::from_secs(10);
/// Between two looks at whether there is enough for a better map.
const MAP_EVERY: Duration = Duration::from_secs(2);

/// Shows live sessions, one after the other.
pub struct Wall {
    library: Arc<Library>,
    pipeline: PipelineConfig,
    data: DataConfig,
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
    pub fn new(library: Arc<Library>, pipeline: PipelineConfig, data: DataConfig) -> Wall {
        Wall { library, pipeline, data, now: None }
    }

    fn leave(&mut self) {
        if let Some(mut shown) = self.now.take() {
            shown.growing.finish();
            // Whoever looks at it keeps it; others open its recording.
            self.library.retire(&shown.growing.shared().summary().id);
        }
    }
}

impl Audience for Wall {
    fn begin(&mut self, info: &SessionInfo, recording: &Path) {
        self.leave();
        let title = Title::new(Some(info), recording);
        let summary = title.summary(title.slug(), "live".to_owned(), None, 0);
        let growing = Growing::new(summary, self.pipeline.clone());
        let session = growing.shared();
        self.library.put(session.clone());
        let recording = PathBuf::from(recording);
        let map = MapMaker::new(self.pipeline.clone(), self.data.clone(), info, recording, session);
        let map_at = Instant::now();
        self.now = Some(Shown { growing, map, has_late: false, retold_at: None, map_at });
    }

    fn hear(&mut self, events: &[Stamped<Event>], is_late: bool) {
        let Some(shown) = &mut self.now else { return };
        shown.growing.hear(events);
        shown.has_late |= is_late;
    }

    fn pass(&mut self, assembler: &Assembler) {
        let Some(shown) = &mut self.now else { return };
        shown.growing.pass(now_ms());
        let is_due = shown.retold_at.is_none_or(|at| at.elapsed() >= RETELL_EVERY);
        if shown.has_late && is_due && !shown.growing.is_retelling() {
            (shown.has_late, shown.retold_at) = (false, Some(Instant::now()));
            shown.growing.retell(assembler.replay());
        }
        if shown.map_at.elapsed() >= MAP_EVERY {
            shown.map_at = Instant::now();
            shown.map.consider(shown.growing.state(), shown.growing.shared());
        }
    }

    fn end(&mut self, assembler: &Assembler) {
        if let Some(shown) = self.now.as_mut().filter(|shown| shown.has_late) {
            shown.growing.retell(assembler.replay());
        }
        self.leave();
    }
}
