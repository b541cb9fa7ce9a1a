//! Statements for MariaDB and MySQL, made from the descriptions of the columns.

use overcut_domain::UtcTime;
use overcut_store::Value;
use sqlx::AssertSqlSafe;
use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection};
use sqlx::query::Query;

use super::Failure;
use crate::SessionId;
use crate::shape::{ColumnShape, Kind, TableEdits, TableShape};

/// Rows a statement: with the widest table, a tenth of the parameters that one may have.
const ROWS: usize = 200;

/// Makes a table, unless it is there.
pub(super) fn create(shape: &TableShape) -> String {
    let columns: String = shape
        .columns
        .iter()
        .map(|column| {
            format!("`{}` {}, ", column.name, if column.is_key { key_type(column) } else { type_of(column.kind) })
        })
        .collect();
    let keys: String = shape.keys().map(|column| format!(", `{}`", column.name)).collect();
    let hangs_on = match shape.name {
        "sessions" => "",
        _ => ", FOREIGN KEY (session_id) REFERENCES sessions (session_id) ON DELETE CASCADE",
    };
    format!(
        "CREATE TABLE IF NOT EXISTS `{}` (session_id VARCHAR(180) NOT NULL, {columns}\
         PRIMARY KEY (session_id{keys}){hangs_on}) \
         ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        shape.name
    )
}

/// Adds a column.
pub(super) fn add(shape: &TableShape, column: &ColumnShape) -> String {
    format!("ALTER TABLE `{}` ADD COLUMN `{}` {}", shape.name, column.name, type_of(column.kind))
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Whole => "INT",
        Kind::Millis => "BIGINT",
        Kind::Utc => "DATETIME(3)",
        Kind::Real => "FLOAT",
        Kind::Flag => "BOOLEAN",
        Kind::Text => "MEDIUMTEXT",
    }
}

/// Text in a key must be of a known length; what stands there are short words.
fn key_type(column: &ColumnShape) -> &'static str {
    match column.kind {
        Kind::Text => "VARCHAR(64) NOT NULL",
        Kind::Whole => "INT NOT NULL",
        _ => "BIGINT NOT NULL",
    }
}

/// Removes and puts rows.
pub(super) async fn apply(
    connection: &mut MySqlConnection,
    session: &SessionId,
    edits: &TableEdits<'_>,
) -> Result<(), Failure> {
    let keys: Vec<usize> = (0..edits.shape.columns.len()).filter(|idx| edits.shape.columns[*idx].is_key).collect();
    let same: String = edits.shape.keys().map(|column| format!(" AND `{}` = ?", column.name)).collect();
    let delete = format!("DELETE FROM `{}` WHERE session_id = ?{same}", edits.shape.name);
    for row in &edits.remove {
        let query = sqlx::query(AssertSqlSafe(delete.clone())).bind(session.as_str());
        let query = keys.iter().fold(query, |query, idx| bind(query, edits.shape.columns[*idx].kind, &row[*idx]));
        query.execute(&mut *connection).await?;
    }
    for rows in edits.put.chunks(ROWS) {
        let mut query = sqlx::query(AssertSqlSafe(insert(&edits.shape, rows.len())));
        for row in rows {
            query = query.bind(session.as_str());
            for (column, value) in edits.shape.columns.iter().zip(row) {
                query = bind(query, column.kind, value);
            }
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn insert(shape: &TableShape, n_rows: usize) -> String {
    let names: String = shape.columns.iter().map(|column| format!(", `{}`", column.name)).collect();
    let row = format!("(?{})", ", ?".repeat(shape.columns.len()));
    let updates = shape.columns.iter().filter(|column| !column.is_key);
    let updates = updates.map(|column| format!("`{0}` = VALUES(`{0}`)", column.name)).collect::<Vec<_>>().join(", ");
    let rows = vec![row; n_rows].join(", ");
    format!("INSERT INTO `{}` (session_id{names}) VALUES {rows} ON DUPLICATE KEY UPDATE {updates}", shape.name)
}

type Prepared<'q> = Query<'q, MySql, MySqlArguments>;

fn bind<'q>(query: Prepared<'q>, kind: Kind, value: &Value<'_>) -> Prepared<'q> {
    match value {
        Value::Whole(number) => query.bind(*number),
        Value::Utc(utc) => query.bind(moment(*utc)),
        Value::Real(number) => query.bind(*number),
        Value::Flag(flag) => query.bind(*flag),
        Value::Text(text) => query.bind(text.clone().into_owned()),
        Value::Absent => match kind {
            Kind::Whole | Kind::Millis => query.bind(None::<i64>),
            Kind::Real => query.bind(None::<f32>),
            Kind::Flag => query.bind(None::<bool>),
            Kind::Utc | Kind::Text => query.bind(None::<String>),
        },
    }
}

/// A moment in UTC as these databases read it: `2026-03-14 03:00:00.000`.
pub(super) fn moment(utc: UtcTime) -> String {
    utc.to_string().replace('T', " ").trim_end_matches('Z').to_owned()
}
