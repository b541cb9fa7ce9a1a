//! The stores of tables that were configured, opened.

use std::time::Duration;

use anyhow::Result;
#[cfg(not(all(feature = "mysql", feature = "postgres", feature = "s3")))]
use anyhow::bail;
#[cfg(any(test, feature = "mysql", feature = "postgres", feature = "redis", feature = "s3"))]
use anyhow::ensure;
use overcut_domain::UtcTime;
#[cfg(any(test, feature = "mysql", feature = "postgres", feature = "redis"))]
use overcut_live::Secret;
use overcut_warehouse::{ParquetFolder, Warehouse};

use crate::cli::StoreKind;
use crate::config::{Config, StoresConfig};
#[cfg(feature = "redis")]
use crate::environment::variable;
use crate::library::Entry;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// Opens a store and makes it ready.
///
/// # Errors
///
/// If this program was built without it, it is not configured, or it cannot be had.
pub fn open(kind: StoreKind, config: &Config) -> Result<Box<dyn Warehouse>> {
    let store: Box<dyn Warehouse> = match kind {
        StoreKind::Parquet => Box::new(folder(config)),
        StoreKind::S3 => objects(config)?,
        StoreKind::Postgres => postgres(&config.stores)?,
        StoreKind::Mysql => mysql(&config.stores)?,
    };
    store.prepare()?;
    Ok(store)
}

/// The folder of tables in the data folder.
pub fn folder(config: &Config) -> ParquetFolder {
    ParquetFolder::new(config.data.folder.join("tables"), Duration::from_secs(config.stores.write_every_s))
}

#[cfg(feature = "postgres")]
fn postgres(stores: &StoresConfig) -> Result<Box<dyn Warehouse>> {
    let url = url("DATABASE_URL", "stores.postgres_url", &stores.postgres_url)?;
    Ok(Box::new(overcut_warehouse::Postgres::new(url.reveal())?))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &StoresConfig) -> Result<Box<dyn Warehouse>> {
    bail!("this overcut was built without PostgreSQL: build it with `--features postgres`")
}

#[cfg(feature = "mysql")]
fn mysql(stores: &StoresConfig) -> Result<Box<dyn Warehouse>> {
    let url = url("MYSQL_URL", "stores.mysql_url", &stores.mysql_url)?;
    Ok(Box::new(overcut_warehouse::MySql::new(url.reveal())?))
}

#[cfg(not(feature = "mysql"))]
fn mysql(_: &StoresConfig) -> Result<Box<dyn Warehouse>> {
    bail!("this overcut was built without MySQL: build it with `--features mysql`")
}

/// The URL of a database: out of the environment, where it may hold a password, or out of the configuration, where it
/// must not.
#[cfg(any(test, feature = "mysql", feature = "postgres"))]
fn url(variable: &str, key: &str, configured: &str) -> Result<Secret> {
    if let Some(url) = Secret::from_environment(variable)? {
        return Ok(url);
    }
    ensure!(!configured.is_empty(), "no database: set {variable}, or {key} in the configuration");
    ensure!(!has_password(configured), "{key} holds a password: secrets come from the environment, as {variable}");
    Ok(Secret::new(configured))
}

/// True for `scheme://user:password@host/…`.
#[cfg(any(test, feature = "mysql", feature = "postgres"))]
fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

/// The folder of tables, whose files are sent to the object store when a session is over.
#[cfg(feature = "s3")]
fn objects(config: &Config) -> Result<Box<dyn Warehouse>> {
    Ok(Box::new(overcut_warehouse::Mirrored::new(folder(config), mirror(&config.stores)?)))
}

#[cfg(feature = "s3")]
fn mirror(stores: &StoresConfig) -> Result<overcut_warehouse::ObjectMirror> {
    ensure!(!stores.s3_bucket.is_empty(), "no object store: set stores.s3_bucket in the configuration");
    Ok(overcut_warehouse::ObjectMirror::new(&overcut_warehouse::ObjectOptions {
        bucket: stores.s3_bucket.clone(),
        prefix: stores.s3_prefix.clone(),
        endpoint: stores.s3_endpoint.clone(),
    })?)
}

#[cfg(not(feature = "s3"))]
fn objects(_: &Config) -> Result<Box<dyn Warehouse>> {
    bail!("this overcut was built without object stores: build it with `--features s3`")
}

/// Sends a recording to the object store, where it is one file of ours. True if it was sent, false if it was there.
///
/// # Errors
///
/// If it cannot be sent.
#[cfg(feature = "s3")]
pub fn send_recording(config: &Config, entry: &Entry) -> Result<bool> {
    use overcut_warehouse::{ObjectMirror, Transfer};
    if entry.path.extension().is_none_or(|extension| extension != "mcap") {
        return Ok(false);
    }
    let name = ObjectMirror::recording(&entry.id.parse()?);
    Ok(mirror(&config.stores)?.send(&entry.path, &name)? == Transfer::Now)
}

/// As above, in a program that cannot do it.
///
/// # Errors
///
/// Always.
#[cfg(not(feature = "s3"))]
pub fn send_recording(_: &Config, _: &Entry) -> Result<bool> {
    bail!("this overcut was built without object stores: build it with `--features s3`")
}

/// Where Redis is, and for how long it keeps what is told no more: as the environment says, else the configuration.
///
/// # Errors
///
/// If no host is named, or the environment makes no sense.
#[cfg(feature = "redis")]
pub fn latest(stores: &StoresConfig) -> Result<overcut_warehouse::LatestOptions> {
    let host = variable("REDIS_HOST").unwrap_or_else(|| stores.redis_host.clone());
    ensure!(!host.is_empty(), "no Redis: set REDIS_HOST, or stores.redis_host in the configuration");
    let keep_s = number("CACHE_TTL")?.unwrap_or(stores.redis_keep_s);
    ensure!(
        keep_s > 0,
        "what Redis keeps for no time at all nobody sees: CACHE_TTL and stores.redis_keep_s are seconds"
    );
    Ok(overcut_warehouse::LatestOptions {
        host,
        port: number("REDIS_PORT")?.unwrap_or(stores.redis_port),
        tls: stores.redis_tls,
        password: Secret::from_environment("REDIS_PASSWORD")?.map(|password| password.reveal().to_owned()),
        ttl: Duration::from_secs(keep_s),
    })
}

#[cfg(feature = "redis")]
fn number<T: std::str::FromStr>(name: &str) -> Result<Option<T>> {
    let parse = |text: String| text.trim().parse().map_err(|_| anyhow::anyhow!("{name} is {text:?}: want a number"));
    variable(name).map(parse).transpose()
}

/// Removes the sessions that are older than the configuration wants, and says how many there were.
///
/// # Errors
///
/// If the store does not do it.
pub fn forget_old(store: &dyn Warehouse, stores: &StoresConfig, now: UtcTime) -> Result<usize> {
    if stores.keep_days == 0 {
        return Ok(0);
    }
    let moment = now.as_millis().saturating_sub(i64::from(stores.keep_days).saturating_mul(DAY_MS));
    Ok(store.forget_before(UtcTime::from_millis(moment))?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_configuration_is_seen() {
        for url in ["postgres://a:b@host/db", "mysql://a:b@[::1]:3306", "a:b@host"] {
            assert!(has_password(url), "{url}");
        }
        for url in ["postgres://host:5432/db", "postgres://a@host/x:y@z", ""] {
            assert!(!has_password(url), "{url}");
        }
        let refused = url("OVERCUT_TEST_NO_SUCH_VARIABLE", "stores.postgres_url", "postgres://a:hunter2@host/db");
        assert!(!format!("{:?}", refused.unwrap_err()).contains("hunter2"));
    }
}
