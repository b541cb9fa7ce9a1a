//! Tells a whole session anew on a thread of its own, so that what is heard meanwhile is shown at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use overcut_domain::SessionTime;
use overcut_sources::live::Replay;
use overcut_timeline::Timeline;
use overcut_track::Outline;

use super::growing::Told;
use crate::pipeline::PipelineConfig;

/// A session that is being told anew. It ends early once nobody waits for it any more.
pub struct Retelling {
    thread: Option<JoinHandle<(Account, Replay)>>,
    is_given_up: Arc<AtomicBool>,
}

/// What was told.
pub struct Account {
    pub(super) told: Told,
    pub(super) timeline: Timeline,
    /// The map that it was told on.
    pub(super) outline: Option<Arc<Outline>>,
}

impl Retelling {
    /// Begins to tell. Alerts are placed on the outline; `house` is the moment that clients see now.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn begin(
        config: &PipelineConfig,
        mut replay: Replay,
        outline: Option<Arc<Outline>>,
        house: SessionTime,
    ) -> io::Result<Retelling> {
        let is_given_up = Arc::new(AtomicBool::new(false));
        let (config, is_over) = (config.clone(), is_given_up.clone());
        let tell = move || {
            let (mut told, mut timeline) = (Told::new(&config), Timeline::new());
            if let Some(outline) = &outline {
                timeline.set_outline((**outline).clone());
            }
            for event in replay.by_ref() {
                if is_over.load(Ordering::Relaxed) {
                    break; // nobody will look at it
                }
                told.tell(&mut timeline, &event, house);
            }
            (Account { told, timeline, outline }, replay)
        };
        let thread = thread::Builder::new().name("retell".to_owned()).spawn(tell)?;
        Ok(Retelling { thread: Some(thread), is_given_up })
    }

    /// True if [`Retelling::wait`] would not wait.
    pub fn is_done(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the account. `None` if telling it broke down.
    pub fn wait(mut self) -> Option<(Account, Replay)> {
        let account = self.thread.take()?.join();
        account.inspect_err(|_| tracing::error!("telling the session anew broke down, which is a bug")).ok()
    }
}

impl Drop for Retelling {
    fn drop(&mut self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }
}
