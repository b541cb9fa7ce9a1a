//! Overcut: a race wall in one program.

fn main() {}
