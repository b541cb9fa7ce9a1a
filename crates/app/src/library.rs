//! The library: which recordings there are.
