//! One detector a file. Each follows one car, sample by sample, and says when an episode is over.

pub(crate) mod drs;
pub(crate) mod finding;
pub(crate) mod lock_up;
pub(crate) mod over_rev;
pub(crate) mod pace;
pub(crate) mod place;
pub(crate) mod power_loss;
pub(crate) mod presence;
pub(crate) mod recent;
pub(crate) mod sensor;
