//! What the server may serve: the recordings of the data folder, and the synthetic Grand Prix beside them.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use anyhow::{Result, ensure};
use overcut_server::wire::SessionSummary;
use overcut_server::{SharedSession, Shelf};
use overcut_timeline::{House, Speed};

use crate::config::DataConfig;
use crate::library::{Entry, Library};
use crate::load::load;
use crate::pipeline::PipelineConfig;
use crate::synthetic::Synthetic;

/// Recordings, read when somebody wants them, and one synthetic session, which begins when somebody wants it.
pub struct DataFolder {
    data: DataConfig,
    pipeline: PipelineConfig,
    /// Drawing its circuit takes longer than a start may: it waits until somebody lists what there is.
    synthetic: LazyLock<Synthetic>,
    /// The recording that this program makes now: it is served as it grows, not from its file.
    recording: Arc<Mutex<Option<PathBuf>>>,
}

impl DataFolder {
    /// The recordings as configured.
    pub fn new(data: DataConfig, pipeline: PipelineConfig) -> DataFolder {
        DataFolder { data, pipeline, synthetic: LazyLock::new(Synthetic::default), recording: Arc::default() }
    }

    /// Where to say which recording this program makes now.
    pub fn recording(&self) -> Arc<Mutex<Option<PathBuf>>> {
        self.recording.clone()
    }
}

impl Shelf for DataFolder {
    fn list(&self) -> Vec<SessionSummary> {
        let library = Library::scan(&self.data);
        let recording = self.recording.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_elsewhere = |entry: &&Entry| {
            recording.as_ref().is_none_or(|path| {
                !entry.path.as_os_str().as_encoded_bytes().starts_with(path.as_os_str().as_encoded_bytes())
            })
        };
        let recordings = library.entries().iter().filter(is_elsewhere).map(Entry::summary);
        recordings.chain([self.synthetic.summary()]).collect()
    }

    fn open(&self, summary: &SessionSummary) -> Result<Arc<SharedSession>, String> {
        let in_words = |error: anyhow::Error| format!("{error:#}");
        if summary.id == self.synthetic.id() {
            return self.synthetic.play(self.pipeline.clone(), Speed::NORMAL).map_err(in_words);
        }
        let library = Library::scan(&self.data);
        let entry = library.get(&summary.id).ok_or("it is no longer there")?;
        open(entry, self.pipeline.clone()).map(Arc::new).map_err(in_words)
    }
}

/// Reads a recording for the server.
pub fn open(entry: &Entry, pipeline: PipelineConfig) -> Result<SharedSession> {
    let loaded = load(&entry.path, pipeline.build())?;
    ensure!(loaded.timeline.log().entries().len() > 1, "{} holds nothing to show", entry.path.display());
    Ok(SharedSession::new(entry.summary(), loaded.timeline, House::AtEnd))
}
