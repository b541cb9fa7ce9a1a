//! Rows of the small tables: one statement a table, whatever their number, with an array for each column.

use overcut_store::Value;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};

use crate::SessionId;
use crate::shape::{ColumnShape, Kind, TableEdits, TableShape};
use crate::sql::Failure;

/// Removes and puts rows.
pub(super) async fn apply(
    connection: &mut PgConnection,
    session: &SessionId,
    edits: &TableEdits<'_>,
) -> Result<(), Failure> {
    let columns: Vec<usize> = (0..edits.shape.columns.len()).collect();
    let keys: Vec<usize> = columns.iter().copied().filter(|idx| edits.shape.columns[*idx].is_key).collect();
    for (sql, columns, rows) in
        [(delete(&edits.shape), keys, &edits.remove), (insert(&edits.shape), columns, &edits.put)]
    {
        if rows.is_empty() {
            continue;
        }
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(session.as_str());
        for idx in columns {
            query = bind(query, edits.shape.columns[idx].kind, rows, idx);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn insert(shape: &TableShape) -> String {
    let names = list(shape.columns.iter(), |column| format!("\"{}\"", column.name));
    let values = list(shape.columns.iter(), value);
    let keys: String = shape.keys().map(|column| format!(", \"{}\"", column.name)).collect();
    let updates = list(shape.columns.iter().filter(|column| !column.is_key), |column| {
        format!("\"{0}\" = EXCLUDED.\"{0}\"", column.name)
    });
    format!(
        "INSERT INTO {table} (session_id, {names}) SELECT $1, {values} FROM {rows} \
         ON CONFLICT (session_id{keys}) DO UPDATE SET {updates}",
        table = shape.name,
        rows = unnest(shape.columns.iter()),
    )
}

fn delete(shape: &TableShape) -> String {
    let same: String = shape.keys().map(|column| format!(" AND t.\"{0}\" = u.\"{0}\"", column.name)).collect();
    format!("DELETE FROM {} t USING {} WHERE t.session_id = $1{same}", shape.name, unnest(shape.keys()))
}

/// The arrays as rows.
fn unnest<'a>(columns: impl Iterator<Item = &'a ColumnShape> + Clone) -> String {
    let arrays = columns.clone().zip(2..).map(|(column, n)| format!("${n}::{}[]", sent_as(column.kind)));
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    format!("UNNEST({arrays}) AS u({})", list(columns, |column| format!("\"{}\"", column.name)))
}

fn list<'a>(columns: impl Iterator<Item = &'a ColumnShape>, text: impl Fn(&ColumnShape) -> String) -> String {
    columns.map(text).collect::<Vec<_>>().join(", ")
}

/// What a value is sent as: moments as milliseconds, which are exact.
fn sent_as(kind: Kind) -> &'static str {
    match kind {
        Kind::Whole => "int4",
        Kind::Millis | Kind::Utc => "int8",
        Kind::Real => "float4",
        Kind::Flag => "bool",
        Kind::Text => "text",
    }
}

fn value(column: &ColumnShape) -> String {
    match column.kind {
        Kind::Utc => format!("'epoch'::timestamptz + u.\"{}\" * interval '1 millisecond'", column.name),
        _ => format!("u.\"{}\"", column.name),
    }
}

type Prepared<'q> = Query<'q, Postgres, PgArguments>;

/// Binds a column of all rows.
fn bind<'q>(query: Prepared<'q>, kind: Kind, rows: &[Vec<Value<'_>>], idx: usize) -> Prepared<'q> {
    let values = rows.iter().map(|row| row.get(idx));
    match kind {
        Kind::Whole => {
            query.bind(values.map(|value| whole(value).and_then(|n| i32::try_from(n).ok())).collect::<Vec<_>>())
        }
        Kind::Millis | Kind::Utc => query.bind(values.map(whole).collect::<Vec<_>>()),
        Kind::Real => query.bind(values.map(real).collect::<Vec<_>>()),
        Kind::Flag => query.bind(values.map(flag).collect::<Vec<_>>()),
        Kind::Text => query.bind(values.map(text).collect::<Vec<_>>()),
    }
}

fn whole(value: Option<&Value<'_>>) -> Option<i64> {
    match value? {
        Value::Whole(number) => Some(*number),
        Value::Utc(utc) => Some(utc.as_millis()),
        _ => None,
    }
}

fn real(value: Option<&Value<'_>>) -> Option<f32> {
    match value? {
        Value::Real(number) => Some(*number),
        _ => None,
    }
}

fn flag(value: Option<&Value<'_>>) -> Option<bool> {
    match value? {
        Value::Flag(flag) => Some(*flag),
        _ => None,
    }
}

/// PostgreSQL's texts hold no NUL; a sign that something was there takes its place.
fn text(value: Option<&Value<'_>>) -> Option<String> {
    match value? {
        Value::Text(text) => Some(text.replace('\0', "\u{fffd}")),
        _ => None,
    }
}
