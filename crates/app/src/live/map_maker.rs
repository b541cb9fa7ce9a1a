//! The map of a session that happens now: known from elsewhere first, then drawn by its own laps, and redrawn rarely.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use overcut_domain::SessionInfo;
use overcut_server::SharedSession;
use overcut_session::Session;

use crate::config::DataConfig;
use crate::library::Library;
use crate::load::load;
use crate::map;
use crate::pipeline::PipelineConfig;

/// Laps after which a map is worth drawing; then again each time there are twice as many.
const FIRST_LAPS: usize = 3;
/// Laps from which on nothing is gained by drawing again.
const ENOUGH_LAPS: usize = 400;

/// Keeps one session supplied with a map.
pub struct MapMaker {
    pipeline: PipelineConfig,
    next_at_laps: usize,
    is_busy: Arc<AtomicBool>,
}

impl MapMaker {
    /// A map for a session: from the file of its circuit, else from an earlier recording there, if there is one.
    pub fn new(
        pipeline: PipelineConfig,
        data: DataConfig,
        info: &SessionInfo,
        recording: PathBuf,
        session: &Arc<SharedSession>,
    ) -> MapMaker {
        let maker = MapMaker { pipeline, next_at_laps: FIRST_LAPS, is_busy: Arc::default() };
        let (info, pipeline) = (info.clone(), maker.pipeline.clone());
        maker.work(session, move |session| {
            let from_file =
                info.circuit_key.zip(pipeline.circuits.as_deref()).and_then(|(k, folder)| map::from_file(k, folder));
            let known = from_file.or_else(|| from_earlier(&data, &info.circuit_name, &recording, pipeline));
            if let Some(outline) = known {
                session.update(|timeline| timeline.set_outline(outline));
            }
        });
        maker
    }

    /// Looks whether there is enough to draw a better map than the present one, and begins to.
    pub fn consider(&mut self, state: &Session, session: &Arc<SharedSession>) {
        if self.next_at_laps > ENOUGH_LAPS || self.is_busy.load(Ordering::Acquire) {
            return;
        }
        let n_laps = state.laps().filter(|lap| lap.is_accurate).count();
        if n_laps < self.next_at_laps {
            return;
        }
        self.next_at_laps = 2 * n_laps;
        let (state, circuits) = (state.clone(), self.pipeline.circuits.clone());
        self.work(session, move |session| {
            // A copy, so that rows need not wait until the map is drawn.
            let telemetry = session.read().telemetry().clone();
            if let Some(outline) = map::draw(&state, &telemetry, circuits.as_deref()) {
                session.update(|timeline| timeline.set_outline(outline));
            }
        });
    }

    /// Does something on a thread of its own, one thing at a time. A session that is gone meanwhile is left alone.
    fn work(&self, session: &Arc<SharedSession>, work: impl FnOnce(&SharedSession) + Send + 'static) {
        let (session, is_busy) = (Arc::downgrade(session), self.is_busy.clone());
        is_busy.store(true, Ordering::Release);
        let done = is_busy.clone();
        let started = thread::Builder::new().name("map".to_owned()).spawn(move || {
            if let Some(session) = session.upgrade() {
                work(&session);
            }
            done.store(false, Ordering::Release);
        });
        if let Err(error) = started {
            tracing::warn!(%error, "cannot draw the map");
            is_busy.store(false, Ordering::Release);
        }
    }
}

/// The map of the latest recording with car data of the same circuit.
fn from_earlier(
    data: &DataConfig,
    circuit: &str,
    recording: &std::path::Path,
    pipeline: PipelineConfig,
) -> Option<overcut_track::Outline> {
    if circuit.is_empty() {
        return None;
    }
    let library = Library::scan(data);
    let is_other = |path: &std::path::Path| !path.starts_with(recording) && !recording.starts_with(path);
    let mut fitting = library
        .entries()
        .iter()
        .filter(|entry| entry.title.circuit == circuit && entry.has_car_data == Some(true) && is_other(&entry.path));
    let entry = fitting.next()?;
    let loaded = load(&entry.path, pipeline.build());
    let loaded = loaded.inspect_err(|error| tracing::debug!(%error, recording = entry.id, "no map from it")).ok()?;
    loaded.timeline.outline().map(|outline| (**outline).clone())
}
