//! The latest state of live sessions in Redis: a hash a session with one JSON text a row, and a channel that tells of
//! changes. A cache for others to look at: nothing reads it back into Overcut, and it vanishes by itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::{Client, Connection, ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo, RedisResult};

use crate::{SessionId, WarehouseError};

/// Longest wait for a connection, an answer, or room to send.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Shortest and longest pause after a failure.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(30)];

/// Where Redis is.
#[derive(Clone)]
pub struct LatestOptions {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// True to speak TLS, with the authorities that the system trusts.
    pub tls: bool,
    /// Password, if it wants one.
    pub password: Option<String>,
    /// How long a session stays after its last change.
    pub ttl: Duration,
}

impl std::fmt::Debug for LatestOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let LatestOptions { host, port, tls, ttl, .. } = self;
        write!(f, "LatestOptions {{ {host}:{port}, tls: {tls}, ttl: {ttl:?} }}")
    }
}

/// What became of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Redis has them.
    Sent,
    /// Redis did not take them, and why. All rows have to be sent again, as [`replace`](LatestState::replace) does.
    Lost(String),
    /// The same: it did not take the last ones, and has not been asked again yet.
    Resting,
}

/// The latest rows of sessions in Redis. Calls wait for two seconds at most, and not at all while a failure is recent.
pub struct LatestState {
    client: Client,
    ttl_s: i64,
    link: Mutex<Link>,
}

impl std::fmt::Debug for LatestState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LatestState").field("ttl_s", &self.ttl_s).finish_non_exhaustive()
    }
}

/// Rows by name, as JSON; `None` for one that is gone.
pub type LatestRows = BTreeMap<String, Option<String>>;

#[derive(Default)]
struct Link {
    connection: Option<Connection>,
    pause: Duration,
    retry_at: Option<Instant>,
}

impl LatestState {
    /// Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// If the options name no server.
    pub fn new(options: &LatestOptions) -> Result<LatestState, WarehouseError> {
        let mut redis = RedisConnectionInfo::default();
        if let Some(password) = &options.password {
            redis = redis.set_password(password);
        }
        let (host, port) = (options.host.clone(), options.port);
        let address = match options.tls {
            true => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            false => ConnectionAddr::Tcp(host, port),
        };
        let info = address.into_connection_info();
        let client = info.and_then(|info| Client::open(info.set_redis_settings(redis)));
        let client = client.map_err(|error| WarehouseError::refused("understand where Redis is", error))?;
        let ttl_s = i64::try_from(options.ttl.as_secs()).unwrap_or(i64::MAX).max(1);
        Ok(LatestState { client, ttl_s, link: Mutex::default() })
    }

    /// The hash that holds the rows of a session.
    pub fn key(session: &SessionId) -> String {
        format!("overcut:session:{session}:board")
    }

    /// The channel that tells of its changes: `{"board":{"63":{…},"44":null},"is_whole":false}`.
    pub fn channel(session: &SessionId) -> String {
        format!("overcut:session:{session}:changes")
    }

    /// Puts rows in the place of everything that is kept of a session, and tells of them.
    pub fn replace(&self, session: &SessionId, rows: &LatestRows) -> Delivery {
        self.deliver(session, rows, true)
    }

    /// Sets rows of a session, or removes them, and tells of it.
    pub fn update(&self, session: &SessionId, rows: &LatestRows) -> Delivery {
        self.deliver(session, rows, false)
    }

    fn deliver(&self, session: &SessionId, rows: &LatestRows, is_whole: bool) -> Delivery {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if link.retry_at.is_some_and(|at| Instant::now() < at) {
            return Delivery::Resting;
        }
        match self.send(&mut link, session, rows, is_whole) {
            Ok(()) => {
                (link.pause, link.retry_at) = (Duration::ZERO, None);
                Delivery::Sent
            }
            Err(error) => {
                link.connection = None;
                link.pause = (link.pause * 2).clamp(PAUSES[0], PAUSES[1]);
                link.retry_at = Some(Instant::now() + link.pause);
                Delivery::Lost(error.to_string())
            }
        }
    }

    /// One transaction: nobody sees half of it.
    fn send(&self, link: &mut Link, session: &SessionId, rows: &LatestRows, is_whole: bool) -> RedisResult<()> {
        let (key, mut pipe) = (Self::key(session), redis::pipe());
        pipe.atomic();
        if is_whole {
            pipe.del(&key).ignore();
        }
        for (name, row) in rows {
            match row {
                Some(row) => pipe.hset(&key, name, row).ignore(),
                None => pipe.hdel(&key, name).ignore(),
            };
        }
        pipe.expire(&key, self.ttl_s).ignore();
        pipe.publish(Self::channel(session), message(rows, is_whole)).ignore();
        let connection = match &mut link.connection {
            Some(connection) => connection,
            none => none.insert(self.connect()?),
        };
        pipe.query(connection)
    }

    fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(TIMEOUT)?;
        connection.set_read_timeout(Some(TIMEOUT))?;
        connection.set_write_timeout(Some(TIMEOUT))?;
        Ok(connection)
    }
}

/// Rows as one JSON text.
fn message(rows: &LatestRows, is_whole: bool) -> String {
    let rows = rows.iter().map(|(name, row)| {
        let name = serde_json::Value::String(name.clone());
        format!("{name}:{}", row.as_deref().unwrap_or("null"))
    });
    format!("{{\"board\":{{{}}},\"is_whole\":{is_whole}}}", rows.collect::<Vec<_>>().join(","))
}
