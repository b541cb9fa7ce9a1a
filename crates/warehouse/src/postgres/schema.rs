//! The tables in PostgreSQL, made from the descriptions of their columns.
//!
//! Telemetry is divided by session, not by time: its clock is the session's own, a session is what is written, told anew
//! and forgotten as a whole (a partition is dropped in no time, and leaves nothing to be cleaned up), and what people ask
//! is nearly always of one session. Within a partition rows lie in order of time, car by car under one small index.

use overcut_store::{sessions_table, telemetry_table};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::{execute, timescale};
use crate::shape::{Kind, TableShape, shapes};
use crate::sql::{Failure, LAYOUT};
use crate::{SessionId, WarehouseError};

/// Where the telemetry of a session is written.
#[derive(Debug)]
pub(super) struct TelemetryTable {
    /// Name, quoted.
    pub(super) name: String,
}

/// Makes what is missing.
pub(super) async fn prepare(connection: &mut PgConnection) -> Result<(), Failure> {
    let mut transaction = connection.begin().await?;
    let connection = &mut *transaction;
    // Programs that start together make the tables one after the other.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('overcut:schema'))").execute(&mut *connection).await?;
    execute(connection, "CREATE TABLE IF NOT EXISTS overcut_layout (version int8 NOT NULL)".to_owned()).await?;
    let found: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM overcut_layout").fetch_one(&mut *connection).await?;
    if let Some(found) = found.filter(|found| *found > LAYOUT) {
        return Err(WarehouseError::Newer { found, known: LAYOUT }.into());
    }
    let sessions = TableShape::of(&sessions_table());
    ensure(connection, &sessions, "PRIMARY KEY (session_id)").await?;
    for shape in shapes() {
        let keys: String = shape.keys().map(|column| format!(", \"{}\"", column.name)).collect();
        let rest =
            format!("PRIMARY KEY (session_id{keys}), FOREIGN KEY (session_id) REFERENCES sessions ON DELETE CASCADE");
        ensure(connection, &shape, &rest).await?;
    }
    make_telemetry(connection).await?;
    if found.is_none() {
        sqlx::query("INSERT INTO overcut_layout VALUES ($1)").bind(LAYOUT).execute(&mut *connection).await?;
    }
    Ok(transaction.commit().await?)
}

/// Makes a table, or adds the columns that it lacks.
async fn ensure(connection: &mut PgConnection, shape: &TableShape, rest: &str) -> Result<(), Failure> {
    let table = shape.name;
    let columns: String = shape
        .columns
        .iter()
        .map(|c| format!("\"{}\" {}{}, ", c.name, type_of(c.kind), if c.is_key { " NOT NULL" } else { "" }))
        .collect();
    let mut sql = format!("CREATE TABLE IF NOT EXISTS {table} (session_id text NOT NULL, {columns}{rest});");
    for column in &shape.columns {
        let (name, about) = (column.name, column.about.replace('\'', "''"));
        sql += &format!("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS \"{name}\" {};", type_of(column.kind));
        sql += &format!("COMMENT ON COLUMN {table}.\"{name}\" IS '{about}';");
    }
    execute(connection, sql).await
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Whole => "int4",
        Kind::Millis => "int8",
        Kind::Utc => "timestamptz",
        Kind::Real => "float4",
        Kind::Flag => "bool",
        Kind::Text => "text",
    }
}

async fn make_telemetry(connection: &mut PgConnection) -> Result<(), Failure> {
    let is_there: bool =
        sqlx::query_scalar("SELECT to_regclass('telemetry') IS NOT NULL").fetch_one(&mut *connection).await?;
    if !is_there && timescale::is_available(connection).await? {
        return timescale::make_telemetry(connection, &telemetry_columns()).await;
    }
    execute(
        connection,
        format!("CREATE TABLE IF NOT EXISTS telemetry ({}) PARTITION BY LIST (session_id)", telemetry_columns()),
    )
    .await?;
    for column in telemetry_table().columns {
        let (name, kind) = (column.name, type_of(Kind::of(&column.cell)));
        execute(connection, format!("ALTER TABLE telemetry ADD COLUMN IF NOT EXISTS \"{name}\" {kind}")).await?;
    }
    if is_divided(connection).await? {
        execute(
            connection,
            format!(
                "CREATE OR REPLACE VIEW telemetry_1s AS {}",
                timescale::per_second("date_trunc('second', sampled_at)")
            ),
        )
        .await?;
    }
    Ok(())
}

/// The columns of telemetry, with the moment in UTC besides: dashboards of time series want one.
fn telemetry_columns() -> String {
    let shape = TableShape::of(&telemetry_table());
    let column = |c: &crate::shape::ColumnShape| {
        format!(", \"{}\" {}{}", c.name, type_of(c.kind), if c.is_key { " NOT NULL" } else { "" })
    };
    let columns: String = shape.columns.iter().map(column).collect();
    format!("session_id text NOT NULL, sampled_at timestamptz NOT NULL{columns}")
}

/// True if telemetry is divided by session; false if it is a hypertable.
async fn is_divided(connection: &mut PgConnection) -> Result<bool, Failure> {
    let sql = "SELECT relkind = 'p' FROM pg_class WHERE oid = 'telemetry'::regclass";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Where the telemetry of a session belongs. `None` if there is no place yet and none is asked for.
pub(super) async fn telemetry_of(
    connection: &mut PgConnection,
    session: &SessionId,
    make: bool,
) -> Result<Option<TelemetryTable>, Failure> {
    if !is_divided(connection).await? {
        return Ok(Some(TelemetryTable { name: "telemetry".to_owned() }));
    }
    let plain = partition_name(connection, session).await?;
    let name = format!("\"{plain}\"");
    let is_there: bool =
        sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(&name).fetch_one(&mut *connection).await?;
    if !is_there && !make {
        return Ok(None);
    }
    if !is_there {
        make_partition(connection, session, &name).await?;
    }
    Ok(Some(TelemetryTable { name }))
}

/// A short transaction of its own, made aside and attached, so that readers of other sessions are not held up.
async fn make_partition(connection: &mut PgConnection, session: &SessionId, name: &str) -> Result<(), Failure> {
    let mut transaction = connection.begin().await?;
    super::lock(&mut transaction, session).await?;
    // An id holds no quotes.
    execute(
        &mut transaction,
        format!(
            "DO $$ BEGIN IF to_regclass('{name}') IS NULL THEN \
             CREATE TABLE {name} (LIKE telemetry INCLUDING DEFAULTS, CHECK (session_id = '{session}')); \
             ALTER TABLE {name} ADD PRIMARY KEY (driver, time_ms); \
             ALTER TABLE telemetry ATTACH PARTITION {name} FOR VALUES IN ('{session}'); END IF; END $$"
        ),
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Ids may be longer than names of tables.
async fn partition_name(connection: &mut PgConnection, session: &SessionId) -> Result<String, Failure> {
    let sql = "SELECT 'telemetry_' || left($1, 40) || '_' || left(md5($1), 8)";
    Ok(sqlx::query_scalar(sql).bind(session.as_str()).fetch_one(connection).await?)
}

/// Removes the telemetry of a session, and the place where it was.
pub(super) async fn drop_telemetry(connection: &mut PgConnection, session: &SessionId) -> Result<(), Failure> {
    if is_divided(connection).await? {
        let name = partition_name(connection, session).await?;
        return execute(connection, format!("DROP TABLE IF EXISTS \"{name}\"")).await;
    }
    let sql = "DELETE FROM telemetry WHERE session_id = $1";
    sqlx::query(sql).bind(session.as_str()).execute(connection).await?;
    Ok(())
}
