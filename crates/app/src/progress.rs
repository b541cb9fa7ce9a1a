//! Progress on standard error: a bar for people, nothing in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over a known number of steps.
pub fn of(n_steps: u64, what: &str) -> ProgressBar {
    styled(ProgressBar::new(n_steps), "{msg} [{bar:32}] {pos}/{len} {eta}", what)
}

/// Something that turns, for work of which nobody knows how long it takes.
pub fn unknown(what: &str) -> ProgressBar {
    let bar = styled(ProgressBar::new_spinner(), "{spinner} {msg} {pos} {elapsed}", what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn styled(bar: ProgressBar, template: &str, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.progress_chars("=> ")).with_message(what.to_owned())
}
