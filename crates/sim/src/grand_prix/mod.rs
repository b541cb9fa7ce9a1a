//! The synthetic Grand Prix: a session as a stream of events, with the truth beside it.
