//! Recordings, the catalogue of the data folder, and table export.
