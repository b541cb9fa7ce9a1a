//! Fits the simulator to real races and scores it against them.
