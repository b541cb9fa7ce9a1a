//! The lap-time simulation: how fast a car can go round a circuit, quasi-steady-state.
