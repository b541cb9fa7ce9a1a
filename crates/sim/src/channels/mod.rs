//! Full-channel telemetry at 60 to 200 Hz.
