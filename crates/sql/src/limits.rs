//! Limits that the operating system puts on the process of a query: a second line where the engine's own do not reach.

/// Memory that the process may use besides the engine's own, bytes: the program, files being decoded, the answer.
const OVERHEAD_BYTES: usize = 512 << 20;

/// Bounds this process for good: it can write no file, leaves no core behind, and has so much memory for data. Stacks
/// count as data.
///
/// Where the system knows no such limits, the engine's own have to do.
#[cfg(target_os = "linux")]
pub(crate) fn confine(memory_bytes: usize, stack_bytes: usize) -> Result<(), String> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let data = memory_bytes.saturating_add(OVERHEAD_BYTES).saturating_add(stack_bytes);
    let data = u64::try_from(data).unwrap_or(u64::MAX);
    [(Resource::RLIMIT_FSIZE, 0), (Resource::RLIMIT_CORE, 0), (Resource::RLIMIT_DATA, data)]
        .into_iter()
        .try_for_each(|(resource, limit)| {
            // Whoever started the program may have bounded it more closely.
            let limit = getrlimit(resource)?.1.min(limit);
            setrlimit(resource, limit, limit)
        })
        .map_err(|error: nix::Error| format!("the process cannot be bounded: {error}"))
}

/// Nothing to do here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn confine(_memory_bytes: usize, _stack_bytes: usize) -> Result<(), String> {
    Ok(())
}
