//! From what is known of a race to what a simulation of the rest of it starts from.
