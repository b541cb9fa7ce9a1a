//! Origins of timing and telemetry data, translated into events.
