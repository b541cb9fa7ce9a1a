//! MariaDB and MySQL: sessions, laps, stints, results and alerts. Telemetry is not kept here.

mod statements;

use std::str::FromStr;

use overcut_domain::UtcTime;
use overcut_store::{SessionRow, sessions_table};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::admission::{Admission, admit};
use crate::blocking::Blocking;
use crate::shape::{TableEdits, TableShape, shapes, table_edits};
use crate::sql::{CONNECT_TIMEOUT, Failure, LAYOUT, MAX_CONNECTIONS, ids, progress};
use crate::{Batch, Progress, SessionId, Warehouse, WarehouseError, Written};

/// The tables that are kept, besides the one of sessions.
const KEPT: [&str; 4] = ["laps", "stints", "results", "alerts"];

/// Tables in a database of MariaDB or MySQL.
pub struct MySql {
    blocking: Blocking,
    pool: MySqlPool,
}

impl MySql {
    /// A store behind a URL such as `mysql://user:password@host/database`. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// If the URL is none. The error does not say it.
    pub fn new(url: &str) -> Result<MySql, WarehouseError> {
        let options = MySqlConnectOptions::from_str(url)
            .map_err(|error| WarehouseError::refused("understand the URL of MySQL", error))?;
        let blocking = Blocking::new()?;
        let pool = {
            let _guard = blocking.enter();
            let pool = MySqlPoolOptions::new().max_connections(MAX_CONNECTIONS).acquire_timeout(CONNECT_TIMEOUT);
            pool.connect_lazy_with(options)
        };
        Ok(MySql { blocking, pool })
    }
}

impl std::fmt::Debug for MySql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MySql(…)") // the options hold the password
    }
}

impl Warehouse for MySql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn keeps(&self, table: &str) -> bool {
        KEPT.contains(&table)
    }

    fn prepare(&self) -> Result<(), WarehouseError> {
        self.blocking.run("prepare the tables in MySQL", async {
            let mut connection = self.pool.acquire().await?;
            // Statements that change tables commit by themselves here: programs that start together take turns.
            let got: Option<i64> =
                sqlx::query_scalar("SELECT GET_LOCK('overcut:schema', 60)").fetch_one(&mut *connection).await?;
            if got != Some(1) {
                return Err(sqlx::Error::PoolTimedOut.into());
            }
            let prepared = prepare(&mut connection).await;
            sqlx::query("DO RELEASE_LOCK('overcut:schema')").execute(&mut *connection).await?;
            prepared
        })
    }

    fn progress(&self, session: &SessionId) -> Result<Option<Progress>, WarehouseError> {
        self.blocking.run(&format!("read how far {session} is written"), async {
            let mut connection = self.pool.acquire().await?;
            kept(&mut connection, session, "").await
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
            let sql = "UPDATE sessions SET state = 'finished' WHERE session_id = ?";
            sqlx::query(sql).bind(session.as_str()).execute(&self.pool).await?;
            Ok::<_, Failure>(())
        })
    }

    fn release(&self, _: &SessionId) -> Result<(), WarehouseError> {
        Ok(()) // Nothing is held back.
    }

    fn forget(&self, session: &SessionId) -> Result<(), WarehouseError> {
        self.blocking.run(&format!("remove {session}"), async {
            let mut connection = self.pool.acquire().await?;
            remove(&mut connection, session).await
        })
    }

    fn forget_before(&self, moment: UtcTime) -> Result<Vec<SessionId>, WarehouseError> {
        let old = self.blocking.run("list old sessions", async {
            let sql = "SELECT session_id FROM sessions WHERE state = 'finished' AND starts_at < CAST(? AS DATETIME(3)) \
                       ORDER BY session_id";
            let rows = sqlx::query_as(sql).bind(statements::moment(moment)).fetch_all(&self.pool).await?;
            Ok::<_, Failure>(ids(rows))
        })?;
        old.iter().try_for_each(|session| self.forget(session))?;
        Ok(old)
    }
}

async fn prepare(connection: &mut MySqlConnection) -> Result<(), Failure> {
    execute(connection, "CREATE TABLE IF NOT EXISTS overcut_layout (version BIGINT NOT NULL)".to_owned()).await?;
    let found: Option<i64> =
        sqlx::query_scalar("SELECT MAX(version) FROM overcut_layout").fetch_one(&mut *connection).await?;
    if let Some(found) = found.filter(|found| *found > LAYOUT) {
        return Err(WarehouseError::Newer { found, known: LAYOUT }.into());
    }
    let sessions = TableShape::of(&sessions_table());
    for shape in std::iter::once(sessions).chain(shapes().into_iter().filter(is_kept)) {
        execute(connection, statements::create(&shape)).await?;
        let sql = "SELECT CAST(column_name AS CHAR) FROM information_schema.columns \
                   WHERE table_schema = DATABASE() AND table_name = ?";
        let known: Vec<String> = sqlx::query_scalar(sql).bind(shape.name).fetch_all(&mut *connection).await?;
        for column in shape.columns.iter().filter(|column| !known.iter().any(|name| name == column.name)) {
            execute(connection, statements::add(&shape, column)).await?;
        }
    }
    if found.is_none() {
        sqlx::query("INSERT INTO overcut_layout VALUES (?)").bind(LAYOUT).execute(connection).await?;
    }
    Ok(())
}

fn is_kept(shape: &TableShape) -> bool {
    KEPT.contains(&shape.name)
}

/// One transaction: rows and progress.
async fn write(connection: &mut MySqlConnection, session: &SessionId, batch: &Batch) -> Result<Written, Failure> {
    let mut transaction = connection.begin().await?;
    match admit(session, kept(&mut transaction, session, " FOR UPDATE").await?, batch)? {
        Admission::Known => return Ok(Written::Before), // what is dropped is rolled back
        Admission::Append => {}
        Admission::Replace => remove(&mut transaction, session).await?,
    }
    let row = SessionRow { state: "running", ..batch.session.clone() };
    statements::apply(&mut transaction, session, &TableEdits::put(&sessions_table(), &row)).await?;
    for edits in table_edits(&batch.rows).iter().filter(|edits| is_kept(&edits.shape)) {
        statements::apply(&mut transaction, session, edits).await?;
    }
    transaction.commit().await?;
    Ok(Written::Now)
}

async fn kept(connection: &mut MySqlConnection, session: &SessionId, lock: &str) -> Result<Option<Progress>, Failure> {
    let sql = format!("SELECT revision, sequence, state FROM sessions WHERE session_id = ?{lock}");
    let query = sqlx::query_as(AssertSqlSafe(sql)).bind(session.as_str());
    let row: Option<(i64, i64, String)> = query.fetch_optional(connection).await?;
    Ok(row.map(|(revision, sequence, state)| progress(revision, sequence, &state)))
}

/// Removes the rows of a session: those of the other tables hang on the one in `sessions`.
async fn remove(connection: &mut MySqlConnection, session: &SessionId) -> Result<(), Failure> {
    sqlx::query("DELETE FROM sessions WHERE session_id = ?").bind(session.as_str()).execute(connection).await?;
    Ok(())
}

/// Runs a statement that is made of our own names.
async fn execute(connection: &mut MySqlConnection, sql: String) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
