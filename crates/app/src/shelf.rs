//! What the server may serve: the recordings of the data folder, and the synthetic Grand Prix beside them.

use std::sync::{Arc, LazyLock};

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
}

impl DataFolder {
    /// The recordings as configured.
    pub fn new(data: DataConfig, pipeline: PipelineConfig) -> DataFolder {
        DataFolder { data, pipeline, synthetic: LazyLock::new(Synthetic::default) }
    }
}

impl Shelf for DataFolder {
    fn list(&self) -> Vec<SessionSummary> {
        let library = Library::scan(&self.data);
        library.entries().iter().map(Entry::summary).chain([self.synthetic.summary()]).collect()
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
