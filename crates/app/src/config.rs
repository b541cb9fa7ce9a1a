//! Configuration: one documented TOML file, defaults in one place, secrets from the environment only.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use overcut_live::LiveConfig;
use overcut_predict::estimate::EstimateConfig;
use serde::{Deserialize, Serialize};

/// Everything that can be configured. `config/default.toml` states every key with its default; a test keeps it so.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where recordings are.
    pub data: DataConfig,
    /// Where and how the server listens.
    pub server: ServerConfig,
    /// Sources of live sessions, and the recorder.
    pub live: LiveConfig,
    /// Where cars are that no source gives positions of.
    pub estimate: EstimateConfig,
    /// The bus that the roles share.
    pub bus: BusConfig,
    /// Questions in SQL.
    pub sql: SqlConfig,
    /// Thresholds of the alerts.
    pub alerts: overcut_predict::Config,
    /// Where tables of sessions are kept.
    pub stores: StoresConfig,
}

/// Where tables of sessions are kept besides the data folder, and for how long.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoresConfig {
    /// Days after which sessions are removed from a store; 0 keeps them for ever.
    pub keep_days: u32,
    /// Seconds between writings of a session that grows.
    pub write_every_s: u64,
    /// PostgreSQL, without password; `$DATABASE_URL` goes before it.
    pub postgres_url: String,
    /// MariaDB or MySQL, without password; `$MYSQL_URL` goes before it.
    pub mysql_url: String,
    /// Bucket of an object store that speaks S3.
    pub s3_bucket: String,
    /// What the names of objects begin with.
    pub s3_prefix: String,
    /// Address of a store other than Amazon's; `$AWS_ENDPOINT_URL` is looked at where it is empty.
    pub s3_endpoint: String,
    /// Host of Redis; `$REDIS_HOST` goes before it.
    pub redis_host: String,
    /// Its port; `$REDIS_PORT` goes before it.
    pub redis_port: u16,
    /// Whether it speaks TLS.
    pub redis_tls: bool,
    /// Seconds for which Redis keeps the latest state of a session that is told no more; `$CACHE_TTL` goes before it.
    pub redis_keep_s: u64,
}

impl Default for StoresConfig {
    fn default() -> Self {
        StoresConfig {
            keep_days: 0,
            write_every_s: 120,
            postgres_url: String::new(),
            mysql_url: String::new(),
            s3_bucket: String::new(),
            s3_prefix: String::new(),
            s3_endpoint: String::new(),
            redis_host: String::new(),
            redis_port: 6379,
            redis_tls: false,
            redis_keep_s: 3600,
        }
    }
}

/// Where recordings are.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// Folder that recordings are imported into; empty for the platform's own place.
    pub folder: PathBuf,
    /// More folders to list recordings from.
    pub also: Vec<PathBuf>,
    /// Folder of circuit files; empty for `$OVERCUT_CIRCUITS`, or `circuits` in the data folder.
    pub circuits: PathBuf,
}

/// Where and how the server listens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address; loopback unless told otherwise.
    pub bind: IpAddr,
    /// Port.
    pub port: u16,
    /// Origins other than our own that browsers may call from, such as `https://wall.example`.
    pub allowed_origins: Vec<String>,
    /// Host names besides the bound address under which the server may be reached.
    pub allowed_hosts: Vec<String>,
    /// Connections at the same time.
    pub max_connections: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8722,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            max_connections: 5000,
        }
    }
}

/// The bus that ingests, engines, sinks and gateways share.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BusConfig {
    /// Brokers of Kafka, as `host:port`, separated by commas.
    pub brokers: String,
    /// What stands before the names of topics.
    pub prefix: String,
    /// A name of its own for the topic of events; `$TELEMETRY_TOPIC` goes before it.
    pub events_topic: String,
    /// A name of its own for the topic of insights; `$PREDICTIONS_TOPIC` goes before it.
    pub insights_topic: String,
    /// Partitions of each topic: at least as many as there will be engines.
    pub partitions: u32,
    /// On how many brokers each message is kept.
    pub replication: u16,
    /// How long messages are kept, in hours.
    pub retention_h: u32,
    /// How messages are written.
    pub format: BusFormat,
    /// How long messages are gathered before they are sent, in milliseconds.
    pub linger_ms: u64,
    /// Most messages sent as one batch.
    pub batch_messages: u32,
    /// How long a broker that has nothing new keeps a question, in milliseconds.
    pub fetch_wait_ms: u64,
    /// After how long without a sign of life a role is taken for dead, in seconds.
    pub session_timeout_s: f64,
    /// After how long without taking messages it is, in seconds.
    pub max_poll_interval_s: f64,
    /// Whether to speak TLS.
    pub tls: bool,
    /// A file of certificates in PEM that are trusted besides the system's.
    pub certificates: PathBuf,
    /// How user and password are shown, if there are any.
    pub mechanism: String,
}

/// How messages on the bus are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BusFormat {
    /// As `proto/` says.
    #[default]
    Protobuf,
    /// The same as JSON.
    Json,
}

impl Default for BusConfig {
    fn default() -> Self {
        BusConfig {
            brokers: String::new(),
            prefix: "overcut.".to_owned(),
            events_topic: String::new(),
            insights_topic: String::new(),
            partitions: 12,
            replication: 1,
            retention_h: 7 * 24,
            format: BusFormat::Protobuf,
            linger_ms: 5,
            batch_messages: 10_000,
            fetch_wait_ms: 100,
            session_timeout_s: 10.0,
            max_poll_interval_s: 60.0,
            tls: false,
            certificates: PathBuf::new(),
            mechanism: "SCRAM-SHA-512".to_owned(),
        }
    }
}

/// Questions in SQL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SqlConfig {
    /// Whether the server answers them.
    pub enabled: Offer,
    /// Longest time of a query, seconds.
    pub timeout_s: u32,
    /// Most rows of an answer.
    pub max_rows: u32,
    /// Most memory of a query, MiB.
    pub max_memory_mib: u32,
    /// Longest answer, MiB.
    pub max_answer_mib: u32,
    /// Queries at the same time.
    pub at_once: usize,
}

/// Whether something is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// While only this machine can reach it.
    #[default]
    Auto,
    /// To whoever can reach it.
    Always,
    /// To nobody.
    Never,
}

impl Default for SqlConfig {
    fn default() -> Self {
        SqlConfig {
            enabled: Offer::Auto,
            timeout_s: 10,
            max_rows: 10_000,
            max_memory_mib: 256,
            max_answer_mib: 64,
            at_once: 2,
        }
    }
}

impl SqlConfig {
    /// The same in the engine's words.
    #[cfg(feature = "sql")]
    pub fn limits(&self) -> overcut_sql::Limits {
        let whole = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        overcut_sql::Limits {
            time: std::time::Duration::from_secs(self.timeout_s.into()),
            n_rows: whole(self.max_rows).max(1),
            memory_bytes: whole(self.max_memory_mib).saturating_mul(1 << 20),
            answer_bytes: whole(self.max_answer_mib).saturating_mul(1 << 20),
        }
    }
}

impl Config {
    /// Reads the configuration: the file named, else `config.toml` in the data folder, else the defaults.
    ///
    /// `data` overrides the data folder. `$OVERCUT_DATA` adds a folder to list recordings from.
    ///
    /// # Errors
    ///
    /// If the named file cannot be read, or holds a key or value that is not known: the message points at the line.
    pub fn load(file: Option<&Path>, data: Option<&Path>) -> Result<Config> {
        let home = data.map(Path::to_path_buf).unwrap_or_else(default_data_folder);
        let found = home.join("config.toml");
        let mut config = match file {
            Some(path) => Config::read(path)?,
            None if found.is_file() => Config::read(&found)?,
            None => Config::default(),
        };
        if data.is_some() || config.data.folder.as_os_str().is_empty() {
            config.data.folder = home;
        }
        if config.data.circuits.as_os_str().is_empty() {
            let named = std::env::var_os("OVERCUT_CIRCUITS").filter(|v| !v.is_empty()).map(PathBuf::from);
            config.data.circuits = named.unwrap_or_else(|| config.data.folder.join("circuits"));
        }
        config.data.also.extend(std::env::var_os("OVERCUT_DATA").filter(|v| !v.is_empty()).map(PathBuf::from));
        Ok(config)
    }

    fn read(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a valid configuration", path.display()))
    }
}

/// The platform's place for data, such as `~/.local/share/overcut`.
fn default_data_folder() -> PathBuf {
    directories::ProjectDirs::from("", "", "overcut").map_or_else(|| "overcut-data".into(), |d| d.data_dir().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &str = include_str!("../../../config/default.toml");

    #[test]
    fn the_documented_defaults_are_the_defaults() {
        assert_eq!(toml::from_str::<Config>(DEFAULT).unwrap(), Config::default());
    }

    #[test]
    fn every_key_is_documented() {
        let Config { data, server, live, estimate, bus, sql, alerts, stores } = Config::default();
        // The keys are the fields' names, as derived `Debug` prints them.
        for key in format!("{data:?} {server:?} {live:?} {estimate:?} {bus:?} {sql:?} {alerts:?} {stores:?}")
            .split([' ', '{', ','])
            .filter_map(|w| w.strip_suffix(':'))
        {
            // What is not set by default stands there as an example.
            let is_said = ["", "# "].iter().any(|mark| DEFAULT.contains(&format!("\n{mark}{key} = ")));
            assert!(
                is_said || ["alerts", "live"].iter().any(|table| DEFAULT.contains(&format!("[{table}.{key}]"))),
                "config/default.toml does not say {key}"
            );
        }
    }

    #[test]
    fn an_unknown_key_points_at_its_line() {
        let error = toml::from_str::<Config>("[server]\nport = 1\nprot = 2\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("prot"), "{error}");
    }
}
