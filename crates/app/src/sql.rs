//! SQL: who may ask, and the engine behind the server's seam.

#[cfg(feature = "sql")]
mod engine;

use std::net::IpAddr;

use overcut_server::SqlOffer;

use crate::cli::ListenArguments;
use crate::config::{Config, Offer};
use crate::listen;

#[cfg(feature = "sql")]
pub use engine::{WORKER, runner, tables, work};

/// What a program without an engine says.
#[cfg(not(feature = "sql"))]
pub const NOT_BUILT: &str = "this overcut was built without SQL: build it with `--features sql`, or ask the Parquet files of \
                             `overcut tables` with DuckDB, Polars or pandas";

/// What a server offers that listens as configured and asked for.
///
/// Whoever may ask in SQL may keep cores busy, so a server that is open to the network does not offer it unless it is
/// told to.
pub fn offer(config: &Config, arguments: &ListenArguments) -> SqlOffer {
    offer_on(listen::address(config, arguments).ip(), config)
}

fn offer_on(address: IpAddr, config: &Config) -> SqlOffer {
    match config.sql.enabled {
        Offer::Never => SqlOffer::Off("it is switched off: `enabled` under [sql] is \"never\"".to_owned()),
        Offer::Auto if !address.is_loopback() => SqlOffer::Off(format!(
            "it is not offered on {address}, which is open to the network, unless `enabled` under [sql] is \"always\""
        )),
        Offer::Auto | Offer::Always => engine(config),
    }
}

/// What a replay offers that keeps the future to itself: nothing, because tables hold a session to its end.
pub fn offer_nothing_of_the_future() -> SqlOffer {
    SqlOffer::Off("tables know how sessions ended, which `--as-live` keeps to itself".to_owned())
}

#[cfg(feature = "sql")]
fn engine(config: &Config) -> SqlOffer {
    match engine::Tables::new(config) {
        Ok(tables) => SqlOffer::On(std::sync::Arc::new(tables)),
        Err(error) => SqlOffer::Off(format!("it cannot be started: {error:#}")),
    }
}

#[cfg(not(feature = "sql"))]
fn engine(_config: &Config) -> SqlOffer {
    SqlOffer::Off(NOT_BUILT.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_open_to_the_network_offers_sql_only_if_told_to() {
        let (local, open): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "0.0.0.0".parse().unwrap());
        let mut config = Config::default();
        // A program without an engine refuses in other words.
        let is_off = |config: &Config, address| match offer_on(address, config) {
            SqlOffer::Off(why) => why.starts_with("it is"),
            SqlOffer::On(_) => false,
        };
        assert!(!is_off(&config, local) && is_off(&config, open));
        config.sql.enabled = Offer::Always;
        assert!(!is_off(&config, local) && !is_off(&config, open));
        config.sql.enabled = Offer::Never;
        assert!(is_off(&config, local) && is_off(&config, open));
    }
}
