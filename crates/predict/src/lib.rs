//! Detectors and, later, models: what we conclude from folded state.
