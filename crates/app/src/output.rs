//! Lines on standard output.

/// Writes a line to standard output and returns from the function with the error if that fails: the reader of a pipe may
/// go away at any time (`overcut sessions | head`), which `println!` would answer with a panic.
macro_rules! out {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout().lock(), $($argument)*)?
    }};
}

pub(crate) use out;
