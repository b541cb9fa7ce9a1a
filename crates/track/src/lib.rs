//! Car traces on session time and on distance; circuit geometry; the 50 Hz resampler.
