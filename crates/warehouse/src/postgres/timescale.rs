//! Telemetry in TimescaleDB, where the server has the extension. All statements that need it are here.
//!
//! They are written from its manual: no server with the extension was at hand to run them on.

use sqlx::postgres::PgConnection;

use super::execute;
use crate::sql::Failure;

/// Half a year of sessions has some forty chunks of a day.
const CHUNK: &str = "1 day";
/// A weekend is over by then: nothing is written to its chunks any more.
const COMPRESS_AFTER: &str = "7 days";

/// True if the extension is installed on the server, whether or not it has been made in this database.
pub(super) async fn is_available(connection: &mut PgConnection) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb')";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Makes the hypertable: chunks of a day, compressed car by car after a week, and one row a second and car kept up to
/// date beside it.
pub(super) async fn make_telemetry(connection: &mut PgConnection, columns: &str) -> Result<(), Failure> {
    let per_second = per_second("time_bucket('1 second', sampled_at)");
    let statements = format!(
        "CREATE EXTENSION IF NOT EXISTS timescaledb;
         CREATE TABLE telemetry ({columns}, PRIMARY KEY (session_id, driver, time_ms, sampled_at));
         SELECT create_hypertable('telemetry', 'sampled_at', chunk_time_interval => interval '{CHUNK}');
         ALTER TABLE telemetry SET (timescaledb.compress, timescaledb.compress_segmentby = 'session_id, driver',
             timescaledb.compress_orderby = 'sampled_at');
         SELECT add_compression_policy('telemetry', interval '{COMPRESS_AFTER}');
         CREATE MATERIALIZED VIEW telemetry_1s WITH (timescaledb.continuous) AS {per_second} WITH NO DATA;
         SELECT add_continuous_aggregate_policy('telemetry_1s', start_offset => interval '3 days',
             end_offset => interval '10 seconds', schedule_interval => interval '1 minute');"
    );
    execute(connection, statements).await
}

/// One row a second and car.
pub(super) fn per_second(second: &str) -> String {
    format!(
        "SELECT session_id, driver, {second} AS second, min(time_ms) AS time_ms, count(*) AS n_samples, \
         avg(speed_kmh) AS speed_kmh, max(speed_kmh) AS max_speed_kmh, max(rpm) AS max_rpm, max(gear) AS max_gear, \
         avg(throttle_percent) AS throttle_percent, avg(brake_percent) AS brake_percent \
         FROM telemetry GROUP BY session_id, driver, second"
    )
}
