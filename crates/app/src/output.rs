//! Lines on standard output and standard error.

/// Writes a line to standard output and returns from the function with the error if that fails: the reader of a pipe may
/// go away at any time (`overcut sessions | head`), which `println!` would answer with a panic.
macro_rules! out {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout().lock(), $($argument)*)?
    }};
}

/// Writes a line to standard error. If nobody listens there any more, nobody misses it: a program must be able to go on, and
/// to be stopped, after its terminal has gone, where `eprintln!` would panic.
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr().lock(), $($argument)*);
    }};
}

pub(crate) use {out, say};
