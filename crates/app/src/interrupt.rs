//! Ctrl-C and SIGTERM: the first asks to stop, the second ends the program.

use anyhow::{Context as _, Result};
use tokio_util::sync::CancellationToken;

use crate::output::say;

/// Cancels the token on the first Ctrl-C or SIGTERM, for programs without a runtime of their own.
///
/// # Errors
///
/// If no thread or runtime can be had for it.
pub fn cancel_on_ctrl_c(token: &CancellationToken) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.context("cannot listen for Ctrl-C")?;
    let token = token.clone();
    let thread = std::thread::Builder::new().name("interrupt".to_owned());
    thread.spawn(move || runtime.block_on(cancel_on_signal(token))).context("cannot listen for Ctrl-C")?;
    Ok(())
}

/// Cancels on the first Ctrl-C or SIGTERM; a second one ends the program at once.
pub async fn cancel_on_signal(shutdown: CancellationToken) {
    signal().await;
    shutdown.cancel();
    say!("stopping; once more to stop at once");
    signal().await;
    std::process::exit(130);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "cannot listen for SIGTERM");
            let _ = tokio::signal::ctrl_c().await; // an error here means that no signal will ever come
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await; // an error here means that no signal will ever come
}
