//! What a person sees who only records: one line that turns, and nothing in a pipe.

use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use overcut_domain::{Event, SessionInfo, Stamped};
use overcut_live::Audience;
use overcut_live::RecorderStatusHandle;
use overcut_sources::live::Assembler;

use crate::progress;

/// How often the line is brought up to date.
const EVERY: Duration = Duration::from_millis(500);

/// The line.
pub struct RecordingProgress {
    bar: ProgressBar,
    recorder: RecorderStatusHandle,
    title: String,
    said_at: Instant,
}

impl RecordingProgress {
    /// A line that waits for a session.
    pub fn new(recorder: RecorderStatusHandle) -> RecordingProgress {
        let title = "waiting for a session".to_owned();
        RecordingProgress { bar: progress::unknown(&title), recorder, title, said_at: Instant::now() }
    }
}

impl Audience for RecordingProgress {
    fn begin(&mut self, info: &SessionInfo, _: &Path) {
        self.title = format!("{} – {}", info.meeting_name, info.name);
    }

    fn hear(&mut self, _: &[Stamped<Event>], _: bool) {}

    fn pass(&mut self, _: &mut Assembler) {
        if self.said_at.elapsed() < EVERY {
            return;
        }
        self.said_at = Instant::now();
        let status = self.recorder.get();
        let trouble = if status.detail.is_empty() { String::new() } else { format!(", {}", status.detail) };
        self.bar.set_message(format!("{}: {:.1} MB{trouble}, messages:", self.title, status.size_bytes as f64 / 1e6));
        self.bar.set_position(status.n_messages);
    }

    fn end(&mut self, _: &mut Assembler) {
        self.bar.finish_and_clear();
    }
}
