//! PostgreSQL: every table, telemetry by binary COPY into a partition per session, or a hypertable where TimescaleDB is.

mod copy;
mod schema;
mod timescale;
mod upsert;

use std::str::FromStr;

use overcut_domain::UtcTime;
use overcut_store::{SessionRow, sessions_table};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::admission::{Admission, admit};
use crate::blocking::Blocking;
use crate::shape::{TableEdits, table_edits};
use crate::sql::{CONNECT_TIMEOUT, Failure, MAX_CONNECTIONS, ids, progress};
use crate::{Batch, Progress, SessionId, Warehouse, WarehouseError, Written};

/// Tables in a PostgreSQL database, in the first schema of the connection's search path.
pub struct Postgres {
    blocking: Blocking,
    pool: PgPool,
    /// Where it is, without user and password.
    place: String,
}

impl Postgres {
    /// A store behind a URL such as `postgres://user:password@host/database`. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// If the URL is none. The error does not say it.
    pub fn new(url: &str) -> Result<Postgres, WarehouseError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| WarehouseError::refused("understand the URL of PostgreSQL", error))?
            .application_name("overcut");
        let database = options.get_database().unwrap_or_default();
        let place = format!("{}:{}/{database}", options.get_host(), options.get_port());
        let blocking = Blocking::new()?;
        let pool = {
            let _guard = blocking.enter();
            let pool = PgPoolOptions::new().max_connections(MAX_CONNECTIONS).acquire_timeout(CONNECT_TIMEOUT);
            pool.connect_lazy_with(options)
        };
        Ok(Postgres { blocking, pool, place })
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Warehouse for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn prepare(&self) -> Result<(), WarehouseError> {
        self.blocking.run(&format!("prepare the tables in {}", self.place), async {
            let mut connection = self.pool.acquire().await?;
            schema::prepare(&mut connection).await
        })
    }

    fn progress(&self, session: &SessionId) -> Result<Option<Progress>, WarehouseError> {
        self.blocking.run(&format!("read how far {session} is written"), async {
            let mut connection = self.pool.acquire().await?;
            kept(&mut connection, session).await
        })
    }

    fn write(&self, session: &SessionId, batch: &Batch) -> Result<Written, WarehouseError> {
        self.blocking.run(&format!("write the tables of {session}"), async {
            let mut connection = self.pool.acquire().await?;
            write(&mut connection, session, batch).await
        })
    }

    fn finish(&self, session: &SessionId) -> Result<(), WarehouseError> {
        self.blocking.run(&format!("finish {session}"), async {
            sqlx::query("UPDATE sessions SET state = 'finished' WHERE session_id = $1")
                .bind(session.as_str())
                .execute(&self.pool)
                .await?;
            Ok::<_, Failure>(())
        })
    }

    fn release(&self, _: &SessionId) -> Result<(), WarehouseError> {
        Ok(()) // Nothing is held back.
    }

    fn forget(&self, session: &SessionId) -> Result<(), WarehouseError> {
        self.blocking.run(&format!("remove {session}"), async {
            let mut connection = self.pool.acquire().await?;
            let mut transaction = connection.begin().await?;
            lock(&mut transaction, session).await?;
            remove(&mut transaction, session).await?;
            schema::drop_telemetry(&mut transaction, session).await?;
            Ok::<_, Failure>(transaction.commit().await?)
        })
    }

    fn forget_before(&self, moment: UtcTime) -> Result<Vec<SessionId>, WarehouseError> {
        let old = self.blocking.run("list old sessions", async {
            let sql = "SELECT session_id FROM sessions WHERE state = 'finished' \
                       AND starts_at < 'epoch'::timestamptz + $1 * interval '1 millisecond' ORDER BY session_id";
            Ok::<_, Failure>(ids(sqlx::query_as(sql).bind(moment.as_millis()).fetch_all(&self.pool).await?))
        })?;
        old.iter().try_for_each(|session| self.forget(session))?;
        Ok(old)
    }
}

/// One transaction: rows and progress.
async fn write(connection: &mut PgConnection, session: &SessionId, batch: &Batch) -> Result<Written, Failure> {
    let partition = schema::telemetry_of(connection, session, !batch.rows.telemetry.is_empty()).await?;
    let mut transaction = connection.begin().await?;
    lock(&mut transaction, session).await?;
    match admit(session, kept(&mut transaction, session).await?, batch)? {
        Admission::Known => return Ok(Written::Before), // what is dropped is rolled back
        Admission::Append => {}
        Admission::Replace => {
            remove(&mut transaction, session).await?;
            copy::remove_all(&mut transaction, partition.as_ref(), session).await?;
        }
    }
    let row = SessionRow { state: "running", ..batch.session.clone() };
    upsert::apply(&mut transaction, session, &TableEdits::put(&sessions_table(), &row)).await?;
    for edits in table_edits(&batch.rows) {
        upsert::apply(&mut transaction, session, &edits).await?;
    }
    if let Some(partition) = &partition {
        copy::replace(&mut transaction, partition, session, batch).await?;
    }
    transaction.commit().await?;
    Ok(Written::Now)
}

/// Writers of one session follow one another, also where there is no row yet that could be locked.
async fn lock(connection: &mut PgConnection, session: &SessionId) -> Result<(), Failure> {
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended('overcut:' || $1, 0))";
    sqlx::query(sql).bind(session.as_str()).execute(connection).await?;
    Ok(())
}

async fn kept(connection: &mut PgConnection, session: &SessionId) -> Result<Option<Progress>, Failure> {
    let sql = "SELECT revision, sequence, state FROM sessions WHERE session_id = $1";
    let row: Option<(i64, i64, String)> = sqlx::query_as(sql).bind(session.as_str()).fetch_optional(connection).await?;
    Ok(row.map(|(revision, sequence, state)| progress(revision, sequence, &state)))
}

/// Removes the rows of a session but for telemetry: those of the other tables hang on the one in `sessions`.
async fn remove(connection: &mut PgConnection, session: &SessionId) -> Result<(), Failure> {
    sqlx::query("DELETE FROM sessions WHERE session_id = $1").bind(session.as_str()).execute(connection).await?;
    Ok(())
}

/// Runs statements that are made of our own names.
async fn execute(connection: &mut PgConnection, sql: String) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
