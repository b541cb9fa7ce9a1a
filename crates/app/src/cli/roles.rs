//! Arguments of the roles: the commands that share the work over a bus.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use super::{ListenArguments, SourceArguments, StoreKind};

/// Which bus, and where the role says how it is.
#[derive(Debug, Args)]
pub struct BusArguments {
    /// The bus: `kafka://HOST:PORT`, several brokers with commas [default: as configured under bus, or
    /// $KAFKA_BOOTSTRAP_SERVERS].
    #[arg(long, value_name = "URL")]
    pub bus: Option<String>,

    /// Address on which the role answers /health and /metrics, such as 127.0.0.1:9401 [default: nowhere].
    #[arg(long, value_name = "ADDRESS")]
    pub status: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub struct IngestArguments {
    /// Recordings: ids, words of names, or paths.
    #[arg(required_unless_present = "live")]
    pub recordings: Vec<String>,

    /// Tell the session that happens now, and record it, as `overcut record` does.
    #[arg(long, conflicts_with_all = ["recordings", "speed"])]
    pub live: bool,

    /// Tell them so many times as fast as they were heard [default: as fast as the bus takes them].
    #[arg(long)]
    pub speed: Option<f64>,

    /// With --speed, tell at once what is before this session time, such as 0:58:00.
    #[arg(long, value_name = "TIME", requires = "speed")]
    pub from: Option<overcut_domain::SessionTime>,

    #[command(flatten)]
    pub sources: SourceArguments,

    #[command(flatten)]
    pub bus: BusArguments,
}

#[derive(Debug, Args)]
pub struct EngineArguments {
    /// Engines of one group share the sessions.
    #[arg(long, default_value = "overcut-engine")]
    pub group: String,

    #[command(flatten)]
    pub bus: BusArguments,
}

#[derive(Debug, Args)]
pub struct GatewayArguments {
    #[command(flatten)]
    pub listen: ListenArguments,

    #[command(flatten)]
    pub bus: BusArguments,
}

#[derive(Debug, Args)]
pub struct SinkArguments {
    /// Where what is told is kept.
    #[arg(long, value_enum, default_value_t = SinkKind::Parquet)]
    pub to: SinkKind,

    /// Sinks of one group share the sessions [default: one group for each kind of store].
    #[arg(long)]
    pub group: Option<String>,

    #[command(flatten)]
    pub bus: BusArguments,
}

/// What a sink writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SinkKind {
    /// Tables in Parquet files in the data folder.
    Parquet,
    /// Tables in PostgreSQL, with TimescaleDB where it is installed.
    Postgres,
    /// Tables in MariaDB or MySQL; without telemetry.
    Mysql,
    /// Tables in Parquet files in the data folder, and in an object store once a session is over.
    S3,
    /// The latest state of each session, in Redis.
    Redis,
}

impl SinkKind {
    /// The store of tables that it is, if it is one.
    pub fn tables(self) -> Option<StoreKind> {
        match self {
            SinkKind::Parquet => Some(StoreKind::Parquet),
            SinkKind::Postgres => Some(StoreKind::Postgres),
            SinkKind::Mysql => Some(StoreKind::Mysql),
            SinkKind::S3 => Some(StoreKind::S3),
            SinkKind::Redis => None,
        }
    }
}
