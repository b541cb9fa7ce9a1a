//! Faults put into a synthetic session, and the truth about them.
