//! Limits that the operating system puts on this process.

/// Raises the number of open files to what the system allows: every connection is one, and the usual soft limit of 1024 is
/// below the connections that a server is configured for.
#[cfg(unix)]
pub fn raise_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised =
        getrlimit(Resource::RLIMIT_NOFILE).and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// Nothing to raise here.
#[cfg(not(unix))]
pub fn raise_open_files() {}
