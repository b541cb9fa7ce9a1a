//! Random numbers from a key: (seed, run, lap, car, purpose).
