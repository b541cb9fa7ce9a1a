//! Small sessions written by hand.
