//! The stores of tables that were configured, opened.

use std::time::Duration;

use anyhow::Result;
#[cfg(not(all(feature = "mysql", feature = "postgres", feature = "s3")))]
use anyhow::bail;
#[cfg(any(test, feature = "mysql", feature = "postgres", feature = "s3"))]
use anyhow::ensure;
use overcut_domain::UtcTime;
#[cfg(any(test, feature = "mysql", feature = "postgres"))]
use overcut_live::Secret;
use overcut_warehouse::{ParquetFolder, Warehouse};

use crate::cli::StoreKind;
use crate::config::{Config, StoresConfig};
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
        StoreKind::Parquet | StoreKind::S3 => Box::new(folder(config)),
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

/// Sends the tables of a recording, and the recording itself where it is one file of ours, to the object store; returns
/// how many files were sent. What is there already is passed over.
///
/// # Errors
///
/// If a file cannot be sent.
#[cfg(feature = "s3")]
pub fn send(config: &Config, entry: &Entry) -> Result<usize> {
    use overcut_warehouse::{ObjectMirror, ObjectOptions, SessionId, Transfer};
    let stores = &config.stores;
    ensure!(!stores.s3_bucket.is_empty(), "no object store: set stores.s3_bucket in the configuration");
    let mirror = ObjectMirror::new(&ObjectOptions {
        bucket: stores.s3_bucket.clone(),
        prefix: stores.s3_prefix.clone(),
        endpoint: stores.s3_endpoint.clone(),
    })?;
    let (id, folder): (SessionId, _) = (entry.id.parse()?, folder(config));
    let mut files = Vec::new();
    for path in folder.files(&id)? {
        let name = path.strip_prefix(folder.root())?.components().map(|part| part.as_os_str().to_string_lossy());
        files.push((format!("tables/{}", name.collect::<Vec<_>>().join("/")), path));
    }
    if entry.path.extension().is_some_and(|extension| extension == "mcap") {
        files.push((ObjectMirror::recording(&id), entry.path.clone()));
    }
    let sent = files.iter().map(|(name, path)| mirror.send(path, name)).collect::<Result<Vec<_>, _>>()?;
    Ok(sent.iter().filter(|transfer| **transfer == Transfer::Now).count())
}

/// As above, in a program that cannot do it.
///
/// # Errors
///
/// Always.
#[cfg(not(feature = "s3"))]
pub fn send(_: &Config, _: &Entry) -> Result<usize> {
    bail!("this overcut was built without object stores: build it with `--features s3`")
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
